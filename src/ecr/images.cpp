#include <algorithm>

#include "ecr/operations.h"

namespace ecr {
namespace {

namespace faults = api::ecr::faults;
using api::ecr::ImageFailure;
using api::ecr::ImageIdentifier;

constexpr std::size_t kBatchMax = 100;

ImageFailure failure(const ImageIdentifier& id, std::string code, std::string reason) {
  ImageFailure out;
  out.image_id = id;
  out.failure_code = std::move(code);
  out.failure_reason = std::move(reason);
  return out;
}

bool is_digest(std::string_view text) {
  return text.size() == 71 && text.starts_with("sha256:") &&
         text.find_first_not_of("0123456789abcdef", 7) == std::string_view::npos;
}

// The image that an identifier names, or why it names none.
std::expected<const ImageRow*, ImageFailure> find(const State& state, const std::string& prefix,
                                                  const ImageIdentifier& id) {
  if (!id.image_digest && !id.image_tag) {
    return std::unexpected(
        failure(id, "MissingDigestAndTag", "Invalid request parameters: both tag and digest cannot be null"));
  }
  if (id.image_digest && !is_digest(*id.image_digest)) {
    return std::unexpected(
        failure(id, "InvalidImageDigest",
                "Invalid request parameters: image digest should satisfy the regex '[a-zA-Z0-9-_+.]+:[a-fA-F0-9]+'"));
  }
  const ImageRow* row =
      id.image_digest ? state.images.find(prefix + *id.image_digest) : state.find_tag(prefix, *id.image_tag);
  if (row == nullptr) return std::unexpected(failure(id, "ImageNotFound", "Requested image not found"));
  if (id.image_digest && id.image_tag && !std::ranges::binary_search(row->tags, *id.image_tag)) {
    return std::unexpected(failure(id, "ImageTagDoesNotMatchDigest", "Image tag does not match the image digest"));
  }
  return row;
}

// `use` gets each identifier with its image, in order, and may refuse it; what names none fails.
template <class Use>
void each_image(const State& state, const std::string& prefix, const std::vector<ImageIdentifier>& ids,
                std::vector<ImageFailure>& failures, Use use) {
  for (const ImageIdentifier& id : ids) {
    const auto row = find(state, prefix, id);
    if (!row) {
      failures.push_back(row.error());
    } else if (auto refused = use(id, **row)) {
      failures.push_back(std::move(*refused));
    }
  }
}

base::Outcome<void> check_batch(std::size_t size) {
  if (size >= 1 && size <= kBatchMax) return {};
  return base::fault(faults::InvalidParameterException,
                     "Invalid parameter at 'imageIds' failed to satisfy constraint: 'Member must have length between 1 "
                     "and 100, inclusive'");
}

bool wanted(const ImageRow& row, const std::optional<std::string>& tag_status) {
  const std::string status = tag_status.value_or("ANY");
  return status == "ANY" || (status == "TAGGED") == !row.tags.empty();
}

api::ecr::ImageDetail to_detail(const ImageRow& row, const std::string& repository, const service::Context& ctx) {
  api::ecr::ImageDetail out;
  out.registry_id = ctx.call.account;
  out.repository_name = repository;
  out.image_digest = row.digest;
  if (!row.tags.empty()) out.image_tags = row.tags;
  out.image_size_in_bytes = row.size;
  out.image_pushed_at = row.pushed_at;
  out.image_manifest_media_type = row.media_type;
  if (!row.artifact_media_type.empty()) out.artifact_media_type = row.artifact_media_type;
  if (!row.subject.empty()) out.subject_manifest_digest = row.subject;
  out.image_status = "ACTIVE";
  return out;
}

const ImageRow* index_that_names(const State& state, const std::string& prefix, const std::string& digest) {
  for (const auto& [key, row] : state.images.with_prefix(prefix)) {
    if (std::ranges::find(row.children, digest) != row.children.end()) return &row;
  }
  return nullptr;
}

// By tag only that tag goes, and the image with its last one; by digest the image with all its tags.
void remove(State& state, const std::string& prefix, const ImageIdentifier& id, const ImageRow& row,
            service::Context& ctx, std::vector<ImageIdentifier>& removed) {
  const std::string key = prefix + row.digest;
  const std::string digest = row.digest;
  if (!id.image_digest && row.tags.size() > 1) {
    state.images.modify(ctx.change, key, [&](auto& held) { std::erase(held.tags, *id.image_tag); });
    removed.push_back({.image_digest = digest, .image_tag = id.image_tag});
    return;
  }
  for (const std::string& tag : row.tags) removed.push_back({.image_digest = digest, .image_tag = tag});
  if (row.tags.empty()) removed.push_back({.image_digest = digest});
  state.erase_image(ctx, key);
}

}  // namespace

base::Outcome<api::ecr::BatchGetImage::Output> batch_get_image(State& state,
                                                               const api::ecr::BatchGetImage::Input& input,
                                                               service::Context& ctx) {
  TRY(const RepositoryRow* repository, state.repository(ctx, input.repository_name, input.registry_id));
  CHECK(check_batch(input.image_ids.size()));
  const std::string prefix = inner_prefix(ctx, repository->name);
  api::ecr::BatchGetImage::Output out;
  auto& images = out.images.emplace();
  each_image(state, prefix, input.image_ids, out.failures.emplace(),
             [&](const ImageIdentifier& id, const ImageRow& row) -> std::optional<ImageFailure> {
               auto& image = images.emplace_back();
               image.registry_id = ctx.call.account;
               image.repository_name = repository->name;
               image.image_id.emplace().image_digest = row.digest;
               image.image_id->image_tag = id.image_tag;
               image.image_manifest = row.manifest;
               image.image_manifest_media_type = row.media_type;
               return std::nullopt;
             });
  return out;
}

base::Outcome<api::ecr::BatchDeleteImage::Output> batch_delete_image(State& state,
                                                                     const api::ecr::BatchDeleteImage::Input& input,
                                                                     service::Context& ctx) {
  TRY(const RepositoryRow* repository, state.repository(ctx, input.repository_name, input.registry_id));
  CHECK(check_batch(input.image_ids.size()));
  const std::string prefix = inner_prefix(ctx, repository->name);
  api::ecr::BatchDeleteImage::Output out;
  auto& removed = out.image_ids.emplace();
  each_image(state, prefix, input.image_ids, out.failures.emplace(),
             [&](const ImageIdentifier& id, const ImageRow& row) -> std::optional<ImageFailure> {
               const bool whole = id.image_digest || row.tags.size() <= 1;
               const ImageRow* index = whole ? index_that_names(state, prefix, row.digest) : nullptr;
               if (index != nullptr) {
                 return failure(id, "ImageReferencedByManifestList",
                                "Requested image referenced by manifest list: [" + index->digest + "]");
               }
               remove(state, prefix, id, row, ctx, removed);
               return std::nullopt;
             });
  return out;
}

base::Outcome<api::ecr::ListImages::Output> list_images(State& state, const api::ecr::ListImages::Input& input,
                                                        service::Context& ctx) {
  TRY(const RepositoryRow* repository, state.repository(ctx, input.repository_name, input.registry_id));
  TRY(const Page page, page_of(input.max_results, input.next_token));
  api::ecr::ListImages::Output out;
  auto& ids = out.image_ids.emplace();
  for (const auto& [key, row] : state.images.with_prefix(inner_prefix(ctx, repository->name))) {
    if (!page.after.empty() && key <= page.after) continue;
    if (!wanted(row, input.filter ? input.filter->tag_status : std::nullopt)) continue;
    // An image's tags stay together: a page may be a little longer than asked for.
    if (ids.size() >= page.size) {
      out.next_token = page_token(inner_prefix(ctx, repository->name) + *ids.back().image_digest);
      break;
    }
    for (const std::string& tag : row.tags) ids.push_back({.image_digest = row.digest, .image_tag = tag});
    if (row.tags.empty()) ids.push_back({.image_digest = row.digest});
  }
  return out;
}

base::Outcome<api::ecr::DescribeImages::Output> describe_images(State& state,
                                                                const api::ecr::DescribeImages::Input& input,
                                                                service::Context& ctx) {
  TRY(const RepositoryRow* repository, state.repository(ctx, input.repository_name, input.registry_id));
  const std::string prefix = inner_prefix(ctx, repository->name);
  api::ecr::DescribeImages::Output out;
  auto& details = out.image_details.emplace();
  if (input.image_ids) {
    for (const ImageIdentifier& id : *input.image_ids) {
      const auto row = find(state, prefix, id);
      if (!row) {
        return base::fault(faults::ImageNotFoundException, "The image with imageId {imageDigest:'" +
                                                               id.image_digest.value_or("null") + "', imageTag:'" +
                                                               id.image_tag.value_or("null") +
                                                               "'} does not exist within the repository with name '" +
                                                               repository->name + "' " + in_registry(ctx));
      }
      details.push_back(to_detail(**row, repository->name, ctx));
    }
    return out;
  }
  TRY(const Page page, page_of(input.max_results, input.next_token));
  for (const auto& [key, row] : state.images.with_prefix(prefix)) {
    if (!page.after.empty() && key <= page.after) continue;
    if (!wanted(row, input.filter ? input.filter->tag_status : std::nullopt)) continue;
    if (details.size() == page.size) {
      out.next_token = page_token(prefix + *details.back().image_digest);
      break;
    }
    details.push_back(to_detail(row, repository->name, ctx));
  }
  return out;
}

}  // namespace ecr
