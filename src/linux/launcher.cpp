#include "linux/launcher.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/fault.h"
#include "base/value.h"
#include "linux/container_log.h"
#include "linux/time_library.h"
#include "wire/json.h"

namespace linux_runtime {
namespace {

namespace fs = std::filesystem;

constexpr const char* kCgroupManager = "--cgroup-manager=cgroupfs";
constexpr const char* kOurCgroup = "/renkei";
constexpr const char* kConmonCgroup = "/renkei/conmon";
constexpr const char* kNetworkFile = "network";  // of a task: the ids of what it is attached to
constexpr const char* kInit = "/usr/bin/tini-static";
constexpr std::chrono::minutes kStartTimeout{1};
// crun refuses a machine on which version 2 has controllers beside those of version 1, whichever it is to use. In a
// mount namespace of its own it doesn't see version 2.
constexpr const char* kCrunWithoutUnified =
    "#!/bin/sh\nexec unshare --mount sh -c 'umount /sys/fs/cgroup/unified; exec crun \"$@\"' crun \"$@\"\n";

std::string read_text(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(in), {});
}

bool write_text(const std::string& path, const std::string& text) {
  const std::string temporary = path + ".new";
  std::ofstream out(temporary, std::ios::trunc);
  out << text;
  out.close();
  return out && std::rename(temporary.c_str(), path.c_str()) == 0;
}

int read_number(const std::string& path) {
  std::ifstream in(path);
  int value = 0;
  return in >> value ? value : 0;
}

std::vector<std::string> names_in(const std::string& directory) {
  std::vector<std::string> out;
  std::error_code failed;
  for (const auto& entry : fs::directory_iterator(directory, failed)) out.push_back(entry.path().filename().string());
  std::ranges::sort(out);
  return out;
}

// Ten decimal digits that follow from a name (FNV-1a), for Fargate's form of a runtime id.
std::string ten_digits(const std::string& name) {
  std::uint64_t hash = 14695981039346656037ull;
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ull;
  const std::string text = std::to_string(hash % 10'000'000'000ull);
  return std::string(10 - text.size(), '0') + text;
}

std::unexpected<Error> cannot_start(const std::string& why) {
  return error(
      "CannotStartContainerError: failed to create new container runtime task: failed to create shim task: OCI runtime "
      "create failed: runc create failed: unable to start container process: " +
      why + ": unknown");
}

// With version 2 they are BPF programs, for which crun raises a limit.
bool can_set_device_rules(const Cgroups& cgroups) {
  return cgroups.version() != Cgroups::Version::V2 || prctl(PR_CAPBSET_READ, CAP_SYS_RESOURCE, 0, 0, 0) == 1;
}

std::string first_line(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

// crun's own words for a program that isn't there, in runc's.
std::string start_failure(std::string text) {
  text = first_line(text);
  for (const std::string_view prefix : {"Error: ", "error: ", "crun: "}) {
    if (text.starts_with(prefix)) text.erase(0, prefix.size());
  }
  return text;
}

}  // namespace

Launcher::Launcher(const Options& options, Networks& networks)
    : options_(options),
      networks_(networks),
      environment_(options.environment),
      content_(options.data_directory),
      layers_(content_) {
  std::error_code ignored;  // create_task() says what is wrong
  fs::create_directories(options_.data_directory + "/tasks", ignored);
  layers_.clean();
  fs::create_directories(options_.state_directory, ignored);
  if (cgroups_.is_mixed()) use_crun_without_unified();
  if (options_.clock.speed != 1) use_time_library();
}

void Launcher::use_time_library() {
  const std::string path = options_.state_directory + "/renkei-time.so";
  if (!image::write_file(path, time_library())) return;
  time_library_ = path;
  environment_["RENKEI_TIME"] = time_environment(options_.clock);
}

void Launcher::use_crun_without_unified() {
  const std::string path = options_.state_directory + "/crun-v1";
  if (write_text(path, kCrunWithoutUnified) && chmod(path.c_str(), 0755) == 0) crun_path_ = path;
}

Place Launcher::place(const runtime::TaskId& task, const std::string& container) const {
  Place out;
  out.id = task + "-" + ten_digits(container);
  out.directory = task_directory(task) + "/containers/" + container;
  out.cgroup = task_cgroup(task) + "/" + out.id;
  return out;
}

std::vector<std::string> Launcher::tasks() const {
  return names_in(options_.data_directory + "/tasks");
}

std::vector<std::string> Launcher::containers(const runtime::TaskId& task) const {
  return names_in(task_directory(task) + "/containers");
}

std::vector<std::string> Launcher::crun(std::vector<std::string> rest) const {
  std::vector<std::string> out{crun_path_, "--root", options_.state_directory + "/crun", kCgroupManager};
  std::ranges::move(rest, std::back_inserter(out));
  return out;
}

Result<void> Launcher::create_task(const runtime::TaskId& task, const runtime::SandboxSpec& spec) const {
  std::error_code failed;
  fs::create_directories(task_directory(task) + "/containers", failed);
  if (failed) return error("cannot create " + task_directory(task) + ": " + failed.message());
  if (spec.network) {
    // Written first: what is made can be found again.
    const std::string file = task_directory(task) + "/" + kNetworkFile;
    if (!write_text(file, spec.network->network + " " + spec.network->interface)) return error("cannot write " + file);
    CHECK(networks_.attach(task, *spec.network));
  }
  const std::lock_guard lock(shared_groups_);
  return cgroups_.create(task_cgroup(task), spec.cpu_units, spec.memory_bytes);
}

std::optional<runtime::NetworkAttachment> Launcher::attachment(const runtime::TaskId& task) const {
  runtime::NetworkAttachment out;
  std::ifstream file(task_directory(task) + "/" + kNetworkFile);
  if (!(file >> out.network >> out.interface)) return std::nullopt;
  return out;
}

Result<void> Launcher::start(const runtime::TaskId& task, const runtime::ContainerSpec& spec) const {
  const Place at = place(task, spec.name);
  if (conmon_pid(at) != 0) {  // an earlier process came this far; it may have died before the last step
    if (!fs::exists(at.directory + "/started")) (void)run({.argv = crun({"start", at.id})}, kStartTimeout);
    return {};
  }
  if (fs::exists(at.result_file()) || fs::exists(at.exit_file())) return {};
  release(at);
  CHECK(remove_directory(at.directory));

  Result<void> done = prepare(task, spec, at);
  if (done) done = run_conmon(at);
  if (done) {
    const auto started = run({.argv = crun({"start", at.id})}, kStartTimeout);
    if (!started) done = std::unexpected(started.error());
    if (started && started->status != 0) done = error(start_failure(started->output));
  }
  if (done && !write_text(at.directory + "/started", "")) done = error("cannot write to " + at.directory);
  if (done) return {};
  release(at);
  (void)remove_directory(at.directory);
  return cannot_start(done.error().message);
}

Result<void> Launcher::prepare(const runtime::TaskId& task, const runtime::ContainerSpec& spec, const Place& at) const {
  const auto image = image::load_image(content_, spec.image_digest);
  if (!image) return error(image.error().message);
  std::vector<std::string> lower;
  for (const std::string& diff_id : image->config.diff_ids) lower.push_back(image::digest_hex(diff_id));
  if (lower.empty()) return error("the image has no layers");
  std::error_code failed;
  fs::create_directories(at.directory + "/exit", failed);
  if (failed) return error("cannot create " + at.directory + ": " + failed.message());
  CHECK(mount_overlay(options_.data_directory + "/layers", lower, at.directory + "/upper", at.directory + "/work",
                      at.root()));
  if (!write_text(at.stop_signal_file(), std::to_string(signal_number(image->config.stop_signal)))) {
    return error("cannot write to " + at.directory);
  }
  std::optional<TaskNetwork> network;
  if (const auto attached = attachment(task)) {
    TRY(network, networks_.attach(task, *attached));
  }
  Trust trust;
  if (network && !options_.authority.empty()) {
    TRY(trust, make_trust(options_.authority, at.root(), at.directory));
  }
  const BundlePlan plan{.spec = spec,
                        .image = image->config,
                        .root = at.root(),
                        .directory = at.directory,
                        .volumes = task_directory(task) + "/volumes",
                        .cgroup = at.cgroup,
                        .device_rules = can_set_device_rules(cgroups_),
                        .init = kInit,
                        .time_library = time_library_,
                        .environment = environment_,
                        .hosts = options_.hosts,
                        .network = network,
                        .trust = trust};
  CHECK(write_bundle(plan));
  if (!time_library_.empty()) warn_of_real_time(at, arguments(spec, image->config));
  return {};
}

// A program without a dynamic loader cannot be given another clock. Its own log says so.
void Launcher::warn_of_real_time(const Place& at, const std::vector<std::string>& argv) const {
  const std::string program = find_program(at.root(), argv[0]);
  if (program.empty() || !is_static_program(program)) return;
  const base::TimePoint now(
      std::chrono::duration_cast<base::Duration>(std::chrono::system_clock::now().time_since_epoch()));
  std::ofstream(at.log()) << log_record(now, "renkei: time-lapse does not reach " + argv[0] +
                                                 ": it is statically linked, so it keeps the machine's time");
}

std::vector<std::string> Launcher::conmon_command(const Place& at) const {
  const std::string sockets = options_.state_directory + "/sockets";
  std::error_code ignored;
  fs::create_directories(sockets, ignored);
  std::vector<std::string> out{"conmon", "--no-sync-log"};
  const auto add = [&](const char* option, const std::string& value) { out.insert(out.end(), {option, value}); };
  add("--api-version", "1");
  for (const char* option : {"--cid", "--cuuid", "--name"}) add(option, at.id);
  add("--runtime", crun_path_);
  add("--bundle", at.directory);
  add("--container-pidfile", at.pid_file());
  add("--conmon-pidfile", at.conmon_pid_file());
  add("--log-path", "k8s-file:" + at.log());
  add("--log-level", "warning");
  add("--exit-dir", at.directory + "/exit");
  add("--socket-dir-path", sockets);
  for (const std::string& argument :
       {std::string("--root"), options_.state_directory + "/crun", std::string(kCgroupManager)}) {
    add("--runtime-arg", argument);
  }
  return out;
}

// conmon starts `crun create`, tells the container's pid through one pipe, and lives as long as the container. Through
// the other we let it go on, after it was moved to a cgroup that outlives this process.
Result<void> Launcher::run_conmon(const Place& at) const {
  int sync[2];
  int go[2];
  if (pipe2(sync, O_CLOEXEC) != 0) return system_error("cannot make a pipe");
  const Fd told(sync[0]);
  Fd tell(sync[1]);
  if (pipe2(go, O_CLOEXEC) != 0) return system_error("cannot make a pipe");
  Fd wait(go[0]);
  Fd let(go[1]);
  const Fd errors(open((at.directory + "/conmon.err").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
  if (!errors) return system_error("cannot create " + at.directory + "/conmon.err");

  Spawn what{.argv = conmon_command(at)};
  what.directory = at.directory;  // where conmon leaves a file named "oom"
  what.environment = {"_OCI_SYNCPIPE=3", "_OCI_STARTPIPE=4"};
  what.fds = {{errors.get(), 1}, {errors.get(), 2}, {tell.get(), 3}, {wait.get(), 4}};
  TRY(const int pid, spawn(what));
  tell.reset();
  wait.reset();
  {
    const std::lock_guard lock(shared_groups_);
    cgroups_.join(kConmonCgroup, pid);
  }
  (void)!write(let.get(), "\n", 1);
  let.reset();
  const int status = wait_for(pid);  // it goes on as a daemon
  std::string line;
  char chunk[4096];
  for (ssize_t got; line.find('\n') == std::string::npos && (got = read(told.get(), chunk, sizeof chunk)) > 0;) {
    line.append(chunk, static_cast<std::size_t>(got));
  }
  const auto answer = wire::parse_json(first_line(line));
  const base::Value* data = answer ? answer->find("data") : nullptr;
  if (!data && answer) data = answer->find("pid");
  if (data && data->is_integer() && data->as_integer() > 0) return {};
  const base::Value* message = answer ? answer->find("message") : nullptr;
  if (message && message->is_string()) return error(start_failure(message->as_string()));
  return error("conmon ended with status " + std::to_string(status) + ": " +
               first_line(read_text(at.directory + "/conmon.err")));
}

Exit Launcher::read_exit(const Place& at) const {
  Exit out;
  std::ifstream known(at.result_file());
  if (known >> out.code >> out.out_of_memory) return out;
  const std::string text = read_text(at.exit_file());
  out.code = text.empty() ? 137 : read_number(at.exit_file());
  out.out_of_memory = out.code == 137 && cgroups_.out_of_memory_kills(at.cgroup) > 0;
  write_text(at.result_file(), std::to_string(out.code) + " " + std::to_string(out.out_of_memory));
  return out;
}

void Launcher::release(const Place& at) const {
  if (fs::exists(options_.state_directory + "/crun/" + at.id)) {
    (void)run({.argv = crun({"delete", "--force", at.id})}, kStartTimeout);
  }
  (void)cgroups_.remove(at.cgroup);
  unmount_below(at.directory);
  std::error_code ignored;
  for (const char* part : {"/upper", "/work", "/root"}) fs::remove_all(at.directory + part, ignored);
  fs::remove_all(options_.state_directory + "/sockets/" + at.id, ignored);
}

Result<void> Launcher::remove_task(const runtime::TaskId& task) const {
  for (const std::string& name : containers(task)) release(place(task, name));
  if (attachment(task)) networks_.detach(task);
  {
    const std::lock_guard lock(shared_groups_);
    CHECK(cgroups_.remove(task_cgroup(task)));
    cgroups_.prune(kConmonCgroup);
    cgroups_.prune(kOurCgroup);
  }
  return remove_directory(task_directory(task));
}

std::vector<std::string> Launcher::exec_command(const Place& at, const std::string& pid_file,
                                                const std::vector<std::string>& argv) const {
  std::vector<std::string> rest{"exec", "--pid-file=" + pid_file, at.id};
  rest.insert(rest.end(), argv.begin(), argv.end());
  return crun(std::move(rest));
}

ExecPlan Launcher::exec_plan(const Place& at, std::uint64_t number, const runtime::ExecSpec& spec) const {
  return {.crun = crun({}),
          .id = at.id,
          .bundle = at.directory,
          .socket_directory = options_.state_directory,
          .name = "exec-" + std::to_string(number),
          .spec = spec};
}

int Launcher::conmon_pid(const Place& at) const {
  const int pid = read_number(at.conmon_pid_file());
  return runs_command(pid, at.id) ? pid : 0;
}

int Launcher::container_pid(const Place& at) const {
  const int pid = read_number(at.pid_file());
  return pid > 0 && read_text("/proc/" + std::to_string(pid) + "/cgroup").find(at.id) != std::string::npos ? pid : 0;
}

int Launcher::stop_signal(const Place& at) const {
  const int signal = read_number(at.stop_signal_file());
  return signal > 0 ? signal : signal_number("");
}

}  // namespace linux_runtime
