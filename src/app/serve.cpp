#include "app/serve.h"

#include <signal.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <map>
#include <mutex>
#include <semaphore>
#include <thread>

#include "app/clock.h"
#include "app/doctor.h"
#include "app/file_blobs.h"
#include "app/kernel_random.h"
#include "app/runtimes.h"
#include "app/strand.h"
#include "app/time_zones.h"
#include "base/fault.h"
#include "cloud/access/access.h"
#include "gateway/auth.h"
#include "gateway/gateway.h"
#include "gateway/session_keys.h"
#include "net/server.h"
#include "net/tls.h"
#include "store/rocks/rocks_store.h"

namespace app {
namespace {

namespace fs = std::filesystem;

using Made = std::expected<void, std::string>;

// The first also runs the cloud; the second has TLS, uploads and downloads.
constexpr int kIoThreads = 2;

// Blobs of images come by pushes, which name them when all are there, and by pulls from other registries, whose images
// nothing names: they are kept as long as they are used now and then.
constexpr FileBlobs::Grace kImageBlobGrace{.released = std::chrono::minutes(10), .unnamed = std::chrono::days(7)};

// While something waits for its time: a clock that is set forward, or a machine that was asleep, is noticed after that.
constexpr std::chrono::seconds kLongestSleep{10};

// Every connection is a descriptor, and many clients wait in long polls. Containers get the limit too, and some
// programs visit every descriptor that might be open: no more than is of use.
constexpr rlim_t kDescriptors = 65'536;

void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= kDescriptors) return;
  limit.rlim_cur = std::min(limit.rlim_max, kDescriptors);
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

// Blocks the signals that end the server, in every thread made after it, and waits for one of them in a thread of its
// own.
class EndSignals {
 public:
  EndSignals() {
    sigemptyset(&set_);
    sigaddset(&set_, SIGTERM);
    sigaddset(&set_, SIGINT);
    pthread_sigmask(SIG_BLOCK, &set_, nullptr);
    ::signal(SIGPIPE, SIG_IGN);
  }
  ~EndSignals() {
    if (!waiter_.joinable()) return;
    ::kill(::getpid(), SIGTERM);  // for the case that something else ended the server
    waiter_.join();
  }
  void on_signal(std::function<void()> act) {
    waiter_ = std::thread([this, act = std::move(act)] {
      int caught = 0;
      sigwait(&set_, &caught);
      act();
    });
  }

 private:
  sigset_t set_;
  std::thread waiter_;
};

Made make_directories(const std::string& data) {
  std::error_code failed;
  for (const char* part : {"", "/objects", "/blobs/sha256", "/tls"}) {
    fs::create_directories(data + part, failed);
    if (failed) return std::unexpected("can't make " + data + part + ": " + failed.message());
  }
  fs::permissions(data, fs::perms::owner_all, failed);  // secrets live here
  return {};
}

// Says a thing at most once a minute: a full disk is met by every write. Thread-safe.
class Warnings {
 public:
  void operator()(const std::string& what) {
    const auto now = std::chrono::steady_clock::now();
    const std::lock_guard lock(mutex_);
    std::erase_if(said_, [&](const auto& said) { return now - said.second >= kEvery; });
    if (said_.size() >= kTextsMax || !said_.emplace(what, now).second) return;
    spdlog::warn("{}", what);
  }

 private:
  static constexpr std::chrono::seconds kEvery{60};
  static constexpr std::size_t kTextsMax = 1'000;  // a minute

  std::mutex mutex_;
  std::map<std::string, std::chrono::steady_clock::time_point> said_;
};

// Listens before the state is recovered, so that the port is known and clients that are too early hear so.
class Door : public net::Handler {
 public:
  void open(gateway::Gateway& gateway) { gateway_.store(&gateway, std::memory_order_release); }

  net::BodyPlan on_head(const net::Request& head) override {
    if (auto* gateway = gateway_.load(std::memory_order_acquire)) return gateway->on_head(head);
    net::BodyPlan plan;
    plan.refusal.emplace();
    plan.refusal->status = 503;  // without a body: SDKs then know it for a passing failure, whatever they speak
    plan.refusal->headers.set("retry-after", "1");
    return plan;
  }
  void handle(net::Request request, net::Responder responder) override {
    if (auto* gateway = gateway_.load(std::memory_order_acquire)) {
      gateway->handle(std::move(request), std::move(responder));
    }
  }

