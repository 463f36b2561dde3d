#include "ecr/state.h"
#include "wire/json.h"

namespace ecr {
namespace {

void add_digest(const base::Value* descriptor, std::set<std::string>& digests) {
  const base::Value* digest = descriptor == nullptr ? nullptr : descriptor->find("digest");
  if (digest != nullptr && digest->is_string()) digests.insert(digest->as_string());
}

}  // namespace

std::set<std::string> layers_of(const ImageRow& image) {
  std::set<std::string> digests;
  const auto manifest = wire::parse_json(image.manifest);
  if (!manifest) return digests;
  add_digest(manifest->find("config"), digests);
  if (const base::Value* layers = manifest->find("layers"); layers != nullptr && layers->is_array()) {
    for (const base::Value& layer : layers->as_array()) add_digest(&layer, digests);
  }
  return digests;
}

void State::count(std::map<std::string, std::int64_t>& holders, const std::string& name, int step) {
  const auto held = holders.try_emplace(name, 0).first;
  held->second += step;
  if (held->second == 0) holders.erase(held);
}

void State::erase_image(service::Context& ctx, const std::string& key) {
  const ImageRow image = *images.find(key);
  const std::string prefix = key.substr(0, key.rfind('/') + 1);
  images.erase(ctx.change, key);
  retire(ctx, image.digest);
  for (const std::string& digest : layers_of(image)) {
    const std::string layer = prefix + digest;
    if (layer_holders_.contains(layer) || layers.find(layer) == nullptr) continue;
    layers.modify(ctx.change, layer, [&](LayerRow& row) { row.check_at = ctx.now + kGrace; });
  }
}

void State::erase_layer(service::Context& ctx, const std::string& key) {
  const std::string digest = layers.find(key)->digest;
  layers.erase(ctx.change, key);
  retire(ctx, digest);
}

void State::spare_layer(service::Context& ctx, const std::string& key) {
  const LayerRow* row = layers.find(key);
  if (row == nullptr || !row->check_at || *row->check_at >= ctx.now + kGrace / 2) return;
  layers.modify(ctx.change, key, [&](LayerRow& held) { held.check_at = ctx.now + kGrace; });
}

// The last row that named these bytes has gone.
void State::retire(service::Context& ctx, const std::string& digest) {
  if (!blob_holders_.contains(digest)) retired.put(ctx.change, digest, {ctx.now + kGrace});
}

base::TimePoint State::sweep_due() const {
  base::TimePoint next = base::kNever;
  if (!layer_checks_.empty()) next = std::min(next, layer_checks_.begin()->first);
  if (!retirements_.empty()) next = std::min(next, retirements_.begin()->first);
  return next;
}

void State::sweep(service::Context& ctx) {
  while (!layer_checks_.empty() && layer_checks_.begin()->first <= ctx.now) {
    const std::string key = layer_checks_.begin()->second;
    if (layer_holders_.contains(key)) {
      layers.modify(ctx.change, key, [](LayerRow& row) { row.check_at.reset(); });
    } else {
      erase_layer(ctx, key);
    }
  }
  while (!retirements_.empty() && retirements_.begin()->first <= ctx.now) {
    const std::string digest = retirements_.begin()->second;
    retired.erase(ctx.change, digest);
    // Asked again when the change is on disk: a push in between keeps the blob.
    ctx.change.after_durable([this, digest] {
      if (!blob_holders_.contains(digest)) blobs_.release(digest);
    });
  }
}

void State::release_unnamed() {
  std::set<std::string> named;
  for (const auto& [digest, holders] : blob_holders_) named.insert(named.end(), digest);
  for (const auto& [digest, row] : retired.rows()) named.insert(digest);
  blobs_.keep_only(named);
}

}  // namespace ecr
