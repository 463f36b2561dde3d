#pragma once

// Which resource must exist before which: DependsOn, and every Ref, Fn::GetAtt and Fn::Sub that evaluation can reach.

#include <map>
#include <set>
#include <string>
#include <vector>

#include "cloudformation/template/functions.h"
#include "cloudformation/template/template.h"

namespace cloudformation {

// Shapes of all functions, and names that nobody declares, in resources and outputs, whatever the conditions.
Result<void> check_references(const Template& source);

// By resource; only resources whose condition holds, on either side.
using Graph = std::map<std::string, std::set<std::string>>;
Result<Graph> dependency_graph(const Template& source, const Conditions& conditions);

// Whether the resource's condition holds.
bool is_included(const ResourceDeclaration& resource, const Conditions& conditions);

}  // namespace cloudformation
