#include <algorithm>
#include <cctype>
#include <filesystem>
#include <sstream>

#include "base/fault.h"
#include "image/layout.h"
#include "linux/launcher.h"
#include "linux/pull.h"

namespace linux_runtime {
namespace {

constexpr std::chrono::minutes kPullTimeout{30};

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

// The last line is skopeo's summary: level=fatal msg="…".
std::string last_message(const std::string& output) {
  std::istringstream lines(output);
  std::string line, last;
  while (std::getline(lines, line)) {
    if (!line.empty()) last = line;
  }
  const std::size_t start = last.find("msg=\"");
  if (start != std::string::npos) {
    last = last.substr(start + 5);
    if (last.ends_with('"')) last.pop_back();
  }
  return last;
}

}  // namespace

std::string pull_failure(const std::string& reference, const std::string& output) {
  std::string lower = output;
  std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return std::tolower(c); });
  if (contains(lower, "no image found in") && contains(lower, "architecture")) {
    return "image Manifest does not contain descriptor matching platform 'linux/amd64'";
  }
  const std::string resolve =
      "pull image manifest has been retried 1 time(s): failed to resolve ref " + reference + ": ";
  if (contains(lower, "manifest unknown") || contains(lower, "name unknown") || contains(lower, "not found")) {
    return resolve + "not found";
  }
  if (contains(lower, "unauthorized") || contains(lower, "denied") || contains(lower, "authentication required")) {
    return resolve +
           "pull access denied, repository does not exist or may require authorization: authorization failed: no basic "
           "auth credentials";
  }
  return resolve + "failed to do request: " + last_message(output);
}

namespace {

std::string base64(std::string_view bytes) {
  static constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t group = 0;
    for (std::size_t j = 0; j < 3; ++j)
      group = group << 8 | (i + j < bytes.size() ? static_cast<unsigned char>(bytes[i + j]) : 0u);
    for (std::size_t j = 0; j < 4; ++j) out += i + j <= bytes.size() ? kAlphabet[group >> (18 - 6 * j) & 63] : '=';
  }
  return out;
}

}  // namespace

Result<std::string> Launcher::pull(const runtime::ImageSource& source) {
  image::Image image;
  if (source.outside.empty()) {
    if (!content_.has(source.local_digest)) return error(pull_failure(source.reference, "not found"));
    auto loaded = image::load_image(content_, source.local_digest);
    if (!loaded) return error(loaded.error().message);
    image = std::move(*loaded);
  } else {
    TRY(image, fetch_outside(source));
  }
  const auto unpacked = layers_.unpack(image);
  if (!unpacked) return error("failed to extract layer: " + unpacked.error().message);
  return image.digest;
}

// Blobs go straight into our store; the layout that skopeo writes besides only says which manifest it was.
Result<image::Image> Launcher::fetch_outside(const runtime::ImageSource& source) {
  const auto scratch = image::ScratchDirectory::create(options_.data_directory + "/tasks");
  if (!scratch) return error(scratch.error().message);
  const std::string layout = scratch->path() + "/layout";
  std::error_code ignored;
  std::filesystem::create_directories(options_.data_directory + "/blobs", ignored);
  Spawn what{
      .argv = {"skopeo", "--insecure-policy", "--override-os=linux", "--override-arch=amd64", "copy", "--quiet"}};
  if (!source.credentials.empty()) {  // in a file: a command line can be read by every user
    const std::string host = source.outside.substr(0, source.outside.find('/'));
    const std::string text = R"({"auths":{")" + host + R"(":{"auth":")" + base64(source.credentials) + R"("}}})";
    if (!image::write_file(scratch->path() + "/auth.json", text)) return error("cannot write credentials");
    what.argv.push_back("--src-authfile=" + scratch->path() + "/auth.json");
  }
  for (const std::string& argument : {"--dest-shared-blob-dir=" + options_.data_directory + "/blobs",
                                      options_.outside_transport + source.outside, "oci:" + layout + ":image"}) {
    what.argv.push_back(argument);
  }
  TRY(const Finished finished, run(what, kPullTimeout));
  if (finished.status != 0) return error(pull_failure(source.reference, finished.output));
  const auto copied = image::open_layout(layout, scratch->path());
  if (!copied) return error(copied.error().message);
  auto loaded = image::load_image(content_, copied->digest);
  if (!loaded) return error(loaded.error().message);
  return std::move(*loaded);
}

}  // namespace linux_runtime
