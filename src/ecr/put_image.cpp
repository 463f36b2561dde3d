#include <algorithm>

#include "ecr/operations.h"
#include "wire/digest.h"
#include "wire/json.h"

namespace ecr {
namespace {

namespace faults = api::ecr::faults;
using Refusal = std::unexpected<base::Fault>;

constexpr std::size_t kLongestTag = 300;
constexpr std::string_view kDockerManifest = "application/vnd.docker.distribution.manifest.v2+json";
constexpr std::string_view kOciManifest = "application/vnd.oci.image.manifest.v1+json";
constexpr std::string_view kOciIndex = "application/vnd.oci.image.index.v1+json";

Refusal bad_manifest(const std::string& why) {
  return base::fault(faults::InvalidParameterException,
                     "Invalid parameter at 'ImageManifest' failed to satisfy constraint: '" + why + "'");
}

std::string text_of(const base::Value& object, std::string_view name) {
  const base::Value* member = object.find(name);
  return member != nullptr && member->is_string() ? member->as_string() : std::string();
}

std::int64_t number_of(const base::Value& object, std::string_view name) {
  const base::Value* member = object.find(name);
  return member != nullptr && member->is_integer() ? member->as_integer() : 0;
}

struct Wildcard {
  std::string_view pattern;
  bool matches(std::string_view text) const { return match(pattern, text); }

