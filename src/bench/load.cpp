#include "bench/load.h"

#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <cstring>
#include <deque>
#include <fstream>
#include <iterator>
#include <sstream>

#include "base/fault.h"
#include "bench/answer.h"
#include "bench/body.h"
#include "bench/pacing.h"
#include "bench/socket.h"

namespace bench {
namespace {

using Ticks = std::chrono::steady_clock;
using Result = std::expected<void, std::string>;

constexpr int kIdlePollSeconds = 20;  // SQS's longest
constexpr int kEmptiesOfCycle = 3;    // another may hold the group: then the cycle starts again
constexpr int kPollSeconds = 1;       // long polls of end-to-end: short, so that the load ends in time
constexpr std::chrono::seconds kProgressEvery{1};
constexpr std::chrono::milliseconds kLongestWait{100};  // between two looks at the clock
constexpr std::chrono::milliseconds kReconnectEvery{100};
constexpr std::chrono::seconds kGoneAfter{10};  // without any connection
constexpr std::chrono::seconds kSettleFor{5};   // at most, for the answers that are still due at the end

std::uint64_t unix_micros() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(now).count());
}

std::uint64_t micros_between(Ticks::time_point from, Ticks::time_point to) {
  if (to <= from) return 0;
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(to - from).count());
}

Nanoseconds since_epoch(Ticks::time_point at) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(at.time_since_epoch()).count();
}

enum class Step : std::uint8_t { Idle, Sending, Receiving, Erasing };

// One connection and what it is doing.
struct Worker {
  Socket socket;
  bool receiver = false;
  std::size_t queue = 0;
  Step step = Step::Idle;
  std::string out;
  std::string in;
  Ticks::time_point since;            // the request was due, or sent
  std::vector<std::string> receipts;  // to erase next
  int empties = 0;                    // of a cycle, in a row
  Ticks::time_point retry_at;         // of a connection that broke
  bool watching_writes = false;
};

class Load {
 public:
  Load(const Options& options, Signer& signer, const std::vector<std::string>& urls, const std::atomic<bool>& stop,
       const Progress& progress)
      : options_(options),
        signer_(signer),
        urls_(urls),
        stop_(stop),
        progress_(progress),
        bodies_(options),
        prepared_(urls.size()),
        poll_(::epoll_create1(EPOLL_CLOEXEC)) {}
  ~Load() { ::close(poll_); }

  Result connect();
  Result run();
  Figures take() { return std::move(figures_); }

 private:
  Result open(Worker& worker);
  void lose(Worker& worker, const std::string& why);
  Result reconnect(Ticks::time_point now);
  Result fire(Worker& worker, Ticks::time_point due);
  std::string next_request(Worker& worker);
  const std::string& prepared_send(std::size_t queue, std::int64_t second);
  Result on_event(Worker& worker, std::uint32_t events);
  Result on_answer(Worker& worker, const Answer& answer);
  void count(Worker& worker, std::string_view body);
  void turn(Worker& worker);
  void on_received(Worker& worker, std::string_view body);
  bool all_sent(const Worker& worker) const {
    return options_.messages > 0 && !worker.receiver && serial_ >= options_.messages;
  }
  Result next(Worker& worker);
  void fire_due(Ticks::time_point now);
  Result watch(Worker& worker);
  void begin_measuring(Ticks::time_point now);
  bool over(Ticks::time_point now);
  Result serve(Ticks::time_point now);
  Result settle();
  int wait(std::array<epoll_event, 256>& events, Ticks::time_point now) const;
  bool paced(const Worker& worker) const { return options_.rate > 0 && !worker.receiver; }
  Histogram& latency(std::string_view operation) { return figures_.latency[std::string(operation)]; }

  const Options& options_;
  Signer& signer_;
  const std::vector<std::string>& urls_;
  const std::atomic<bool>& stop_;
  const Progress& progress_;
  const Bodies bodies_;

  struct Prepared {
    std::int64_t second = -1;
    std::string request;
  };
  std::vector<Prepared> prepared_;
  std::deque<Worker> workers_;
  std::deque<Worker*> idle_;  // paced ones without a request
  std::deque<Worker*> lost_;  // without a connection, by the time of the next attempt
  Ticks::time_point heard_;   // when the last connection was there
  int poll_;
  std::optional<TlsContext> tls_;

  Figures figures_;
  Ticks::time_point started_;
  Ticks::time_point measured_since_;
  Ticks::time_point progress_at_;
  bool measuring_ = false;
  bool settling_ = false;
  std::optional<double> server_before_;
  std::uint64_t serial_ = 0;    // messages sent off
  std::optional<Pacer> pacer_;  // with a rate
  std::uint64_t unbroken_empty_ = 0;
};

