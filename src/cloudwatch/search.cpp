#include "cloudwatch/search.h"

#include <algorithm>
#include <cctype>

#include "base/fault.h"

namespace cloudwatch {
namespace {

using Term = Search::Term;
using Parsed = std::expected<Term, std::string>;

constexpr std::chrono::hours kListed{14 * 24};
constexpr int kDepthMax = 32;

enum class Class : std::uint8_t { Other, Upper, Lower, Digit };
Class class_of(char c) {
  const auto byte = static_cast<unsigned char>(c);
  if (std::isdigit(byte)) return Class::Digit;
  if (std::isupper(byte)) return Class::Upper;
  return std::islower(byte) ? Class::Lower : Class::Other;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

// "CustomCount1": Custom, Count, 1. "SDBFailure": SDB, Failure.
std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  const auto end_word = [&] {
    if (!word.empty()) words.push_back(word);
    word.clear();
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const Class now = class_of(text[i]);
    const Class before = i == 0 ? Class::Other : class_of(text[i - 1]);
    const Class after = i + 1 == text.size() ? Class::Other : class_of(text[i + 1]);
    const bool hump =
        now == Class::Upper && (before == Class::Lower || (before == Class::Upper && after == Class::Lower));
    const bool number = (now == Class::Digit) != (before == Class::Digit);
    if (now == Class::Other || hump || number) end_word();
    if (now != Class::Other) word += text[i];
  }
  end_word();
  return words;
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += word;
  return lower(text);
}

// The whole without separators counts as a token too. Otherwise the term's words follow each other in the name: in
// either case if it is one word or has separators, else in the same case.
bool matches_partly(std::string_view name, std::string_view term) {
  const auto words = words_of(name);
  const auto wanted = words_of(term);
  if (wanted.empty()) return false;
  if (joined(words) == joined(wanted)) return true;
  const bool separated = std::ranges::any_of(term, [](char c) { return class_of(c) == Class::Other; });
  const bool exact_case = wanted.size() > 1 && !separated;
  const auto same = [&](const std::string& a, const std::string& b) {
    return exact_case ? a == b : lower(a) == lower(b);
  };
  return !std::ranges::search(words, wanted, same).empty();
}

bool text_matches(const Term& term, std::string_view text) {
  return term.kind == Term::Kind::Exact ? text == term.text : matches_partly(text, term.text);
}

bool leaf_matches(const Term& term, const Metric& metric) {
  if (!term.property) {
    if (text_matches(term, metric.name) || text_matches(term, metric.name_space)) return true;
    return std::ranges::any_of(metric.dimensions, [&](const auto& dimension) {
      return text_matches(term, dimension.first) || text_matches(term, dimension.second);
    });
  }
  if (*term.property == "MetricName") return text_matches(term, metric.name);
  if (*term.property == "Namespace") return text_matches(term, metric.name_space);
  return std::ranges::any_of(metric.dimensions, [&](const auto& dimension) {
    return dimension.first == *term.property && text_matches(term, dimension.second);
  });
}

bool term_matches(const Term& term, const Metric& metric) {
  const auto holds = [&](const Term& part) { return term_matches(part, metric); };
  switch (term.kind) {
    case Term::Kind::All:
      return std::ranges::all_of(term.parts, holds);
    case Term::Kind::Any:
      return std::ranges::any_of(term.parts, holds);
    case Term::Kind::Not:
      return !holds(term.parts[0]);
    case Term::Kind::Partial:
    case Term::Kind::Exact:
      return leaf_matches(term, metric);
  }
  return false;
}

}  // namespace

class SearchParser {
 public:
  explicit SearchParser(std::string_view text) : text_(text) {}

  std::expected<Search, std::string> whole() {
    Search search;
    if (take('{')) CHECK(schema(search));
    take(',');
    skip_space();
    if (at_ < text_.size()) {
      TRY(search.term_, any());
    } else if (!search.name_space_) {
      return std::unexpected("a search needs a metric schema or a search term.");
    }
    skip_space();
    if (at_ < text_.size()) return mistake();
    return search;
  }

