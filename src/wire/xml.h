#pragma once

// XML elements <-> generated structs: the replies of awsQuery and ec2Query, and the bodies of restXml.

#include <initializer_list>
#include <string>
#include <string_view>

#include "api/shape.h"
#include "wire/text.h"
#include "wire/walk.h"

namespace wire {

struct XmlOptions {
  Millis millis = Millis::WhenAny;  // EC2 and S3 always write milliseconds
  bool body_only = false;           // REST: leave out members that travel elsewhere
};

// Appends the members of a structure as elements, without a root.
void append_xml_members(std::string& out, const api::Type& type, const void* value, XmlOptions options = {});
// Appends <name …>…</name> around them; `xmlns` may be empty. Attribute members go into the tag.
void append_xml_element(std::string& out, std::string_view name, std::string_view xmlns, const api::Type& type,
                        const void* value, XmlOptions options = {});
void append_xml_text_element(std::string& out, std::string_view name, std::string_view text);

// Fills `out`, fresh from Type::create, from the members inside an element of the document: the root, or with `inside`
// given, the first child of the root by that name. Namespaces are ignored, unknown elements skipped. Text that is no
// XML, or of a wrong form, is a MalformedXML fault.
base::Outcome<void> decode_xml(const api::Type& type, std::string_view text, std::string_view inside, void* out,
                               Missing* missing = nullptr, XmlOptions options = {});

// The text at a path of element names below the root, such as {"Error", "Code"}; "" if there is none. The root itself
// is not named.
std::string xml_text_at(std::string_view document, std::initializer_list<std::string_view> path);
std::string xml_root_name(std::string_view document);
std::string xml_root_text(std::string_view document);

}  // namespace wire
