#include "docker/containers.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/fault.h"
#include "image/builder.h"
#include "image/docker_archive.h"
#include "linux/bundle.h"
#include "linux/time_library.h"
#include "linux/trust.h"
#include "wire/json.h"

namespace docker {
namespace {

namespace fs = std::filesystem;

constexpr int kLinksMax = 5;

std::string filter(const std::string& label, const std::string& value) {
  return escape(R"({"label":[")" + label + "=" + value + R"("]})");
}

base::Value texts(const std::vector<std::string>& items) {
  base::Value::Array out;
  for (const std::string& item : items) out.emplace_back(item);
  return base::Value(std::move(out));
}

std::string read_text(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(in), {});
}

}  // namespace

Containers::Containers(const Engine& engine, Networks& networks, const linux_runtime::Options& options, Names names)
    : engine_(engine),
      networks_(networks),
      options_(options),
      names_(std::move(names)),
      images_(engine, options.data_directory) {
  std::error_code ignored;  // remember() says what is wrong
  fs::create_directories(options_.data_directory + "/docker/tasks", ignored);
}

// The task's limits, which each of its containers gets: also one that is started by a later process.
Result<void> Containers::remember(const runtime::TaskId& task, const runtime::SandboxSpec& spec) const {
  std::ofstream out(task_file(task), std::ios::trunc);
  out << spec.cpu_units << " " << spec.memory_bytes;
  if (spec.network) out << " " << spec.network->network << " " << spec.network->interface;
  out.close();
  if (!out) return error("cannot write " + task_file(task));
  return {};
}

bool Containers::recall(const runtime::TaskId& task, runtime::SandboxSpec& spec) const {
  std::ifstream in(task_file(task));
  if (!(in >> spec.cpu_units >> spec.memory_bytes)) return false;
  runtime::NetworkAttachment network;
  if (in >> network.network >> network.interface) spec.network = network;
  return true;
}

std::vector<std::string> Containers::tasks() const {
  std::vector<std::string> out;
  std::error_code failed;
  for (const auto& entry : fs::directory_iterator(options_.data_directory + "/docker/tasks", failed)) {
    out.push_back(entry.path().filename().string());
  }
  std::ranges::sort(out);
  return out;
}

// The id of the container of that name, which may be there already.
Result<std::string> Containers::create(const std::string& name, const base::Value& body) const {
  TRY(const Answer made, engine_.post("/containers/create?name=" + escape(name), body));
  if (made.good()) return text_at(made.json, {"Id"});
  if (made.status != 409) return error(made.message());
  TRY(const Answer there, good(engine_.get("/containers/" + escape(name) + "/json")));
  return text_at(there.json, {"Id"});
}

// Fine when it runs, or has run.
Result<void> Containers::start_by_id(const std::string& id) const {
  TRY(const Answer there, good(engine_.get("/containers/" + id + "/json")));
  if (text_at(there.json, {"State", "Status"}) != "created") return {};
  CHECK(good(engine_.post("/containers/" + id + "/start")));
  return {};
}

Result<void> Containers::create_task(const runtime::TaskId& task, const runtime::SandboxSpec& spec) {
  CHECK(remember(task, spec));
  if (!spec.network) return {};
  TRY(const Placement placement, networks_.attach(*spec.network));
  TRY(const std::string image, images_.pause());
  const bool mac_of_endpoint = engine_.version() != "1.41";
  TRY(const std::string id,
      create(names_.sandbox(task), sandbox_body(names_, task, spec, placement, image, mac_of_endpoint)));
  return start_by_id(id);
}

