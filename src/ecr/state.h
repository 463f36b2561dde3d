#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>

#include "base/fault.h"
#include "ecr/ports.h"
#include "ecr/rows.h"
#include "service/context.h"
#include "service/table.h"

namespace ecr {

// How long after a repository's last image that needs a layer, or after its upload, the layer still counts as there;
// and how long after that its bytes stay. A push that found a layer, or sent it, has this long to send its manifest.
inline constexpr base::Duration kGrace = std::chrono::hours(1);

// Digests of an image's configuration and layers.
std::set<std::string> layers_of(const ImageRow& image);

class State {
 public:
  explicit State(Blobs& blobs);
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  service::Table<RepositoryRow> repositories;
  service::Table<ImageRow> images;
  service::Table<LayerRow> layers;
  service::Table<RetiredRow> retired;

  // The image that a tag names, or nullptr.
  const ImageRow* find_tag(const std::string& images_prefix, const std::string& tag) const;
  // RepositoryNotFoundException in AWS's words. Of another registry than the caller's too: there is none.
  base::Outcome<const RepositoryRow*> repository(const service::Context& ctx, const std::string& name,
                                                 const std::optional<std::string>& registry) const;

  // garbage.cpp. Rows that name blobs are erased by these alone.
  void erase_image(service::Context& ctx, const std::string& key);
  void erase_layer(service::Context& ctx, const std::string& key);
  // A push has asked for the layer: it stays for as long as the push may need it.
  void spare_layer(service::Context& ctx, const std::string& key);
  base::TimePoint sweep_due() const;
  void sweep(service::Context& ctx);
  // After recovery: what a crash left.
  void release_unnamed();

 private:
  using Agenda = std::set<std::pair<base::TimePoint, std::string>>;

  static void count(std::map<std::string, std::int64_t>& holders, const std::string& name, int step);
  void on_image(const std::string& key, const ImageRow* before, const ImageRow* after);
  void on_layer(const std::string& key, const LayerRow* before, const LayerRow* after);
  void retire(service::Context& ctx, const std::string& digest);

  Blobs& blobs_;
  std::map<std::string, std::string> digest_by_tag_;   // images prefix + tag
  std::map<std::string, std::int64_t> layer_holders_;  // images by layer row
  std::map<std::string, std::int64_t> blob_holders_;   // image and layer rows by digest
  Agenda layer_checks_;                                // by layer row
  Agenda retirements_;                                 // by digest
};

std::string repository_key(const service::Context& ctx, std::string_view name);
// Key prefix of what belongs to a repository.
std::string inner_prefix(const service::Context& ctx, std::string_view name);

std::string repository_arn(const service::Context& ctx, std::string_view name);
// "'x' … in the registry with id 'A'", for the texts of faults.
std::string in_registry(const service::Context& ctx);

// One page of a listing. Tokens name the last thing of the page before.
struct Page {
  std::size_t size = 100;
  std::string after;
};
base::Outcome<Page> page_of(const std::optional<std::int64_t>& max_results, const std::optional<std::string>& token);
std::string page_token(std::string_view last);

}  // namespace ecr
