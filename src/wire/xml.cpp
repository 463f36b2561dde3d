#include "wire/xml.h"

#include <pugixml.hpp>

#include "base/ensure.h"
#include "base/time.h"
#include "wire/faults.h"

namespace wire {
namespace {

using api::Kind;
using api::Location;
using api::Member;
using api::TimestampFormat;
using api::Type;

bool in_body(const Member& member, const XmlOptions& options) {
  return !options.body_only || member.location == Location::Body;
}

class Writer {
 public:
  Writer(std::string& out, XmlOptions options) : out_(out), options_(options) {}

  void element(std::string_view name, std::string_view xmlns, const Type& type, const void* value) {
    out_.append("<").append(name);
    if (!xmlns.empty()) attribute("xmlns", xmlns);
    attributes(type, value);
    out_ += '>';
    members(type, value);
    out_.append("</").append(name).append(">");
  }

  void members(const Type& type, const void* value) {
    for (const Member& member : type.members) {
      if (member.xml_attribute || !in_body(member, options_) || !member.present(value)) continue;
      any(*member.type(), timestamp_format(member, TimestampFormat::DateTime), member.get(value), xml_key(member));
    }
  }

 private:
  void attribute(std::string_view name, std::string_view text) {
    out_.append(" ").append(name).append("=\"");
    append_xml_text(out_, text);
    out_ += '"';
  }

  void attributes(const Type& type, const void* value) {
    for (const Member& member : type.members) {
      if (!member.xml_attribute || !member.present(value)) continue;
      // S3's Grantee names its type in the schema-instance namespace.
      if (member.location_name.starts_with("xsi:")) attribute("xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance");
      attribute(member.location_name, scalar_to_text(*member.type(), TimestampFormat::DateTime, member.get(value)));
    }
  }

  void any(const Type& type, TimestampFormat format, const void* value, std::string_view name) {
    switch (type.kind) {
      case Kind::Structure:
        element(name, type.xml_namespace, type, value);
        break;
      case Kind::List:
        list(type, value, name);
        break;
      case Kind::Map:
        map(type, value, name);
        break;
      case Kind::Document:
        ENSURE(!"no XML shape has a document");
        break;
      default:
        append_xml_text_element(out_, name, scalar(type, format, value));
        break;
    }
  }

  std::string scalar(const Type& type, TimestampFormat format, const void* value) const {
    if (type.kind == Kind::Timestamp && format == TimestampFormat::DateTime) {
      return format_date_time(*static_cast<const base::TimePoint*>(value), options_.millis);
    }
    return scalar_to_text(type, format, value);
  }

  void list(const Type& type, const void* value, std::string_view name) {
    const Type& inner = *type.element();
    const auto format = timestamp_format(inner, TimestampFormat::DateTime);
    if (!type.flattened) out_.append("<").append(name).append(">");
    const std::size_t count = type.size(value);
    for (std::size_t i = 0; i < count; ++i)
      any(inner, format, type.at(value, i), type.flattened ? name : type.element_name);
    if (!type.flattened) out_.append("</").append(name).append(">");
  }

  void map(const Type& type, const void* value, std::string_view name) {
    struct Visit {
      Writer* writer;
      const Type& type;
      std::string_view entry;
    };
    Visit visit{this, type, type.flattened ? name : std::string_view("entry")};
    if (!type.flattened) out_.append("<").append(name).append(">");
    type.each(value, &visit, [](void* context, const std::string& key, const void* item) {
      auto& at = *static_cast<Visit*>(context);
      std::string& out = at.writer->out_;
      const Type& inner = *at.type.element();
      out.append("<").append(at.entry).append(">");
      append_xml_text_element(out, at.type.key_name, key);
      at.writer->any(inner, timestamp_format(inner, TimestampFormat::DateTime), item, at.type.element_name);
      out.append("</").append(at.entry).append(">");
    });
    if (!type.flattened) out_.append("</").append(name).append(">");
  }

