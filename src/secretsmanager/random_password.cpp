#include <utility>

#include "secretsmanager/operations.h"

namespace secretsmanager {
namespace {

constexpr std::int64_t kLengthDefault = 32;

// Each kind of character that may occur, without those that are excluded; kinds of which nothing is left are out.
std::vector<std::string> kinds_of(const api::secretsmanager::GetRandomPasswordRequest& input) {
  const std::string excluded = input.exclude_characters.value_or("");
  std::vector<std::string> kinds;
  const auto add = [&](const std::optional<bool>& leave_out, std::string_view characters) {
    if (leave_out.value_or(false)) return;
    std::string kept;
    for (const char c : characters) {
      if (excluded.find(c) == std::string::npos) kept += c;
    }
    if (!kept.empty()) kinds.push_back(std::move(kept));
  };
  add(input.exclude_lowercase, "abcdefghijklmnopqrstuvwxyz");
  add(input.exclude_uppercase, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
  add(input.exclude_numbers, "0123456789");
  add(input.exclude_punctuation, "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~");
  add(!input.include_space.value_or(false), " ");
  return kinds;
}

void shuffle(std::string& text, base::Random& random) {
  for (std::size_t left = text.size(); left > 1; --left) std::swap(text[left - 1], text[base::below(random, left)]);
}

}  // namespace

SECRETS_OPERATION(get_random_password, GetRandomPassword) {
  (void)state;
  const std::vector<std::string> kinds = kinds_of(input);
  if (kinds.empty()) return invalid_parameter("All of the password's characters are excluded.");
  const auto length = static_cast<std::size_t>(input.password_length.value_or(kLengthDefault));
  std::string password;
  if (input.require_each_included_type.value_or(true)) {
    if (length < kinds.size()) {
      return invalid_parameter("The password length is too short based on the required types.");
    }
    for (const std::string& kind : kinds) password += base::draw(ctx.random, kind, 1);
  }
  std::string all;
  for (const std::string& kind : kinds) all += kind;
  password += base::draw(ctx.random, all, length - password.size());
  shuffle(password, ctx.random);
  api::secretsmanager::GetRandomPassword::Output out;
  out.random_password = std::move(password);
  return out;
}

}  // namespace secretsmanager
