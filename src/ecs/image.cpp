#include "ecs/image.h"

#include <algorithm>

#include "api/ecr/operations.h"
#include "api/ecr/types.h"

namespace ecs {
namespace {

constexpr std::size_t kAccountDigits = 12;

std::string not_found(const std::string& reference) {
  return "pull image manifest has been retried 1 time(s): failed to resolve ref " + reference + ": " + reference +
         ": not found";
}

}  // namespace

std::optional<EcrReference> parse_ecr_reference(const std::string& reference) {
  const std::string middle = ".dkr.ecr.";
  const std::string end = ".amazonaws.com/";
  if (reference.size() < kAccountDigits || reference.compare(kAccountDigits, middle.size(), middle) != 0) {
    return std::nullopt;
  }
  EcrReference parts;
  parts.account = reference.substr(0, kAccountDigits);
  if (!std::ranges::all_of(parts.account, [](char c) { return c >= '0' && c <= '9'; })) return std::nullopt;
  const std::size_t region = kAccountDigits + middle.size();
  const std::size_t host_end = reference.find(end, region);
  if (host_end == std::string::npos) return std::nullopt;
  parts.region = reference.substr(region, host_end - region);
  std::string name = reference.substr(host_end + end.size());
  if (const std::size_t at = name.find('@'); at != std::string::npos) {
    parts.digest = name.substr(at + 1);
    name.resize(at);
  }
  if (const std::size_t colon = name.find(':'); colon != std::string::npos) {
    parts.tag = name.substr(colon + 1);
    name.resize(colon);
  } else if (parts.digest.empty()) {
    parts.tag = "latest";
  }
  parts.repository = name;
  if (parts.repository.empty() || parts.region.empty()) return std::nullopt;
  return parts;
}

std::expected<runtime::ImageSource, std::string> resolve_image(const std::string& reference, service::Context& ctx) {
  runtime::ImageSource source;
  source.reference = reference;
  const auto parts = parse_ecr_reference(reference);
  if (!parts) {
    source.outside = reference;
    return source;
  }
  api::ecr::BatchGetImageRequest request;
  request.registry_id = parts->account;
  request.repository_name = parts->repository;
  api::ecr::ImageIdentifier& wanted = request.image_ids.emplace_back();
  if (parts->digest.empty()) {
    wanted.image_tag = parts->tag;
  } else {
    wanted.image_digest = parts->digest;
  }
  service::Call call = ctx.call;
  call.account = parts->account;
  call.region = parts->region;
  service::Context there = ctx.as(call);
  const auto answer = service::call<api::ecr::BatchGetImage>(std::move(request), there);
  if (!answer || !answer->images || answer->images->empty()) return std::unexpected(not_found(reference));
  const auto& found = answer->images->front().image_id;
  if (!found || !found->image_digest) return std::unexpected(not_found(reference));
  source.local_digest = *found->image_digest;
  return source;
}

}  // namespace ecs
