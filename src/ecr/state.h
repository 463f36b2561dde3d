#pragma once

#include <string>
#include <string_view>

#include "base/fault.h"
#include "ecr/rows.h"
#include "service/context.h"
#include "service/table.h"

namespace ecr {

class State {
 public:
  State();

  service::Table<RepositoryRow> repositories;
  service::Table<ImageRow> images;
  service::Table<LayerRow> layers;

  // The image that a tag names, or nullptr.
  const ImageRow* find_tag(const std::string& images_prefix, const std::string& tag) const;
  // RepositoryNotFoundException in AWS's words. Of another registry than the caller's too: there is none.
  base::Outcome<const RepositoryRow*> repository(const service::Context& ctx, const std::string& name,
                                                 const std::optional<std::string>& registry) const;

 private:
  std::map<std::string, std::string> digest_by_tag_;  // images prefix + tag
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
