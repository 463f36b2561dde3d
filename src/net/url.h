#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace net {

struct Url {
  bool tls = false;
  std::string host;  // without the brackets of an IPv6 address
  std::uint16_t port = 80;
  std::string path = "/";  // percent-encoded
  std::string query;       // without '?'

  // "host" or "host:port", as the Host header wants it.
  std::string authority() const;
  std::string target() const { return query.empty() ? path : path + "?" + query; }
};

// http:// and https:// only.
std::optional<Url> parse_url(std::string_view text);

}  // namespace net