Result<Started> Containers::start(const runtime::TaskId& task, const runtime::ContainerSpec& spec) {
  runtime::SandboxSpec sandbox;
  if (!recall(task, sandbox)) return error("CannotStartContainerError: there is no task " + task);
  const auto image = images_.find(spec.image_digest);
  if (!image) return error(start_failure(image.error().message));
  ContainerPlan plan{.names = names_,
                     .task = task,
                     .sandbox = sandbox,
                     .spec = spec,
                     .image = image->id,
                     .stop_signal = image->stop_signal,
                     .environment = options_.environment,
                     .shares_machine = !sandbox.network};
  if (sandbox.network && !options_.authority.empty()) {
    for (const auto& [name, value] : linux_runtime::trust_environment()) plan.environment[name] = value;
  }
  const linux_runtime::ClockMap& clock = options_.clock;
  if (clock.speed != 1) {
    plan.environment["RENKEI_TIME"] = linux_runtime::time_environment(clock);
    plan.environment["LD_PRELOAD"] = linux_runtime::kTimeLibraryInContainer;
  }
  const auto id = create(names_.container(task, spec.name), container_body(plan));
  if (!id) return error(start_failure(id.error().message));
  TRY(const Answer there, good(engine_.get("/containers/" + *id + "/json")));
  if (text_at(there.json, {"State", "Status"}) == "created") {
    Result<void> done = put_files(*id, spec, sandbox.network.has_value());
    if (done) done = start_by_id(*id);
    if (!done) {
      (void)engine_.remove("/containers/" + *id + "?force=1&v=1");
      return error(start_failure(done.error().message));
    }
  }
  return Started{*id, image->stop_signal};
}

// The file that is at `path` in a container that was not started yet, links followed; "" when there is none.
std::string Containers::bundle_in(const std::string& id, std::string& path) const {
  for (int links = 0; links < kLinksMax; ++links) {
    const auto answer = engine_.get("/containers/" + id + "/archive?path=" + escape(path));
    if (!answer || answer->status != 200) return "";
    const auto entry = image::read_single(answer->text);
    if (!entry) return "";
    if (!entry->is_link) return entry->content;
    path = (fs::path(path).parent_path() / entry->content).lexically_normal().string();
  }
  return "";
}

// What the embedded runtime mounts, Docker puts into the container's own file system before its start.
Result<void> Containers::put_files(const std::string& id, const runtime::ContainerSpec& spec, bool in_network) const {
  const auto put = [&](const std::string& directory, const std::vector<image::BuildFile>& files) -> Result<void> {
    const auto tar = image::make_tar(files);
    if (!tar) return error(tar.error().message);
    CHECK(good(engine_.put_tar("/containers/" + id + "/archive?path=" + escape(directory), *tar)));
    return {};
  };
  if (options_.clock.speed != 1) {
    if (spec.read_only_root) return error("time-lapse and readonlyRootFilesystem do not go together on Docker");
    const fs::path library(linux_runtime::kTimeLibraryInContainer);
    const std::string content(linux_runtime::time_library());
    CHECK(put("/", {{.target = library.string(), .content = content, .mode = 0755}}));
  }
  if (!in_network || options_.authority.empty() || spec.read_only_root) return {};
  const std::string own = read_text(options_.authority);
  std::string bundle;
  std::vector<std::string> seen;
  for (const std::string& known : linux_runtime::system_bundles()) {
    std::string path = known;
    const std::string text = bundle_in(id, path);
    if (text.empty() || std::ranges::find(seen, path) != seen.end()) continue;
    seen.push_back(path);
    if (bundle.empty()) bundle = text;
    const fs::path file(path);
    CHECK(put(file.parent_path().string(), {{.target = "/" + file.filename().string(), .content = text + "\n" + own}}));
  }
  if (bundle.empty()) bundle = read_text(linux_runtime::system_bundles().front());
  return put("/etc", {{.target = "/renkei/ca-bundle.pem", .content = bundle + "\n" + own},
                      {.target = "/renkei/ca.pem", .content = own}});
}

