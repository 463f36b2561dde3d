#include "ecr/operations.h"

namespace ecr {
namespace {

namespace faults = api::ecr::faults;

// Bytes. AWS answers twice that; in base64 it has to fit into a request body.
constexpr std::int64_t kPartSize = 10'485'760;
constexpr std::string_view kLayerMediaType = "application/vnd.docker.image.rootfs.diff.tar.gzip";

}  // namespace

base::Outcome<api::ecr::BatchCheckLayerAvailability::Output> batch_check_layer_availability(
    State& state, const api::ecr::BatchCheckLayerAvailability::Input& input, service::Context& ctx) {
  TRY(const RepositoryRow* repository, state.repository(ctx, input.repository_name, input.registry_id));
  api::ecr::BatchCheckLayerAvailability::Output out;
  auto& layers = out.layers.emplace();
  out.failures.emplace();
  for (const std::string& digest : input.layer_digests) {
    const LayerRow* row = state.layers.find(inner_prefix(ctx, repository->name) + digest);
    auto& layer = layers.emplace_back();
    layer.layer_digest = digest;
    layer.layer_availability = row == nullptr ? "UNAVAILABLE" : "AVAILABLE";
    if (row == nullptr) continue;
    state.spare_layer(ctx, inner_prefix(ctx, repository->name) + digest);
    layer.layer_size = row->size;
    layer.media_type = row->media_type;
  }
  return out;
}

// The session itself, with the bytes that come in, lives in the gateway.
base::Outcome<api::ecr::InitiateLayerUpload::Output> initiate_layer_upload(
    State& state, const api::ecr::InitiateLayerUpload::Input& input, service::Context& ctx) {
  CHECK(state.repository(ctx, input.repository_name, input.registry_id));
  api::ecr::InitiateLayerUpload::Output out;
  out.upload_id = base::uuid(ctx.random);
  out.part_size = kPartSize;
  return out;
}

// The gateway has taken the bytes and checked that they follow those before.
base::Outcome<api::ecr::UploadLayerPart::Output> upload_layer_part(State& state,
                                                                   const api::ecr::UploadLayerPart::Input& input,
                                                                   service::Context& ctx) {
  CHECK(state.repository(ctx, input.repository_name, input.registry_id));
  api::ecr::UploadLayerPart::Output out;
  out.registry_id = ctx.call.account;
  out.repository_name = input.repository_name;
  out.upload_id = input.upload_id;
  out.last_byte_received = input.part_last_byte;
  return out;
}

base::Outcome<api::ecr::CompleteLayerUpload::Output> complete_layer_upload(
    State& state, const api::ecr::CompleteLayerUpload::Input& input, service::Context& ctx) {
  TRY(const RepositoryRow* repository, state.repository(ctx, input.repository_name, input.registry_id));
  if (!ctx.call.upload) {
    return base::fault(faults::UploadNotFoundException, "Upload with id '" + input.upload_id + "' not found");
  }
  const std::string digest = "sha256:" + ctx.call.upload->sha256;
  if (input.layer_digests.empty() || input.layer_digests.front() != digest) {
    return base::fault(faults::InvalidLayerException,
                       "The layer digest does not match the digest '" + digest + "' of what was uploaded");
  }
  LayerRow row;
  row.digest = digest;
  row.size = static_cast<std::int64_t>(ctx.call.upload->size);
  row.media_type = kLayerMediaType;
  row.check_at = ctx.now + kGrace;
  const std::string key = inner_prefix(ctx, repository->name) + digest;
  if (state.layers.find(key) == nullptr) {
    state.layers.put(ctx.change, key, std::move(row));
  } else {
    state.spare_layer(ctx, key);
  }
  api::ecr::CompleteLayerUpload::Output out;
  out.registry_id = ctx.call.account;
  out.repository_name = repository->name;
  out.upload_id = input.upload_id;
  out.layer_digest = digest;
  return out;
}

base::Outcome<api::ecr::GetDownloadUrlForLayer::Output> get_download_url_for_layer(
    State& state, const api::ecr::GetDownloadUrlForLayer::Input& input, service::Context& ctx) {
  TRY(const RepositoryRow* repository, state.repository(ctx, input.repository_name, input.registry_id));
  if (state.layers.find(inner_prefix(ctx, repository->name) + input.layer_digest) == nullptr) {
    return base::fault(faults::LayersNotFoundException, "Layer with digest '" + input.layer_digest +
                                                            "' does not exist in the repository with name '" +
                                                            repository->name + "' " + in_registry(ctx));
  }
  api::ecr::GetDownloadUrlForLayer::Output out;
  out.layer_digest = input.layer_digest;
  // Whoever fetches it says no region.
  out.download_url =
      ctx.call.base_url + "/v2/" + repository->name + "/blobs/" + input.layer_digest + "?region=" + ctx.call.region;
  return out;
}

}  // namespace ecr
