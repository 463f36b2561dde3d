#pragma once

// HTTP on one side, the cloud on the other: finds service, protocol and operation, verifies, decodes, submits on the
// strand, encodes the answer. The same for every service; S3 bodies pass through disk.

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/time.h"
#include "cloud/cloud.h"
#include "gateway/auth.h"
#include "gateway/metrics.h"
#include "gateway/route.h"
#include "gateway/workers.h"
#include "net/server.h"

namespace gateway {

class Registry;

struct AccessLine {
  std::string remote;
  std::string method;
  std::string target;
  std::string service;    // "" if none was found
  std::string operation;  // the same
  std::string request_id;
  int status = 0;
  std::int64_t microseconds = 0;
};

struct Options {
  std::string data;  // <data>/objects takes S3 bodies, <data>/blobs the registry's
  bool strict = false;
  std::map<std::string, std::string> keys;  // strict: access key id to secret
  const SessionKeys* sessions = nullptr;    // the temporary ones, fed by the cloud
  double speed = 1;                         // for the health page
  std::string version;
  std::function<void(const AccessLine&)> access_log;  // any thread
  std::function<std::size_t()> connections;           // for the metrics page
  std::function<std::uint64_t()> damaged_messages;    // the same; any thread
};

// Runs a closure on the cloud's strand, some time later. Any thread.
using Post = std::function<void(std::move_only_function<void()>)>;

class Gateway : public net::Handler {
 public:
  // `cloud`, `clock` and what `post` uses must outlive the gateway, and the gateway everything it posted.
  Gateway(cloud::Cloud& cloud, const base::Clock& clock, Post post, Options options);
  ~Gateway() override;

  net::BodyPlan on_head(const net::Request& head) override;
  void handle(net::Request request, net::Responder responder) override;

 private:
  struct Pending;

  net::BodyPlan plan_upload(const net::Request& head, const Route& route, const Claimed& claimed);
  void send_denials(net::Responder responder);
  void send_credentials(std::string uuid, net::Responder responder);
  void answer_task(const net::Request& request, net::Responder responder);
  void open_exec(const net::Request& request, net::Responder responder);
  void handle_registry(std::unique_ptr<Pending> pending);
  void handle_api(std::unique_ptr<Pending> pending);
  void finish_upload(std::unique_ptr<Pending> pending);
  base::Outcome<void> read(Pending& pending);
  base::Outcome<void> unwrap_body(Pending& pending) const;
  service::Call call_of(const Pending& pending) const;
  void submit(std::unique_ptr<Pending> pending);
  void deliver(Pending& pending, service::Answer answer);
  void refuse(Pending& pending, const base::Fault& fault);
  void send(Pending& pending, net::Response response);
  net::Response page(const net::Request& request) const;

  cloud::Cloud& cloud_;
  const base::Clock& clock_;
  const Post post_;
  const Options options_;
  std::string objects_;   // directory
  std::string root_arn_;  // who everybody is, but the tasks
  std::optional<Authenticator> authenticator_;
  mutable Metrics metrics_;
  std::unique_ptr<Registry> registry_;
  Workers workers_;
};

}  // namespace gateway