 private:
  static bool match(std::string_view pattern, std::string_view text) {
    if (pattern.empty()) return text.empty();
    if (pattern.front() != '*')
      return !text.empty() && text.front() == pattern.front() && match(pattern.substr(1), text.substr(1));
    for (std::size_t skip = 0; skip <= text.size(); ++skip) {
      if (match(pattern.substr(1), text.substr(skip))) return true;
    }
    return false;
  }
};

bool is_immutable(const RepositoryRow& repository, const std::string& tag) {
  const bool excluded = std::ranges::any_of(
      repository.exclusions, [&](const ExclusionFilter& exclusion) { return Wildcard{exclusion.filter}.matches(tag); });
  if (repository.mutability == "IMMUTABLE_WITH_EXCLUSION") return !excluded;
  if (repository.mutability == "MUTABLE_WITH_EXCLUSION") return excluded;
  return repository.mutability == "IMMUTABLE";
}

std::string guess_media_type(const base::Value& manifest) {
  if (manifest.find("manifests") != nullptr) return std::string(kOciIndex);
  const base::Value* config = manifest.find("config");
  const bool docker = config != nullptr && text_of(*config, "mediaType").starts_with("application/vnd.docker.");
  return std::string(docker ? kDockerManifest : kOciManifest);
}

// What an image is made of must be in the repository before it.
base::Outcome<void> read_parts(const State& state, const std::string& prefix, const std::string& repository,
                               const base::Value& manifest, const service::Context& ctx, ImageRow& row) {
  std::vector<std::string> missing;
  const auto take = [&](const base::Value& descriptor) {
    const std::string digest = text_of(descriptor, "digest");
    row.size += number_of(descriptor, "size");
    // Layers that a registry must not distribute stay where their URL says.
    if (descriptor.find("urls") == nullptr && state.layers.find(prefix + digest) == nullptr) missing.push_back(digest);
  };
  if (const base::Value* config = manifest.find("config")) take(*config);
  const base::Value* layers = manifest.find("layers");
  for (const base::Value& layer : layers != nullptr && layers->is_array() ? layers->as_array() : base::Value::Array{}) {
    take(layer);
  }
  if (!missing.empty()) {
    return base::fault(faults::LayersNotFoundException, "Layer with digest '" + missing.front() +
                                                            "' does not exist in the repository with name '" +
                                                            repository + "' " + in_registry(ctx));
  }
  const base::Value* children = manifest.find("manifests");
  for (const base::Value& child :
       children != nullptr && children->is_array() ? children->as_array() : base::Value::Array{}) {
    row.children.push_back(text_of(child, "digest"));
    if (state.images.find(prefix + row.children.back()) == nullptr) {
      return base::fault(faults::ReferencedImagesNotFoundException,
                         "Images with digests '[" + row.children.back() +
                             "]' required for pushing image into repository with name '" + repository + "' " +
                             in_registry(ctx) + " do not exist");
    }
  }
  return {};
}

base::Outcome<void> check_tag(const State& state, const std::string& prefix, const RepositoryRow& repository,
                              const std::string& tag, const std::string& digest, const service::Context& ctx) {
  if (tag.size() > kLongestTag || tag.find('/') != std::string::npos) {
    return base::fault(faults::InvalidParameterException,
                       "Invalid parameter at 'imageTag' failed to satisfy constraint: 'must be at most 300 characters "
                       "without a slash'");
  }
  const ImageRow* tagged = tag.empty() ? nullptr : state.find_tag(prefix, tag);
  const ImageRow* same = state.images.find(prefix + digest);
  if (same != nullptr && (tag.empty() || tagged == same)) {
    return base::fault(faults::ImageAlreadyExistsException,
                       "Image with digest '" + digest + "' and tag '" + (tag.empty() ? "null" : tag) +
                           "' already exists in the repository with name '" + repository.name +
                           "' in registry with id '" + ctx.call.account + "'");
  }
  if (tagged != nullptr && is_immutable(repository, tag)) {
    return base::fault(faults::ImageTagAlreadyExistsException,
                       "The image tag '" + tag + "' already exists in the '" + repository.name +
                           "' repository and cannot be overwritten because the repository is immutable.");
  }
  return {};
}

}  // namespace

base::Outcome<api::ecr::PutImage::Output> put_image(State& state, const api::ecr::PutImage::Input& input,
                                                    service::Context& ctx) {
  TRY(const RepositoryRow* repository, state.repository(ctx, input.repository_name, input.registry_id));
  const std::string prefix = inner_prefix(ctx, repository->name);
  const auto manifest = wire::parse_json(input.image_manifest);
  if (!manifest || !manifest->is_object()) return bad_manifest("Invalid JSON syntax");

  ImageRow row;
  row.digest = "sha256:" + wire::sha256_hex(input.image_manifest);
  if (input.image_digest && *input.image_digest != row.digest) {
    return base::fault(faults::ImageDigestDoesNotMatchException, "The provided image digest '" + *input.image_digest +
                                                                     "' does not match the digest '" + row.digest +
                                                                     "' of the manifest");
  }
  const std::string tag = input.image_tag.value_or("");
  CHECK(check_tag(state, prefix, *repository, tag, row.digest, ctx));
  if (const ImageRow* held = state.images.find(prefix + row.digest)) {
    row = *held;  // another tag for an image that is there
  } else {
    row.manifest = input.image_manifest;
    row.media_type = input.image_manifest_media_type.value_or(text_of(*manifest, "mediaType"));
    if (row.media_type.empty()) row.media_type = guess_media_type(*manifest);
    row.pushed_at = ctx.now;
    const base::Value* config = manifest->find("config");
    row.artifact_media_type = text_of(*manifest, "artifactType");
    if (row.artifact_media_type.empty() && config != nullptr) row.artifact_media_type = text_of(*config, "mediaType");
    if (const base::Value* subject = manifest->find("subject")) row.subject = text_of(*subject, "digest");
    CHECK(read_parts(state, prefix, repository->name, *manifest, ctx, row));
  }
  if (!tag.empty()) {
    if (const ImageRow* tagged = state.find_tag(prefix, tag)) {
      state.images.modify(ctx.change, prefix + tagged->digest, [&](auto& held) { std::erase(held.tags, tag); });
    }
    row.tags.insert(std::ranges::upper_bound(row.tags, tag), tag);
  }

  api::ecr::PutImage::Output out;
  auto& image = out.image.emplace();
  image.registry_id = ctx.call.account;
  image.repository_name = repository->name;
  image.image_id.emplace().image_digest = row.digest;
  if (!tag.empty()) image.image_id->image_tag = tag;
  image.image_manifest = row.manifest;
  image.image_manifest_media_type = row.media_type;
  const std::string key = prefix + row.digest;
  state.images.put(ctx.change, key, std::move(row));
  return out;
}

}  // namespace ecr
