#include "wire/query.h"

#include <algorithm>
#include <map>

#include "base/ensure.h"
#include "wire/faults.h"
#include "wire/percent.h"
#include "wire/text.h"

namespace wire {
namespace {

using api::Kind;
using api::Member;
using api::TimestampFormat;
using api::Type;

// Keys with more steps than this belong to no shape.
constexpr int kKeyStepsMax = 32;

// The form as a tree: "A.1.B=x" is A -> 1 -> B.
struct Node {
  std::optional<std::string> value;
  std::map<std::string, Node, std::less<>> children;

  const Node* child(std::string_view name) const {
    const auto found = children.find(name);
    return found == children.end() ? nullptr : &found->second;
  }
};

void plant(Node& root, std::string_view key, std::string value) {
  Node* at = &root;
  for (int steps = 0; steps < kKeyStepsMax; ++steps) {
    const std::size_t dot = key.find('.');
    at = &at->children[std::string(key.substr(0, dot))];
    if (dot == std::string_view::npos) {
      if (!at->value) at->value = std::move(value);
      return;
    }
    key.remove_prefix(dot + 1);
  }
}

// The children whose names are indexes, in the order of these.
std::vector<const Node*> indexed(const Node& node) {
  std::vector<std::pair<std::int64_t, const Node*>> found;
  for (const auto& [name, child] : node.children) {
    if (const auto index = parse_integer(name)) found.emplace_back(*index, &child);
  }
  std::ranges::stable_sort(found, {}, &std::pair<std::int64_t, const Node*>::first);
  std::vector<const Node*> nodes;
  for (const auto& [index, child] : found) nodes.push_back(child);
  return nodes;
}

std::string_view query_key(const Member& member, QueryDialect dialect) {
  return dialect == QueryDialect::Ec2 ? member.ec2_name : xml_key(member);
}

class Reader {
 public:
  Reader(QueryDialect dialect, Missing* missing) : dialect_(dialect), missing_(missing) {}

  base::Outcome<void> structure(const Type& type, const Node& node, void* out, const Path& path) {
    Seen seen(type);
    for (const Member& member : type.members) {
      const Node* child = node.child(query_key(member, dialect_));
      if (child == nullptr) continue;
      seen.mark(member);
      CHECK(any(*member.type(), *child, member.emplace(out), path.member(member.name)));
    }
    seen.report(path, missing_);
    return {};
  }

 private:
  base::Outcome<void> any(const Type& type, const Node& node, void* out, const Path& path) {
    switch (type.kind) {
      case Kind::Structure:
        return structure(type, node, out, path);
      case Kind::List:
        return list(type, node, out, path);
      case Kind::Map:
        return map(type, node, out, path);
      case Kind::Document:
        return wrong(path);
      default:
        return scalar_from_text(type, node.value.value_or(""), out) ? base::Outcome<void>{} : wrong(path);
    }
  }

  base::Outcome<void> list(const Type& type, const Node& node, void* out, const Path& path) {
    const Node* holder = &node;
    if (!type.flattened && dialect_ == QueryDialect::Aws) {
      for (const auto name : {type.element_name, std::string_view("member")}) {
        if (const Node* inner = node.child(name); inner != nullptr && holder == &node) holder = inner;
      }
    }
    std::vector<const Node*> items = indexed(*holder);
    const bool has_more = !holder->children.empty() || !holder->value.value_or("").empty();
    if (items.empty() && has_more) items.push_back(holder);  // one element, without an index
    for (std::size_t i = 0; i < items.size(); ++i) {
      CHECK(any(*type.element(), *items[i], type.append(out), path.element(i)));
    }
    return {};
  }

  base::Outcome<void> map(const Type& type, const Node& node, void* out, const Path& path) {
    const Node* holder = &node;
    if (!type.flattened) {
      if (const Node* inner = node.child("entry")) holder = inner;
    }
    std::vector<const Node*> items = indexed(*holder);
    if (items.empty() && !holder->children.empty()) items.push_back(holder);
    for (const Node* item : items) {
      const Node* key = item->child(type.key_name);
      const Node* value = item->child(type.element_name);
      if (key == nullptr || !key->value || value == nullptr) return wrong(path);
      CHECK(any(*type.element(), *value, type.insert(out, *key->value), path.entry(*key->value)));
    }
    return {};
  }

