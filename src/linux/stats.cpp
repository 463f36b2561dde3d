#include "linux/stats.h"

#include <unistd.h>

#include <charconv>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>

namespace linux_runtime {
namespace {

using Stats = runtime::event::Stats;
using Numbers = std::map<std::string, std::int64_t>;

constexpr std::int64_t kNanosPerMicro = 1'000;
constexpr std::int64_t kNanosPerSecond = 1'000'000'000;
constexpr std::int64_t kNoLimit = 9'223'372'036'854'771'712;  // as version 1 writes it, and Fargate shows it

std::string read_text(const std::string& path) {
  std::ifstream in(path);
  return std::string(std::istreambuf_iterator<char>(in), {});
}

std::int64_t number_in(const std::string& path, std::int64_t otherwise = 0) {
  std::ifstream in(path);
  std::int64_t value = 0;
  return in >> value ? value : otherwise;
}

// Lines of "name value".
Numbers numbers_in(const std::string& path) {
  std::ifstream in(path);
  Numbers out;
  std::string name;
  std::int64_t value = 0;
  while (in >> name >> value) out[name] = value;
  return out;
}

std::int64_t ticks_to_nanos(std::int64_t ticks) {
  return ticks * (kNanosPerSecond / sysconf(_SC_CLK_TCK));
}

// "8:0" -> {8, 0}
bool read_device(const std::string& text, Stats::Disk& into) {
  const char* const end = text.data() + text.size();
  const auto [colon, failed] = std::from_chars(text.data(), end, into.major);
  if (failed != std::errc{} || colon == end || *colon != ':') return false;
  return std::from_chars(colon + 1, end, into.minor).ec == std::errc{};
}

void measure_v2(const std::string& group, Stats::Container& into) {
  Numbers cpu = numbers_in(group + "/cpu.stat");
  into.cpu.total_nanos = cpu["usage_usec"] * kNanosPerMicro;
  into.cpu.user_nanos = cpu["user_usec"] * kNanosPerMicro;
  into.cpu.kernel_nanos = cpu["system_usec"] * kNanosPerMicro;
  into.cpu.periods = cpu["nr_periods"];
  into.cpu.throttled_periods = cpu["nr_throttled"];
  into.cpu.throttled_nanos = cpu["throttled_usec"] * kNanosPerMicro;
  into.memory_bytes = number_in(group + "/memory.current");
  into.memory_max_bytes = number_in(group + "/memory.peak", into.memory_bytes);
  into.memory_limit_bytes = number_in(group + "/memory.max", kNoLimit);
  into.memory = numbers_in(group + "/memory.stat");
  into.processes = number_in(group + "/pids.current");
  parse_io_stat(read_text(group + "/io.stat"), into);
}

void measure_v1(const Cgroups& cgroups, const std::string& path, Stats::Container& into) {
  const std::string accounting = cgroups.directory("cpuacct", path);
  into.cpu.total_nanos = number_in(accounting + "/cpuacct.usage");
  Numbers shares = numbers_in(accounting + "/cpuacct.stat");
  into.cpu.user_nanos = ticks_to_nanos(shares["user"]);
  into.cpu.kernel_nanos = ticks_to_nanos(shares["system"]);
  std::istringstream each(read_text(accounting + "/cpuacct.usage_percpu"));
  into.cpu.per_cpu_nanos.assign(std::istream_iterator<std::int64_t>(each), {});
  Numbers limit = numbers_in(cgroups.directory("cpu", path) + "/cpu.stat");
  into.cpu.periods = limit["nr_periods"];
  into.cpu.throttled_periods = limit["nr_throttled"];
  into.cpu.throttled_nanos = limit["throttled_time"];
  const std::string memory = cgroups.directory("memory", path);
  into.memory_bytes = number_in(memory + "/memory.usage_in_bytes");
  into.memory_max_bytes = number_in(memory + "/memory.max_usage_in_bytes");
  into.memory_limit_bytes = number_in(memory + "/memory.limit_in_bytes", kNoLimit);
  into.memory = numbers_in(memory + "/memory.stat");
  into.processes = number_in(cgroups.directory("pids", path) + "/pids.current");
  const std::string disk = cgroups.directory("blkio", path);
  into.disk_bytes = parse_blkio(read_text(disk + "/blkio.throttle.io_service_bytes"));
  into.disk_operations = parse_blkio(read_text(disk + "/blkio.throttle.io_serviced"));
}

}  // namespace

void measure(const Cgroups& cgroups, const std::string& path, Stats::Container& into) {
  if (cgroups.version() == Cgroups::Version::V2) {
    measure_v2(cgroups.directory("", path), into);
  } else {
    measure_v1(cgroups, path, into);
  }
  into.cpu.system_nanos = system_cpu_nanos();
}

std::int64_t system_cpu_nanos() {
  std::ifstream in("/proc/stat");
  std::string name;
  std::int64_t ticks = 0;
  in >> name;
  // user, nice, system, idle, iowait, irq, softirq, steal; the guests' time is in user's.
  for (int i = 0; i < 8; ++i) {
    std::int64_t value = 0;
    if (in >> value) ticks += value;
  }
  return ticks_to_nanos(ticks);
}

std::vector<Stats::Interface> interfaces_of(int pid) {
  return pid > 0 ? parse_interfaces(read_text("/proc/" + std::to_string(pid) + "/net/dev"))
                 : std::vector<Stats::Interface>{};
}

std::vector<Stats::Interface> parse_interfaces(const std::string& text) {
  std::vector<Stats::Interface> out;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const std::size_t colon = line.find(':');
    if (colon == std::string::npos) continue;  // the two lines of heading
    Stats::Interface one;
    one.name = line.substr(line.find_first_not_of(' '), colon - line.find_first_not_of(' '));
    std::istringstream numbers(line.substr(colon + 1));
    std::int64_t other = 0;  // fifo, frame, compressed, multicast
    numbers >> one.rx_bytes >> one.rx_packets >> one.rx_errors >> one.rx_dropped >> other >> other >> other >> other >>
        one.tx_bytes >> one.tx_packets >> one.tx_errors >> one.tx_dropped;
    if (numbers && one.name != "lo") out.push_back(std::move(one));
  }
  return out;
}

void parse_io_stat(const std::string& text, Stats::Container& into) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream parts(line);
    std::string device, part;
    Stats::Disk disk;
    if (!(parts >> device) || !read_device(device, disk)) continue;
    Numbers values;
    while (parts >> part) {
      const std::size_t equals = part.find('=');
      if (equals != std::string::npos) {
        std::from_chars(part.data() + equals + 1, part.data() + part.size(), values[part.substr(0, equals)]);
      }
    }
    const auto add = [&](std::vector<Stats::Disk>& list, const char* operation, const char* name) {
      list.push_back({disk.major, disk.minor, operation, values[name]});
    };
    add(into.disk_bytes, "Read", "rbytes");
    add(into.disk_bytes, "Write", "wbytes");
    add(into.disk_operations, "Read", "rios");
    add(into.disk_operations, "Write", "wios");
  }
}

std::vector<Stats::Disk> parse_blkio(const std::string& text) {
  std::vector<Stats::Disk> out;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream parts(line);
    std::string device;
    Stats::Disk disk;
    if (parts >> device >> disk.operation >> disk.value && read_device(device, disk)) out.push_back(std::move(disk));
  }
  return out;
}

}  // namespace linux_runtime
