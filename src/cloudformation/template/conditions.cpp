#include <algorithm>

#include "base/fault.h"
#include "cloudformation/template/functions.h"

namespace cloudformation {
namespace {

using base::Value;

// Conditions and rules are told before anything exists.
class Nothing : public Surroundings {
 public:
  explicit Nothing(std::string_view block) : block_(block) {}
  Result<Value> reference(const std::string& resource) const override { return refuse(resource); }
  Result<Value> attribute(const std::string& resource, const std::string&) const override { return refuse(resource); }
  Result<Value> imported(const std::string& name) const override { return refuse(name); }
  std::vector<std::string> zones(const std::string&) const override { return {}; }
  Result<std::string> stored_parameter(const std::string&) const override { return std::string(kKnownAfterApply); }

 private:
  Result<Value> refuse(const std::string& name) const {
    return problem("Template format error: Unresolved dependencies [" + name + "]. Cannot reference resources in the " +
                   std::string(block_) + " block of the template");
  }
  std::string_view block_;
};

class ConditionEvaluator {
 public:
  ConditionEvaluator(const Template& source, const ParameterTexts& parameters, const PseudoParameters& pseudo,
                     std::string_view block)
      : source_(source), nothing_(block), scope_{source, parameters, pseudo, known_, nothing_} {}

  Result<Conditions> all() {
    if (source_.conditions.is_null()) return known_;
    for (const auto& [name, expression] : source_.conditions.as_object()) CHECK(by_name(name));
    return known_;
  }

  Result<bool> test(const Value& expression) {
    if (expression.is_object() && expression.as_object().size() == 1) {
      const auto& [name, argument] = expression.as_object().front();
      if (name == "Condition") {
        if (!argument.is_string()) return problem("Template format error: Every Condition must be a string.");
        return by_name(argument.as_string());
      }
      if (name == "Fn::Equals") return equals(argument);
      if (name == "Fn::Not") return negation(argument);
      if (name == "Fn::And") return all_of(argument, name);
      if (name == "Fn::Or") return any_of(argument, name);
      if (name == "Fn::Contains") return contains(argument);
      if (name == "Fn::EachMemberEquals") return each_equals(argument);
      if (name == "Fn::EachMemberIn") return each_in(argument);
      if (name == "Fn::RefAll" || name == "Fn::ValueOf" || name == "Fn::ValueOfAll") {
        return problem("Function " + name + " is not supported by renkei yet.");
      }
    }
    TRY(const auto value, operand(expression));
    if (value == Value("true") || value == Value(true)) return true;
    if (value == Value("false") || value == Value(false)) return false;
    return problem(
        "Template format error: Every condition member must be a boolean: Fn::Equals, Fn::And, Fn::Or, Fn::Not or "
        "Condition.");
  }

 private:
  Result<bool> by_name(const std::string& name) {
    if (const auto found = known_.find(name); found != known_.end()) return found->second;
    const Value* expression = source_.conditions.find(name);
    if (expression == nullptr) {
      return problem("Template format error: Unresolved condition dependency " + name +
                     " in the Conditions block of the template");
    }
    if (std::ranges::find(open_, name) != open_.end()) {
      return problem("Template error: Found circular condition dependency between " + joined(open_, " and "));
    }
    open_.push_back(name);
    TRY(const bool holds, test(*expression));
    open_.pop_back();
    known_.emplace(name, holds);
    return holds;
  }

  // NoValue compares as the empty text.
  Result<Value> operand(const Value& expression) {
    // Fn::If needs its condition told first.
    if (function_name(expression) == "Fn::If" && expression.as_object().front().second.is_array() &&
        !expression.as_object().front().second.as_array().empty()) {
      const Value& name = expression.as_object().front().second.as_array().front();
      if (name.is_string()) CHECK(by_name(name.as_string()));
    }
    TRY(auto value, evaluate(expression, scope_));
    return value ? std::move(*value) : Value("");
  }

  Result<std::vector<std::string>> texts(const Value& expression) {
    TRY(const Value list, operand(expression));
    std::vector<std::string> items;
    if (!list.is_array()) return problem("Template format error: a rule function needs a list of strings.");
    for (const Value& item : list.as_array()) items.push_back(item.to_text());
    return items;
  }

