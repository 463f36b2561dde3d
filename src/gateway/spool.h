#pragma once

// Upload bodies straight to disk: decoded, measured and checked on the way, durable before anybody hears of them.

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/fault.h"
#include "net/http.h"
#include "service/context.h"
#include "wire/aws_chunked.h"
#include "wire/digest.h"

namespace gateway {

// A file being written, removed again unless kept.
class SpoolFile {
 public:
  SpoolFile() = default;
  SpoolFile(SpoolFile&& other) noexcept;
  SpoolFile& operator=(SpoolFile&&) = delete;
  ~SpoolFile();

  // Makes a new file `directory`/`name`; false if that fails. Makes the directory if need be.
  bool open(const std::string& directory, const std::string& name);
  bool write(std::string_view bytes);
  // Puts the file and its directory entry on disk. After that it stays.
  bool keep();
  // The same, under another name on the same disk.
  bool keep_as(const std::string& path);
  // Closes without syncing, and leaves the file where it is.
  void leave();

  const std::string& path() const { return path_; }

 private:
  std::string path_;
  int descriptor_ = -1;
};

// Puts a directory's entries on disk, after a rename for example.
bool sync_directory(const std::string& directory);

// The body of an S3 upload.
class ObjectSpool : public net::BodySink {
 public:
  // What the head promises: content-md5, x-amz-checksum-*, x-amz-content-sha256, x-amz-decoded-content-length,
  // content-encoding. `signing` checks the chunks' signatures.
  ObjectSpool(const net::HeaderViews& head, const std::string& directory, const std::string& name,
              std::optional<wire::ChunkSigning> signing);

  bool write(std::string_view bytes) override;
  // Blocks while the disk syncs. What the service gets to know of the upload, or why it is refused.
  base::Outcome<service::Upload> finish();

 private:
  struct Promise {
    wire::Algorithm algorithm;
    std::string value;  // base64; "" until the trailer says it
    wire::Digest digest;
  };

  void read_promises(const net::HeaderViews& head);
  void take(std::string_view bytes);
  base::Outcome<void> check_length() const;
  base::Outcome<void> check_digests(service::Upload& upload);

  SpoolFile file_;
  std::string name_;
  bool broken_ = false;  // the disk
  bool malformed_ = false;
  bool forged_ = false;
  std::uint64_t size_ = 0;
  std::optional<std::uint64_t> promised_size_;
  std::string promised_md5_;     // base64, as sent
  std::string promised_sha256_;  // hex, of the whole body
  wire::Digest md5_{wire::Algorithm::Md5};
  std::optional<wire::Digest> sha256_;
  std::vector<Promise> promises_;
  std::optional<wire::AwsChunkDecoder> decoder_;
};

}  // namespace gateway
