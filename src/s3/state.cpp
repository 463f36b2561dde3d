#include "s3/state.h"

#include <cstdio>

#include "service/table_codec.h"

namespace s3 {

State::State(Blobs& blobs)
    : buckets("s3.buckets", service::make_codec<BucketRow>()),
      objects("s3.objects", service::make_codec<ObjectRow>()),
      uploads("s3.uploads", service::make_codec<UploadRow>()),
      parts("s3.parts", service::make_codec<PartRow>()),
      blobs_(blobs) {
  objects.on_change = [this](const std::string&, const ObjectRow* before, const ObjectRow* after) {
    if (after != nullptr) count(after->pieces, 1);
    if (before != nullptr) count(before->pieces, -1);
  };
  parts.on_change = [this](const std::string&, const PartRow* before, const PartRow* after) {
    if (after != nullptr) count(after->pieces, 1);
    if (before != nullptr) count(before->pieces, -1);
  };
}

void State::count(const std::vector<Piece>& pieces, int step) {
  for (const Piece& piece : pieces) {
    const auto held = holders_.try_emplace(piece.blob, 0).first;
    held->second += step;
    if (held->second == 0) holders_.erase(held);
  }
}

// Whether a blob is still named is asked when the change is on disk: a copy made in between keeps it.
void State::release_later(service::Context& ctx, const std::vector<Piece>& pieces) {
  if (pieces.empty()) return;
  ctx.change.after_durable([this, pieces] {
    for (const Piece& piece : pieces) {
      if (!holders_.contains(piece.blob)) blobs_.release(piece.blob);
    }
  });
}

void State::put_object(service::Context& ctx, const std::string& key, ObjectRow row) {
  if (const ObjectRow* held = objects.find(key)) release_later(ctx, held->pieces);
  objects.put(ctx.change, key, std::move(row));
}

void State::erase_object(service::Context& ctx, const std::string& key) {
  const ObjectRow* held = objects.find(key);
  if (held == nullptr) return;
  release_later(ctx, held->pieces);
  objects.erase(ctx.change, key);
}

void State::put_part(service::Context& ctx, const std::string& key, PartRow row) {
  if (const PartRow* held = parts.find(key)) release_later(ctx, held->pieces);
  parts.put(ctx.change, key, std::move(row));
}

void State::erase_part(service::Context& ctx, const std::string& key) {
  const PartRow* held = parts.find(key);
  if (held == nullptr) return;
  release_later(ctx, held->pieces);
  parts.erase(ctx.change, key);
}

void State::erase_upload(service::Context& ctx, const std::string& key) {
  const UploadRow* upload = uploads.find(key);
  if (upload == nullptr) return;
  std::vector<std::string> keys;
  for (const auto& [part, row] : parts.with_prefix(upload->id + '/')) keys.push_back(part);
  for (const auto& part : keys) erase_part(ctx, part);
  uploads.erase(ctx.change, key);
}

std::string object_key(std::string_view bucket, std::string_view key) {
  return std::string(bucket).append("/").append(key);
}

std::string upload_key(std::string_view bucket, std::string_view key, std::string_view id) {
  return object_key(bucket, key).append(1, '\0').append(id);
}

std::string part_key(std::string_view upload_id, std::int64_t number) {
  char digits[24];
  std::snprintf(digits, sizeof digits, "%05lld", static_cast<long long>(number));
  return std::string(upload_id).append("/").append(digits);
}

}  // namespace s3
