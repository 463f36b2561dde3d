#include "net/tls.h"

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>

namespace net {
namespace {

constexpr long kLastingSeconds = 36'500L * 86'400;
constexpr long kLeafSeconds = 825L * 86'400;  // the longest that common clients accept
constexpr long kBackdateSeconds = 86'400;     // clocks differ

template <auto Free>
struct Freer {
  template <typename T>
  void operator()(T* object) const {
    Free(object);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Freer<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Freer<X509_free>>;
using Memory = std::unique_ptr<BIO, Freer<BIO_free_all>>;

std::string text_of(BIO* memory) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(memory, &data);
  return std::string(data, static_cast<std::size_t>(size));
}

std::string to_pem(X509* certificate) {
  const Memory memory(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(memory.get(), certificate);
  return text_of(memory.get());
}

std::string to_pem(EVP_PKEY* key) {
  const Memory memory(BIO_new(BIO_s_mem()));
  PEM_write_bio_PrivateKey(memory.get(), key, nullptr, nullptr, 0, nullptr, nullptr);
  return text_of(memory.get());
}

bool add_extension(X509* certificate, X509* issuer, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str());
  if (extension == nullptr) return false;
  const bool added = X509_add_ext(certificate, extension, -1) == 1;
  X509_EXTENSION_free(extension);
  return added;
}

Certificate blank(EVP_PKEY* key, const std::string& common_name, long seconds) {
  Certificate certificate(X509_new());
  X509_set_version(certificate.get(), 2);  // v3
  unsigned char serial[16];
  RAND_bytes(serial, sizeof serial);
  serial[0] &= 0x7F;  // a positive number
  BIGNUM* number = BN_bin2bn(serial, sizeof serial, nullptr);
  BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate.get()));
  BN_free(number);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -kBackdateSeconds);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), seconds);
  X509_set_pubkey(certificate.get(), key);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate.get()), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(common_name.c_str()), -1, -1, 0);
  return certificate;
}

std::expected<TlsIdentity, std::string> make_authority() {
  const Key key(EVP_EC_gen("P-256"));
  if (!key) return std::unexpected("cannot make a key for the certificate authority");
  const Certificate certificate = blank(key.get(), "renkei local authority", kLastingSeconds);
  X509* const self = certificate.get();
  X509_set_issuer_name(self, X509_get_subject_name(self));
  const bool made = add_extension(self, self, NID_basic_constraints, "critical,CA:TRUE") &&
                    add_extension(self, self, NID_key_usage, "critical,keyCertSign,cRLSign") &&
                    add_extension(self, self, NID_subject_key_identifier, "hash") &&
                    X509_sign(self, key.get(), EVP_sha256()) > 0;
  if (!made) return std::unexpected("cannot make the certificate authority");
  return TlsIdentity{to_pem(self), to_pem(key.get())};
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

bool write_private(const std::filesystem::path& path, const std::string& text) {
  const mode_t before = umask(077);
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  umask(before);
  file << text;
  return file.flush().good();
}

bool is_address(const std::string& name) {
  return name.find(':') != std::string::npos || name.find_first_not_of("0123456789.") == std::string::npos;
}

}  // namespace

std::expected<Authority, std::string> Authority::open(const std::string& directory) {
  const std::filesystem::path folder(directory);
  Authority authority;
  authority.own_ = {read_file(folder / "ca.pem"), read_file(folder / "ca.key")};
  if (!authority.own_.certificate_pem.empty() && !authority.own_.key_pem.empty()) return authority;
  auto made = make_authority();
  if (!made) return std::unexpected(made.error());
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (!write_private(folder / "ca.key", made->key_pem) || !write_private(folder / "ca.pem", made->certificate_pem)) {
    return std::unexpected("cannot write the certificate authority to " + directory);
  }
  std::filesystem::permissions(folder / "ca.pem",
                               std::filesystem::perms::others_read | std::filesystem::perms::group_read,
                               std::filesystem::perm_options::add, error);
  authority.own_ = std::move(*made);
  return authority;
}

std::expected<TlsIdentity, std::string> Authority::issue(const std::vector<std::string>& names,
                                                         Validity validity) const {
  const Memory key_memory(BIO_new_mem_buf(own_.key_pem.data(), static_cast<int>(own_.key_pem.size())));
  const Key own_key(PEM_read_bio_PrivateKey(key_memory.get(), nullptr, nullptr, nullptr));
  const Memory memory(BIO_new_mem_buf(own_.certificate_pem.data(), static_cast<int>(own_.certificate_pem.size())));
  const Certificate own(PEM_read_bio_X509(memory.get(), nullptr, nullptr, nullptr));
  if (!own_key || !own) return std::unexpected("cannot read ca.pem or ca.key");
  const Key key(EVP_EC_gen("P-256"));
  if (!key || names.empty()) return std::unexpected("cannot make a key for the certificate");

  const Certificate leaf =
      blank(key.get(), names.front().substr(0, 63), validity == Validity::Common ? kLeafSeconds : kLastingSeconds);
  X509_set_issuer_name(leaf.get(), X509_get_subject_name(own.get()));
  std::string alternatives;
  for (const std::string& name : names) {
    alternatives += (alternatives.empty() ? "" : ",") + std::string(is_address(name) ? "IP:" : "DNS:") + name;
  }
  const bool made = add_extension(leaf.get(), own.get(), NID_basic_constraints, "critical,CA:FALSE") &&
                    add_extension(leaf.get(), own.get(), NID_key_usage, "critical,digitalSignature") &&
                    add_extension(leaf.get(), own.get(), NID_ext_key_usage, "serverAuth") &&
                    add_extension(leaf.get(), own.get(), NID_subject_alt_name, alternatives) &&
                    add_extension(leaf.get(), own.get(), NID_authority_key_identifier, "keyid") &&
                    X509_sign(leaf.get(), own_key.get(), EVP_sha256()) > 0;
  if (!made) return std::unexpected("cannot issue a certificate for " + alternatives);
  return TlsIdentity{to_pem(leaf.get()) + own_.certificate_pem, to_pem(key.get())};
}

}  // namespace net
