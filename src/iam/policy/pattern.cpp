#include "iam/policy/pattern.h"

#include "wire/text.h"

namespace iam::policy {
namespace {

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

bool continues(char c) {
  return (static_cast<unsigned char>(c) & 0xc0) == 0x80;  // UTF-8
}

std::string_view trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(' ');
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

char16_t unit_of(char c) {
  return static_cast<unsigned char>(c);
}

}  // namespace

// Only the last run has to be tried again: an earlier one that took less would leave the later ones no better.
bool matches(std::u16string_view glob, std::string_view subject, Case how) {
  std::size_t g = 0;
  std::size_t s = 0;
  std::size_t run = std::u16string_view::npos;
  std::size_t run_subject = 0;
  while (s < subject.size()) {
    const char c = how == Case::Ignored ? lower(subject[s]) : subject[s];
    if (g < glob.size() && glob[g] == kAnyRun) {
      run = g++;
      run_subject = s;
    } else if (g < glob.size() && glob[g] == kAnyOne) {
      ++g;
      do ++s;
      while (s < subject.size() && continues(subject[s]));
    } else if (g < glob.size() && glob[g] == unit_of(c)) {
      ++g;
      ++s;
    } else if (run != std::u16string_view::npos) {
      g = run + 1;
      s = ++run_subject;
    } else {
      return false;
    }
  }
  return glob.find_first_not_of(kAnyRun, g) == std::u16string_view::npos;
}

std::string plain_text(std::u16string_view glob) {
  std::string text;
  text.reserve(glob.size());
  for (const char16_t unit : glob) text += unit == kAnyRun ? '*' : unit == kAnyOne ? '?' : static_cast<char>(unit);
  return text;
}

Pattern::Pattern(std::string_view text, bool with_variables, Case how) : case_(how) {
  for (std::size_t at = 0; at < text.size();) {
    if (with_variables && text.substr(at).starts_with("${")) {
      at = add_variable(text, at);
      continue;
    }
    const char c = case_ == Case::Ignored ? lower(text[at]) : text[at];
    add_text(c == '*' ? kAnyRun : c == '?' ? kAnyOne : unit_of(c));
    ++at;
  }
}

void Pattern::add_text(char16_t unit) {
  if (pieces_.empty() || !pieces_.back().variable.empty()) pieces_.emplace_back();
  pieces_.back().text += unit;
}

// From "${" on; returns where the text goes on. What is not closed is text.
std::size_t Pattern::add_variable(std::string_view text, std::size_t at) {
  const std::size_t end = text.find('}', at);
  if (end == std::string_view::npos) {
    add_text(u'$');
    return at + 1;
  }
  const std::string_view inside = text.substr(at + 2, end - at - 2);
  if (inside == "*" || inside == "?" || inside == "$") {
    add_text(unit_of(inside.front()));
    return end + 1;
  }
  Piece piece;
  const std::size_t comma = inside.find(',');
  piece.variable = wire::to_lower(trim(inside.substr(0, comma)));
  if (comma != std::string_view::npos) {
    std::string_view fallback = trim(inside.substr(comma + 1));
    if (fallback.size() >= 2 && fallback.front() == '\'' && fallback.back() == '\'') {
      fallback = fallback.substr(1, fallback.size() - 2);
    }
    piece.fallback = std::string(fallback);
  }
  if (piece.variable.empty()) piece.variable = " ";  // "${}": a key that no request has
  pieces_.push_back(std::move(piece));
  return end + 1;
}

std::optional<Glob> Pattern::glob(const Keys& keys) const {
  Glob glob;
  for (const Piece& piece : pieces_) {
    if (piece.variable.empty()) {
      glob += piece.text;
      continue;
    }
    const auto values = keys.values(piece.variable);
    const bool one = values && values->size() == 1;
    if (!one && !piece.fallback) return std::nullopt;
    for (const char c : one ? values->front() : *piece.fallback) {
      glob += unit_of(case_ == Case::Ignored ? lower(c) : c);
    }
  }
  return glob;
}

bool Pattern::matches(std::string_view subject, const Keys& keys) const {
  const bool constant = pieces_.empty() || (pieces_.size() == 1 && pieces_.front().variable.empty());
  if (constant) {
    return policy::matches(pieces_.empty() ? std::u16string_view() : pieces_.front().text, subject, case_);
  }
  const auto filled = glob(keys);
  return filled && policy::matches(*filled, subject, case_);
}

}  // namespace iam::policy
