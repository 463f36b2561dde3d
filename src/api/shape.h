#pragma once

// What the generated code knows of AWS's API shapes at run time. Codecs, validators and the row format interpret
// these tables, so a new operation adds data and one handler, never codec code. tools/apigen writes the tables to
// <build>/gen/api/<service>/, from api/<service>.json.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "base/fault.h"

namespace api {

struct Type;

// How a value of each kind is held in a generated struct.
enum class Kind : std::uint8_t {
  Boolean,    // bool
  Integer,    // std::int64_t (AWS integer and long; the range is a constraint)
  Double,     // double (AWS float and double)
  String,     // std::string (enums too: see Type::enum_values)
  Blob,       // std::string, raw bytes
  Timestamp,  // base::TimePoint
  List,       // std::vector<T>
  Map,        // std::map<std::string, T>
  Structure,  // a generated struct
  Document,   // base::Value
};

enum class TimestampFormat : std::uint8_t { ProtocolDefault, EpochSeconds, DateTime, HttpDate };

// Where a member travels in the REST protocols. Other protocols ignore it.
enum class Location : std::uint8_t { Body, Uri, QueryString, Header, HeaderPrefix, StatusCode, Payload };

// How to reach a field of one C++ type; see api/access.h.
struct Access {
  bool (*present)(const void* field);
  const void* (*get)(const void* field);
  void* (*emplace)(void* field);
};

struct Member {
  std::string_view name;           // model name: JSON and CBOR key
  std::string_view location_name;  // XML element, awsQuery key, header, query parameter; equals name where unset
  std::string_view ec2_name;       // ec2Query key, already capitalised
  const Type* (*type)();
  Location location;
  bool required;
  bool xml_attribute;
  bool streaming;
  bool idempotency_token;
  TimestampFormat timestamp_format;
  std::size_t offset;  // of the field in the struct
  const Access* access;

  // Always true for required members.
  bool present(const void* object) const { return access->present(static_cast<const char*>(object) + offset); }
  // Only when present.
  const void* get(const void* object) const { return access->get(static_cast<const char*>(object) + offset); }
  // Makes it present with a default value, and returns it.
  void* emplace(void* object) const { return access->emplace(static_cast<char*>(object) + offset); }
};

// Everything about one shape. Only the parts that fit its kind are set.
struct Type {
  Kind kind;
  std::string_view name;  // shape name in the model

  // Structure
  std::span<const Member> members;
  std::string_view xml_namespace;
  std::string_view payload_member;  // REST: the member that is the whole body, "" if none
  // REST XML: the root element, where it isn't the payload member's name. A structure with a member of that very name
  // is that member's element itself (S3's GetBucketLocation).
  std::string_view xml_name;

  // List and map: the element (map value) type
  const Type* (*element)();
  bool flattened;
  std::string_view element_name;  // "member" unless the model says otherwise; map value name ("value")
  std::string_view key_name;      // map key name ("key")
  std::size_t (*size)(const void* container);
  const void* (*at)(const void* list, std::size_t index);
  void* (*append)(void* list);                       // a new last element, default-made
  void* (*insert)(void* map, std::string_view key);  // a new or existing value
  void (*each)(const void* map, void* context, void (*visit)(void* context, const std::string& key, const void* value));

  // Constraints; min/max bound a number, or a length in characters (bytes for blobs), or a count of elements
  std::optional<double> min;
  std::optional<double> max;
  std::string_view pattern;  // as in the model; "" if none
  std::span<const std::string_view> enum_values;
  TimestampFormat timestamp_format;

  // Whole objects, for Object below. Structures only.
  void* (*create)();
  void (*destroy)(void* object);
};

enum class Protocol : std::uint8_t { AwsJson, AwsQuery, Ec2Query, RestJson, RestXml, RpcV2Cbor };

struct Service;

struct Operation {
  std::string_view name;
  const Service* service;
  const Type* input;                // never null: operations without input have an empty structure
  const Type* output;               // the same
  bool has_output;                  // false: the reply has no result element or body
  std::string_view result_wrapper;  // awsQuery: e.g. "SendMessageResult"
  std::string_view http_method;     // REST protocols
  std::string_view http_uri;        // REST protocols: template such as /{Bucket}/{Key+}?uploads
  int http_status;                  // 0 means 200
  std::span<const base::FaultShape* const> faults;
  bool host_prefix;
};

// How a service words the refusal of an input that breaks a model constraint.
enum class Validation : std::uint8_t {
  Coral,  // "1 validation error detected: Value 'x' at 'y' failed to satisfy constraint: …"
  Sqs,    // the operation itself checks; the codec only types (facts, A4)
  None,   // the operation itself checks
};

struct Service {
  std::string_view id;            // "sqs": our name, the folder in the tree
  std::string_view signing_name;  // in the credential scope
  std::string_view endpoint_prefix;
  std::string_view api_version;
  std::string_view target_prefix;  // X-Amz-Target before the dot; also the rpcv2Cbor service name
  std::string_view json_version;   // "1.0" or "1.1"
  std::string_view xml_namespace;
  std::string_view shape_namespace;  // before '#' in __type; "" sends bare names
  std::span<const Protocol> protocols;
  bool query_compatible;  // answers x-amzn-query-error
  Validation validation;
  const base::FaultShape* validation_fault;            // for Coral
  std::span<const Operation* const> operations;        // what renkei has
  std::span<const std::string_view> other_operations;  // what AWS has and renkei does not: "not supported"

  const Operation* find_operation(std::string_view name) const;
  bool is_other_operation(std::string_view name) const;
};

// Owns one input or output whose C++ type the holder does not know.
class Object {
 public:
  Object() = default;
  explicit Object(const Type& type) : type_(&type), data_(type.create()) {}
  // Takes a generated struct by value.
  template <typename T>
    requires requires { T::type(); }
  static Object of(T value) {
    Object object(T::type());
    *static_cast<T*>(object.data_) = std::move(value);
    return object;
  }
  Object(Object&& other) noexcept
      : type_(std::exchange(other.type_, nullptr)), data_(std::exchange(other.data_, nullptr)) {}
  Object& operator=(Object&& other) noexcept {
    std::swap(type_, other.type_);
    std::swap(data_, other.data_);
    return *this;
  }
  ~Object() {
    if (data_ != nullptr) type_->destroy(data_);
  }

  bool empty() const { return data_ == nullptr; }
  const Type& type() const { return *type_; }
  const void* data() const { return data_; }
  void* data() { return data_; }
  // The caller knows the type; another one is a broken invariant.
  template <typename T>
  const T& as() const {
    return *static_cast<const T*>(check(T::type()));
  }
  template <typename T>
  T& as() {
    return *const_cast<T*>(static_cast<const T*>(check(T::type())));
  }

 private:
  const void* check(const Type& type) const;

  const Type* type_ = nullptr;
  void* data_ = nullptr;
};

// Every service of this build, sorted by id. Generated.
std::span<const Service* const> all_services();

}  // namespace api
