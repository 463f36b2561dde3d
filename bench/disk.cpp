// The disk's own speed: appends of 4 KiB to a written file, each with its fdatasync, as a durable log does at best.
// Usage: disk DIRECTORY [SYNCS]; prints microseconds as JSON and removes its file.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

namespace {

constexpr std::size_t kBlock = 4096;
constexpr int kUsualSyncs = 1000;

// The file is written once before it is measured: otherwise each sync would also pay for allocating.
std::vector<double> measure(int file, int syncs) {
  const std::string block(kBlock, 'x');
  for (int i = 0; i < syncs; ++i) {
    if (pwrite(file, block.data(), kBlock, static_cast<off_t>(i) * static_cast<off_t>(kBlock)) < 0) return {};
  }
  if (fsync(file) != 0) return {};
  std::vector<double> micros;
  for (int i = 0; i < syncs; ++i) {
    const auto start = std::chrono::steady_clock::now();
    if (pwrite(file, block.data(), kBlock, static_cast<off_t>(i) * static_cast<off_t>(kBlock)) < 0) return {};
    if (fdatasync(file) != 0) return {};
    const std::chrono::duration<double, std::micro> took = std::chrono::steady_clock::now() - start;
    micros.push_back(took.count());
  }
  std::sort(micros.begin(), micros.end());
  return micros;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return std::fputs("usage: disk DIRECTORY [SYNCS]\n", stderr), 2;
  const int syncs = argc > 2 ? std::max(1, std::atoi(argv[2])) : kUsualSyncs;
  std::string path = std::string(argv[1]) + "/disk-probe-XXXXXX";
  const int file = mkstemp(path.data());
  if (file < 0) return std::perror(path.c_str()), 1;
  unlink(path.c_str());
  const std::vector<double> micros = measure(file, syncs);
  close(file);
  if (micros.empty()) return std::perror("disk"), 1;
  std::printf("{\"syncs\": %d, \"p50_us\": %.1f, \"p99_us\": %.1f}\n", syncs, micros[micros.size() / 2],
              micros[micros.size() * 99 / 100]);
  return 0;
}
