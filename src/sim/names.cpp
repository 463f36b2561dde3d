#include "sim/names.h"

#include <algorithm>

#include "api/cloudformation/operations.h"
#include "api/ecs/operations.h"
#include "api/sqs/operations.h"

namespace sim {
namespace {

namespace cfn = api::cloudformation;

const std::vector<std::string> kNone;
const std::string kQueue = "queue ";

}  // namespace

std::string last_part(const std::string& arn_or_url) {
  return arn_or_url.substr(arn_or_url.rfind('/') + 1);
}

std::string cluster_of(const std::string& service_arn) {
  const std::size_t first = service_arn.find('/');
  return service_arn.substr(first + 1, service_arn.rfind('/') - first - 1);
}

void Names::look_into(const std::string& stack, const std::string& prefix) {
  const auto answer = world_.call<cfn::DescribeStackResources>({.stack_name = stack});
  if (!answer || !answer->stack_resources) return;
  for (const auto& resource : *answer->stack_resources) {
    const std::string physical = resource.physical_resource_id.value_or("");
    if (physical.empty()) continue;
    const std::string path = prefix + resource.logical_resource_id;
    if (resource.resource_type == "AWS::CloudFormation::Stack") {
      look_into(physical, path + ".");
      continue;
    }
    // A queue's URL has as its host whatever whoever asked called the server.
    const bool queue = resource.resource_type == "AWS::SQS::Queue";
    logical_[queue ? kQueue + last_part(physical) : physical].insert({path, resource.logical_resource_id});
  }
}

void Names::look() {
  logical_.clear();
  const auto stacks = world_.call<cfn::DescribeStacks>({});
  if (!stacks || !stacks->stacks) return;
  for (const auto& stack : *stacks->stacks) {
    if (!stack.parent_id) look_into(stack.stack_id.value_or(stack.stack_name), "");
  }
}

std::vector<std::string> Names::all_queues() {
  std::vector<std::string> urls;
  api::sqs::ListQueuesRequest input;
  input.max_results = 1000;
  for (;;) {
    auto page = world_.call<api::sqs::ListQueues>(input);
    if (!page) return urls;
    for (auto& url : page->queue_urls.value_or(kNone)) urls.push_back(std::move(url));
    if (!page->next_token) break;
    input.next_token = page->next_token;
  }
  std::ranges::sort(urls);
  return urls;
}

std::vector<std::string> Names::all_services() {
  std::vector<std::string> arns;
  const auto clusters = world_.call<api::ecs::ListClusters>({});
  if (!clusters) return arns;
  for (const std::string& cluster : clusters->cluster_arns.value_or(kNone)) {
    api::ecs::ListServicesRequest input;
    input.cluster = cluster;
    input.max_results = 100;
    for (;;) {
      auto page = world_.call<api::ecs::ListServices>(input);
      if (!page) break;
      for (auto& arn : page->service_arns.value_or(kNone)) arns.push_back(std::move(arn));
      if (!page->next_token) break;
      input.next_token = page->next_token;
    }
  }
  std::ranges::sort(arns);
  return arns;
}

std::optional<std::string> Names::queue_url(const std::string& name) {
  if (const auto known = queues_.find(name); known != queues_.end()) return known->second;
  const auto answer = world_.call<api::sqs::GetQueueUrl>({.queue_name = name});
  if (answer && answer->queue_url) return queues_[name] = *answer->queue_url;
  look();
  std::optional<std::string> found;
  for (const std::string& url : all_queues()) {
    const auto at = logical_.find(kQueue + last_part(url));
    if (at == logical_.end() || !at->second.contains(name)) continue;
    if (found) return std::nullopt;
    found = url;
  }
  if (found) queues_[name] = *found;
  return found;
}

std::vector<std::string> Names::names_of_service(const std::string& arn) {
  std::vector<std::string> names{last_part(arn), cluster_of(arn) + "/" + last_part(arn)};
  look();
  if (const auto at = logical_.find(arn); at != logical_.end()) {
    names.insert(names.end(), at->second.rbegin(), at->second.rend());
  }
  return names;
}

std::optional<std::string> Names::service_arn(const std::string& name) {
  std::optional<std::string> found;
  for (const std::string& arn : all_services()) {
    const auto names = names_of_service(arn);
    if (std::ranges::find(names, name) == names.end()) continue;
    if (found) return std::nullopt;
    found = arn;
  }
  return found;
}

}  // namespace sim
