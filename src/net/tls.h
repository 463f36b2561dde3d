#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <vector>

namespace net {

// A server's certificate chain and private key, in PEM.
struct TlsIdentity {
  std::string certificate_pem;
  std::string key_pem;
};

// A certificate authority of our own, and what it has signed. Clients trust `ca.pem`.
class Authority {
 public:
  // How long a certificate is good. Clients in time-lapse come to years in which what is common has long expired.
  enum class Validity : std::uint8_t { Common, Lasting };

  // Reads ca.pem and ca.key in `directory`, or makes both (a hundred years, ECDSA P-256).
  static std::expected<Authority, std::string> open(const std::string& directory);
  // A certificate for these DNS names and IP addresses, wildcards allowed, signed by this authority.
  std::expected<TlsIdentity, std::string> issue(const std::vector<std::string>& names,
                                                Validity validity = Validity::Common) const;

  const std::string& certificate_pem() const { return own_.certificate_pem; }

 private:
  TlsIdentity own_;
};

}  // namespace net
