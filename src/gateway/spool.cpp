#include "gateway/spool.h"

#include <fcntl.h>
#include <unistd.h>

#include <charconv>
#include <filesystem>

#include "wire/text.h"

namespace gateway {
namespace {

namespace faults {
constexpr base::FaultShape BadDigest{"BadDigest", "BadDigest", 400, true};
constexpr base::FaultShape InvalidDigest{"InvalidDigest", "InvalidDigest", 400, true};
constexpr base::FaultShape IncompleteBody{"IncompleteBody", "IncompleteBody", 400, true};
constexpr base::FaultShape Sha256Mismatch{"XAmzContentSHA256Mismatch", "XAmzContentSHA256Mismatch", 400, true};
constexpr base::FaultShape SignatureDoesNotMatch{"SignatureDoesNotMatch", "SignatureDoesNotMatch", 403, true};
constexpr base::FaultShape InvalidRequest{"InvalidRequest", "InvalidRequest", 400, true};
constexpr base::FaultShape InternalError{"InternalError", "InternalError", 500, false};
}  // namespace faults

constexpr std::string_view kChecksumPrefix = "x-amz-checksum-";
constexpr std::size_t kMd5Bytes = 16;
constexpr std::size_t kSha256Digits = 64;

bool write_all(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t done = ::write(descriptor, bytes.data(), bytes.size());
    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(done));
  }
  return true;
}

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(c >= 'a' && c <= 'z' ? c - 32 : c);
  return out;
}

}  // namespace

SpoolFile::SpoolFile(SpoolFile&& other) noexcept
    : path_(std::move(other.path_)), descriptor_(std::exchange(other.descriptor_, -1)) {}

SpoolFile::~SpoolFile() {
  if (descriptor_ < 0) return;
  ::close(descriptor_);
  ::unlink(path_.c_str());
}

bool SpoolFile::open(const std::string& directory, const std::string& name) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  path_ = directory + "/" + name;
  descriptor_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  return descriptor_ >= 0;
}

bool SpoolFile::write(std::string_view bytes) {
  return descriptor_ >= 0 && write_all(descriptor_, bytes);
}

bool SpoolFile::keep() {
  if (descriptor_ < 0 || ::fsync(descriptor_) != 0) return false;
  leave();
  return sync_directory(std::filesystem::path(path_).parent_path().string());
}

bool SpoolFile::keep_as(const std::string& path) {
  if (descriptor_ < 0 || ::fsync(descriptor_) != 0 || ::rename(path_.c_str(), path.c_str()) != 0) return false;
  path_ = path;
  leave();
  return sync_directory(std::filesystem::path(path_).parent_path().string());
}

void SpoolFile::leave() {
  if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
}

bool sync_directory(const std::string& directory) {
  const int descriptor = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return false;
  const bool synced = ::fsync(descriptor) == 0;
  ::close(descriptor);
  return synced;
}

ObjectSpool::ObjectSpool(const net::HeaderViews& head, const std::string& directory, const std::string& name,
                         std::optional<wire::ChunkSigning> signing)
    : name_(name) {
  broken_ = !file_.open(directory, name);
  const std::string_view payload = head.get("x-amz-content-sha256");
  if (payload.starts_with("STREAMING-") || head.has_token("content-encoding", "aws-chunked")) {
    decoder_.emplace(std::move(signing));
  }
  read_promises(head);
}

