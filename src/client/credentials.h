#pragma once

#include <expected>
#include <functional>
#include <string>

#include "wire/sigv4.h"

namespace client {

// Gives the credentials to sign with; asked before every request, so that rotated ones are picked up.
using CredentialsProvider = std::function<std::expected<wire::sigv4::Credentials, std::string>()>;

// In the SDKs' order: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; the container's
// AWS_CONTAINER_CREDENTIALS_FULL_URI or _RELATIVE_URI (fetched again before they expire); else a fixed local key, which
// a server that does not verify signatures takes.
CredentialsProvider default_credentials();
CredentialsProvider fixed_credentials(std::string access_key, std::string secret);

}  // namespace client