  Result<bool> equals(const Value& argument) {
    constexpr const char* kShape = "Template error: every Fn::Equals object requires a list of 2 string parameters.";
    if (!argument.is_array() || argument.as_array().size() != 2) return problem(kShape);
    TRY(const Value left, operand(argument.as_array()[0]));
    TRY(const Value right, operand(argument.as_array()[1]));
    if (!left.is_scalar() || !right.is_scalar()) return left == right;
    return left.to_text() == right.to_text();
  }

  Result<bool> negation(const Value& argument) {
    if (!argument.is_array() || argument.as_array().size() != 1) {
      return problem("Template error: every Fn::Not object requires one boolean parameter.");
    }
    TRY(const bool holds, test(argument.as_array()[0]));
    return !holds;
  }

  Result<std::vector<bool>> each(const Value& argument, const std::string& name) {
    if (!argument.is_array() || argument.as_array().size() < 2 || argument.as_array().size() > 10) {
      return problem("Template error: every " + name +
                     " object requires a list of at least 2 and at most 10 boolean parameters.");
    }
    std::vector<bool> results;
    for (const Value& item : argument.as_array()) {
      TRY(const bool holds, test(item));
      results.push_back(holds);
    }
    return results;
  }
  Result<bool> all_of(const Value& argument, const std::string& name) {
    TRY(const auto results, each(argument, name));
    return std::ranges::find(results, false) == results.end();
  }
  Result<bool> any_of(const Value& argument, const std::string& name) {
    TRY(const auto results, each(argument, name));
    return std::ranges::find(results, true) != results.end();
  }

  Result<void> two(const Value& argument, const char* name) {
    if (argument.is_array() && argument.as_array().size() == 2) return {};
    return problem(std::string("Template error: every ") + name + " object requires a list of 2 parameters.");
  }
  Result<bool> contains(const Value& argument) {
    CHECK(two(argument, "Fn::Contains"));
    TRY(const auto list, texts(argument.as_array()[0]));
    TRY(const Value wanted, operand(argument.as_array()[1]));
    return std::ranges::find(list, wanted.to_text()) != list.end();
  }
  Result<bool> each_equals(const Value& argument) {
    CHECK(two(argument, "Fn::EachMemberEquals"));
    TRY(const auto list, texts(argument.as_array()[0]));
    TRY(const Value wanted, operand(argument.as_array()[1]));
    return std::ranges::all_of(list, [&](const std::string& item) { return item == wanted.to_text(); });
  }
  Result<bool> each_in(const Value& argument) {
    CHECK(two(argument, "Fn::EachMemberIn"));
    TRY(const auto list, texts(argument.as_array()[0]));
    TRY(const auto allowed, texts(argument.as_array()[1]));
    return std::ranges::all_of(
        list, [&](const std::string& item) { return std::ranges::find(allowed, item) != allowed.end(); });
  }

  const Template& source_;
  Nothing nothing_;
  Conditions known_;
  std::vector<std::string> open_;  // being told, outermost first
  Scope scope_;
};

}  // namespace

Result<Conditions> evaluate_conditions(const Template& source, const ParameterTexts& parameters,
                                       const PseudoParameters& pseudo) {
  return ConditionEvaluator(source, parameters, pseudo, "Conditions").all();
}

Result<void> check_rules(const Template& source, const ParameterTexts& parameters, const PseudoParameters& pseudo) {
  ConditionEvaluator evaluator(source, parameters, pseudo, "Rules");
  for (const RuleDeclaration& rule : source.rules) {
    if (!rule.condition.is_null()) {
      TRY(const bool applies, evaluator.test(rule.condition));
      if (!applies) continue;
    }
    for (const RuleDeclaration::Assertion& assertion : rule.assertions) {
      TRY(const bool holds, evaluator.test(assertion.assert));
      if (holds) continue;
      return problem("Template validation error: Rule " + rule.name + " failed: " +
                     (assertion.description.empty() ? "an assertion does not hold." : assertion.description));
    }
  }
  return {};
}

}  // namespace cloudformation
