#include "net/tls_session.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <cctype>

#include "base/ensure.h"
#include "net/http.h"

namespace net {
namespace {

constexpr std::size_t kIssuedMax = 1'024;  // names; then all are issued anew
constexpr std::size_t kNameBytesMax = 253;

// Nothing that would mean something in the list of a certificate's names.
bool is_host_name(std::string_view text) {
  return !text.empty() && text.size() <= kNameBytesMax && std::ranges::all_of(text, [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '-' || c == '.' || c == '_';
  });
}

struct BioDeleter {
  void operator()(BIO* bio) const { BIO_free(bio); }
};
using Bio = std::unique_ptr<BIO, BioDeleter>;

Bio memory_of(const std::string& text) {
  return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

std::string last_error() {
  char text[256] = {};
  ERR_error_string_n(ERR_get_error(), text, sizeof text);
  return text;
}

// The first certificate is ours, the others lead to the authority.
bool use_chain(SSL_CTX* context, const std::string& pem) {
  const Bio bio = memory_of(pem);
  X509* own = PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr);
  if (own == nullptr) return false;
  const bool used = SSL_CTX_use_certificate(context, own) == 1;
  X509_free(own);
  while (X509* next = used ? PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr) : nullptr) {
    if (SSL_CTX_add0_chain_cert(context, next) == 1) continue;
    X509_free(next);
    return false;
  }
  ERR_clear_error();  // the end of the text is an error to PEM_read
  return used;
}

bool use_key(SSL_CTX* context, const std::string& pem) {
  const Bio bio = memory_of(pem);
  EVP_PKEY* key = PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr);
  if (key == nullptr) return false;
  const bool used = SSL_CTX_use_PrivateKey(context, key) == 1;
  EVP_PKEY_free(key);
  return used;
}

}  // namespace

std::expected<std::unique_ptr<TlsContext>, std::string> TlsContext::make(const TlsIdentity& identity,
                                                                         const std::optional<Authority>& authority) {
  SSL_CTX* context = SSL_CTX_new(TLS_server_method());
  ENSURE(context != nullptr);
  std::unique_ptr<TlsContext> made(new TlsContext(context));
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  // Peers that close without saying so are common; the length of a body tells whether it is whole.
  SSL_CTX_set_options(context, SSL_OP_IGNORE_UNEXPECTED_EOF | SSL_OP_NO_RENEGOTIATION);
  if (!use_chain(context, identity.certificate_pem) || !use_key(context, identity.key_pem)) {
    return std::unexpected("cannot use the TLS certificate: " + last_error());
  }
  if (!authority) return made;
  made->authority_ = authority;
  SSL_CTX_set_tlsext_servername_arg(context, made.get());
  SSL_CTX_set_tlsext_servername_callback(
      context, +[](SSL* session, int*, void* self) {
        static_cast<TlsContext*>(self)->choose(session);
        return SSL_TLSEXT_ERR_OK;
      });
  return made;
}

void TlsContext::choose(SSL* session) {
  const char* const asked = SSL_get_servername(session, TLSEXT_NAMETYPE_host_name);
  if (asked == nullptr || !is_host_name(asked)) return;
  const std::string name = lower(asked);
  const std::lock_guard lock(mutex_);
  auto at = issued_.find(name);
  if (at == issued_.end()) {
    const auto identity = authority_->issue({name}, Authority::Validity::Lasting);
    auto made = identity ? make(*identity) : std::unexpected(identity.error());
    if (!made) return;                                  // then the client hears of a certificate for other names
    if (issued_.size() >= kIssuedMax) issued_.clear();  // sessions keep theirs
    at = issued_.emplace(name, std::move(*made)).first;
  }
  SSL_set_SSL_CTX(session, at->second->context_);
}

TlsContext::~TlsContext() {
  SSL_CTX_free(context_);
}

TlsSession::TlsSession(const TlsContext& context, int descriptor) : session_(SSL_new(context.context_)) {
  ENSURE(session_ != nullptr && SSL_set_fd(session_, descriptor) == 1);
  SSL_set_accept_state(session_);
}

TlsSession::~TlsSession() {
  SSL_free(session_);
}

Io TlsSession::outcome_of(int result) const {
  switch (SSL_get_error(session_, result)) {
    case SSL_ERROR_NONE:
      return Io::Done;
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
      return Io::Again;
    case SSL_ERROR_ZERO_RETURN:
      return Io::Ended;
    default:
      return Io::Failed;
  }
}

Io TlsSession::handshake() {
  ERR_clear_error();
  return outcome_of(SSL_do_handshake(session_));
}

Io TlsSession::read(char* to, std::size_t size, std::size_t& got) {
  ERR_clear_error();
  return outcome_of(SSL_read_ex(session_, to, size, &got));
}

Io TlsSession::write(std::string_view bytes, std::size_t& sent) {
  ERR_clear_error();
  return outcome_of(SSL_write_ex(session_, bytes.data(), bytes.size(), &sent));
}

}  // namespace net
