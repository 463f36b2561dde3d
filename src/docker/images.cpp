#include "docker/images.h"

#include <algorithm>
#include <sstream>

#include "base/fault.h"
#include "docker/pause.h"
#include "image/builder.h"
#include "image/docker_archive.h"
#include "image/layout.h"
#include "linux/pull.h"
#include "wire/json.h"
#include "wire/text.h"

namespace docker {
namespace {

// Docker's name of what was loaded: after the manifest, so that the same is the same.
std::string tag_of(const std::string& manifest_digest) {
  return "renkei:" + image::digest_hex(manifest_digest).substr(0, 32);
}

// Of a stream of JSON documents, one a line: the first error in it.
std::string error_in(const std::string& text) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const auto json = wire::parse_json(line);
    if (json && json->find("error")) return text_at(*json, {"error"});
  }
  return "";
}

// "user:password" as the engine takes it: JSON in base64 for URLs.
std::string registry_auth(const std::string& credentials) {
  const std::size_t colon = credentials.find(':');
  if (colon == std::string::npos) return "";
  std::string out = wire::to_base64(wire::write_json(
      base::Value::Object{{"username", credentials.substr(0, colon)}, {"password", credentials.substr(colon + 1)}}));
  std::ranges::replace(out, '+', '-');
  std::ranges::replace(out, '/', '_');
  return out;
}

}  // namespace

Result<std::string> Images::pull(const runtime::ImageSource& source) {
  if (!source.outside.empty()) return pull_outside(source);
  if (!content_.has(source.local_digest)) return error(linux_runtime::pull_failure(source.reference, "not found"));
  CHECK(load(source.local_digest));
  return source.local_digest;
}

Result<void> Images::load(const std::string& manifest_digest) {
  const auto wanted = image::load_image(content_, manifest_digest);
  if (!wanted) return error(wanted.error().message);
  const std::lock_guard lock(loading_);
  TRY(const Answer there, engine_.get("/images/" + wanted->manifest.config.digest + "/json"));
  if (there.good()) return {};
  const auto scratch = image::ScratchDirectory::create();
  if (!scratch) return error(scratch.error().message);
  const std::string archive = scratch->path() + "/image.tar";
  if (auto packed = image::pack_docker_archive(content_, *wanted, tag_of(manifest_digest), archive); !packed) {
    return error("failed to extract layer: " + packed.error().message);
  }
  TRY(const Answer loaded, good(engine_.post_tar_file("/images/load?quiet=1", archive)));
  const std::string failure = error_in(loaded.text);
  if (!failure.empty()) return error("failed to extract layer: " + failure);
  return {};
}

Result<std::string> Images::pull_outside(const runtime::ImageSource& source) {
  std::string from = source.outside, tag = "latest";
  const std::size_t slash = from.rfind('/');
  if (const std::size_t at = from.find('@'); at != std::string::npos) {
    tag = from.substr(at + 1);
    from.erase(at);
  } else if (const std::size_t colon = from.rfind(':');
             colon != std::string::npos && (slash == std::string::npos || colon > slash)) {
    tag = from.substr(colon + 1);
    from.erase(colon);
  }
  TRY(const Answer answer,
      engine_.post_as("/images/create?platform=linux%2Famd64&fromImage=" + escape(from) + "&tag=" + escape(tag),
                      registry_auth(source.credentials)));
  const std::string failure = answer.good() ? error_in(answer.text) : answer.message();
  if (!failure.empty()) return error(linux_runtime::pull_failure(source.reference, failure));
  const std::string reference = from + (tag.starts_with("sha256:") ? "@" : ":") + tag;
  TRY(const Answer image, good(engine_.get("/images/" + escape(reference) + "/json")));
  const base::Value* digests = image.json.find("RepoDigests");
  if (digests && digests->is_array()) {
    for (const base::Value& one : digests->as_array()) {
      const std::string text = one.to_text();
      if (const std::size_t at = text.find('@'); at != std::string::npos) return text.substr(at + 1);
    }
  }
  return text_at(image.json, {"Id"});
}

Result<DockerImage> Images::find(const std::string& manifest_digest) {
  std::string id;
  if (const auto own = image::load_image(content_, manifest_digest)) {
    CHECK(load(manifest_digest));  // somebody may have pruned it
    id = own->manifest.config.digest;
  } else {
    TRY(const Answer listed, good(engine_.get("/images/json?digests=1")));
    if (listed.json.is_array()) {
      for (const base::Value& one : listed.json.as_array()) {
        const base::Value* digests = one.find("RepoDigests");
        const bool fits =
            text_at(one, {"Id"}) == manifest_digest ||
            (digests && digests->is_array() && std::ranges::any_of(digests->as_array(), [&](const auto& d) {
               return d.to_text().ends_with("@" + manifest_digest);
             }));
        if (fits) id = text_at(one, {"Id"});
      }
    }
  }
  if (id.empty()) return error("Docker has no image " + manifest_digest);
  TRY(const Answer image, good(engine_.get("/images/" + id + "/json")));
  return DockerImage{id, text_at(image.json, {"Config", "StopSignal"})};
}

Result<std::string> Images::pause() {
  const auto scratch = image::ScratchDirectory::create();
  if (!scratch) return error(scratch.error().message);
  image::BuildSpec spec;
  spec.files = {{.target = "/pause", .content = std::string(pause_program()), .mode = 0755}};
  spec.config.entry_point = {"/pause"};
  const std::string layout = scratch->path() + "/layout";
  const auto digest = image::build_image(spec, layout);
  if (!digest) return error(digest.error().message);
  const image::ContentStore content(layout);
  const auto built = image::load_image(content, *digest);
  if (!built) return error(built.error().message);
  const std::lock_guard lock(loading_);
  TRY(const Answer there, engine_.get("/images/" + built->manifest.config.digest + "/json"));
  if (there.good()) return built->manifest.config.digest;
  const std::string archive = scratch->path() + "/pause.tar";
  if (auto packed = image::pack_docker_archive(content, *built, "renkei:pause", archive); !packed) {
    return error(packed.error().message);
  }
  TRY(const Answer loaded, good(engine_.post_tar_file("/images/load?quiet=1", archive)));
  const std::string failure = error_in(loaded.text);
  if (!failure.empty()) return error(failure);
  return built->manifest.config.digest;
}

}  // namespace docker
