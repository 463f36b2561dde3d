#pragma once

#include <map>
#include <string>
#include <string_view>

#include "s3/ports.h"
#include "s3/rows.h"
#include "service/context.h"
#include "service/table.h"

namespace s3 {

// All of the service's rows, and how many of them name each blob.
class State {
 public:
  explicit State(Blobs& blobs);
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  service::Table<BucketRow> buckets;
  service::Table<ObjectRow> objects;
  service::Table<UploadRow> uploads;
  service::Table<PartRow> parts;

  // Every change of rows that name blobs goes through these: a blob that no row names any more is released when the
  // change is on disk.
  void put_object(service::Context& ctx, const std::string& key, ObjectRow row);
  void erase_object(service::Context& ctx, const std::string& key);
  void put_part(service::Context& ctx, const std::string& key, PartRow row);
  void erase_part(service::Context& ctx, const std::string& key);
  // The upload and its parts.
  void erase_upload(service::Context& ctx, const std::string& key);

 private:
  void count(const std::vector<Piece>& pieces, int step);
  void release_later(service::Context& ctx, const std::vector<Piece>& pieces);

  Blobs& blobs_;
  std::map<std::string, std::int64_t, std::less<>> holders_;
};

std::string object_key(std::string_view bucket, std::string_view key);
std::string upload_key(std::string_view bucket, std::string_view key, std::string_view id);
std::string part_key(std::string_view upload_id, std::int64_t number);

}  // namespace s3