 private:
  void skip_space() {
    while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_]))) ++at_;
  }
  bool take(char c) {
    skip_space();
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  bool take_word(std::string_view word) {
    skip_space();
    const std::string_view rest = text_.substr(at_);
    if (!rest.starts_with(word)) return false;
    if (rest.size() > word.size() && !std::isspace(static_cast<unsigned char>(rest[word.size()])) &&
        rest[word.size()] != '(') {
      return false;
    }
    at_ += word.size();
    return true;
  }
  std::unexpected<std::string> mistake() const {
    return std::unexpected("the search can't be read at position " + std::to_string(at_ + 1) + ".");
  }

  std::expected<void, std::string> schema(Search& search) {
    do {
      TRY(std::string name, name_until(",}"));
      if (name.empty()) return mistake();
      if (!search.name_space_) {
        search.name_space_ = std::move(name);
      } else {
        search.dimensions_.push_back(std::move(name));
      }
    } while (take(','));
    if (!take('}')) return mistake();
    std::ranges::sort(search.dimensions_);
    return {};
  }

  // A quoted name, or one that ends at a space or one of `ends`.
  std::expected<std::string, std::string> name_until(std::string_view ends) {
    skip_space();
    if (at_ < text_.size() && text_[at_] == '"') return quoted();
    std::string name;
    while (at_ < text_.size() && !std::isspace(static_cast<unsigned char>(text_[at_])) &&
           ends.find(text_[at_]) == std::string_view::npos) {
      name += text_[at_++];
    }
    return name;
  }

  std::expected<std::string, std::string> quoted() {
    std::string name;
    for (++at_; at_ < text_.size(); ++at_) {
      if (text_[at_] == '"') {
        ++at_;
        return name;
      }
      if (text_[at_] == '\\' && at_ + 1 < text_.size()) ++at_;
      name += text_[at_];
    }
    return mistake();
  }

  Parsed any() {
    Term term{Term::Kind::Any, {}, {}, {}};
    do {
      TRY(Term part, all());
      term.parts.push_back(std::move(part));
    } while (take_word("OR"));
    return term.parts.size() == 1 ? std::move(term.parts[0]) : std::move(term);
  }

  Parsed all() {
    Term term;
    for (;;) {
      skip_space();
      if (at_ == text_.size() || text_[at_] == ')') break;
      const std::size_t before = at_;
      if (take_word("OR")) {
        at_ = before;
        break;
      }
      if (take_word("AND")) continue;
      TRY(Term part, one());
      term.parts.push_back(std::move(part));
    }
    if (term.parts.empty()) return mistake();
    return term;
  }

  Parsed one() {
    if (++depth_ > kDepthMax) return std::unexpected("the search is nested too deeply.");
    auto term = inner();
    --depth_;
    return term;
  }

  Parsed inner() {
    if (take_word("NOT")) {
      TRY(Term part, one());
      Term term{Term::Kind::Not, {}, {}, {}};
      term.parts.push_back(std::move(part));
      return term;
    }
    if (take('(')) {
      TRY(Term term, any());
      if (!take(')')) return mistake();
      return term;
    }
    return leaf();
  }

  Parsed leaf() {
    Term term{Term::Kind::Partial, {}, {}, {}};
    skip_space();
    bool exact = text_[at_] == '"';
    TRY(term.text, name_until("=()"));
    if (take('=')) {
      if (term.text.empty()) return mistake();
      term.property = std::move(term.text);
      skip_space();
      exact = at_ < text_.size() && text_[at_] == '"';
      TRY(term.text, name_until("()"));
    }
    if (exact) term.kind = Term::Kind::Exact;
    if (term.text.empty()) return mistake();
    return term;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  int depth_ = 0;
};

std::expected<Search, std::string> Search::parse(std::string_view text) {
  if (text.size() > kLengthMax) return std::unexpected("a search can have at most 1024 characters.");
  return SearchParser(text).whole();
}

bool Search::matches(const Metric& metric) const {
  if (name_space_ && metric.name_space != *name_space_) return false;
  // A schema names all dimensions; one with only a namespace finds metrics of any.
  if (!dimensions_.empty()) {
    std::vector<std::string> names;
    for (const auto& [name, value] : metric.dimensions) names.push_back(name);
    std::ranges::sort(names);
    if (names != dimensions_) return false;
  }
  return term_matches(term_, metric);
}

std::vector<Metric> Search::find(service::Context& ctx, const MetricStore& metrics) const {
  std::vector<Metric> found;
  const base::TimePoint since = ctx.now - kListed - MetricStore::kActivityGrain;
  metrics.each_metric(ctx.call, name_space_.value_or(""), "",
                      [&](const std::string&, const Metric& metric, base::TimePoint active_at) {
                        if (active_at >= since && matches(metric)) found.push_back(metric);
                        return found.size() < kFoundMax;
                      });
  return found;
}

std::string Search::label_of(const Metric& metric) const {
  std::string label = metric.name;
  for (const auto& [name, value] : metric.dimensions) label += " " + value;
  return label;
}

}  // namespace cloudwatch