Result<void> Containers::remove_task(const runtime::TaskId& task) const {
  TRY(const Answer listed, good(engine_.get("/containers/json?all=1&filters=" + filter(kTaskLabel, task))));
  std::string holder;
  for (const base::Value& one : listed.json.is_array() ? listed.json.as_array() : base::Value::Array{}) {
    const std::string id = text_at(one, {"Id"});
    if (text_at(one, {"Labels", kInstanceLabel}) != names_.instance()) continue;
    if (text_at(one, {"Labels", kContainerLabel}).empty()) {
      holder = id;  // last: the others have its network
    } else {
      CHECK(good(engine_.remove("/containers/" + id + "?force=1&v=1")));
    }
  }
  if (!holder.empty()) CHECK(good(engine_.remove("/containers/" + holder + "?force=1&v=1")));
  TRY(const Answer volumes, good(engine_.get("/volumes?filters=" + filter(kTaskLabel, task))));
  const base::Value* list = volumes.json.find("Volumes");
  if (list && list->is_array()) {
    for (const base::Value& one : list->as_array()) {
      CHECK(good(engine_.remove("/volumes/" + escape(text_at(one, {"Name"})))));
    }
  }
  std::error_code ignored;
  fs::remove(task_file(task), ignored);
  return {};
}

Result<std::vector<Found>> Containers::list() const {
  TRY(const Answer listed,
      good(engine_.get("/containers/json?all=1&filters=" + filter(kInstanceLabel, names_.instance()))));
  std::vector<Found> out;
  for (const base::Value& one : listed.json.is_array() ? listed.json.as_array() : base::Value::Array{}) {
    out.push_back({text_at(one, {"Labels", kTaskLabel}), text_at(one, {"Labels", kContainerLabel}),
                   text_at(one, {"Id"}), text_at(one, {"Labels", kStopSignalLabel})});
  }
  return out;
}

Result<Containers::State> Containers::state(const std::string& id) const {
  TRY(const Answer answer, engine_.get("/containers/" + id + "/json"));
  if (answer.status == 404) return State{};
  CHECK(good(answer));
  State out;
  const std::string status = text_at(answer.json, {"State", "Status"});
  out.running = status == "running" || status == "paused" || status == "restarting";
  if (status != "created") out.exit_code = static_cast<int>(number_at(answer.json, {"State", "ExitCode"}));
  const base::Value* killed = find(answer.json, {"State", "OOMKilled"});
  out.out_of_memory = killed && killed->is_bool() && killed->as_bool();
  return out;
}

Result<void> Containers::signal(const std::string& id, const std::string& signal) const {
  CHECK(good(engine_.post("/containers/" + id + "/kill?signal=" + escape(signal))));
  return {};
}

Result<Containers::Use> Containers::use(const std::string& id) const {
  TRY(const Answer answer, good(engine_.get("/containers/" + id + "/stats?stream=0&one-shot=1")));
  Use out;
  out.cpu_seconds = static_cast<double>(number_at(answer.json, {"cpu_stats", "cpu_usage", "total_usage"})) / 1e9;
  const base::Value* cache = find(answer.json, {"memory_stats", "stats", "total_inactive_file"});
  if (!cache) cache = find(answer.json, {"memory_stats", "stats", "inactive_file"});
  const std::int64_t idle = cache && cache->is_integer() ? cache->as_integer() : 0;
  out.memory_bytes = std::max<std::int64_t>(number_at(answer.json, {"memory_stats", "usage"}) - idle, 0);
  return out;
}

Result<std::string> Containers::create_exec(const std::string& id, const std::vector<std::string>& argv) const {
  const base::Value body = base::Value::Object{{"Cmd", texts(argv)}, {"AttachStdout", true}, {"AttachStderr", true}};
  TRY(const Answer answer, good(engine_.post("/containers/" + id + "/exec", body)));
  return text_at(answer.json, {"Id"});
}

Result<int> Containers::exec_status(const std::string& exec) const {
  TRY(const Answer answer, good(engine_.get("/exec/" + exec + "/json")));
  const base::Value* code = answer.json.find("ExitCode");
  if (!code || !code->is_integer()) return error("it still runs");
  return static_cast<int>(code->as_integer());
}

}  // namespace docker
