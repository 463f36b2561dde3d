// What the journal costs: CPU per append and kill, and the time to recover a large backlog.
//
//   bench_journal DIRECTORY [records]      on a file system of the kind that servers use; leaves DIRECTORY/journal
//   behind
//
// Prints one figure a line. Appends are 1 KiB, in batches as a server's turns make them: one record each, committed by
// a thread of its own.

#include <time.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "store/journal/log.h"
#include "store/journal/real_disk.h"

namespace {

double cpu(clockid_t clock) {
  timespec now{};
  ::clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

// Prints what has happened since it was made, per thing.
class Meter {
 public:
  void report(const char* what, std::uint64_t things) const {
    const double wall = cpu(CLOCK_MONOTONIC) - wall_;
    const double strand = cpu(CLOCK_THREAD_CPUTIME_ID) - strand_;
    const double all = cpu(CLOCK_PROCESS_CPUTIME_ID) - all_;
    const double per = 1e6 / static_cast<double>(things);
    std::printf("%-34s %9.3f s   strand %7.3f us   all threads %7.3f us   of %llu\n", what, wall, strand * per,
                all * per, static_cast<unsigned long long>(things));
  }

 private:
  double wall_ = cpu(CLOCK_MONOTONIC);
  double strand_ = cpu(CLOCK_THREAD_CPUTIME_ID);
  double all_ = cpu(CLOCK_PROCESS_CPUTIME_ID);
};

void stop(const store::Error& error) {
  std::fprintf(stderr, "%s\n", error.message.c_str());
  std::exit(1);
}

class Sum : public store::Recovery {
 public:
  void plain(std::uint64_t, std::uint32_t, std::span<const store::Fresh> records) override {
    for (const store::Fresh& record : records) sum += record.number + record.offset;
    count += records.size();
  }
  void record(std::uint64_t, std::uint64_t, store::Place, store::Place, std::string_view) override { ++count; }
  void damaged(std::uint64_t, std::uint64_t, store::Place, store::Place, const store::Error& error) override {
    stop(error);
  }
  void note(std::uint64_t, std::string_view) override {}
  std::uint64_t sum = 0;
  std::uint64_t count = 0;
};

class Bench {
 public:
  explicit Bench(std::string folder) : folder_(std::move(folder)) {}

  void open() {
    auto disk = store::open_real_disk(folder_);
    if (!disk) stop(disk.error());
    store::Log::Options options;
    options.wait_for_keeper = [] { std::this_thread::yield(); };
    auto opened = store::Log::open(
        std::move(*disk), std::move(options),
        [](store::Place, const std::vector<store::Write>&) { return std::expected<void, store::Error>(); });
    if (!opened) stop(opened.error());
    log = std::move(*opened);
  }
  // Commits and keeps in the background while `work` runs on this thread.
  template <class Work>
  void with_threads(Work work) {
    std::atomic<bool> ended = false;
    std::thread committer([&] {
      while (!ended || log->groups().has_work()) {
        if (!log->groups().commit()) std::this_thread::sleep_for(std::chrono::microseconds(50));
      }
    });
    std::thread keeper([&] {
      while (!ended) {
        if (!log->keeper().step()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
      }
      while (log->keeper().step()) {
      }
    });
    work();
    ended = true;
    committer.join();
    log->applied(log->groups().durable().value());
    keeper.join();
    while (log->keeper().step()) {
    }
  }
  void write(const store::Batch& batch) {
    auto written = log->write(batch);
    if (!written) stop(written.error());
    // As far ahead of the disk as a busy server's clients get.
    while (written->batch - log->groups().durable().value() > 2'000) {
      std::this_thread::sleep_for(std::chrono::microseconds(100));
    }
    if (written->batch % 64 == 0) log->applied(log->groups().durable().value());
  }

  std::unique_ptr<store::Log> log;

 private:
  std::string folder_;
};

void run(const std::string& folder, std::uint64_t records) {
  Bench bench(folder);
  bench.open();
  std::vector<store::Place> places;
  places.reserve(records);
  store::Batch batch;
  batch.journal.push_back(store::Append{{1, 0, true, "", std::string(1'024, 'x')}});
  bench.with_threads([&] {
    const Meter meter;
    for (std::uint64_t number = 0; number < records; ++number) {
      auto& append = std::get<store::Append>(batch.journal.front());
      append.record.number = number;
      store::Tail tail = bench.log->tail();
      places.push_back(tail.take(append));
      bench.write(batch);
    }
    meter.report("append 1 KiB", records);
  });
  {
    const Meter meter;
    for (std::size_t at = 0; at + 10 <= places.size() && at < 1'000'000; at += 10) {
      auto found = bench.log->fetch(std::span(places).subspan(at, 10));
      if (!found) stop(found.error());
    }
    meter.report("fetch, ten neighbours at a time", std::min<std::uint64_t>(records, 1'000'000));
  }
  bench.log.reset();
  for (int round = 0; round < 3; ++round) {
    const Meter meter;
    bench.open();
    meter.report("open", 1);
    Sum sum;
    if (auto told = bench.log->recover(sum); !told) stop(told.error());
    meter.report("open and recover", sum.count);
    bench.log.reset();
  }
  bench.open();
  Sum sum;
  if (auto told = bench.log->recover(sum); !told) stop(told.error());
  bench.with_threads([&] {
    const Meter meter;
    const std::size_t cycles = std::min<std::size_t>(places.size(), 300'000);
    for (std::size_t at = 0; at < cycles; ++at) {
      store::Batch delivered;
      delivered.journal.push_back(store::Append{{1, at, false, std::string(40, 'm'), ""}, places[at], places[at]});
      store::Tail tail = bench.log->tail();
      const store::Place place = tail.take(delivered.journal.front());
      if (at % 10 == 0) {
        if (auto found = bench.log->fetch(std::span(places).subspan(at, std::min<std::size_t>(10, places.size() - at)));
            !found) {
          stop(found.error());
        }
      }
      bench.write(delivered);
      store::Batch killed;
      killed.journal.push_back(store::Kill{place});
      bench.write(killed);
    }
    meter.report("fetch, deliver and kill", cycles);
  });
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 2) {
    std::fprintf(stderr, "usage: bench_journal DIRECTORY [records]\n");
    return 2;
  }
  run(std::string(arguments[1]) + "/journal", count > 2 ? std::strtoull(arguments[2], nullptr, 10) : 1'000'000);
}
