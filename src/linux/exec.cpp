#include "linux/exec.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

#include "base/fault.h"
#include "base/value.h"
#include "wire/json.h"

namespace linux_runtime {
namespace {

using base::Value;

constexpr std::size_t kReadBytes = 16 << 10;
constexpr std::chrono::seconds kHangUpGrace{2};  // from SIGHUP to SIGKILL
constexpr int kTerminalPatienceMillis = 10'000;  // crun needs far less

std::string read_text(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(in), {});
}

// The container's own process, as another program of root's.
Result<void> write_process(const ExecPlan& plan) {
  auto config = wire::parse_json(read_text(plan.bundle + "/config.json"));
  Value* process = config ? config->find("process") : nullptr;
  if (process == nullptr) return error("the container's config.json can't be read");
  Value::Array argv;
  for (const std::string& one : plan.spec.argv) argv.emplace_back(one);
  process->set("args", std::move(argv));
  process->set("terminal", plan.spec.terminal);
  process->set("user", Value::Object{{"uid", 0}, {"gid", 0}});
  if (Value* sets = process->find("capabilities")) {
    const Value* bounding = sets->find("bounding");
    const Value all = bounding == nullptr ? Value(Value::Array{}) : *bounding;
    for (const char* name : {"effective", "permitted"}) sets->set(name, all);
  }
  if (plan.spec.terminal) {
    process->set("consoleSize", Value::Object{{"height", plan.spec.rows}, {"width", plan.spec.columns}});
    if (Value* environment = process->find("env")) environment->as_array().emplace_back("TERM=xterm-256color");
  }
  std::ofstream out(plan.process_file(), std::ios::trunc);
  out << wire::write_json(*process);
  out.close();
  if (!out) return error("cannot write " + plan.process_file());
  return {};
}

struct Pipe {
  Fd read;
  Fd write;
};
Result<Pipe> make_pipe() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return system_error("cannot make a pipe");
  return Pipe{Fd(ends[0]), Fd(ends[1])};
}

std::vector<std::string> command(const ExecPlan& plan) {
  std::vector<std::string> out = plan.crun;
  out.insert(out.end(), {"exec", "--process=" + plan.process_file(), "--pid-file=" + plan.pid_file()});
  if (plan.spec.terminal) out.push_back("--console-socket=" + plan.socket());
  out.push_back(plan.id);
  return out;
}

Result<ExecStarted> start_on_pipes(const ExecPlan& plan) {
  TRY(Pipe input, make_pipe());
  TRY(Pipe output, make_pipe());
  TRY(Pipe errors, make_pipe());
  Spawn what{.argv = command(plan)};
  what.fds = {{input.read.get(), 0}, {output.write.get(), 1}, {errors.write.get(), 2}};
  ExecStarted started;
  TRY(started.pid, spawn(what));
  started.process = open_pidfd(started.pid);
  started.input = std::move(input.write);
  started.output = std::move(output.read);
  started.errors = std::move(errors.read);
  return started;
}

