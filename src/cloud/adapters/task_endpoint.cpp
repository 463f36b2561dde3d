#include "cloud/adapters/task_endpoint.h"

#include "cloud/adapters/task_agent.h"
#include "cloud/adapters/task_metadata.h"
#include "cloud/adapters/task_stats.h"
#include "ec2/state.h"

namespace cloud {
namespace {

constexpr std::string_view kMetadata = "/v4/";
constexpr std::string_view kAgent = "/api/";

// "/v4/ID/PAGE" -> "ID", "/PAGE".
struct Path {
  std::string id;
  std::string page;
};
Path parse(std::string_view path, std::string_view root) {
  path.remove_prefix(root.size());
  const std::size_t end = std::min(path.find('/'), path.size());
  return {std::string(path.substr(0, end)), std::string(path.substr(end))};
}

TaskReply nothing_there() {
  return {404, R"({"message":"There is no such page, or it is another task's."})"};
}

}  // namespace

std::optional<ecs::ShownTask> TaskEndpoint::sender_of(const TaskRequest& request, const std::string& id,
                                                      const service::Context& ctx) const {
  auto shown = ecs_.show_task(task_of_metadata(id), ctx);
  if (!shown || shown->interface.vpc != request.vpc || shown->interface.address != request.sender) return std::nullopt;
  return shown;
}

std::string TaskEndpoint::cidr_of(const ecs::ShownTask& shown) const {
  const auto subnet = attachment_detail(shown.task, "subnetId");
  for (const auto& [key, row] : ec2_.state().subnets.rows()) {
    if (row.id == subnet) return row.cidr;
  }
  return "";
}

TaskEndpoint::Next TaskEndpoint::look(const TaskRequest& request, const service::Context& ctx) const {
  if (request.path.starts_with(kAgent)) {
    const Path path = parse(request.path, kAgent);
    if (path.page != kTaskProtectionPage) return nothing_there();
    const auto shown = sender_of(request, path.id, ctx);
    if (!shown) return no_task();
    auto asked = protection_request(*shown, request);
    if (!asked) return asked.error();
    return Asked{std::move(*asked), shown->task.task_arn.value_or("")};
  }
  if (!request.path.starts_with(kMetadata)) return nothing_there();
  const Path path = parse(request.path, kMetadata);
  const auto shown = sender_of(request, path.id, ctx);
  if (!shown) return nothing_there();
  if (request.method != "GET") return TaskReply{405, ""};
  if (path.page == "/stats" || path.page == "/task/stats") return Measured{task_of_metadata(path.id)};
  auto json = task_metadata_json(*shown, cidr_of(*shown), path.id + path.page);
  return json ? TaskReply{200, std::move(*json)} : nothing_there();
}

void TaskEndpoint::on_stats(const runtime::event::Stats& stats, const service::Context& ctx) {
  const auto waiting = waiting_.extract(stats.task);
  if (waiting.empty()) return;
  for (auto& [request, deliver] : waiting.mapped()) deliver(stats_reply(request, stats, ctx));
}

TaskReply TaskEndpoint::stats_reply(const TaskRequest& request, const runtime::event::Stats& stats,
                                    const service::Context& ctx) const {
  const Path path = parse(request.path, kMetadata);
  const auto shown = sender_of(request, path.id, ctx);
  if (!shown) return nothing_there();
  if (path.page == "/task/stats") return {200, task_stats_json(*shown, stats)};
  return {200, container_stats_json(*shown, path.id, stats)};
}

}  // namespace cloud
