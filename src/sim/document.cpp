#include "sim/document.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <charconv>

#include "base/fault.h"

namespace sim {
namespace {

constexpr int kDepthMax = 64;
constexpr std::size_t kNodesMax = 100'000;

std::size_t line_at(const YAML::Mark& mark) {
  return mark.is_null() ? 0 : static_cast<std::size_t>(mark.line) + 1;
}

}  // namespace

class DocumentReader {
 public:
  Parsed<Document> read(const YAML::Node& node, int depth) {
    Document made;
    made.line_ = line_at(node.Mark());
    if (depth > kDepthMax || ++nodes_ > kNodesMax) return made.refuse("the file is nested too deeply or too large");
    if (node.IsScalar()) {
      made.kind_ = Document::Kind::Scalar;
      made.text_ = node.Scalar();
    } else if (node.IsSequence()) {
      made.kind_ = Document::Kind::List;
      for (const YAML::Node& item : node) {
        TRY(Document one, read(item, depth + 1));
        made.items_.push_back(std::move(one));
      }
    } else if (node.IsMap()) {
      CHECK(read_members(node, depth, made));
    }
    return made;
  }

 private:
  Parsed<void> read_members(const YAML::Node& node, int depth, Document& made) {
    made.kind_ = Document::Kind::Map;
    for (const auto& entry : node) {
      const Document at = Document::scalar("", line_at(entry.first.Mark()));
      if (!entry.first.IsScalar()) return at.refuse("keys must be texts");
      const std::string key = entry.first.Scalar();
      if (made.find(key) != nullptr) return at.refuse("\"" + key + "\" is there twice");
      TRY(Document value, read(entry.second, depth + 1));
      if (value.line_ == 0) value.line_ = at.line();
      made.members_.emplace_back(key, std::move(value));
    }
    return {};
  }

  std::size_t nodes_ = 0;
};

Parsed<Document> Document::parse(const std::string& text) {
  try {
    return DocumentReader().read(YAML::Load(text), 0);
  } catch (const YAML::Exception& error) {
    return std::unexpected(Complaint{line_at(error.mark), "not well-formed YAML: " + error.msg});
  }
}

Document Document::scalar(std::string text, std::size_t line) {
  Document made;
  made.kind_ = Kind::Scalar;
  made.line_ = line;
  made.text_ = std::move(text);
  return made;
}

const Document* Document::find(std::string_view key) const {
  const auto found = std::ranges::find(members_, key, &Member::first);
  return found == members_.end() ? nullptr : &found->second;
}

std::size_t Document::line_of(std::string_view text) const {
  if (kind_ == Kind::Scalar && text_ == text) return line_;
  for (const Document& item : items_) {
    if (const std::size_t line = item.line_of(text); line != 0) return line;
  }
  for (const auto& [key, value] : members_) {
    if (key == text) return value.line_;
    if (const std::size_t line = value.line_of(text); line != 0) return line;
  }
  return 0;
}

bool Document::set(std::string_view path, const Document& value) {
  if (path.empty()) {
    *this = value;
    return true;
  }
  if (kind_ == Kind::List) {
    std::size_t index = 0;
    const auto [end, error] = std::from_chars(path.data(), path.data() + path.size(), index);
    if (error != std::errc() || index >= items_.size()) return false;
    const std::string_view rest = path.substr(static_cast<std::size_t>(end - path.data()));
    if (!rest.empty() && rest.front() != '.') return false;
    return items_[index].set(rest.empty() ? rest : rest.substr(1), value);
  }
  if (kind_ == Kind::Scalar) return false;
  kind_ = Kind::Map;
  Member* best = nullptr;
  for (Member& member : members_) {
    const bool fits = path == member.first || path.starts_with(member.first + ".");
    if (fits && (best == nullptr || member.first.size() > best->first.size())) best = &member;
  }
  if (best != nullptr) {
    return best->second.set(path.size() == best->first.size() ? "" : path.substr(best->first.size() + 1), value);
  }
  const std::size_t dot = path.find('.');
  members_.emplace_back(std::string(path.substr(0, dot)), Document());
  return members_.back().second.set(dot == std::string_view::npos ? "" : path.substr(dot + 1), value);
}

}  // namespace sim
