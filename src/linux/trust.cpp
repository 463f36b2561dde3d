#include "linux/trust.h"

#include <algorithm>
#include <fstream>
#include <iterator>

#include "base/fault.h"
#include "linux/root_fs.h"

namespace linux_runtime {
namespace {

// Where distributions keep all authorities in one file. Several of these are often links to one.
constexpr const char* kSystemBundles[] = {
    "/etc/ssl/certs/ca-certificates.crt",  // Debian, Alpine
    "/etc/pki/tls/certs/ca-bundle.crt",    // Amazon Linux, Fedora
    "/etc/ssl/certs/ca-bundle.crt",        // links of the same
    "/etc/ssl/cert.pem",                   // Alpine's OpenSSL
    "/etc/ssl/ca-bundle.pem",              // SUSE
};
constexpr const char* kBundleInContainer = "/etc/renkei/ca-bundle.pem";
constexpr const char* kAuthorityInContainer = "/etc/renkei/ca.pem";

std::string read_text(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(in), {});
}

Result<void> write_text(const std::string& path, const std::string& text) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out << text;
  out.close();
  if (!out) return error("cannot write " + path);
  return {};
}

std::string with(std::string bundle, const std::string& authority) {
  if (!bundle.empty() && !bundle.ends_with('\n')) bundle += '\n';
  return bundle + authority;
}

}  // namespace

std::vector<std::string> system_bundles() {
  return {std::begin(kSystemBundles), std::end(kSystemBundles)};
}

std::map<std::string, std::string> trust_environment() {
  std::map<std::string, std::string> out;
  for (const char* name : {"AWS_CA_BUNDLE", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"}) out[name] = kBundleInContainer;
  out["NODE_EXTRA_CA_CERTS"] = kAuthorityInContainer;  // is added to Node's own list
  return out;
}

Result<Trust> make_trust(const std::string& authority, const std::string& root, const std::string& directory) {
  const std::string own = read_text(authority);
  if (own.empty()) return error("cannot read " + authority);
  Trust out;
  std::string bundle;
  std::vector<std::string> seen;
  for (const char* path : kSystemBundles) {
    const std::string file = path_in_root(root, path);
    if (file.empty() || std::ranges::find(seen, file) != seen.end()) continue;
    seen.push_back(file);
    const std::string text = read_text(file);
    if (text.empty()) continue;
    const std::string made = directory + "/ca-" + std::to_string(seen.size()) + ".pem";
    CHECK(write_text(made, with(text, own)));
    out.files.push_back({made, file.substr(root.size())});
    if (bundle.empty()) bundle = text;
  }
  // An image without authorities may still bring programs that have their own list, which the environment replaces.
  if (bundle.empty()) bundle = read_text(kSystemBundles[0]);
  const std::string everybody = directory + "/ca-bundle.pem";
  CHECK(write_text(everybody, with(bundle, own)));
  out.files.push_back({everybody, kBundleInContainer});
  out.files.push_back({authority, kAuthorityInContainer});
  out.environment = trust_environment();
  return out;
}

}  // namespace linux_runtime
