#include "image/manifest.h"

#include "base/fault.h"
#include "base/value.h"
#include "wire/json.h"

namespace image {
namespace {

constexpr std::string_view kOs = "linux";
constexpr std::string_view kArchitecture = "amd64";

Result<base::Value> parse(std::string_view text, std::string_view what) {
  auto value = wire::parse_json(text);
  if (!value) return error(std::string(what) + " is not JSON: " + value.error().reason + " " + value.error().place());
  if (!value->is_object()) return error(std::string(what) + " is not a JSON object");
  return std::move(*value);
}

std::string text_of(const base::Value& object, std::string_view name) {
  const base::Value* member = object.find(name);
  return member && member->is_string() ? member->as_string() : "";
}

std::vector<std::string> texts_of(const base::Value& object, std::string_view name) {
  std::vector<std::string> texts;
  const base::Value* member = object.find(name);
  if (!member || !member->is_array()) return texts;
  for (const base::Value& item : member->as_array()) {
    if (item.is_string()) texts.push_back(item.as_string());
  }
  return texts;
}

Result<Descriptor> descriptor(const base::Value& value) {
  Descriptor out{.media_type = text_of(value, "mediaType"), .digest = text_of(value, "digest")};
  if (!is_digest(out.digest)) return error("descriptor without a sha256 digest");
  if (const base::Value* size = value.find("size"); size && size->is_integer()) out.size = size->as_integer();
  if (const base::Value* platform = value.find("platform")) {
    out.os = text_of(*platform, "os");
    out.architecture = text_of(*platform, "architecture");
  }
  return out;
}

Result<std::vector<Descriptor>> descriptors(const base::Value& object, std::string_view name) {
  std::vector<Descriptor> out;
  const base::Value* member = object.find(name);
  if (!member || !member->is_array()) return error("manifest without \"" + std::string(name) + "\"");
  for (const base::Value& item : member->as_array()) {
    TRY(Descriptor one, descriptor(item));
    out.push_back(std::move(one));
  }
  return out;
}

}  // namespace

bool is_index(std::string_view media_type) {
  return media_type == kOciIndex || media_type == kDockerIndex;
}

Result<Manifest> parse_manifest(std::string_view text) {
  TRY(const base::Value value, parse(text, "manifest"));
  Manifest out{.media_type = text_of(value, "mediaType")};
  if (out.media_type.empty()) out.media_type = kOciManifest;
  const base::Value* config = value.find("config");
  if (!config) return error("manifest without \"config\"");
  TRY(out.config, descriptor(*config));
  TRY(out.layers, descriptors(value, "layers"));
  if (out.layers.size() > kLayersMax) return error("image has more than " + std::to_string(kLayersMax) + " layers");
  return out;
}

Result<std::vector<Descriptor>> parse_index(std::string_view text) {
  TRY(const base::Value value, parse(text, "index"));
  return descriptors(value, "manifests");
}

Result<Config> parse_config(std::string_view text) {
  TRY(const base::Value value, parse(text, "image configuration"));
  Config out{.os = text_of(value, "os"), .architecture = text_of(value, "architecture")};
  if (const base::Value* rootfs = value.find("rootfs")) out.diff_ids = texts_of(*rootfs, "diff_ids");
  for (const std::string& id : out.diff_ids) {
    if (!is_digest(id)) return error("image configuration with a diff_id that is not a sha256 digest");
  }
  const base::Value* run = value.find("config");
  if (!run || !run->is_object()) return out;
  out.environment = texts_of(*run, "Env");
  out.entry_point = texts_of(*run, "Entrypoint");
  out.command = texts_of(*run, "Cmd");
  out.working_directory = text_of(*run, "WorkingDir");
  out.user = text_of(*run, "User");
  out.stop_signal = text_of(*run, "StopSignal");
  return out;
}

Result<std::string> media_type_of(std::string_view text) {
  TRY(const base::Value value, parse(text, "manifest"));
  std::string media_type = text_of(value, "mediaType");
  if (!media_type.empty()) return media_type;
  return std::string(value.find("manifests") ? kOciIndex : kOciManifest);
}

Result<std::string> resolve_platform(const ContentStore& store, std::string_view digest) {
  std::string at(digest);
  for (int depth = 0; depth < 4; ++depth) {  // indexes of indexes are legal and rare
    TRY(const std::string text, store.read(at));
    TRY(const std::string media_type, media_type_of(text));
    if (!is_index(media_type)) return at;
    TRY(const std::vector<Descriptor> entries, parse_index(text));
    const Descriptor* chosen = nullptr;
    for (const Descriptor& entry : entries) {
      if (entry.os == kOs && entry.architecture == kArchitecture) chosen = &entry;
      if (chosen) break;
    }
    if (!chosen && entries.size() == 1 && entries[0].os.empty()) chosen = &entries[0];
    if (!chosen) return error("image Manifest does not contain descriptor matching platform 'linux/amd64'");
    at = chosen->digest;
  }
  return error("index " + std::string(digest) + " is nested too deeply");
}

Result<Image> load_image(const ContentStore& store, std::string_view digest) {
  Image out;
  TRY(out.digest, resolve_platform(store, digest));
  TRY(const std::string manifest, store.read(out.digest));
  TRY(out.manifest, parse_manifest(manifest));
  TRY(const std::string config, store.read(out.manifest.config.digest));
  TRY(out.config, parse_config(config));
  if (!out.config.architecture.empty() && out.config.architecture != kArchitecture) {
    return error("image Manifest does not contain descriptor matching platform 'linux/amd64'");
  }
  if (out.config.diff_ids.size() != out.manifest.layers.size()) {
    return error("image has " + std::to_string(out.manifest.layers.size()) + " layers but " +
                 std::to_string(out.config.diff_ids.size()) + " diff_ids");
  }
  return out;
}

}  // namespace image