void ObjectSpool::read_promises(const net::HeaderViews& head) {
  promised_md5_ = head.get("content-md5");
  const std::string_view payload = head.get("x-amz-content-sha256");
  if (payload.size() == kSha256Digits) {
    promised_sha256_ = payload;
    sha256_.emplace(wire::Algorithm::Sha256);
  }
  std::string_view length = head.get("x-amz-decoded-content-length");
  if (!decoder_) length = head.get("content-length");
  std::uint64_t size = 0;
  if (!length.empty() && std::from_chars(length.data(), length.data() + length.size(), size).ec == std::errc()) {
    promised_size_ = size;
  }
  for (const net::HeaderView& header : head) {
    if (!header.first.starts_with(kChecksumPrefix)) continue;
    const auto algorithm = wire::checksum_algorithm(std::string_view(header.first).substr(kChecksumPrefix.size()));
    if (algorithm) promises_.push_back({*algorithm, std::string(header.second), wire::Digest(*algorithm)});
  }
  const std::string_view trailer = net::trim(head.get("x-amz-trailer"));
  if (trailer.starts_with(kChecksumPrefix)) {
    const auto algorithm = wire::checksum_algorithm(trailer.substr(kChecksumPrefix.size()));
    if (algorithm) promises_.push_back({*algorithm, "", wire::Digest(*algorithm)});
  }
}

bool ObjectSpool::write(std::string_view bytes) {
  if (!decoder_) {
    take(bytes);
  } else if (!malformed_ && !forged_) {
    const auto fed = decoder_->feed(bytes, [this](std::string_view piece) { take(piece); });
    malformed_ = !fed && fed.error() == wire::AwsChunkDecoder::Error::Malformed;
    forged_ = !fed && fed.error() == wire::AwsChunkDecoder::Error::SignatureMismatch;
  }
  return !broken_ && !malformed_ && !forged_;
}

void ObjectSpool::take(std::string_view bytes) {
  size_ += bytes.size();
  md5_.update(bytes);
  if (sha256_) sha256_->update(bytes);
  for (Promise& promise : promises_) promise.digest.update(bytes);
  broken_ = broken_ || !file_.write(bytes);
}

base::Outcome<void> ObjectSpool::check_length() const {
  if (forged_) {
    return base::fault(faults::SignatureDoesNotMatch,
                       "The request signature we calculated does not match the signature you provided. Check your key "
                       "and signing method.");
  }
  if (malformed_ || (decoder_ && !decoder_->done()) || (promised_size_ && *promised_size_ != size_)) {
    return base::fault(faults::IncompleteBody,
                       "You did not provide the number of bytes specified by the Content-Length HTTP header");
  }
  return {};
}

base::Outcome<void> ObjectSpool::check_digests(service::Upload& upload) {
  const std::string md5 = md5_.finish();
  upload.md5 = wire::to_hex(md5);
  if (!promised_md5_.empty()) {
    const auto promised = wire::from_base64(promised_md5_);
    if (!promised || promised->size() != kMd5Bytes) {
      return base::fault(faults::InvalidDigest, "The Content-MD5 you specified was invalid.");
    }
    if (*promised != md5) {
      return base::fault(faults::BadDigest, "The Content-MD5 you specified did not match what we received.");
    }
  }
  if (sha256_) {
    upload.sha256 = wire::to_hex(sha256_->finish());
    if (upload.sha256 != promised_sha256_) {
      return base::fault(faults::Sha256Mismatch,
                         "The provided 'x-amz-content-sha256' header does not match what was computed.");
    }
  }
  for (Promise& promise : promises_) {
    const std::string name(wire::checksum_name(promise.algorithm));
    if (promise.value.empty() && decoder_) {
      for (const auto& [trailer, value] : decoder_->trailers()) {
        if (trailer == std::string(kChecksumPrefix) + name) promise.value = value;
      }
    }
    if (promise.value.empty()) {
      return base::fault(faults::InvalidRequest, "Value for x-amz-checksum-" + name + " header is invalid.");
    }
    const std::string value = wire::to_base64(promise.digest.finish());
    if (value != promise.value) {
      return base::fault(faults::BadDigest,
                         "The " + upper(name) + " you specified did not match the calculated checksum.");
    }
    upload.checksums[name] = value;
  }
  return {};
}

base::Outcome<service::Upload> ObjectSpool::finish() {
  service::Upload upload;
  upload.blob = name_;
  upload.size = size_;
  CHECK(check_length());
  CHECK(check_digests(upload));
  if (broken_ || !file_.keep()) {
    return base::fault(faults::InternalError, "We encountered an internal error. Please try again.");
  }
  return upload;
}

}  // namespace gateway
