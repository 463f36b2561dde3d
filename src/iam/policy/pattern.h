#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace iam::policy {

// What a policy may ask about a request: global condition keys and those of services. Names are in lower case.
class Keys {
 public:
  virtual ~Keys() = default;
  // Nothing when the request has no such key.
  virtual std::optional<std::vector<std::string>> values(std::string_view key) const = 0;
};

enum class Case : bool { Exact, Ignored };

// Text with wildcards, one unit a byte; the wildcards lie beyond every byte, so no value can pretend to be one.
using Glob = std::u16string;
inline constexpr char16_t kAnyRun = 0x100;
inline constexpr char16_t kAnyOne = 0x101;

// With Case::Ignored the glob must be in lower case.
bool matches(std::u16string_view glob, std::string_view subject, Case how);
// What was written as '*' and '?' stands for itself.
std::string plain_text(std::u16string_view glob);

// A text as policies write it: '*' and '?' are wildcards, ${aws:username} and ${key, 'default'} are filled from the
// request, and ${*}, ${?} and ${$} stand for themselves (IAM guide, "Variables and tags").
class Pattern {
 public:
  Pattern() = default;
  // Policies before version 2012-10-17 have no variables.
  Pattern(std::string_view text, bool with_variables, Case how = Case::Exact);

  // Nothing when a variable has no value, or more than one: then nothing matches.
  std::optional<Glob> glob(const Keys& keys) const;
  bool matches(std::string_view subject, const Keys& keys) const;

 private:
  struct Piece {
    Glob text;
    std::string variable;  // in lower case; "" for a piece of text
    std::optional<std::string> fallback;
  };
  void add_text(char16_t unit);
  std::size_t add_variable(std::string_view text, std::size_t at);

  std::vector<Piece> pieces_;
  Case case_ = Case::Exact;
};

}  // namespace iam::policy
