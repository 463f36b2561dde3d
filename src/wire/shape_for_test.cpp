#include "wire/shape_for_test.h"

#include "base/ensure.h"
#include "wire/walk.h"

namespace wire::testing {
namespace {

using api::Kind;
using api::Location;
using api::Member;
using api::TimestampFormat;
using api::Type;

template <class T>
const Type* type_of();

Type scalar(Kind kind, std::string_view name) {
  Type type{};
  type.kind = kind;
  type.name = name;
  return type;
}

const Type kBoolean = scalar(Kind::Boolean, "Boolean");
const Type kInteger = scalar(Kind::Integer, "Integer");
const Type kDouble = scalar(Kind::Double, "Double");
const Type kString = scalar(Kind::String, "String");
const Type kBlob = scalar(Kind::Blob, "Blob");
const Type kTimestamp = scalar(Kind::Timestamp, "Timestamp");
const Type kDocument = scalar(Kind::Document, "Document");

constexpr std::string_view kColors[] = {"RED", "BLUE"};

const Type kSmallInteger = [] {
  Type type = kInteger;
  type.min = 1;
  type.max = 10;
  return type;
}();
const Type kWord = [] {
  Type type = kString;
  type.min = 1;
  type.max = 8;
  type.pattern = "[a-z]*";
  return type;
}();
const Type kShort = [] {
  Type type = kString;
  type.max = 4;
  return type;
}();
const Type kColor = [] {
  Type type = kString;
  type.enum_values = kColors;
  return type;
}();

template <class T>
Type list_of(const Type* (*element)(), bool flattened = false, std::string_view element_name = "member") {
  Type type = scalar(Kind::List, "List");
  type.element = element;
  type.flattened = flattened;
  type.element_name = element_name;
  type.size = [](const void* list) { return static_cast<const std::vector<T>*>(list)->size(); };
  type.at = [](const void* list, std::size_t i) -> const void* {
    return &(*static_cast<const std::vector<T>*>(list))[i];
  };
  type.append = [](void* list) -> void* { return &static_cast<std::vector<T>*>(list)->emplace_back(); };
  return type;
}

template <class T>
Type map_of(const Type* (*element)(), bool flattened, std::string_view key, std::string_view value) {
  using Map = std::map<std::string, T>;
  Type type = scalar(Kind::Map, "Map");
  type.element = element;
  type.flattened = flattened;
  type.key_name = key;
  type.element_name = value;
  type.size = [](const void* map) { return static_cast<const Map*>(map)->size(); };
  type.insert = [](void* map, std::string_view name) -> void* { return &(*static_cast<Map*>(map))[std::string(name)]; };
  type.each = [](const void* map, void* context, void (*visit)(void*, const std::string&, const void*)) {
    for (const auto& [name, item] : *static_cast<const Map*>(map)) visit(context, name, &item);
  };
  return type;
}

const Type kLabels = list_of<std::string>([] { return &kShort; });
const Type kFlatLabels = list_of<std::string>([] { return &kString; }, true, "FlatLabel");
const Type kLeaves = list_of<Leaf>([] { return &Leaf::type(); }, false, "item");
const Type kFlatLeaves = list_of<Leaf>([] { return &Leaf::type(); }, true);
const Type kTags = map_of<std::string>([] { return &kString; }, false, "key", "value");
const Type kLeafMap = map_of<Leaf>([] { return &Leaf::type(); }, true, "Name", "Value");

template <class T>
struct Unwrap {
  using Type = T;
  static constexpr bool kOptional = false;
};
template <class T>
struct Unwrap<std::optional<T>> {
  using Type = T;
  static constexpr bool kOptional = true;
};

template <class Held>
struct FieldOf {
  static bool present(const void* field) {
    if constexpr (Unwrap<Held>::kOptional) return static_cast<const Held*>(field)->has_value();
    return true;
  }
  static const void* get(const void* field) {
    if constexpr (Unwrap<Held>::kOptional) {
      return &**static_cast<const Held*>(field);
    } else {
      return field;
    }
  }
  static void* emplace(void* field) {
    Held& held = *static_cast<Held*>(field);
    if constexpr (Unwrap<Held>::kOptional) {
      return &held.emplace();
    } else {
      return &(held = Held());
    }
  }
};

template <auto Field>
struct Owned;
template <class Owner, class Held_, Held_ Owner::* Field>
struct Owned<Field> {
  using Held = Held_;
  static bool present(const void* object) {
    return FieldOf<Held>::present(&(static_cast<const Owner*>(object)->*Field));
  }
  static const void* get(const void* object) {
    return FieldOf<Held>::get(&(static_cast<const Owner*>(object)->*Field));
  }
  static void* emplace(void* object) { return FieldOf<Held>::emplace(&(static_cast<Owner*>(object)->*Field)); }
  static std::size_t offset() {
    static const Owner owner{};
    return static_cast<std::size_t>(reinterpret_cast<const char*>(&(owner.*Field)) -
                                    reinterpret_cast<const char*>(&owner));
  }
};

// Fills in how to reach the field, whether the table holds functions of the object or an offset and functions of the
// field.
template <auto Field, class AnyMember>
void reach(AnyMember& made) {
  using Held = typename Owned<Field>::Held;
  if constexpr (requires { made.offset; }) {
    using Access = std::remove_cvref_t<decltype(*made.access)>;
    static const Access access{FieldOf<Held>::present, FieldOf<Held>::get, FieldOf<Held>::emplace};
    made.offset = Owned<Field>::offset();
    made.access = &access;
  } else {
    made.present = Owned<Field>::present;
    made.get = Owned<Field>::get;
    made.emplace = Owned<Field>::emplace;
  }
}

template <auto Field>
Member member(std::string_view name, std::string_view location_name, const Type* (*type)(),
              Location location = Location::Body, TimestampFormat format = TimestampFormat::ProtocolDefault) {
  Member made{};
  made.name = name;
  made.location_name = location_name;
  made.ec2_name = name;
  made.type = type;
  made.location = location;
  made.required = !Unwrap<typename Owned<Field>::Held>::kOptional;
  made.timestamp_format = format;
  reach<Field>(made);
  return made;
}

template <class T>
Type structure(std::string_view name, std::span<const Member> members) {
  Type type = scalar(Kind::Structure, name);
  type.members = members;
  type.create = []() -> void* { return new T(); };
  type.destroy = [](void* object) { delete static_cast<T*>(object); };
  return type;
}

const Member kLeafMembers[] = {
    member<&Leaf::name>("Name", "Name", [] { return &kString; }),
    member<&Leaf::count>("Count", "Count", [] { return &kInteger; }),
    member<&Leaf::at>("At", "At", [] { return &kTimestamp; }),
    member<&Leaf::leaves>("Leaves", "Leaves", [] { return &kLeaves; }),
};

const Member kEverythingMembers[] = {
    member<&Everything::text>("Text", "Text", [] { return &kWord; }),
    member<&Everything::labels>("Labels", "Labels", [] { return &kLabels; }),
    member<&Everything::color>("Color", "Color", [] { return &kColor; }),
    member<&Everything::flag>("Flag", "Flag", [] { return &kBoolean; }),
    member<&Everything::number>("Number", "Number", [] { return &kSmallInteger; }),
    member<&Everything::real>("Real", "Real", [] { return &kDouble; }),
    member<&Everything::bytes>("Bytes", "Bytes", [] { return &kBlob; }),
    member<&Everything::at>("At", "At", [] { return &kTimestamp; }),
    member<&Everything::http_at>(
        "HttpAt", "HttpAt", [] { return &kTimestamp; }, Location::Body, TimestampFormat::HttpDate),
    member<&Everything::leaves>("Leaves", "Leaves", [] { return &kLeaves; }),
    member<&Everything::flat_labels>("FlatLabels", "FlatLabels", [] { return &kFlatLabels; }),
    member<&Everything::tags>("Tags", "Tags", [] { return &kTags; }),
    member<&Everything::flat_leaves>("FlatLeaves", "FlatLeaf", [] { return &kLeafMap; }),
    member<&Everything::leaf>("Leaf", "Leaf", [] { return &Leaf::type(); }),
};

const Member kWithDocumentMembers[] = {
    member<&WithDocument::document>("Document", "Document", [] { return &kDocument; }),
};

const Member kRestfulMembers[] = {
    member<&Restful::bucket>(
        "Bucket", "Bucket", [] { return &kString; }, Location::Uri),
    member<&Restful::key>(
        "Key", "Key", [] { return &kString; }, Location::Uri),
    member<&Restful::part>(
        "Part", "partNumber", [] { return &kInteger; }, Location::QueryString),
    member<&Restful::marker>(
        "Marker", "marker", [] { return &kString; }, Location::QueryString),
    member<&Restful::since>(
        "Since", "If-Modified-Since", [] { return &kTimestamp; }, Location::Header),
    member<&Restful::metadata>(
        "Metadata", "x-amz-meta-", [] { return &kTags; }, Location::HeaderPrefix),
    member<&Restful::payload>(
        "Payload", "Tagging", [] { return &Leaf::type(); }, Location::Payload),
};

const Member kListingMembers[] = {
    member<&Listing::region>(
        "Region", "x-region", [] { return &kString; }, Location::Header),
    member<&Listing::status>(
        "Status", "Status", [] { return &kInteger; }, Location::StatusCode),
    member<&Listing::leaves>("Leaves", "Leaves", [] { return &kFlatLeaves; }),
};

struct Empty {};
const Type kEmpty = structure<Empty>("Empty", {});

constexpr base::FaultShape kNotThere{"NotThere", "Test.NotThere", 404, true, "com.amazonaws.test"};
const base::FaultShape* const kFaults[] = {&kNotThere};
constexpr base::FaultShape kInvalid{"ValidationException", "ValidationError", 400, true};

api::Operation operation_named(std::string_view name, const Type& input, const Type& output, std::string_view wrapper,
                               std::string_view method, std::string_view uri, int status = 0) {
  api::Operation made{};
  made.name = name;
  made.service = &service();
  made.input = &input;
  made.output = &output;
  made.has_output = &output != &kEmpty;
  made.result_wrapper = wrapper;
  made.http_method = method;
  made.http_uri = uri;
  made.http_status = status;
  made.faults = kFaults;
  return made;
}

constexpr api::Protocol kProtocols[] = {api::Protocol::AwsJson, api::Protocol::AwsQuery,  api::Protocol::Ec2Query,
                                        api::Protocol::RestXml, api::Protocol::RpcV2Cbor, api::Protocol::RestJson};

}  // namespace

const Type& Leaf::type() {
  static const Type type = structure<Leaf>("Leaf", kLeafMembers);
  return type;
}
const Type& Everything::type() {
  static const Type type = structure<Everything>("Everything", kEverythingMembers);
  return type;
}
const Type& WithDocument::type() {
  static const Type type = structure<WithDocument>("WithDocument", kWithDocumentMembers);
  return type;
}
const Type& Restful::type() {
  static const Type type = [] {
    Type made = structure<Restful>("RestfulRequest", kRestfulMembers);
    made.payload_member = "Payload";
    return made;
  }();
  return type;
}
const Type& Listing::type() {
  static const Type type = [] {
    Type made = structure<Listing>("ListingOutput", kListingMembers);
    made.xml_name = "ListResult";
    return made;
  }();
  return type;
}

const api::Service& service() {
  static constexpr std::string_view kOther[] = {"DoSomethingElse"};
  static const api::Operation* operations[5] = {};
  static const api::Service made = [] {
    api::Service service{};
    service.id = "test";
    service.signing_name = "test";
    service.api_version = "2012-11-05";
    service.target_prefix = "TestService";
    service.json_version = "1.0";
    service.xml_namespace = "http://test/doc/";
    service.shape_namespace = "com.amazonaws.test";
    service.protocols = kProtocols;
    service.query_compatible = true;
    service.validation = api::Validation::Coral;
    service.validation_fault = &kInvalid;
    service.operations = operations;
    service.other_operations = kOther;
    return service;
  }();
  if (operations[0] != nullptr) return made;
  operations[0] = operations[1] = nullptr;
  static bool filling = false;
  if (filling) return made;
  filling = true;
  static const api::Operation everything =
      operation_named("DoEverything", Everything::type(), Everything::type(), "DoEverythingResult", "POST", "/");
  static const api::Operation nothing = operation_named("DoNothing", kEmpty, kEmpty, "", "POST", "/nothing");
  static const api::Operation get =
      operation_named("GetRestful", Restful::type(), Listing::type(), "", "GET", "/{Bucket}/{Key+}");
  static const api::Operation list =
      operation_named("ListRestful", Restful::type(), Listing::type(), "", "GET", "/{Bucket}/{Key+}?list");
  static const api::Operation put =
      operation_named("PutRestful", Restful::type(), kEmpty, "", "PUT", "/{Bucket}/{Key+}", 204);
  operations[1] = &nothing;
  operations[2] = &get;
  operations[3] = &list;
  operations[4] = &put;
  operations[0] = &everything;
  return made;
}

const api::Operation& operation(std::string_view name) {
  const api::Operation* found = service().find_operation(name);
  ENSURE(found != nullptr);
  return *found;
}

namespace {

// Multi-byte text and markup included; XML cannot carry control characters.
std::string random_text(base::Random& random) {
  static constexpr std::string_view kPieces[] = {"a",  "Z",  " ",  "<", "&", "\"", "é", "日",
                                                 "😀", "\r", "\n", "=", "%", "+",  "/"};
  std::string text;
  for (std::uint64_t i = base::below(random, 6); i > 0; --i) text += kPieces[base::below(random, std::size(kPieces))];
  return text;
}

void fill_map(const Type& type, void* value, base::Random& random, int depth) {
  for (std::uint64_t i = 1 + base::below(random, 2); i > 0; --i) {
    fill(*type.element(), type.insert(value, base::draw(random, base::kLowerAlnum, 1 + base::below(random, 3))), random,
         depth + 1);
  }
}

// A structure without any members (CloudWatch has one) is never seen in a query.
bool is_hollow(const Member& member) {
  return member.type()->kind == Kind::Structure && member.type()->members.empty();
}

// At least one member is there: queries cannot tell an empty structure from an absent one.
void fill_structure(const Type& type, void* value, base::Random& random, int depth) {
  bool any = false;
  const Member* fallback = nullptr;
  for (const Member& member : type.members) {
    const bool better = fallback == nullptr || (!is_scalar(*fallback->type()) && is_scalar(*member.type()));
    if (!is_hollow(member) && better) fallback = &member;
    const bool skipped = base::below(random, 2) == 0 || (depth > 4 && !is_scalar(*member.type()));
    if (!member.required && (skipped || is_hollow(member))) continue;
    fill(*member.type(), member.emplace(value), random, depth + 1);
    any = true;
  }
  if (!any && fallback != nullptr) fill(*fallback->type(), fallback->emplace(value), random, depth + 1);
}

}  // namespace

void fill(const Type& type, void* value, base::Random& random, int depth) {
  switch (type.kind) {
    case Kind::Boolean:
      *static_cast<bool*>(value) = base::below(random, 2) == 1;
      break;
    case Kind::Integer:
      *static_cast<std::int64_t*>(value) = static_cast<std::int64_t>(random.next()) >> base::below(random, 64);
      break;
    case Kind::Double:
      *static_cast<double*>(value) = static_cast<double>(static_cast<std::int64_t>(random.next())) / 1024.0;
      break;
    case Kind::String:
      *static_cast<std::string*>(value) = random_text(random);
      break;
    case Kind::Blob:
      *static_cast<std::string*>(value) =
          base::draw(random, std::string_view("\0\xff\x80z", 4), base::below(random, 9));
      break;
    case Kind::Timestamp:
      *static_cast<base::TimePoint*>(value) =
          base::from_unix_seconds(static_cast<std::int64_t>(base::below(random, 4'000'000'000)));
      break;
    case Kind::Document:
      *static_cast<base::Value*>(value) = random_text(random);
      break;
    case Kind::List:
      for (std::uint64_t i = 1 + base::below(random, 3); i > 0; --i) {
        fill(*type.element(), type.append(value), random, depth + 1);
      }
      break;
    case Kind::Map:
      fill_map(type, value, random, depth);
      break;
    case Kind::Structure:
      fill_structure(type, value, random, depth);
      break;
  }
}

}  // namespace wire::testing
