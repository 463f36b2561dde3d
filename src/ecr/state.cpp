#include "ecr/state.h"

#include <algorithm>

#include "api/ecr/operations.h"
#include "service/table_codec.h"
#include "wire/text.h"

namespace ecr {
namespace {

namespace faults = api::ecr::faults;

constexpr std::int64_t kLargestPage = 1000;

// Key parts hold no '/': repository names do.
std::string flat(std::string_view name) {
  std::string text(name);
  std::ranges::replace(text, '/', '|');
  return text;
}

}  // namespace

State::State(Blobs& blobs)
    : repositories("ecr.repositories", service::make_codec<RepositoryRow>()),
      images("ecr.images", service::make_codec<ImageRow>()),
      layers("ecr.layers", service::make_codec<LayerRow>()),
      retired("ecr.retired", service::make_codec<RetiredRow>()),
      blobs_(blobs) {
  images.on_change = [this](const std::string& key, const ImageRow* before, const ImageRow* after) {
    on_image(key, before, after);
  };
  layers.on_change = [this](const std::string& key, const LayerRow* before, const LayerRow* after) {
    on_layer(key, before, after);
  };
  retired.on_change = [this](const std::string& digest, const RetiredRow* before, const RetiredRow* after) {
    if (before != nullptr) retirements_.erase({before->release_at, digest});
    if (after != nullptr) retirements_.insert({after->release_at, digest});
  };
}

void State::on_image(const std::string& key, const ImageRow* before, const ImageRow* after) {
  const std::string prefix = key.substr(0, key.rfind('/') + 1);
  // A tag that moved is in the index under its new image already, or soon will be.
  for (const std::string& tag : before == nullptr ? std::vector<std::string>{} : before->tags) {
    const auto found = digest_by_tag_.find(prefix + tag);
    if (found != digest_by_tag_.end() && found->second == before->digest) digest_by_tag_.erase(found);
  }
  for (const std::string& tag : after == nullptr ? std::vector<std::string>{} : after->tags) {
    digest_by_tag_[prefix + tag] = after->digest;
  }
  if (before != nullptr && after != nullptr) return;  // the digest is the key: only tags differ
  const ImageRow& image = before != nullptr ? *before : *after;
  const int step = before != nullptr ? -1 : 1;
  count(blob_holders_, image.digest, step);
  for (const std::string& digest : layers_of(image)) count(layer_holders_, prefix + digest, step);
}

void State::on_layer(const std::string& key, const LayerRow* before, const LayerRow* after) {
  if (before != nullptr && before->check_at) layer_checks_.erase({*before->check_at, key});
  if (after != nullptr && after->check_at) layer_checks_.insert({*after->check_at, key});
  if (before != nullptr && after != nullptr) return;
  count(blob_holders_, before != nullptr ? before->digest : after->digest, before != nullptr ? -1 : 1);
}

const ImageRow* State::find_tag(const std::string& images_prefix, const std::string& tag) const {
  const auto found = digest_by_tag_.find(images_prefix + tag);
  return found == digest_by_tag_.end() ? nullptr : images.find(images_prefix + found->second);
}

base::Outcome<const RepositoryRow*> State::repository(const service::Context& ctx, const std::string& name,
                                                      const std::optional<std::string>& registry) const {
  const RepositoryRow* row = repositories.find(repository_key(ctx, name));
  if (row != nullptr && registry.value_or(ctx.call.account) == ctx.call.account) return row;
  return base::fault(faults::RepositoryNotFoundException, "The repository with name '" + name +
                                                              "' does not exist in the registry with id '" +
                                                              registry.value_or(ctx.call.account) + "'");
}

std::string repository_key(const service::Context& ctx, std::string_view name) {
  return service::key(ctx, {flat(name)});
}

std::string inner_prefix(const service::Context& ctx, std::string_view name) {
  return repository_key(ctx, name) + "/";
}

std::string repository_arn(const service::Context& ctx, std::string_view name) {
  return ctx.arn("ecr", "repository/" + std::string(name));
}

std::string in_registry(const service::Context& ctx) {
  return "in the registry with id '" + ctx.call.account + "'";
}

base::Outcome<Page> page_of(const std::optional<std::int64_t>& max_results, const std::optional<std::string>& token) {
  Page page;
  if (max_results) {
    if (*max_results < 1 || *max_results > kLargestPage) {
      return base::fault(
          faults::InvalidParameterException,
          "Invalid parameter at 'maxResults' failed to satisfy constraint: 'must be between 1 and 1000'");
    }
    page.size = static_cast<std::size_t>(*max_results);
  }
  if (token) {
    const auto after = wire::from_base64(*token);
    if (!after || after->empty()) {
      return base::fault(faults::InvalidParameterException,
                         "Invalid parameter at 'nextToken' failed to satisfy constraint: 'must be a token that an "
                         "earlier reply gave'");
    }
    page.after = *after;
  }
  return page;
}

std::string page_token(std::string_view last) {
  return wire::to_base64(last);
}

}  // namespace ecr
