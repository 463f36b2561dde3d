#include "bench/bench.h"

#include <unistd.h>

#include <csignal>
#include <ctime>
#include <fstream>
#include <iostream>
#include <thread>

#include "api/sqs/operations.h"
#include "base/fault.h"
#include "bench/load.h"
#include "bench/report.h"
#include "client/client.h"

namespace bench {
namespace {

std::atomic<bool> stopped = false;

int fail(const std::string& text, int code = 1) {
  std::cerr << "renkei: " << text << "\n";
  return code;
}

std::string queue_name(const Options& options, std::size_t number) {
  std::string name = options.queue;
  if (options.queues > 1) name += "-" + std::to_string(number);
  return options.fifo_groups > 0 ? name + ".fifo" : name;
}

std::expected<std::vector<std::string>, std::string> make_queues(client::Client& client, const Options& options) {
  std::vector<std::string> urls;
  for (std::size_t i = 0; i < options.queues; ++i) {
    api::sqs::CreateQueue::Input wanted;
    wanted.queue_name = queue_name(options, i);
    if (options.fifo_groups > 0) {
      wanted.attributes = {
          {"FifoQueue", "true"}, {"DeduplicationScope", "messageGroup"}, {"FifoThroughputLimit", "perMessageGroupId"}};
    }
    auto made = client.call<api::sqs::CreateQueue>(std::move(wanted));
    if (!made) return std::unexpected("creating queue " + queue_name(options, i) + ": " + made.error().to_text());
    urls.push_back(made->queue_url.value_or(""));
  }
  return urls;
}

void remove_queues(client::Client& client, const std::vector<std::string>& urls) {
  for (const std::string& url : urls) {
    if (auto gone = client.call<api::sqs::DeleteQueue>({.queue_url = url}); !gone) {
      std::cerr << "renkei: queue " << url << " is left behind: " << gone.error().to_text() << "\n";
    }
  }
}

// One line that renews itself on a terminal, a line every few seconds elsewhere.
class ProgressLine {
 public:
  explicit ProgressLine(const Options& options) : options_(options), terminal_(::isatty(STDERR_FILENO) == 1) {}
  void show(const Figures& figures) {
    if (!terminal_ && ++calls_ % kPlainEvery != 0) return;
    const std::uint64_t messages = figures.messages(options_.mix);
    const auto rate = static_cast<std::uint64_t>(static_cast<double>(messages) / std::max(figures.seconds, 1e-9));
    std::uint64_t errors = 0;
    for (const auto& [code, count] : figures.errors) errors += count;
    std::cerr << (terminal_ ? "\r\x1b[K" : "") << static_cast<int>(figures.seconds) << " s: " << messages
              << " messages, " << rate << "/s" << (errors > 0 ? ", " + std::to_string(errors) + " errors" : "")
              << (terminal_ ? "" : "\n") << std::flush;
  }
  void end() const {
    if (terminal_) std::cerr << "\r\x1b[K" << std::flush;
  }

 private:
  static constexpr int kPlainEvery = 5;
  const Options& options_;
  const bool terminal_;
  int calls_ = 0;
};

int report(const Options& options, const Figures& figures) {
  std::cout << (options.json ? to_json(options, figures) : to_table(options, figures)) << std::flush;
  if (!options.picture.empty()) {
    std::ofstream file(options.picture);
    file << to_picture(options, figures);
    if (!file.flush()) return fail("can't write " + options.picture);
  }
  return figures.errors.empty() ? 0 : 1;
}

}  // namespace

int run(const Options& given) {
  Options options = given;
  if (options.queue.empty()) options.queue = "renkei-bench-" + std::to_string(std::time(nullptr));
  if (!options.queue_urls.empty()) options.queues = options.queue_urls.size();
  if (const std::string wrong = complaint(options); !wrong.empty()) return fail(wrong, 2);
  const auto url = net::parse_url(options.endpoint);
  if (!url) return fail("not an http:// or https:// address: " + options.endpoint, 2);
  if (options.pid != 0 && !processor_seconds(options.pid)) {
    return fail("there is no process " + std::to_string(options.pid), 2);
  }
  const auto provider = client::default_credentials();
  auto credentials = provider();
  if (!credentials) return fail(credentials.error());
  client::Client client({.endpoint = options.endpoint, .region = options.region}, provider);
  const bool made = options.queue_urls.empty();
  auto urls = made ? make_queues(client, options) : options.queue_urls;
  if (!urls) return fail(urls.error());

  const auto stop = [](int) { stopped = true; };
  std::signal(SIGINT, stop);
  std::signal(SIGTERM, stop);
  std::signal(SIGPIPE, SIG_IGN);
  Signer signer(*url, options.region, *credentials);
  ProgressLine line(options);
  const auto figures = run_load(options, signer, *urls, stopped, [&](const Figures& now) { line.show(now); });
  line.end();
  if (made && !options.keep) remove_queues(client, *urls);
  if (!figures) return fail(figures.error());
  return report(options, *figures);
}

}  // namespace bench