  static base::Outcome<void> wrong(const Path& path) {
    return base::fault(faults::SerializationException,
                       "The value of the parameter " + path.to_text() + " is malformed.");
  }

  QueryDialect dialect_;
  Missing* missing_;
};

class Writer {
 public:
  explicit Writer(QueryDialect dialect) : dialect_(dialect) {}

  void field(std::string_view key, std::string_view value) {
    if (!out_.empty()) out_ += '&';
    out_ += percent_encode(key);
    out_ += '=';
    out_ += percent_encode(value);
  }

  void structure(const Type& type, const void* value, const std::string& prefix) {
    for (const Member& member : type.members) {
      if (!member.present(value)) continue;
      any(*member.type(), timestamp_format(member, TimestampFormat::DateTime), member.get(value),
          join(prefix, query_key(member, dialect_)));
    }
  }

  std::string take() { return std::move(out_); }

 private:
  static std::string join(const std::string& prefix, std::string_view name) {
    return prefix.empty() ? std::string(name) : prefix + '.' + std::string(name);
  }

  void any(const Type& type, TimestampFormat format, const void* value, const std::string& key) {
    switch (type.kind) {
      case Kind::Structure:
        structure(type, value, key);
        break;
      case Kind::List:
        list(type, value, key);
        break;
      case Kind::Map:
        map(type, value, key);
        break;
      case Kind::Document:
        ENSURE(!"no query shape has a document");
        break;
      default:
        field(key, scalar_to_text(type, format, value));
        break;
    }
  }

  void list(const Type& type, const void* value, const std::string& key) {
    const std::size_t count = type.size(value);
    if (count == 0) return field(key, "");
    const bool plain = type.flattened || dialect_ == QueryDialect::Ec2;
    const std::string prefix = plain ? key : join(key, type.element_name);
    const auto format = timestamp_format(*type.element(), TimestampFormat::DateTime);
    for (std::size_t i = 0; i < count; ++i) {
      any(*type.element(), format, type.at(value, i), prefix + '.' + std::to_string(i + 1));
    }
  }

  void map(const Type& type, const void* value, const std::string& key) {
    struct Visit {
      Writer* writer;
      const Type& type;
      std::string prefix;
      std::size_t index = 0;
    };
    Visit visit{this, type, type.flattened ? key : key + ".entry"};
    type.each(value, &visit, [](void* context, const std::string& name, const void* item) {
      auto& at = *static_cast<Visit*>(context);
      const std::string entry = at.prefix + '.' + std::to_string(++at.index);
      at.writer->field(join(entry, at.type.key_name), name);
      const Type& inner = *at.type.element();
      at.writer->any(inner, timestamp_format(inner, TimestampFormat::DateTime), item,
                     join(entry, at.type.element_name));
    });
  }

  QueryDialect dialect_;
  std::string out_;
};

}  // namespace

std::optional<std::string> form_field(std::string_view form, std::string_view name) {
  for (auto& [key, value] : parse_query(form)) {
    if (key == name) return std::move(value);
  }
  return std::nullopt;
}

base::Outcome<void> decode_query(const Type& type, std::string_view form, QueryDialect dialect, void* out,
                                 Missing* missing) {
  Node root;
  for (auto& [key, value] : parse_query(form)) plant(root, key, std::move(value));
  return Reader(dialect, missing).structure(type, root, out, Path{});
}

std::string encode_query(const api::Operation& operation, const void* value, QueryDialect dialect) {
  Writer writer(dialect);
  writer.field("Action", operation.name);
  writer.field("Version", operation.service->api_version);
  writer.structure(*operation.input, value, "");
  return writer.take();
}

}  // namespace wire
