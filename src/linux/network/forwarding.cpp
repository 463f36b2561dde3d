#include "linux/network/forwarding.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <sstream>

#include "base/fault.h"

namespace linux_runtime {
namespace {

constexpr const char* kForward = "/proc/sys/net/ipv4/ip_forward";
// The kernel changes this one with the other.
constexpr const char* kRedirects = "/proc/sys/net/ipv4/conf/all/accept_redirects";

Result<char> read_option(const char* path) {
  const Fd file(open(path, O_RDONLY | O_CLOEXEC));
  char digit = 0;
  if (!file || read(file.get(), &digit, 1) != 1) return system_error(std::string("cannot read ") + path);
  return digit;
}

Result<void> write_option(const char* path, const std::string& value) {
  const Fd file(open(path, O_WRONLY | O_CLOEXEC));
  if (!file || write(file.get(), value.data(), value.size()) < 0) {
    return system_error(std::string("cannot write ") + path);
  }
  return {};
}

// The first line: the redirects' option; the others: the links there were.
std::string read_all(const Fd& file) {
  std::string out;
  char piece[4096];
  for (ssize_t got; (got = pread(file.get(), piece, sizeof piece, static_cast<off_t>(out.size()))) > 0;) {
    out.append(piece, static_cast<std::size_t>(got));
  }
  return out;
}

bool is_uplink(const std::string& link) {
  return link.starts_with(kUplinkPrefix);
}

}  // namespace

Result<Forwarding> Forwarding::open(const std::string& note) {
  std::error_code failed;
  std::filesystem::create_directories(std::filesystem::path(note).parent_path(), failed);
  Fd file(::open(note.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!file) return system_error("cannot open " + note);
  while (flock(file.get(), LOCK_EX) != 0) {
    if (errno != EINTR) return system_error("cannot lock " + note);
  }
  return Forwarding(std::move(file), note);
}

bool Forwarding::is_noted(const std::string& note) {
  struct stat is{};
  return stat(note.c_str(), &is) == 0 && is.st_size > 0;
}

Result<bool> Forwarding::turn_on(const std::vector<std::string>& links) {
  TRY(const char now, read_option(kForward));
  if (now != '0') return false;
  TRY(const char redirects, read_option(kRedirects));
  std::string text = {redirects, '\n'};
  for (const std::string& link : links) text += link + "\n";
  // First: what is changed is known to whoever comes after a crash.
  if (ftruncate(note_.get(), 0) != 0 || pwrite(note_.get(), text.data(), text.size(), 0) < 0) {
    return system_error("cannot write " + path_);
  }
  CHECK(write_option(kForward, "1"));
  return true;
}

Result<std::string> Forwarding::put_back(const std::vector<std::string>& links) {
  std::istringstream note(read_all(note_));
  std::string redirects;
  if (!std::getline(note, redirects) || std::ranges::any_of(links, is_uplink)) return "";
  std::vector<std::string> before;
  for (std::string link; std::getline(note, link);) before.push_back(link);
  std::string said;
  for (const std::string& link : links) {
    if (std::ranges::find(before, link) != before.end()) continue;
    said = "left IPv4 forwarding on: the link " + link + " came after it was turned on, and may need it";
    break;
  }
  TRY(const char now, read_option(kForward));
  if (said.empty() && now != '0') {
    CHECK(write_option(kForward, "0"));
    CHECK(write_option(kRedirects, redirects));
  }
  if (ftruncate(note_.get(), 0) != 0) return system_error("cannot write " + path_);
  return said;
}

}  // namespace linux_runtime