Result<Fd> listen_for_terminal(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return error("the path of a socket is too long: " + path);
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  Fd listener(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  unlink(path.c_str());
  if (!listener || bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      listen(listener.get(), 1) != 0) {
    return system_error("cannot listen on " + path);
  }
  return listener;
}

// The descriptor that comes with a message.
Fd receive_descriptor(int connection) {
  char byte = 0;
  iovec part{&byte, 1};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  if (recvmsg(connection, &message, MSG_CMSG_CLOEXEC) <= 0) return Fd();
  const cmsghdr* held = CMSG_FIRSTHDR(&message);
  if (held == nullptr || held->cmsg_level != SOL_SOCKET || held->cmsg_type != SCM_RIGHTS) return Fd();
  int descriptor = -1;
  std::memcpy(&descriptor, CMSG_DATA(held), sizeof descriptor);
  return Fd(descriptor);
}

Result<ExecStarted> start_on_terminal(const ExecPlan& plan) {
  TRY(const Fd listener, listen_for_terminal(plan.socket()));
  TRY(Pipe errors, make_pipe());
  Spawn what{.argv = command(plan)};
  what.fds = {{errors.write.get(), 2}};
  ExecStarted started;
  TRY(started.pid, spawn(what));
  errors.write.reset();
  started.process = open_pidfd(started.pid);
  started.errors = std::move(errors.read);
  std::array<pollfd, 2> wait{pollfd{listener.get(), POLLIN, 0}, pollfd{started.process.get(), POLLIN, 0}};
  if (poll(wait.data(), wait.size(), kTerminalPatienceMillis) > 0 && wait[0].revents != 0) {
    const Fd connection(accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
    started.output = receive_descriptor(connection.get());
  }
  unlink(plan.socket().c_str());
  if (started.output) {
    started.input = Fd(fcntl(started.output.get(), F_DUPFD_CLOEXEC, 0));
    return started;
  }
  signal_pidfd(started.process, SIGKILL);
  wait_for(started.pid);
  std::string text(kReadBytes, '\0');
  const ssize_t got = read(started.errors.get(), text.data(), text.size());
  text.resize(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  while (text.ends_with('\n')) text.pop_back();
  return error(text.empty() ? "crun gave no terminal" : text);
}

void set_non_blocking(const Fd& fd) {
  if (fd) fcntl(fd.get(), F_SETFL, fcntl(fd.get(), F_GETFL) | O_NONBLOCK);
}

}  // namespace

Result<ExecStarted> start_exec(const ExecPlan& plan) {
  CHECK(write_process(plan));
  return plan.spec.terminal ? start_on_terminal(plan) : start_on_pipes(plan);
}

void LoopDoor::post(Loop::Action action) {
  const std::lock_guard lock(mutex_);
  if (loop_ != nullptr) loop_->post(std::move(action));
}

void LoopDoor::close() {
  const std::lock_guard lock(mutex_);
  loop_ = nullptr;
}

Exec::Exec(Loop& loop, std::shared_ptr<LoopDoor> door, ExecPlan plan, ExecStarted started,
           std::shared_ptr<runtime::ExecObserver> observer)
    : loop_(loop),
      door_(std::move(door)),
      plan_(std::move(plan)),
      observer_(std::move(observer)),
      pid_(started.pid),
      process_(std::move(started.process)),
      input_(std::move(started.input)) {
  set_non_blocking(started.output);
  set_non_blocking(started.errors);
  set_non_blocking(input_);
  streams_.push_back({std::move(started.output), runtime::ExecStream::Output});
  streams_.push_back({std::move(started.errors), runtime::ExecStream::Errors});
}

void Exec::run(std::function<void()> gone) {
  gone_ = std::move(gone);
  loop_.watch(process_.get(), [self = shared_from_this()] { self->exited(); });
  observer_->started(shared_from_this());
}

template <class Action>
void Exec::post(Action action) {
  door_->post([self = shared_from_this(), action = std::move(action)]() mutable {
    if (!self->over_) action(*self);
  });
}

void Exec::write(std::string bytes) {
  post([bytes = std::move(bytes)](Exec& self) mutable {
    self.unwritten_.push_back(std::move(bytes));
    self.flush_input();
  });
}

void Exec::close_input() {
  if (plan_.spec.terminal) return;
  post([](Exec& self) {
    self.input_ends_ = true;
    self.flush_input();
  });
}

void Exec::resize(int rows, int columns) {
  if (!plan_.spec.terminal) return;
  post([rows, columns](Exec& self) {
    winsize size{};
    size.ws_row = static_cast<unsigned short>(std::clamp(rows, 0, 0xffff));
    size.ws_col = static_cast<unsigned short>(std::clamp(columns, 0, 0xffff));
    if (self.streams_[0].fd) ioctl(self.streams_[0].fd.get(), TIOCSWINSZ, &size);
  });
}

void Exec::allow(std::size_t bytes) {
  post([bytes](Exec& self) {
    self.credit_ += bytes;
    self.pump();
  });
}

void Exec::end() {
  post([](Exec& self) {
    if (self.kill_timer_) return;
    self.credit_ = SIZE_MAX;  // nobody listens; what it still says must not hold it up
    self.signal(SIGHUP);
    self.kill_timer_ = self.loop_.after(kHangUpGrace, [exec = self.shared_from_this()] { exec->signal(SIGKILL); });
    self.pump();
  });
}

void Exec::kill() {
  signal(SIGKILL);
  signal_pidfd(process_, SIGKILL);
  if (!status_) wait_for(pid_);
}

// To the program itself: crun would pass on only some.
void Exec::signal(int number) const {
  int inside = 0;
  if (std::ifstream(plan_.pid_file()) >> inside && inside > 0) signal_pidfd(open_pidfd(inside), number);
}

void Exec::watch(Stream& stream, bool wanted) {
  if (stream.watched == wanted || !stream.fd) return;
  stream.watched = wanted;
  if (!wanted) return loop_.unwatch(stream.fd.get());
  loop_.watch(stream.fd.get(), [self = shared_from_this()] { self->pump(); });
}

// True if there may be more. A stream that is at its end is closed.
bool Exec::read_some(Stream& stream) {
  std::array<char, kReadBytes> buffer;
  const ssize_t got = read(stream.fd.get(), buffer.data(), std::min(buffer.size(), credit_));
  if (got > 0) {
    if (credit_ != SIZE_MAX) credit_ -= static_cast<std::size_t>(got);
    observer_->output(stream.kind, {buffer.data(), static_cast<std::size_t>(got)});
    return true;
  }
  // Once the program has ended, what others still may write is theirs: a child in the background holds the stream.
  const bool empty = got < 0 && (errno == EAGAIN || errno == EINTR);
  if (empty && !status_) return false;
  watch(stream, false);
  stream.fd.reset();
  return false;
}

// Delivers output as far as it is allowed.
void Exec::pump() {
  if (over_) return;
  for (Stream& stream : streams_) {
    while (stream.fd && credit_ > 0 && read_some(stream)) {
    }
    watch(stream, credit_ > 0);
  }
  const bool all = std::ranges::none_of(streams_, [](const Stream& stream) { return static_cast<bool>(stream.fd); });
  if (status_ && all) finish();
}

void Exec::flush_input() {
  for (; !input_ && !unwritten_.empty(); unwritten_.pop_front()) observer_->taken(unwritten_.front().size());
  while (!unwritten_.empty()) {
    std::string& first = unwritten_.front();
    const ssize_t sent = ::write(input_.get(), first.data(), first.size());
    if (sent < 0 && errno == EAGAIN) {
      if (!std::exchange(input_watched_, true)) {
        loop_.watch_writable(input_.get(), [self = shared_from_this()] { self->flush_input(); });
      }
      return;
    }
    // What nobody reads any more counts as taken, so that its sender isn't held up.
    const std::size_t taken = sent < 0 ? first.size() : static_cast<std::size_t>(sent);
    observer_->taken(taken);
    first.erase(0, taken);
    if (first.empty()) unwritten_.pop_front();
  }
  if (std::exchange(input_watched_, false)) loop_.unwatch(input_.get());
  if (input_ends_) input_.reset();
}

void Exec::exited() {
  loop_.unwatch(process_.get());
  status_ = wait_for(pid_);
  pump();
}

void Exec::finish() {
  over_ = true;
  if (input_watched_) loop_.unwatch(input_.get());
  if (kill_timer_) loop_.cancel(*kill_timer_);
  input_.reset();
  unlink(plan_.process_file().c_str());
  unlink(plan_.pid_file().c_str());
  observer_->ended(*status_);
  const auto gone = std::move(gone_);
  gone();
}

}  // namespace linux_runtime
