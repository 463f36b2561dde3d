#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "cloud/cloud.h"
#include "ec2/service.h"
#include "ecs/service.h"

namespace cloud {

// What a task is told at 169.254.170.2 of itself, and asks there about itself: the task metadata endpoint, version 4,
// and the agent's API. Nobody else is told.
class TaskEndpoint {
 public:
  using Deliver = std::move_only_function<void(TaskReply)>;

  // The services must outlive this.
  TaskEndpoint(const ecs::EcsService& ecs, const ec2::Ec2Service& ec2) : ecs_(ecs), ec2_(ec2) {}

  // An answer, or what has to be done for one: ask ECS in the name of the task's role, or have the runtime measure it.
  struct Asked {
    Request request;
    std::string task_arn;
  };
  struct Measured {
    runtime::TaskId task;
  };
  using Next = std::variant<TaskReply, Asked, Measured>;
  Next look(const TaskRequest& request, const service::Context& ctx) const;

  // Answers when the task's Stats are there.
  void wait(const runtime::TaskId& task, TaskRequest request, Deliver deliver) {
    waiting_[task].emplace_back(std::move(request), std::move(deliver));
  }
  void on_stats(const runtime::event::Stats& stats, const service::Context& ctx);

 private:
  // The task that the request is about, if it comes from there. `id`: the metadata id in its path.
  std::optional<ecs::ShownTask> sender_of(const TaskRequest& request, const std::string& id,
                                          const service::Context& ctx) const;
  std::string cidr_of(const ecs::ShownTask& shown) const;
  TaskReply stats_reply(const TaskRequest& request, const runtime::event::Stats& stats,
                        const service::Context& ctx) const;

  const ecs::EcsService& ecs_;
  const ec2::Ec2Service& ec2_;
  std::map<runtime::TaskId, std::vector<std::pair<TaskRequest, Deliver>>> waiting_;
};

}  // namespace cloud