  std::string& out_;
  XmlOptions options_;
};

// Element names without their namespace prefix.
std::string_view local_name(const pugi::xml_node& node) {
  const std::string_view name = node.name();
  const std::size_t colon = name.find(':');
  return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

bool is_named(const pugi::xml_node& node, std::string_view name) {
  return node.type() == pugi::node_element && local_name(node) == name;
}

pugi::xml_node child(const pugi::xml_node& node, std::string_view name) {
  for (const auto& inner : node.children()) {
    if (is_named(inner, name)) return inner;
  }
  return {};
}

class Reader {
 public:
  Reader(Missing* missing, XmlOptions options) : missing_(missing), options_(options) {}

  base::Outcome<void> structure(const Type& type, const pugi::xml_node& node, void* out, const Path& path, int depth) {
    Seen seen(type);
    for (const auto& attribute : node.attributes()) {
      const Member* member = find(type, attribute.name(), true);
      if (member == nullptr) continue;
      seen.mark(*member);
      if (!scalar_from_text(*member->type(), attribute.value(), member->emplace(out)))
        return wrong(path.member(member->name));
    }
    for (const auto& inner : node.children()) {
      if (inner.type() != pugi::node_element) continue;
      const Member* member = find(type, local_name(inner), false);
      if (member == nullptr) continue;
      seen.mark(*member);
      CHECK(any(*member->type(), inner, slot(*member, out), path.member(member->name), depth + 1));
    }
    seen.report(path, missing_);
    return {};
  }

 private:
  const Member* find(const Type& type, std::string_view name, bool attribute) const {
    for (const Member& member : type.members) {
      if (member.xml_attribute == attribute && in_body(member, options_) && xml_key(member) == name) return &member;
    }
    return nullptr;
  }

  // Flattened lists and maps come as repeated elements, so an earlier one's value must stay.
  static void* slot(const Member& member, void* out) {
    const Type& type = *member.type();
    const bool repeats = (type.kind == Kind::List || type.kind == Kind::Map) && type.flattened;
    if (repeats && member.present(out)) return const_cast<void*>(member.get(out));
    return member.emplace(out);
  }

  base::Outcome<void> any(const Type& type, const pugi::xml_node& node, void* out, const Path& path, int depth) {
    if (depth > kDepthMax) return wrong(path);
    switch (type.kind) {
      case Kind::Structure:
        return structure(type, node, out, path, depth);
      case Kind::List:
        return list(type, node, out, path, depth);
      case Kind::Map:
        return map(type, node, out, path, depth);
      case Kind::Document:
        return wrong(path);
      default:
        return scalar_from_text(type, node.text().get(), out) ? base::Outcome<void>{} : wrong(path);
    }
  }

  base::Outcome<void> list(const Type& type, const pugi::xml_node& node, void* out, const Path& path, int depth) {
    std::size_t index = type.size(out);
    if (type.flattened) return any(*type.element(), node, type.append(out), path.element(index), depth + 1);
    for (const auto& item : node.children()) {
      if (item.type() != pugi::node_element) continue;
      CHECK(any(*type.element(), item, type.append(out), path.element(index++), depth + 1));
    }
    return {};
  }

  base::Outcome<void> map(const Type& type, const pugi::xml_node& node, void* out, const Path& path, int depth) {
    if (type.flattened) return entry(type, node, out, path, depth);
    for (const auto& item : node.children()) {
      if (item.type() == pugi::node_element) CHECK(entry(type, item, out, path, depth));
    }
    return {};
  }

  base::Outcome<void> entry(const Type& type, const pugi::xml_node& node, void* out, const Path& path, int depth) {
    const auto key = child(node, type.key_name);
    const auto value = child(node, type.element_name);
    if (!key || !value) return wrong(path);
    const std::string name = key.text().get();
    return any(*type.element(), value, type.insert(out, name), path.entry(name), depth + 1);
  }

  static base::Outcome<void> wrong(const Path& path) {
    return base::fault(faults::MalformedXml, "The value of '" + path.to_text() + "' is malformed.");
  }

  Missing* missing_;
  XmlOptions options_;
};

// White space is content in element text: SQS bodies may be nothing else.
constexpr unsigned kParseFlags =
    (pugi::parse_default | pugi::parse_ws_pcdata_single) & ~static_cast<unsigned>(pugi::parse_eol);

bool load(pugi::xml_document& document, std::string_view text) {
  return document.load_buffer(text.data(), text.size(), kParseFlags, pugi::encoding_utf8) &&
         document.document_element();
}

}  // namespace

void append_xml_members(std::string& out, const Type& type, const void* value, XmlOptions options) {
  Writer(out, options).members(type, value);
}

void append_xml_element(std::string& out, std::string_view name, std::string_view xmlns, const Type& type,
                        const void* value, XmlOptions options) {
  Writer(out, options).element(name, xmlns, type, value);
}

void append_xml_text_element(std::string& out, std::string_view name, std::string_view text) {
  out.append("<").append(name).append(">");
  append_xml_text(out, text);
  out.append("</").append(name).append(">");
}

base::Outcome<void> decode_xml(const Type& type, std::string_view text, std::string_view inside, void* out,
                               Missing* missing, XmlOptions options) {
  pugi::xml_document document;
  if (!load(document, text)) {
    return base::fault(faults::MalformedXml,
                       "The XML you provided was not well-formed or did not validate against our published schema");
  }
  pugi::xml_node node = document.document_element();
  if (!inside.empty()) node = child(node, inside);
  return Reader(missing, options).structure(type, node, out, Path{}, 0);
}

std::string xml_text_at(std::string_view text, std::initializer_list<std::string_view> path) {
  pugi::xml_document document;
  if (!load(document, text)) return {};
  pugi::xml_node node = document.document_element();
  for (const auto name : path) node = child(node, name);
  return node.text().get();
}

std::string xml_root_name(std::string_view text) {
  pugi::xml_document document;
  return load(document, text) ? std::string(local_name(document.document_element())) : std::string();
}

std::string xml_root_text(std::string_view text) {
  pugi::xml_document document;
  return load(document, text) ? std::string(document.document_element().text().get()) : std::string();
}

}  // namespace wire
