#include "image/builder.h"

#include <archive.h>
#include <archive_entry.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <sstream>

#include "base/fault.h"
#include "base/value.h"
#include "wire/digest.h"
#include "wire/json.h"

namespace image {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kFileBytesMax = 1ull << 30;

struct FreeWrite {
  void operator()(archive* a) const { archive_write_free(a); }
};
struct FreeEntry {
  void operator()(archive_entry* e) const { archive_entry_free(e); }
};
using Writer = std::unique_ptr<archive, FreeWrite>;
using Entry = std::unique_ptr<archive_entry, FreeEntry>;

std::unexpected<Error> archive_error(archive* a) {
  const char* text = archive_error_string(a);
  return error(std::string("cannot write archive: ") + (text ? text : "unknown error"));
}

Entry new_entry(const std::string& name, unsigned type, unsigned mode) {
  Entry entry(archive_entry_new());
  archive_entry_set_pathname(entry.get(), name.c_str());
  archive_entry_set_filetype(entry.get(), type);
  archive_entry_set_perm(entry.get(), static_cast<__LA_MODE_T>(mode));
  archive_entry_set_mtime(entry.get(), 0, 0);
  archive_entry_set_uid(entry.get(), 0);
  archive_entry_set_gid(entry.get(), 0);
  return entry;
}

Result<void> put(archive* out, const Entry& entry, std::string_view content) {
  archive_entry_set_size(entry.get(), static_cast<la_int64_t>(content.size()));
  if (archive_write_header(out, entry.get()) < ARCHIVE_WARN) return archive_error(out);
  if (!content.empty() && archive_write_data(out, content.data(), content.size()) < 0) return archive_error(out);
  return {};
}

std::string name_in_tar(const std::string& target) {
  return fs::path(target).lexically_normal().relative_path().string();
}

Result<void> put_file(archive* out, const BuildFile& file) {
  const std::string name = name_in_tar(file.target);
  if (file.directory) return put(out, new_entry(name, AE_IFDIR, file.mode ? file.mode : 0755), "");
  if (file.source.empty()) return put(out, new_entry(name, AE_IFREG, file.mode ? file.mode : 0644), file.content);
  struct stat is{};
  if (lstat(file.source.c_str(), &is) != 0) return system_error("cannot read " + file.source);
  if (S_ISLNK(is.st_mode)) {
    std::error_code failed;
    const Entry entry = new_entry(name, AE_IFLNK, 0777);
    archive_entry_set_symlink(entry.get(), fs::read_symlink(file.source, failed).c_str());
    return put(out, entry, "");
  }
  if (!S_ISREG(is.st_mode)) return error(file.source + " is neither a file nor a symbolic link");
  TRY(const std::string content, read_file(file.source, kFileBytesMax));
  return put(out, new_entry(name, AE_IFREG, file.mode ? file.mode : is.st_mode & 07777), content);
}

// Sorted by name, parents before children, each name once: the last one wins.
std::map<std::string, BuildFile> arrange(const std::vector<BuildFile>& files) {
  std::map<std::string, BuildFile> out;
  for (const BuildFile& file : files) {
    const fs::path name = name_in_tar(file.target);
    for (fs::path at = name.parent_path(); !at.empty(); at = at.parent_path()) {
      out.try_emplace(at.string(), BuildFile{.target = "/" + at.string(), .directory = true});
    }
    if (!name.empty()) out[name.string()] = file;
  }
  return out;
}

la_ssize_t append(archive*, void* text, const void* bytes, std::size_t size) {
  static_cast<std::string*>(text)->append(static_cast<const char*>(bytes), size);
  return static_cast<la_ssize_t>(size);
}

Result<std::string> gzip(std::string_view bytes) {
  std::string packed;
  const Writer out(archive_write_new());
  archive_write_set_format_raw(out.get());
  archive_write_add_filter_gzip(out.get());
  archive_write_set_filter_option(out.get(), "gzip", "timestamp", nullptr);
  archive_write_set_filter_option(out.get(), "gzip", "compression-level", "1");
  archive_write_set_bytes_in_last_block(out.get(), 1);
  if (archive_write_open(out.get(), &packed, nullptr, append, nullptr) != ARCHIVE_OK) return archive_error(out.get());
  CHECK(put(out.get(), new_entry("data", AE_IFREG, 0644), bytes));
  if (archive_write_close(out.get()) != ARCHIVE_OK) return archive_error(out.get());
  return packed;
}

base::Value texts(const std::vector<std::string>& items) {
  base::Value::Array out;
  for (const std::string& item : items) out.emplace_back(item);
  return out;
}

base::Value config_json(const Config& config, const std::string& diff_id) {
  base::Value run;
  if (!config.environment.empty()) run.set("Env", texts(config.environment));
  if (!config.entry_point.empty()) run.set("Entrypoint", texts(config.entry_point));
  if (!config.command.empty()) run.set("Cmd", texts(config.command));
  if (!config.working_directory.empty()) run.set("WorkingDir", config.working_directory);
  if (!config.user.empty()) run.set("User", config.user);
  if (!config.stop_signal.empty()) run.set("StopSignal", config.stop_signal);
  if (run.is_null()) run = base::Value::Object{};
  base::Value rootfs;
  rootfs.set("type", "layers");
  rootfs.set("diff_ids", texts({diff_id}));
  base::Value out;
  out.set("architecture", "amd64");
  out.set("os", "linux");
  out.set("created", "1970-01-01T00:00:00Z");
  out.set("config", std::move(run));
  out.set("rootfs", std::move(rootfs));
  return out;
}

base::Value descriptor(std::string_view media_type, const std::string& digest, std::size_t size) {
  base::Value out;
  out.set("mediaType", media_type);
  out.set("digest", digest);
  out.set("size", static_cast<std::int64_t>(size));
  return out;
}

Result<void> write_index(const std::string& directory, base::Value entry, const std::string& reference) {
  if (!reference.empty()) {
    base::Value annotations;
    annotations.set("org.opencontainers.image.ref.name", reference);
    entry.set("annotations", std::move(annotations));
  }
  base::Value::Array manifests;
  manifests.push_back(std::move(entry));
  base::Value index;
  index.set("schemaVersion", 2);
  index.set("mediaType", kOciIndex);
  index.set("manifests", std::move(manifests));
  CHECK(write_file(directory + "/oci-layout", R"({"imageLayoutVersion":"1.0.0"})"));
  return write_file(directory + "/index.json", wire::write_json(index));
}

// What a command writes to its output; nothing if it fails.
std::optional<std::string> output_of(const std::string& command) {
  FILE* pipe = popen(command.c_str(), "re");
  if (!pipe) return std::nullopt;
  std::string out;
  char chunk[4096];
  for (std::size_t got; (got = std::fread(chunk, 1, sizeof chunk, pipe)) > 0;) out.append(chunk, got);
  if (pclose(pipe) != 0) return std::nullopt;
  return out;
}

}  // namespace

