#include "image/layout.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <vector>

#include "base/fault.h"
#include "base/value.h"
#include "image/manifest.h"
#include "wire/json.h"

namespace image {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kReferenceName = "org.opencontainers.image.ref.name";

struct FreeRead {
  void operator()(archive* a) const { archive_read_free(a); }
};
using Reader = std::unique_ptr<archive, FreeRead>;

std::unexpected<Error> archive_error(archive* a, const std::string& path) {
  const char* text = archive_error_string(a);
  return error("cannot read " + path + ": " + (text ? text : "unknown error"));
}

// Only regular files with plain names are taken: a layout has no others, and none may lead out of the directory.
Result<void> unpack_archive(const std::string& path, const std::string& directory) {
  const Reader in(archive_read_new());
  archive_read_support_filter_all(in.get());
  archive_read_support_format_tar(in.get());
  if (archive_read_open_filename(in.get(), path.c_str(), 1 << 18) != ARCHIVE_OK) return archive_error(in.get(), path);
  for (;;) {
    archive_entry* entry = nullptr;
    const int got = archive_read_next_header(in.get(), &entry);
    if (got == ARCHIVE_EOF) return {};
    if (got < ARCHIVE_WARN) return archive_error(in.get(), path);
    if (archive_entry_filetype(entry) != AE_IFREG || archive_entry_hardlink(entry)) continue;
    const fs::path name = fs::path(archive_entry_pathname(entry)).lexically_normal();
    if (name.is_absolute() || *name.begin() == "..") return error(path + " has a name that leads out of it");
    const fs::path target = fs::path(directory) / name;
    std::error_code ignored;
    fs::create_directories(target.parent_path(), ignored);
    const int fd = open(target.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (fd < 0) return system_error("cannot create " + target.string());
    const int copied = archive_read_data_into_fd(in.get(), fd);
    close(fd);
    if (copied < ARCHIVE_WARN) return archive_error(in.get(), path);
  }
}

Result<base::Value> read_json(const std::string& path) {
  TRY(const std::string text, read_file(path));
  auto value = wire::parse_json(text);
  if (!value) return error(path + " is not JSON: " + value.error().reason);
  return std::move(*value);
}

std::string text_of(const base::Value& object, std::string_view name) {
  const base::Value* member = object.find(name);
  return member && member->is_string() ? member->as_string() : "";
}

// The entry with that name, or the only one.
Result<std::string> choose_manifest(const std::string& directory, std::string_view reference) {
  TRY(const base::Value index, read_json(directory + "/index.json"));
  const base::Value* manifests = index.find("manifests");
  if (!manifests || !manifests->is_array() || manifests->as_array().empty()) {
    return error(directory + "/index.json names no image");
  }
  for (const base::Value& entry : manifests->as_array()) {
    const base::Value* annotations = entry.find("annotations");
    const std::string name = annotations ? text_of(*annotations, kReferenceName) : "";
    const bool wanted = reference.empty() ? manifests->as_array().size() == 1 : name == reference;
    if (wanted && is_digest(text_of(entry, "digest"))) return text_of(entry, "digest");
  }
  return error(reference.empty() ? directory + " holds several images; name one of them"
                                 : directory + " holds no image named " + std::string(reference));
}

bool has_tag(const base::Value& image, std::string_view reference) {
  const base::Value* tags = image.find("RepoTags");
  if (!tags || !tags->is_array()) return false;
  for (const base::Value& tag : tags->as_array()) {
    if (tag.is_string() && (tag.as_string() == reference || tag.as_string().ends_with("/" + std::string(reference)))) {
      return true;
    }
  }
  return false;
}

Result<base::Value> import_part(const ContentStore& content, const std::string& file, std::string_view media_type) {
  TRY(const std::string digest, digest_file(file));
  CHECK(content.import_file(file, digest));
  std::error_code failed;
  base::Value out;
  out.set("mediaType", media_type);
  out.set("digest", digest);
  out.set("size", static_cast<std::int64_t>(fs::file_size(file, failed)));
  return out;
}

// Docker's own archive: a configuration and plain tars, for which a manifest is made.
Result<std::string> import_docker_archive(const std::string& directory, std::string_view reference) {
  TRY(const base::Value list, read_json(directory + "/manifest.json"));
  if (!list.is_array() || list.as_array().empty()) return error(directory + "/manifest.json names no image");
  const base::Value* image = nullptr;
  for (const base::Value& one : list.as_array()) {
    if (reference.empty() ? list.as_array().size() == 1 : has_tag(one, reference)) image = &one;
  }
  if (!image) return error("the archive holds several images; name one of them");
  const ContentStore content(directory);
  base::Value manifest;
  manifest.set("schemaVersion", 2);
  manifest.set("mediaType", kOciManifest);
  TRY(base::Value config, import_part(content, directory + "/" + text_of(*image, "Config"), kOciConfig));
  manifest.set("config", std::move(config));
  base::Value::Array layers;
  if (const base::Value* names = image->find("Layers"); names && names->is_array()) {
    for (const base::Value& name : names->as_array()) {
      if (!name.is_string()) return error("the archive's manifest.json is malformed");
      TRY(base::Value layer, import_part(content, directory + "/" + name.as_string(), kOciLayer));
      layers.push_back(std::move(layer));
    }
  }
  manifest.set("layers", std::move(layers));
  return content.put(wire::write_json(manifest));
}

}  // namespace

Result<Layout> open_layout(const std::string& path, const std::string& scratch, std::string_view reference) {
  std::string directory = path;
  std::error_code failed;
  if (!fs::is_directory(path, failed)) {
    if (!fs::exists(path, failed)) return error("there is no " + path);
    CHECK(unpack_archive(path, scratch));
    directory = scratch;
  }
  std::string digest;
  if (fs::exists(directory + "/index.json", failed)) {
    TRY(digest, choose_manifest(directory, reference));
  } else if (directory == scratch && fs::exists(directory + "/manifest.json", failed)) {
    TRY(digest, import_docker_archive(directory, reference));
  } else {
    return error(path + " is neither an OCI image layout nor an image archive");
  }
  return Layout{ContentStore(directory), std::move(digest)};
}

Result<void> copy_image(const ContentStore& from, std::string_view digest, const ContentStore& into) {
  TRY(const std::string text, from.read(digest));
  TRY(const std::string media_type, media_type_of(text));
  if (is_index(media_type)) {
    TRY(const std::vector<Descriptor> entries, parse_index(text));
    for (const Descriptor& entry : entries) CHECK(copy_image(from, entry.digest, into));
  } else {
    TRY(const Manifest manifest, parse_manifest(text));
    CHECK(into.import_file(from.blob_path(manifest.config.digest), manifest.config.digest));
    for (const Descriptor& layer : manifest.layers) CHECK(into.import_file(from.blob_path(layer.digest), layer.digest));
  }
  TRY(const std::string copied, into.put(text));
  return {};
}

Result<ScratchDirectory> ScratchDirectory::create(const std::string& parent) {
  std::error_code failed;
  std::string path = (parent.empty() ? fs::temp_directory_path(failed).string() : parent) + "/renkei-XXXXXX";
  if (!mkdtemp(path.data())) return system_error("cannot create a directory under " + parent);
  return ScratchDirectory(path);
}

ScratchDirectory::~ScratchDirectory() {
  std::error_code ignored;
  if (!path_.empty()) fs::remove_all(path_, ignored);
}

}  // namespace image
