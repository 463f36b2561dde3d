#pragma once

#include <optional>
#include <string>

#include "api/shape.h"
#include "net/http.h"
#include "wire/sigv4.h"

namespace gateway {

// Where a request goes, by what clients really send: credential scope, X-Amz-Target, rpcv2Cbor path, Action and
// Version, host, and what is left is S3.
struct Route {
  const api::Service* service = nullptr;  // null: no service of ours
  std::string asked_for;                  // the signing name, target or host that named it; for messages
  api::Protocol protocol = api::Protocol::RestXml;
  std::string region;          // "" if nothing names one
  std::string bucket;          // S3: named by the host ("bucket.s3.…"), and then not in the path
  bool contradictory = false;  // rpcv2Cbor and X-Amz-Target at once
};

// `claim`: what the request is signed with; null: not signed.
Route find_route(const net::Request& request, const wire::sigv4::Claim* claim);

}  // namespace gateway
