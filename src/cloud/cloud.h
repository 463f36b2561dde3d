#pragma once

#include <deque>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "api/shape.h"
#include "base/random.h"
#include "base/time.h"
#include "cloud/access/asked.h"
#include "ecs/exec_sessions.h"
#include "runtime/runtime.h"
#include "service/registry.h"
#include "service/session.h"
#include "store/store.h"

namespace cloud {

struct Denial;  // access/access.h
struct Services;
struct Signer;

// A decoded request, ready for the state.
struct Request {
  const api::Operation* operation = nullptr;
  api::Object input;
  service::Call call;
  std::string vpc{};           // "vpc-…" that it came from, "" from outside
  std::string vpc_address{};   // at which it arrived there
  std::string vpc_endpoint{};  // "vpce-…" that it came through, or ""; found by the cloud

  access::Inquiry inquiry() const { return {*operation, input, call, vpc, vpc_endpoint}; }
};

// What a container asks the endpoint of its own task, from inside a VPC.
struct TaskRequest {
  std::string method;
  std::string path;  // "/v4/…": the task metadata endpoint; "/api/…": the agent's API
  std::string body{};
  std::string vpc{};
  std::string sender{};  // address
  std::string request_id{};
};
struct TaskReply {
  int status = 200;
  std::string json{};
};

using ExecTarget = ecs::ExecTarget;

// Set once, by whoever makes the cloud.
struct Config {
  std::string account = "000000000000";
  std::string region = "us-east-1";  // of callers that name none
  std::string endpoint;              // http://host:port at which containers without a network of their own reach us
  bool networks = true;              // the runtime makes VPCs; otherwise containers share the machine's network
  // How long the launch of a task tries to reach what it can't, see ecs::Options.
  base::Duration unreachable_after = std::chrono::seconds(3);
  bool verifies = false;    // who calls from outside is known (--auth strict), and must be allowed to
  bool queue_rests = true;  // 60 s after DeleteQueue and PurgeQueue, as on AWS; test suites want none
  // For simulations: images of task definitions need not be there, the runtime answers for them; and metrics of queues
  // come so much later than they could.
  bool images_assumed = false;
  base::Duration metric_delay{};
};

// Where blob files live: object bodies, image layers. The cloud only names them.
class Blobs {
 public:
  virtual ~Blobs() = default;
  // Removes a blob that no row names any more. Unknown names are fine: after a crash it may be repeated.
  virtual void release(const std::string& blob) = 0;
  // Once, after recovery and before any upload: removes all others.
  virtual void keep_only(const std::set<std::string>& blobs) = 0;
  // Reads at most `limit` bytes of a small blob (a template); nothing when it is missing or larger.
  virtual std::optional<std::string> read(const std::string& blob, std::uint64_t limit) = 0;
};

// All services together: one deterministic, single-threaded object. It reads no clock, draws no randomness and does
// no I/O but through the parts it is given, so the server, the simulator and the tests run the same code.
//
// Every entry point is one turn: it runs with one `now`, its writes become one atomic batch, and its answers leave when
// that batch and all before it are on disk. All entry points must be called from one thread (the strand).
class Cloud : public service::Invoker {
 public:
  struct Parts {
    const base::Clock& clock;
    base::Random& random;
    store::Store& store;
    runtime::Runtime& runtime;
    Blobs& blobs;
    service::Sessions* sessions = nullptr;  // told of temporary keys, on the strand; nullptr if nobody verifies them
    Blobs* image_blobs = nullptr;           // of the registry, by hex digest; nullptr if nobody keeps them
    std::function<void(const std::string&)> on_damage{};  // told, on the strand, of messages that can't be read
    std::function<void(const Denial&)> on_denial{};       // of a request that the policies refused; on the strand
    // The TZif data of a time zone, "Europe/Berlin"; without it there is only UTC.
    std::function<std::optional<std::string>(const std::string&)> time_zone{};
  };

  Cloud(Parts parts, Config config);
  ~Cloud() override;

  // Loads all state from the store and lets the runtime adopt the tasks. Once, before anything else.
  std::expected<void, store::Error> recover();

  // `deliver` is called exactly once, on the strand, maybe much later (long polls).
  void submit(Request request, service::Waiting waiting);

  // Whether an answer may come in a later turn (a long poll): only then does `abandoned` matter.
  bool answers_late(const api::Operation& operation) const { return registry_.find_late(operation) != nullptr; }

  // Runs all that is due; returns when to be called again. submit() and runtime events may make that earlier: ask
  // deadline() after them.
  base::TimePoint tick();
  base::TimePoint deadline() const;

  // Writes down what would be lost otherwise. The last turn, at an end that is no crash; the store still has to sync.
  void close();

  void on_runtime_event(const runtime::Event& event);

  // What the containers of a task read from /v2/credentials/<uuid>: JSON, or nothing when no running task has that id.
  std::optional<std::string> task_credentials(const std::string& uuid) const;
  // What the task's own endpoint answers them otherwise. `deliver` is called once, on the strand, at once or later; 404
  // when the sender is not the task that it asks for.
  void answer_task(const TaskRequest& request, std::move_only_function<void(TaskReply)> deliver);

  // The program that a session of ExecuteCommand is for, to whoever has its token; once. And runs it.
  std::optional<ExecTarget> take_exec(const std::string& session, const std::string& token);
  void exec(const ExecTarget& target, runtime::ExecSpec spec, std::shared_ptr<runtime::ExecObserver> observer);

  // The last requests that the policies refused, oldest first.
  const std::deque<Denial>& denials() const;

  // Set when the store failed in a way that leaves memory ahead of the disk: the process must end and recover. Every
  // answer from then on is an InternalFailure.
  const std::optional<store::Error>& broken() const { return broken_; }

  base::Outcome<api::Object> invoke(const api::Operation& operation, const api::Object& input,
                                    service::Context& context) override;

  const Config& config() const { return config_; }

 private:
  struct Owed;  // answers and effects that wait for the disk

  bool is_checked(const Signer* signer, const Request& request) const;
  template <class Body>
  void turn(const service::Call& call, Body body);
  service::Context context(const service::Call& call, service::Change& change);
  void commit(service::Change& change);
  void settle(std::uint64_t number, std::expected<void, store::Error> result);
  void release_settled();

  Parts parts_;
  Config config_;
  service::Call own_call_;  // for turns that nobody asked for
  service::Registry registry_;
  std::unique_ptr<Services> services_;
  std::deque<Owed> owed_;
  std::uint64_t written_ = 0;
  std::uint64_t durable_ = 0;
  bool changed_ = false;          // since the last tick
  base::TimePoint rest_until_{};  // no ticks before that: the store refused the last one
  std::optional<store::Error> broken_;
};

}  // namespace cloud
