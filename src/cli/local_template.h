#pragma once

#include <expected>
#include <functional>
#include <string>

namespace cli {

// A template that is ready to be sent, with all that it names on this machine.
struct LocalTemplate {
  std::string text;
  bool has_nested = false;
};

// Puts a nested template, read from `path`, where the server can fetch it and returns its URL.
using Upload = std::function<std::expected<std::string, std::string>(const std::string& path, const std::string& text)>;

// Reads a template file. Nested stacks whose TemplateURL is a path, relative to the file, are read too, uploaded from
// the innermost out, and replaced by their URL; a template that is changed so comes out as JSON. An error names the
// file and what is wrong with it: missing, not well-formed, nested in itself. At most 16 levels deep.
std::expected<LocalTemplate, std::string> load_template(const std::string& path, const Upload& upload);

}  // namespace cli
