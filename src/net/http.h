#pragma once

// HTTP/1.1 messages as values. Knows no AWS service.

#include <cstdint>
#include <forward_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace net {

// Names in lower case, in the order they came; a name may occur more than once.
template <class Text>
class HeaderList : public std::vector<std::pair<Text, Text>> {
 public:
  using std::vector<std::pair<Text, Text>>::vector;

  // The first of that name (lower case), or nullptr.
  const Text* find(std::string_view name) const;
  // The first of that name, or "".
  std::string_view get(std::string_view name) const;
  // True if the comma-separated list in `name` holds `token` (lower case; compared without case).
  bool has_token(std::string_view name, std::string_view token) const;
};

using Header = std::pair<std::string, std::string>;
// Owns its texts: what is sent, and what a client gets.
class Headers : public HeaderList<std::string> {
 public:
  using HeaderList<std::string>::HeaderList;
  void set(std::string_view name, std::string value);
};

// Views into the bytes of a request's head.
using HeaderView = std::pair<std::string_view, std::string_view>;
using HeaderViews = HeaderList<std::string_view>;

// Takes a request body as it comes, instead of memory: uploads. Runs on an I/O thread; must not block for long.
class BodySink {
 public:
  virtual ~BodySink() = default;
  // False: the body cannot be taken (full disk, bad coding). The rest is read and dropped, and the handler, which
  // gets the sink back, says why.
  virtual bool write(std::string_view bytes) = 0;
};

// Everything that is a view points into `bytes` or `kept`, which do not move when the request does.
struct Request {
  std::string_view method;
  std::string_view target;  // as sent
  std::string_view path;    // of the target, still percent-encoded
  std::string_view query;   // without '?', still percent-encoded
  int minor_version = 1;
  HeaderViews headers;
  std::string body;
  std::unique_ptr<BodySink> sink;  // what took the body, if the handler asked for that
  std::string remote_address;
  std::uint16_t local_port = 0;
  bool tls = false;
  // Where it came in, if not by the server's own address: the label of the adopted listener, which lives as long as the
  // server, and the address there that the client called.
  std::string_view listener;
  std::string local_address;
  std::unique_ptr<char[]> bytes;  // the head, its header names in lower case
  std::forward_list<std::string> kept;

  std::string_view host() const { return headers.get("host"); }
  // Makes a text live as long as the request does.
  std::string_view keep(std::string text) { return kept.emplace_front(std::move(text)); }
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
  std::string lines;  // more headers, as whole lines "name: value\r\n" that hold nothing a client chose
  std::string body;
  std::vector<FileRange> files;              // instead of `body`, one after another
  std::optional<std::uint64_t> head_length;  // Content-Length of an answer to HEAD whose body is not at hand
};

std::string_view reason_phrase(int status);
// `lower_case` is in lower case.
bool equals_without_case(std::string_view text, std::string_view lower_case);
std::string lower(std::string_view text);
std::string_view trim(std::string_view text);
// "Sun, 06 Nov 1994 08:49:37 GMT"
std::string http_date(std::int64_t unix_seconds);

}  // namespace net