Result Load::connect() {
  if (signer_.endpoint().tls) tls_.emplace();
  for (std::size_t i = 0; i < options_.connections; ++i) {
    Worker& worker = workers_.emplace_back();
    worker.receiver = options_.mix == Mix::Receive || options_.mix == Mix::Drain || options_.mix == Mix::Poll ||
                      (options_.mix == Mix::EndToEnd && i % 2 == 1);
    // Senders and receivers are counted apart, so that each queue has both.
    worker.queue = (options_.mix == Mix::EndToEnd ? i / 2 : i) % urls_.size();
    CHECK(open(worker));
  }
  return {};
}

Result Load::open(Worker& worker) {
  TRY(worker.socket, Socket::connect(signer_.endpoint(), tls_ ? &*tls_ : nullptr));
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.ptr = &worker;
  worker.watching_writes = false;
  if (::epoll_ctl(poll_, EPOLL_CTL_ADD, worker.socket.descriptor(), &event) != 0) {
    return std::unexpected(std::string("epoll: ") + std::strerror(errno));
  }
  return {};
}

// The connection broke. What was asked for on it may have happened or not: it is an error, and counted as nothing else.
// A server may well close one on which nothing is asked.
void Load::lose(Worker& worker, const std::string& why) {
  if (worker.step != Step::Idle) ++figures_.errors[why];
  worker.socket.close();
  worker.in.clear();
  worker.receipts.clear();
  worker.step = Step::Idle;
  std::erase(idle_, &worker);
  worker.retry_at = Ticks::now();
  lost_.push_front(&worker);
}

// Makes the connections again whose time has come. An error: the server is gone.
Result Load::reconnect(Ticks::time_point now) {
  if (lost_.size() < workers_.size()) heard_ = now;
  while (!lost_.empty() && lost_.front()->retry_at <= now) {
    Worker& worker = *lost_.front();
    lost_.pop_front();
    if (all_sent(worker)) continue;
    if (auto opened = open(worker); !opened) {
      if (now - heard_ >= kGoneAfter) return opened;
      worker.retry_at = now + kReconnectEvery;
      lost_.push_back(&worker);
    } else if (auto fired = next(worker); !fired) {
      lose(worker, fired.error());
    }
  }
  return {};
}

Result Load::watch(Worker& worker) {
  if (worker.socket.sending() == worker.watching_writes) return {};
  worker.watching_writes = worker.socket.sending();
  epoll_event event{};
  event.events = EPOLLIN;
  if (worker.watching_writes) event.events |= EPOLLOUT;
  event.data.ptr = &worker;
  ::epoll_ctl(poll_, EPOLL_CTL_MOD, worker.socket.descriptor(), &event);
  return {};
}

// A request that is the same in each round is signed once a second.
const std::string& Load::prepared_send(std::size_t queue, std::int64_t second) {
  Prepared& prepared = prepared_[queue];
  if (prepared.second != second) {
    prepared.second = second;
    prepared.request = signer_.request(bodies_.send_operation(), bodies_.send(urls_[queue], 0, 0), second);
  }
  return prepared.request;
}

std::string Load::next_request(Worker& worker) {
  const std::uint64_t micros = unix_micros();
  const auto second = static_cast<std::int64_t>(micros / 1'000'000);
  const std::string& url = urls_[worker.queue];
  if (!worker.receipts.empty()) {
    worker.step = Step::Erasing;
    return signer_.request(bodies_.erase_operation(), bodies_.erase(url, worker.receipts), second);
  }
  if (worker.receiver) {
    worker.step = Step::Receiving;
    const int wait = options_.mix == Mix::EndToEnd ? kPollSeconds : options_.mix == Mix::Poll ? kIdlePollSeconds : 0;
    return signer_.request("ReceiveMessage", bodies_.receive(url, wait), second);
  }
  worker.step = Step::Sending;
  const std::uint64_t serial = std::exchange(serial_, serial_ + options_.batch);
  if (options_.mix == Mix::Send && options_.fifo_groups == 0) return prepared_send(worker.queue, second);
  const std::uint64_t mark = options_.mix == Mix::EndToEnd ? micros : 0;
  return signer_.request(bodies_.send_operation(), bodies_.send(url, mark, serial), second);
}

