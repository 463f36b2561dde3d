#pragma once

// What template expressions come to: intrinsic functions, pseudo parameters, conditions and rules.

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/value.h"
#include "cloudformation/template/parameters.h"
#include "cloudformation/template/template.h"

namespace cloudformation {

// Stands for text that is known only when a resource has been made: change sets print it, and texts that contain it
// spread it. Property checks before a deployment accept it everywhere.
inline constexpr std::string_view kKnownAfterApply = "{{changeSet:KNOWN_AFTER_APPLY}}";
bool is_known_text(std::string_view text);
bool is_known(const base::Value& value);  // the whole tree

struct PseudoParameters {
  std::string account;
  std::string region;
  std::string stack_id;
  std::string stack_name;
  std::vector<std::string> notification_arns;
};

// What a template may ask of the world outside it. Answers may be kKnownAfterApply.
class Surroundings {
 public:
  virtual ~Surroundings() = default;
  // Ref of a resource that the template declares.
  virtual Result<base::Value> reference(const std::string& resource) const = 0;
  virtual Result<base::Value> attribute(const std::string& resource, const std::string& attribute) const = 0;
  virtual Result<base::Value> imported(const std::string& export_name) const = 0;
  // Names of a region's availability zones, in order.
  virtual std::vector<std::string> zones(const std::string& region) const = 0;
  // The value of a parameter in Parameter Store: "NAME", or "NAME:VERSION".
  virtual Result<std::string> stored_parameter(const std::string& name) const = 0;
};

using Conditions = std::map<std::string, bool>;
enum class Block : bool { Resources, Outputs };

// Everything that names can mean in one template with one set of parameters. References must outlive it.
struct Scope {
  const Template& source;
  const ParameterTexts& parameters;
  const PseudoParameters& pseudo;
  const Conditions& conditions;
  const Surroundings& surroundings;
  Block block = Block::Resources;  // decides the wording of errors
};

// Nothing: AWS::NoValue, the property or element is to be left out.
Result<std::optional<base::Value>> evaluate(const base::Value& expression, const Scope& scope);

// All conditions of a template, or the first that can't be told.
Result<Conditions> evaluate_conditions(const Template& source, const ParameterTexts& parameters,
                                       const PseudoParameters& pseudo);
// Refuses when an assertion of a rule that applies does not hold.
Result<void> check_rules(const Template& source, const ParameterTexts& parameters, const PseudoParameters& pseudo);

// One piece of a Fn::Sub text: literal text, or the name between ${ and }.
struct SubPart {
  bool is_name;
  std::string text;
};
std::vector<SubPart> split_sub(std::string_view text);

// Both forms of Fn::GetAtt's argument: the resource, and the attribute (null when the shape is wrong).
struct AttributeName {
  std::string resource;
  base::Value attribute;  // text, or a Ref
};
std::optional<AttributeName> attribute_name(const base::Value& argument);

// Names that are always there: AWS::Region and its like.
bool is_pseudo_parameter(std::string_view name);

}  // namespace cloudformation