Result<std::vector<BuildFile>> tree_files(const std::string& directory, const std::string& target) {
  std::vector<BuildFile> out;
  std::error_code failed;
  for (auto at = fs::recursive_directory_iterator(directory, failed); at != fs::recursive_directory_iterator();
       at.increment(failed)) {
    const std::string name = (fs::path(target) / at->path().lexically_relative(directory)).string();
    struct stat is{};
    if (lstat(at->path().c_str(), &is) != 0) return system_error("cannot read " + at->path().string());
    if (S_ISDIR(is.st_mode)) {
      out.push_back({.target = name, .mode = is.st_mode & 07777, .directory = true});
    } else {
      out.push_back({.target = name, .source = at->path().string()});
    }
  }
  if (failed) return error("cannot read " + directory + ": " + failed.message());
  return out;
}

Result<std::vector<BuildFile>> program_files(const std::string& program, const std::string& target) {
  if (program.find('\'') != std::string::npos) return error("a program's path must not contain quotes: " + program);
  std::error_code missing;
  const std::string file = fs::canonical(program, missing).string();
  if (missing) return error("there is no program " + program);
  std::vector<BuildFile> out{{.target = target, .source = file, .mode = 0755}};
  const auto listing = output_of("ldd '" + file + "' 2>/dev/null");
  if (!listing) return out;  // a static program
  std::istringstream lines(*listing);
  for (std::string line; std::getline(lines, line);) {
    const std::size_t path = line.find('/');
    if (path == std::string::npos) continue;
    const std::string library = line.substr(path, line.find(" (", path) - path);
    std::error_code failed;
    const std::string real = fs::canonical(library, failed).string();
    if (failed) return error("cannot find " + library + " that " + program + " needs");
    out.push_back({.target = library, .source = real, .mode = 0755});
  }
  return out;
}

Result<std::string> make_tar(const std::vector<BuildFile>& files) {
  std::string tar;
  const Writer out(archive_write_new());
  archive_write_set_format_pax_restricted(out.get());
  archive_write_set_bytes_in_last_block(out.get(), 1);
  if (archive_write_open(out.get(), &tar, nullptr, append, nullptr) != ARCHIVE_OK) return archive_error(out.get());
  for (const auto& [name, file] : arrange(files)) CHECK(put_file(out.get(), file));
  if (archive_write_close(out.get()) != ARCHIVE_OK) return archive_error(out.get());
  return tar;
}

Result<std::string> build_image(const BuildSpec& spec, const std::string& directory) {
  const ContentStore content(directory);
  TRY(const std::string tar, make_tar(spec.files));
  TRY(const std::string packed, gzip(tar));
  TRY(const std::string layer, content.put(packed));
  const std::string config = wire::write_json(config_json(spec.config, "sha256:" + wire::sha256_hex(tar)));
  TRY(const std::string config_digest, content.put(config));

  base::Value::Array layers;
  layers.push_back(descriptor(kOciLayerGzip, layer, packed.size()));
  base::Value manifest;
  manifest.set("schemaVersion", 2);
  manifest.set("mediaType", kOciManifest);
  manifest.set("config", descriptor(kOciConfig, config_digest, config.size()));
  manifest.set("layers", std::move(layers));
  const std::string text = wire::write_json(manifest);
  TRY(std::string digest, content.put(text));
  CHECK(write_index(directory, descriptor(kOciManifest, digest, text.size()), spec.reference));
  return digest;
}

Result<void> pack_layout(const std::string& directory, const std::string& archive) {
  TRY(const std::vector<BuildFile> files, tree_files(directory));
  TRY(const std::string tar, make_tar(files));
  return write_file(archive, tar);
}

}  // namespace image