Result Load::fire(Worker& worker, Ticks::time_point due) {
  worker.out = next_request(worker);
  worker.since = due;
  CHECK(worker.socket.send(worker.out));
  return watch(worker);
}

// In a cycle, whether the next request sends or receives.
void Load::turn(Worker& worker) {
  if (worker.step == Step::Sending) {
    worker.receiver = true;
  } else if (worker.step == Step::Erasing || (worker.receipts.empty() && ++worker.empties >= kEmptiesOfCycle)) {
    worker.receiver = false;
    worker.empties = 0;
  }
}

// What a worker does after an answer.
Result Load::next(Worker& worker) {
  worker.step = Step::Idle;
  if (settling_ ? worker.receipts.empty() : all_sent(worker)) return {};
  if (paced(worker)) {
    idle_.push_back(&worker);
    return {};
  }
  return fire(worker, Ticks::now());
}

void Load::fire_due(Ticks::time_point now) {
  while (pacer_ && !idle_.empty()) {
    const auto due = pacer_->take(since_epoch(now));
    if (!due) break;
    Worker& worker = *idle_.front();
    idle_.pop_front();
    auto fired = fire(worker, Ticks::time_point(std::chrono::nanoseconds(*due)));
    if (!fired) lose(worker, fired.error());
  }
}

void Load::on_received(Worker& worker, std::string_view body) {
  const Received got = received(body);
  figures_.received += got.receipts.size();
  if (got.receipts.empty()) {
    ++figures_.empty;
    ++unbroken_empty_;
    return;
  }
  unbroken_empty_ = 0;
  if (options_.mix != Mix::Receive) worker.receipts.assign(got.receipts.begin(), got.receipts.end());
  const std::uint64_t now = unix_micros();
  for (const std::uint64_t sent : got.sent_at) {
    if (sent != 0 && sent <= now) latency("in queue").add(now - sent);
  }
}

void Load::count(Worker& worker, std::string_view body) {
  if (worker.step == Step::Receiving) return on_received(worker, body);
  const Failures failed = failures(body);
  if (failed.count > 0) figures_.errors[failed.code] += failed.count;
  if (worker.step == Step::Sending) {
    figures_.sent += options_.batch - std::min(failed.count, options_.batch);
  } else {
    figures_.deleted += worker.receipts.size() - std::min(failed.count, worker.receipts.size());
  }
}

Result Load::on_answer(Worker& worker, const Answer& answer) {
  const Ticks::time_point now = Ticks::now();
  ++figures_.requests;
  const bool was_erasing = worker.step == Step::Erasing;
  if (answer.status == 200) {
    latency(worker.step == Step::Sending     ? bodies_.send_operation()
            : worker.step == Step::Receiving ? "ReceiveMessage"
                                             : bodies_.erase_operation())
        .add(micros_between(worker.since, now));
    count(worker, answer.storage.empty() ? answer.body : std::string_view(answer.storage));
  } else {
    ++figures_.errors[error_code(answer)];
  }
  if (was_erasing) worker.receipts.clear();
  if (options_.mix == Mix::Cycle) turn(worker);
  return {};
}

Result Load::on_event(Worker& worker, std::uint32_t events) {
  if ((events & EPOLLOUT) != 0) {
    CHECK(worker.socket.flush());
    CHECK(watch(worker));
  }
  TRY(const bool any, worker.socket.receive(worker.in));
  if (!any) return {};
  TRY(const std::optional<Answer> answer, read_answer(worker.in));
  if (!answer) return {};
  CHECK(on_answer(worker, *answer));
  worker.in.erase(0, answer->length);
  return next(worker);
}

void Load::begin_measuring(Ticks::time_point now) {
  figures_ = Figures();
  measured_since_ = now;
  measuring_ = true;
  server_before_ = options_.pid == 0 ? std::nullopt : processor_seconds(options_.pid);
}

bool Load::over(Ticks::time_point now) {
  const auto elapsed = now - started_;
  if (!measuring_ && elapsed >= options_.warm_up) begin_measuring(now);
  if (measuring_) figures_.seconds = std::chrono::duration<double>(now - measured_since_).count();
  if (progress_ && now >= progress_at_) {
    progress_at_ = now + kProgressEvery;
    progress_(figures_);
  }
  if (stop_.load(std::memory_order_relaxed)) return true;
  if (options_.messages > 0) {
    if (figures_.messages(options_.mix) >= options_.messages) return true;
    if ((options_.mix == Mix::Send || options_.mix == Mix::Cycle) && serial_ >= options_.messages) {
      return std::ranges::all_of(workers_, [](const Worker& worker) { return worker.step == Step::Idle; });
    }
  } else if (measuring_ && figures_.seconds >= options_.duration.count()) {
    return true;
  }
  const bool takes_what_is_there = options_.mix == Mix::Receive || options_.mix == Mix::Drain;
  figures_.drained = takes_what_is_there && unbroken_empty_ >= 3 * options_.connections;
  return figures_.drained;
}

