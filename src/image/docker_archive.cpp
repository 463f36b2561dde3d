#include "image/docker_archive.h"

#include <archive.h>
#include <archive_entry.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <set>

#include "base/fault.h"
#include "wire/json.h"

namespace image {
namespace {

struct Free {
  void operator()(archive* a) const { archive_free(a); }
  void operator()(archive_entry* e) const { archive_entry_free(e); }
};
using Archive = std::unique_ptr<archive, Free>;
using Entry = std::unique_ptr<archive_entry, Free>;

constexpr std::size_t kPiece = 1 << 18;

std::unexpected<Error> failure(archive* a, const std::string& what) {
  const char* text = archive_error_string(a);
  return error(what + ": " + (text ? text : "unknown error"));
}

Result<void> begin(archive* out, const std::string& name, std::uint64_t size) {
  const Entry entry(archive_entry_new());
  archive_entry_set_pathname(entry.get(), name.c_str());
  archive_entry_set_filetype(entry.get(), AE_IFREG);
  archive_entry_set_perm(entry.get(), 0644);
  archive_entry_set_size(entry.get(), static_cast<la_int64_t>(size));
  archive_entry_set_mtime(entry.get(), 0, 0);
  if (archive_write_header(out, entry.get()) != ARCHIVE_OK) return failure(out, "cannot write " + name);
  return {};
}

Result<void> put_text(archive* out, const std::string& name, const std::string& text) {
  CHECK(begin(out, name, text.size()));
  if (archive_write_data(out, text.data(), text.size()) < 0) return failure(out, "cannot write " + name);
  return {};
}

Result<void> put_blob(archive* out, const std::string& name, const std::string& path) {
  std::error_code failed;
  const auto size = std::filesystem::file_size(path, failed);
  std::ifstream in(path, std::ios::binary);
  if (failed || !in) return error("cannot read " + path);
  CHECK(begin(out, name, size));
  std::string piece(kPiece, '\0');
  while (in.read(piece.data(), static_cast<std::streamsize>(piece.size())), in.gcount() > 0) {
    if (archive_write_data(out, piece.data(), static_cast<std::size_t>(in.gcount())) < 0) {
      return failure(out, "cannot write " + name);
    }
  }
  return {};
}

}  // namespace

Result<void> pack_docker_archive(const ContentStore& content, const Image& image, const std::string& reference,
                                 const std::string& archive_path) {
  const Archive out(archive_write_new());
  archive_write_set_format_pax_restricted(out.get());
  if (archive_write_open_filename(out.get(), archive_path.c_str()) != ARCHIVE_OK) {
    return failure(out.get(), "cannot write " + archive_path);
  }
  TRY(const std::string config, content.read(image.manifest.config.digest));
  const std::string config_name = digest_hex(image.manifest.config.digest) + ".json";
  CHECK(put_text(out.get(), config_name, config));
  base::Value::Array layers;
  std::set<std::string> there;
  for (const Descriptor& layer : image.manifest.layers) {
    const std::string name = digest_hex(layer.digest) + ".tar";
    layers.emplace_back(name);
    if (there.insert(name).second) CHECK(put_blob(out.get(), name, content.blob_path(layer.digest)));
  }
  base::Value entry = base::Value::Object{
      {"Config", config_name}, {"RepoTags", base::Value::Array{base::Value(reference)}}, {"Layers", std::move(layers)}};
  CHECK(put_text(out.get(), "manifest.json", wire::write_json(base::Value::Array{std::move(entry)})));
  if (archive_write_close(out.get()) != ARCHIVE_OK) return failure(out.get(), "cannot write " + archive_path);
  return {};
}

Result<TarEntry> read_single(std::string_view tar) {
  const Archive in(archive_read_new());
  archive_read_support_format_tar(in.get());
  archive_entry* entry = nullptr;
  if (archive_read_open_memory(in.get(), tar.data(), tar.size()) != ARCHIVE_OK ||
      archive_read_next_header(in.get(), &entry) != ARCHIVE_OK) {
    return failure(in.get(), "cannot read a tar");
  }
  TarEntry out;
  if (archive_entry_filetype(entry) == AE_IFLNK) {
    out.is_link = true;
    out.content = archive_entry_symlink(entry);
    return out;
  }
  if (archive_entry_filetype(entry) != AE_IFREG) return error("not a file");
  std::string piece(kPiece, '\0');
  for (la_ssize_t got; (got = archive_read_data(in.get(), piece.data(), piece.size())) != 0;) {
    if (got < 0) return failure(in.get(), "cannot read a tar");
    out.content.append(piece, 0, static_cast<std::size_t>(got));
  }
  return out;
}

}  // namespace image
