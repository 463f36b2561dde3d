#pragma once

// HTTP/1.1 messages as values. Knows no AWS service.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace net {

using Header = std::pair<std::string, std::string>;

// Names in lower case, in the order they came; a name may occur more than once.
class Headers : public std::vector<Header> {
 public:
  using std::vector<Header>::vector;

  // The first of that name (lower case), or nullptr.
  const std::string* find(std::string_view name) const;
  // The first of that name, or "".
  std::string_view get(std::string_view name) const;
  // True if the comma-separated list in `name` holds `token` (compared without case).
  bool has_token(std::string_view name, std::string_view token) const;
  void set(std::string_view name, std::string value);
};

// Takes a request body as it comes, instead of memory: uploads. Runs on an I/O thread; must not block for long.
class BodySink {
 public:
  virtual ~BodySink() = default;
  // False: the body cannot be taken (full disk, bad coding). The rest is read and dropped, and the handler, which
  // gets the sink back, says why.
  virtual bool write(std::string_view bytes) = 0;
};

struct Request {
  std::string method;
  std::string target;  // as sent
  std::string path;    // of the target, still percent-encoded
  std::string query;   // without '?', still percent-encoded
  int minor_version = 1;
  Headers headers;
  std::string body;
  std::unique_ptr<BodySink> sink;  // what took the body, if the handler asked for that
  std::string remote_address;
  std::uint16_t local_port = 0;
  bool tls = false;

  std::string_view host() const { return headers.get("host"); }
};

// Part of a file, sent as the body. The file is opened when the reply is written.
struct FileRange {
  std::string path;
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
};

// The server adds Content-Length, Date and Connection. For HEAD give the body that GET would have: it is not sent.
struct Response {
  int status = 200;
  Headers headers;
  std::string body;
  std::vector<FileRange> files;              // instead of `body`, one after another
  std::optional<std::uint64_t> head_length;  // Content-Length of an answer to HEAD whose body is not at hand
};

std::string_view reason_phrase(int status);
std::string lower(std::string_view text);
std::string_view trim(std::string_view text);
// "Sun, 06 Nov 1994 08:49:37 GMT"
std::string http_date(std::int64_t unix_seconds);

}  // namespace net