int Load::wait(std::array<epoll_event, 256>& events, Ticks::time_point now) const {
  std::chrono::nanoseconds longest = kLongestWait;
  if (pacer_ && !idle_.empty()) {
    const std::chrono::nanoseconds left(pacer_->next() - since_epoch(now));
    longest = std::clamp<std::chrono::nanoseconds>(left, std::chrono::nanoseconds(0), longest);
  }
  const timespec limit{0, static_cast<long>(longest.count())};
  return ::epoll_pwait2(poll_, events.data(), static_cast<int>(events.size()), &limit, nullptr);
}

Result Load::run() {
  started_ = Ticks::now();
  if (options_.rate > 0) pacer_.emplace(options_.rate, since_epoch(started_));
  progress_at_ = started_ + kProgressEvery;
  heard_ = started_;
  for (Worker& worker : workers_) {
    if (auto fired = next(worker); !fired) lose(worker, fired.error());
  }
  if (options_.warm_up.count() <= 0 || options_.messages > 0) begin_measuring(started_);
  for (Ticks::time_point now = started_; !over(now); now = Ticks::now()) {
    CHECK(reconnect(now));
    fire_due(now);
    CHECK(serve(now));
  }
  if (pacer_) figures_.unsent = pacer_->behind(since_epoch(Ticks::now()));
  if (server_before_) {
    if (const auto after = processor_seconds(options_.pid)) figures_.server_seconds = *after - *server_before_;
  }
  return settle();
}

// Answers what has come since, waiting a little for something to come.
Result Load::serve(Ticks::time_point now) {
  std::array<epoll_event, 256> events;
  const int ready = wait(events, now);
  if (ready < 0 && errno != EINTR) return std::unexpected(std::string("epoll: ") + std::strerror(errno));
  for (int i = 0; i < ready; ++i) {
    const epoll_event& event = events[static_cast<std::size_t>(i)];
    Worker& worker = *static_cast<Worker*>(event.data.ptr);
    if (auto served = on_event(worker, event.events); !served) lose(worker, served.error());
  }
  return {};
}

// Erases what was handed out to a load that erases, once the measurement is over: it would stay in flight otherwise,
// and a FIFO group with it, until the visibility time-out, for the next load to wait for.
Result Load::settle() {
  if (options_.mix == Mix::Receive || options_.mix == Mix::Poll || options_.mix == Mix::Send) return {};
  Figures measured = std::move(figures_);
  figures_ = Figures();
  settling_ = true;
  pacer_.reset();
  const Ticks::time_point until = Ticks::now() + kSettleFor;
  const auto at_rest = [](const Worker& worker) { return worker.step == Step::Idle; };
  for (auto now = Ticks::now(); now < until && !std::ranges::all_of(workers_, at_rest); now = Ticks::now()) {
    CHECK(serve(now));
  }
  figures_ = std::move(measured);
  return {};
}

}  // namespace

std::uint64_t Figures::messages(Mix mix) const {
  switch (mix) {
    case Mix::Send:
      return sent;
    case Mix::Receive:
    case Mix::Poll:
      return received;
    case Mix::Drain:
    case Mix::EndToEnd:
    case Mix::Cycle:
      return deleted;
  }
  return 0;
}

std::optional<double> processor_seconds(int pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string line;
  if (!std::getline(file, line)) return std::nullopt;
  // proc(5): the name, in brackets, may hold blanks; utime and stime are the 12th and 13th fields after it.
  std::istringstream fields(line.substr(std::min(line.rfind(')') + 2, line.size())));
  const std::vector<std::string> values{std::istream_iterator<std::string>(fields), {}};
  if (values.size() < 13) return std::nullopt;
  const double ticks = std::stod(values[11]) + std::stod(values[12]);
  return ticks / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

std::expected<Figures, std::string> run_load(const Options& options, Signer& signer,
                                             const std::vector<std::string>& queue_urls, const std::atomic<bool>& stop,
                                             const Progress& progress) {
  Load load(options, signer, queue_urls, stop, progress);
  CHECK(load.connect());
  CHECK(load.run());
  return load.take();
}

}  // namespace bench