 private:
  std::atomic<gateway::Gateway*> gateway_ = nullptr;
};

void log_denial(const cloud::Denial& denial) {
  spdlog::warn("refused: {} {} on {} {} ({}.{} from {}, request {})", denial.principal, denial.action, denial.resource,
               denial.reason, denial.service, denial.operation, denial.source, denial.request_id);
}

// Everything of a running server, in the order in which it is made; it ends in reverse.
class ServerProcess {
 public:
  explicit ServerProcess(ServeOptions options) : options_(std::move(options)) {}
  ~ServerProcess() {
    if (server_) server_->stop();  // before what answers its requests goes
  }

  Made start();
  int run();

 private:
  Made open_state();
  Made make_runtime();
  Made open_cloud();
  Made listen();
  Made open_gateway();
  void post(std::move_only_function<void()> task) { strand_.post(std::move(task)); }
  std::optional<std::chrono::nanoseconds> tick();

  ServeOptions options_;
  EndSignals signals_;  // first: threads made after it have the signals blocked
  Warnings warnings_;
  std::atomic<std::uint64_t> damaged_messages_ = 0;
  Strand strand_;
  std::unique_ptr<ServerClock> clock_;
  KernelRandom random_;
  std::unique_ptr<store::Store> store_;
  store::Tail written_up_to_;
  std::unique_ptr<FileBlobs> blobs_;
  std::unique_ptr<FileBlobs> image_blobs_;
  Door door_;
  std::unique_ptr<net::Server> server_;
  std::unique_ptr<runtime::Runtime> runtime_;  // hands the server sockets of its networks
  gateway::SessionKeys sessions_;
  std::unique_ptr<cloud::Cloud> cloud_;
  std::unique_ptr<gateway::Gateway> gateway_;
  std::counting_semaphore<> end_{0};  // raised by a signal, or when the store broke
  bool broken_ = false;               // on the strand
};

Made ServerProcess::open_state() {
  CHECK(make_directories(options_.data));
  TRY(clock_, open_clock(options_.data, options_.speed));
  store::RocksOptions storing;
  storing.wait_for_push = true;
  storing.warn = [this](const std::string& what) { warnings_(what); };
  auto store = store::open_rocks_store(options_.data, [this](auto task) { post(std::move(task)); }, std::move(storing));
  if (!store) return std::unexpected(store.error().message);
  store_ = std::move(*store);
  blobs_ = std::make_unique<FileBlobs>(options_.data + "/objects", FileBlobs::Grace{});
  image_blobs_ = std::make_unique<FileBlobs>(options_.data + "/blobs/sha256", kImageBlobGrace);
  return {};
}

Made ServerProcess::make_runtime() {
  const auto deliver = [this](runtime::Event event) {
    post([this, event = std::move(event)] { cloud_->on_runtime_event(event); });
  };
  linux_runtime::Options options;
  options.data_directory = options_.data;
  options.state_directory = run_directory(options_.data);
  options.deliver = deliver;
  options.authority = options_.data + "/tls/ca.pem";
  options.listen_in_network = [this](const std::string& network, int socket) {
    if (auto listens = server_->adopt_listener(socket, network); !listens) spdlog::error("{}", listens.error());
  };
  options.close_network = [this](const std::string& network) { server_->drop_listeners(network); };
  options.warn = [](const std::string& what) { spdlog::warn("{}", what); };
  options.clock = {clock_->anchor().real, clock_->anchor().cloud, clock_->speed()};
  TRY(runtime_, open_runtime(options_, std::move(options)));
  return {};
}

Made ServerProcess::listen() {
  TRY(const net::Authority authority, net::Authority::open(options_.data + "/tls"));
  TRY(auto identity, authority.issue({"localhost", "127.0.0.1", "*.amazonaws.com"}));
  net::ServerOptions listening;
  listening.address = options_.address;
  listening.port = options_.port;
  listening.threads = kIoThreads;
  listening.companion = &strand_;
  listening.tls = std::move(identity);
  listening.authority = authority;
  TRY(server_, net::Server::start(std::move(listening), door_));
  return {};
}

Made ServerProcess::open_cloud() {
  cloud::Config config;
  config.account = options_.account;
  config.region = options_.region;
  config.queue_rests = !options_.no_queue_rests;
  config.verifies = options_.auth == "strict";
  config.unreachable_after = std::chrono::microseconds(std::llround(options_.launch_timeout * 1e6));
  config.networks = options_.network == "vpc";
  // What containers are told that share this host's network.
  config.endpoint = "http://127.0.0.1:" + std::to_string(server_->port());
  cloud_ = std::make_unique<cloud::Cloud>(
      cloud::Cloud::Parts{*clock_, random_, *store_, *runtime_, *blobs_, &sessions_, image_blobs_.get(),
                          [this](const std::string& what) {
                            ++damaged_messages_;
                            warnings_(what);
                          },
                          log_denial, read_time_zone},
      config);
  if (auto recovered = cloud_->recover(); !recovered) return std::unexpected(recovered.error().message);
  store_->push();
  return {};
}

Made ServerProcess::open_gateway() {
  gateway::Options options;
  options.data = options_.data;
  options.strict = options_.auth == "strict";
  if (options.strict) {
    if (options_.keys.empty()) return std::unexpected("--auth strict needs --keys FILE, or nobody could get in");
    TRY(options.keys, gateway::read_keys(options_.keys));
  }
  options.sessions = &sessions_;
  options.speed = options_.speed;
  options.version = RENKEI_VERSION;
  options.connections = [this] { return server_->connections(); };
  options.damaged_messages = [this] { return damaged_messages_.load(); };
  if (options_.verbose) {
    options.access_log = [](const gateway::AccessLine& line) {
      spdlog::info("{} {} {} {}.{} {} {} us", line.remote, line.method, line.target, line.service, line.operation,
                   line.status, line.microseconds);
    };
  }
  gateway_ = std::make_unique<gateway::Gateway>(
      *cloud_, *clock_, [this](auto task) { post(std::move(task)); }, std::move(options));
  door_.open(*gateway_);
  return {};
}

Made ServerProcess::start() {
  raise_descriptor_limit();
  CHECK(open_state());
  CHECK(listen());
  CHECK(make_runtime());
  CHECK(open_cloud());
  return open_gateway();
}

std::optional<std::chrono::nanoseconds> ServerProcess::tick() {
  if (cloud_->deadline() <= clock_->now()) cloud_->tick();
  store_->push();  // everything that this round wrote shares one commit
  // Only what is written holds times that a later run must not be behind of.
  if (std::exchange(written_up_to_, store_->tail()) != store_->tail()) clock_->keep();
  if (cloud_->broken() && !std::exchange(broken_, true)) end_.release();
  const base::TimePoint next = cloud_->deadline();
  if (next == base::kNever) return std::nullopt;
  return std::min<std::chrono::nanoseconds>(clock_->real_time_until(next), kLongestSleep);
}

int ServerProcess::run() {
  signals_.on_signal([this] { end_.release(); });
  strand_.open([this] { return tick(); }, [this] { server_->wake(); });
  std::cout << "renkei is listening on http://" << options_.address << ":" << server_->port() << std::endl;
  end_.acquire();
  server_->stop();
  strand_.finish();
  cloud_->close();  // the store commits it when it goes
  if (cloud_->broken()) {
    spdlog::critical("the store failed: {}. What was acknowledged is safe; start again when the disk is well.",
                     cloud_->broken()->message);
    return 1;
  }
  return 0;
}

}  // namespace

std::string default_data_directory() {
  if (::geteuid() == 0) return "/var/lib/renkei";
  const char* home = std::getenv("HOME");
  return std::string(home == nullptr ? "." : home) + "/.local/share/renkei";
}

int serve(const ServeOptions& given) {
  ServeOptions options = given;
  if (options.data.empty()) options.data = default_data_directory();
  // Standard output has one line, the address; everything else goes to standard error.
  spdlog::set_default_logger(spdlog::stderr_color_mt("renkei"));
  ServerProcess process(std::move(options));
  if (auto started = process.start(); !started) {
    std::cerr << "renkei: " << started.error() << "\n";
    return 1;
  }
  return process.run();
}

}  // namespace app
