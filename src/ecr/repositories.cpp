#include <algorithm>
#include <set>

#include "ecr/operations.h"
#include "wire/text.h"

namespace ecr {
namespace {

namespace faults = api::ecr::faults;
using api::ecr::Repository;

constexpr std::size_t kTagsMax = 50;
constexpr auto kTokenLife = std::chrono::hours(12);
constexpr std::size_t kPasswordLength = 40;

// (?:[a-z0-9]+(?:[._-][a-z0-9]+)*/)*[a-z0-9]+(?:[._-][a-z0-9]+)*, 2 to 256 characters.
bool is_repository_name(std::string_view name) {
  const auto is_alnum = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  if (name.size() < 2 || name.size() > 256) return false;
  bool separated = true;  // the next must be alphanumeric
  for (const char c : name) {
    const bool separator = c == '.' || c == '_' || c == '-' || c == '/';
    if (!separator && !is_alnum(c)) return false;
    if (separator && separated) return false;
    separated = separator;
  }
  return !separated;
}

base::Outcome<void> check_mutability(const std::string& value) {
  static const std::set<std::string> kKnown{"MUTABLE", "IMMUTABLE", "MUTABLE_WITH_EXCLUSION",
                                            "IMMUTABLE_WITH_EXCLUSION"};
  if (kKnown.contains(value)) return {};
  return base::fault(
      faults::InvalidParameterException,
      "Invalid parameter at 'imageTagMutability' failed to satisfy constraint: 'Member must satisfy enum "
      "value set: [MUTABLE, IMMUTABLE, MUTABLE_WITH_EXCLUSION, IMMUTABLE_WITH_EXCLUSION]'");
}

using Filters = std::optional<std::vector<api::ecr::ImageTagMutabilityExclusionFilter>>;

std::vector<ExclusionFilter> to_rows(const Filters& filters) {
  std::vector<ExclusionFilter> rows;
  for (const auto& filter : filters.value_or(Filters::value_type{}))
    rows.push_back({filter.filter_type, filter.filter});
  return rows;
}

Filters to_shapes(const std::vector<ExclusionFilter>& rows) {
  if (rows.empty()) return std::nullopt;
  Filters::value_type shapes;
  for (const ExclusionFilter& row : rows) shapes.push_back({.filter = row.filter, .filter_type = row.type});
  return shapes;
}

Repository to_shape(const RepositoryRow& row, const service::Context& ctx) {
  Repository out;
  out.repository_arn = repository_arn(ctx, row.name);
  out.registry_id = ctx.call.account;
  out.repository_name = row.name;
  out.repository_uri = ctx.call.account + ".dkr.ecr." + ctx.call.region + ".amazonaws.com/" + row.name;
  out.created_at = row.created_at;
  out.image_tag_mutability = row.mutability;
  out.image_tag_mutability_exclusion_filters = to_shapes(row.exclusions);
  out.image_scanning_configuration.emplace().scan_on_push = row.scan_on_push;
  auto& encryption = out.encryption_configuration.emplace();
  encryption.encryption_type = row.encryption_type;
  if (!row.kms_key.empty()) encryption.kms_key = row.kms_key;
  return out;
}

base::Outcome<void> check_tag_count(const std::map<std::string, std::string>& tags) {
  if (tags.size() <= kTagsMax) return {};
  return base::fault(faults::TooManyTagsException, "Too many tags: a repository has at most 50.");
}

// The name in the ARN of a repository that is there.
base::Outcome<std::string> named_by_arn(const State& state, const service::Context& ctx, const std::string& arn) {
  const std::string prefix = repository_arn(ctx, "");
  if (!arn.starts_with(prefix)) {
    return base::fault(faults::InvalidParameterException,
                       "Invalid parameter at 'resourceArn' failed to satisfy constraint: 'Invalid ARN'");
  }
  std::string name = arn.substr(prefix.size());
  CHECK(state.repository(ctx, name, std::nullopt));
  return name;
}

}  // namespace

base::Outcome<api::ecr::CreateRepository::Output> create_repository(State& state,
                                                                    const api::ecr::CreateRepository::Input& input,
                                                                    service::Context& ctx) {
  if (!is_repository_name(input.repository_name)) {
    return base::fault(faults::InvalidParameterException,
                       "Invalid parameter at 'repositoryName' failed to satisfy constraint: 'must satisfy regular "
                       "expression '(?:[a-z0-9]+(?:[._-][a-z0-9]+)*/)*[a-z0-9]+(?:[._-][a-z0-9]+)*''");
  }
  const std::string key = repository_key(ctx, input.repository_name);
  if (state.repositories.find(key) != nullptr) {
    return base::fault(faults::RepositoryAlreadyExistsException,
                       "The repository with name '" + input.repository_name + "' already exists " + in_registry(ctx));
  }
  RepositoryRow row;
  row.name = input.repository_name;
  row.created_at = ctx.now;
  row.mutability = input.image_tag_mutability.value_or("MUTABLE");
  CHECK(check_mutability(row.mutability));
  row.exclusions = to_rows(input.image_tag_mutability_exclusion_filters);
  if (input.image_scanning_configuration) {
    row.scan_on_push = input.image_scanning_configuration->scan_on_push.value_or(false);
  }
  row.encryption_type = input.encryption_configuration ? input.encryption_configuration->encryption_type : "AES256";
  if (input.encryption_configuration) row.kms_key = input.encryption_configuration->kms_key.value_or("");
  for (const auto& tag : input.tags.value_or(std::vector<api::ecr::Tag>{})) row.tags[tag.key] = tag.value;
  CHECK(check_tag_count(row.tags));
  api::ecr::CreateRepository::Output out;
  out.repository = to_shape(row, ctx);
  state.repositories.put(ctx.change, key, std::move(row));
  return out;
}

base::Outcome<api::ecr::DescribeRepositories::Output> describe_repositories(
    State& state, const api::ecr::DescribeRepositories::Input& input, service::Context& ctx) {
  api::ecr::DescribeRepositories::Output out;
  auto& found = out.repositories.emplace();
  if (input.repository_names) {
    for (const std::string& name : *input.repository_names) {
      TRY(const RepositoryRow* row, state.repository(ctx, name, input.registry_id));
      found.push_back(to_shape(*row, ctx));
    }
    return out;
  }
  TRY(const Page page, page_of(input.max_results, input.next_token));
  for (const auto& [key, row] : state.repositories.with_prefix(service::scope_prefix(ctx.call))) {
    if (!page.after.empty() && key <= page.after) continue;
    if (found.size() == page.size) {
      out.next_token = page_token(repository_key(ctx, *found.back().repository_name));
      break;
    }
    found.push_back(to_shape(row, ctx));
  }
  return out;
}

base::Outcome<api::ecr::DeleteRepository::Output> delete_repository(State& state,
                                                                    const api::ecr::DeleteRepository::Input& input,
                                                                    service::Context& ctx) {
  TRY(const RepositoryRow* row, state.repository(ctx, input.repository_name, input.registry_id));
  const std::string prefix = inner_prefix(ctx, row->name);
  std::vector<std::string> images;
  for (const auto& [key, image] : state.images.with_prefix(prefix)) images.push_back(key);
  if (!images.empty() && !input.force.value_or(false)) {
    return base::fault(faults::RepositoryNotEmptyException, "The repository with name '" + row->name +
                                                                "' in registry with id '" + ctx.call.account +
                                                                "' cannot be deleted because it still contains images");
  }
  std::vector<std::string> layers;
  for (const auto& [key, layer] : state.layers.with_prefix(prefix)) layers.push_back(key);
  api::ecr::DeleteRepository::Output out;
  out.repository = to_shape(*row, ctx);
  out.repository->image_scanning_configuration.reset();
  out.repository->encryption_configuration.reset();
  for (const std::string& key : images) state.erase_image(ctx, key);
  for (const std::string& key : layers) state.erase_layer(ctx, key);
  state.repositories.erase(ctx.change, repository_key(ctx, input.repository_name));
  return out;
}

base::Outcome<api::ecr::PutImageTagMutability::Output> put_image_tag_mutability(
    State& state, const api::ecr::PutImageTagMutability::Input& input, service::Context& ctx) {
  CHECK(state.repository(ctx, input.repository_name, input.registry_id));
  CHECK(check_mutability(input.image_tag_mutability));
  const auto& row = state.repositories.modify(ctx.change, repository_key(ctx, input.repository_name), [&](auto& held) {
    held.mutability = input.image_tag_mutability;
    held.exclusions = to_rows(input.image_tag_mutability_exclusion_filters);
  });
  api::ecr::PutImageTagMutability::Output out;
  out.registry_id = ctx.call.account;
  out.repository_name = row.name;
  out.image_tag_mutability = row.mutability;
  out.image_tag_mutability_exclusion_filters = to_shapes(row.exclusions);
  return out;
}

base::Outcome<api::ecr::PutImageScanningConfiguration::Output> put_image_scanning_configuration(
    State& state, const api::ecr::PutImageScanningConfiguration::Input& input, service::Context& ctx) {
  CHECK(state.repository(ctx, input.repository_name, input.registry_id));
  const bool scan = input.image_scanning_configuration.scan_on_push.value_or(false);
  state.repositories.modify(ctx.change, repository_key(ctx, input.repository_name),
                            [&](auto& row) { row.scan_on_push = scan; });
  api::ecr::PutImageScanningConfiguration::Output out;
  out.registry_id = ctx.call.account;
  out.repository_name = input.repository_name;
  out.image_scanning_configuration.emplace().scan_on_push = scan;
  return out;
}

base::Outcome<api::ecr::TagResource::Output> tag_resource(State& state, const api::ecr::TagResource::Input& input,
                                                          service::Context& ctx) {
  TRY(const std::string name, named_by_arn(state, ctx, input.resource_arn));
  const auto& row = state.repositories.modify(ctx.change, repository_key(ctx, name), [&](auto& held) {
    for (const auto& tag : input.tags) held.tags[tag.key] = tag.value;
  });
  CHECK(check_tag_count(row.tags));
  return api::ecr::TagResource::Output{};
}

base::Outcome<api::ecr::UntagResource::Output> untag_resource(State& state, const api::ecr::UntagResource::Input& input,
                                                              service::Context& ctx) {
  TRY(const std::string name, named_by_arn(state, ctx, input.resource_arn));
  state.repositories.modify(ctx.change, repository_key(ctx, name), [&](auto& row) {
    for (const std::string& key : input.tag_keys) row.tags.erase(key);
  });
  return api::ecr::UntagResource::Output{};
}

base::Outcome<api::ecr::ListTagsForResource::Output> list_tags_for_resource(
    State& state, const api::ecr::ListTagsForResource::Input& input, service::Context& ctx) {
  TRY(const std::string name, named_by_arn(state, ctx, input.resource_arn));
  api::ecr::ListTagsForResource::Output out;
  auto& tags = out.tags.emplace();
  for (const auto& [key, value] : state.repositories.find(repository_key(ctx, name))->tags)
    tags.push_back({key, value});
  return out;
}

// The password carries the region it is for, because a push to a plain address names none (the gateway reads it). It
// must not hold a colon: the AWS CLI splits the token at each.
base::Outcome<api::ecr::GetAuthorizationToken::Output> get_authorization_token(
    State&, const api::ecr::GetAuthorizationToken::Input&, service::Context& ctx) {
  const std::string password =
      "ecr." + ctx.call.region + "." + base::draw(ctx.random, base::kMixedAlnum, kPasswordLength);
  api::ecr::AuthorizationData data;
  data.authorization_token = wire::to_base64("AWS:" + password);
  data.expires_at = ctx.now + kTokenLife;
  data.proxy_endpoint = "https://" + ctx.call.account + ".dkr.ecr." + ctx.call.region + ".amazonaws.com";
  api::ecr::GetAuthorizationToken::Output out;
  out.authorization_data.emplace().push_back(std::move(data));
  return out;
}

}  // namespace ecr
