#include "cli/local_template.h"

#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/fault.h"
#include "wire/json.h"
#include "wire/yaml.h"

namespace cli {
namespace {

namespace fs = std::filesystem;

constexpr int kDepthMax = 16;

std::expected<std::string, std::string> read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in || fs::is_directory(path)) return std::unexpected("there is no template file " + path.string());
  return std::string(std::istreambuf_iterator<char>(in), {});
}

std::expected<base::Value, std::string> parse(const std::string& text, const fs::path& path) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  const bool json = first != std::string::npos && text[first] == '{';
  auto document = json ? wire::parse_json(text) : wire::parse_yaml(text);
  if (!document) {
    return std::unexpected(path.string() + " is not well-formed " + (json ? "JSON " : "YAML ") +
                           document.error().place() + ": " + document.error().reason);
  }
  return std::move(*document);
}

bool is_local(const std::string& url) {
  return url.find("://") == std::string::npos;
}

std::expected<LocalTemplate, std::string> load(const fs::path& path, const Upload& upload, int depth) {
  if (depth > kDepthMax) {
    return std::unexpected(path.string() + " is nested more than " + std::to_string(kDepthMax) +
                           " levels deep; does a template name itself?");
  }
  LocalTemplate loaded;
  TRY(loaded.text, read_file(path));
  TRY(base::Value document, parse(loaded.text, path));
  base::Value* resources = document.find("Resources");
  if (resources == nullptr || !resources->is_object()) return loaded;  // the server says what is wrong
  for (auto& [name, resource] : resources->as_object()) {
    const base::Value* type = resource.find("Type");
    base::Value* properties = resource.find("Properties");
    if (type == nullptr || *type != base::Value("AWS::CloudFormation::Stack") || properties == nullptr) continue;
    const base::Value* url = properties->find("TemplateURL");
    if (url == nullptr || !url->is_string() || !is_local(url->as_string())) continue;
    const fs::path child_path = path.parent_path() / url->as_string();
    auto child = load(child_path, upload, depth + 1);
    if (!child) return std::unexpected(child.error() + "\n  (named by resource " + name + " of " + path.string() + ")");
    TRY(std::string where, upload(child_path.string(), child->text));
    properties->set("TemplateURL", std::move(where));
    loaded.has_nested = true;
  }
  if (loaded.has_nested) loaded.text = wire::write_json(document, wire::JsonLayout::Indented);
  return loaded;
}

}  // namespace

std::expected<LocalTemplate, std::string> load_template(const std::string& path, const Upload& upload) {
  return load(path, upload, 0);
}

}  // namespace cli
