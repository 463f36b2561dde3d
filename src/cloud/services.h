#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cloud/access/access.h"
#include "cloud/adapters/task_endpoint.h"
#include "cloud/cloud.h"
#include "cloud/session_table.h"

namespace cloud {

// Every service of this build, wired together. The one place that knows them all.
struct Services {
  std::vector<std::unique_ptr<service::Service>> owned;
  std::vector<service::Service*> all;
  std::function<void(const runtime::Event&, service::Context&)> on_runtime_event = [](const auto&, auto&) {};
  // The last turn of all.
  std::function<void(service::Context&)> on_close = [](const auto&) {};
  // What a task's credentials endpoint answers, whose a temporary access key is, and what its owner may do.
  std::function<std::optional<std::string>(const std::string& uuid)> task_credentials;
  std::shared_ptr<const SessionTable> sessions;
  std::unique_ptr<Access> access;
  std::unique_ptr<TaskEndpoint> task_endpoint;
  ecs::EcsService* ecs = nullptr;
  // What keeps the ports that the services were given.
  std::vector<std::shared_ptr<void>> adapters;

  void add(std::unique_ptr<service::Service> service) {
    all.push_back(service.get());
    owned.push_back(std::move(service));
  }
};

std::unique_ptr<Services> make_services(const Cloud::Parts& parts, const Config& config);

}  // namespace cloud
