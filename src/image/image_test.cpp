#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <thread>
#include <vector>

#include "image/builder.h"
#include "image/layer_store.h"
#include "image/layout.h"
#include "image/push.h"
#include "wire/digest.h"

namespace image {
namespace {

namespace fs = std::filesystem;

#define SKIP_WITHOUT_ROOT() \
  if (geteuid() != 0) GTEST_SKIP() << "needs root: layers keep owners and devices"

class ImageTest : public testing::Test {
 protected:
  ImageTest() : scratch(*ScratchDirectory::create()), root(scratch.path()), content(root + "/store") {}

  void write(const std::string& name, const std::string& text) {
    fs::create_directories(fs::path(root + "/" + name).parent_path());
    std::ofstream(root + "/" + name) << text;
  }
  std::string read(const std::string& path) { return read_file(path).value_or("(unreadable)"); }
  // Packs `tree` of the scratch directory with the system's tar.
  std::string tar(const std::string& tree, const std::string& options) {
    const std::string out = root + "/" + tree + ".tar";
    EXPECT_EQ(std::system(("tar -C " + root + "/" + tree + " " + options + " -cf " + out + " .").c_str()), 0);
    return out;
  }
  Result<void> unpack(const std::string& blob, const std::string& diff_id, const std::string& into) {
    fs::create_directories(into);
    return unpack_layer(blob, *digest_file(blob), diff_id, into);
  }

  ScratchDirectory scratch;
  std::string root;
  ContentStore content;
};

TEST_F(ImageTest, ContentIsCheckedAgainstItsDigest) {
  const std::string digest = *content.put("hello");
  EXPECT_EQ(*content.read(digest), "hello");
  EXPECT_TRUE(content.has(digest));
  std::ofstream(content.blob_path(digest)) << "other";
  EXPECT_FALSE(content.read(digest).has_value());
  write("file", "x");
  EXPECT_FALSE(content.import_file(root + "/file", "sha256:" + std::string(64, '0')).has_value());
  EXPECT_FALSE(content.read("sha256:../../etc/passwd").has_value());
}

TEST_F(ImageTest, BuildsOpensAndUnpacks) {
  SKIP_WITHOUT_ROOT();
  write("tree/bin/run", "#!/bin/sh\n");
  fs::create_symlink("run", root + "/tree/bin/alias");
  BuildSpec spec{.files = *tree_files(root + "/tree"), .reference = "app:1"};
  spec.files.push_back({.target = "/etc/motd", .content = "hi"});
  spec.config.entry_point = {"/bin/run"};
  spec.config.environment = {"A=b"};
  const std::string digest = *build_image(spec, root + "/layout");
  EXPECT_EQ(digest, *build_image(spec, root + "/again"));

  ASSERT_TRUE(pack_layout(root + "/layout", root + "/layout.tar"));
  fs::create_directories(root + "/unpacked");
  const auto layout = open_layout(root + "/layout.tar", root + "/unpacked", "app:1");
  ASSERT_TRUE(layout) << layout.error().message;
  EXPECT_EQ(layout->digest, digest);
  ASSERT_TRUE(copy_image(layout->content, digest, content));

  const auto image = load_image(content, digest);
  ASSERT_TRUE(image) << image.error().message;
  EXPECT_EQ(image->config.entry_point, spec.config.entry_point);
  EXPECT_EQ(image->config.environment, spec.config.environment);
  LayerStore layers(content);
  std::vector<std::thread> pulls;
  for (int i = 0; i < 4; ++i) pulls.emplace_back([&] { EXPECT_TRUE(layers.unpack(*image)); });
  for (std::thread& one : pulls) one.join();
  const std::string layer = layers.layer_path(image->config.diff_ids.at(0));
  EXPECT_EQ(read(layer + "/etc/motd"), "hi");
  EXPECT_EQ(fs::read_symlink(layer + "/bin/alias"), "run");
  EXPECT_EQ(std::distance(fs::directory_iterator(root + "/store/layers"), {}), 1);
}

TEST_F(ImageTest, WhiteoutsBecomeWhatOverlayfsKnows) {
  SKIP_WITHOUT_ROOT();
  write("tree/etc/.wh.passwd", "");
  write("tree/var/.wh..wh..opq", "");
  write("tree/var/kept", "x");
  fs::create_hard_link(root + "/tree/var/kept", root + "/tree/var/linked");
  const std::string plain = tar("tree", "");
  const std::string diff_id = *digest_file(plain);
  for (const std::string command : {"cat", "gzip", "zstd"}) {
    SCOPED_TRACE(command);
    const std::string blob = plain + "." + command;
    if (std::system((command + " < " + plain + " > " + blob + " 2>/dev/null").c_str()) != 0) continue;
    const std::string out = root + "/out." + command;
    const auto done = unpack(blob, diff_id, out);
    ASSERT_TRUE(done) << done.error().message;
    struct stat is{};
    ASSERT_EQ(lstat((out + "/etc/passwd").c_str(), &is), 0);
    EXPECT_TRUE(S_ISCHR(is.st_mode));
    EXPECT_EQ(is.st_rdev, 0u);
    char mark = 0;
    EXPECT_EQ(getxattr((out + "/var").c_str(), "trusted.overlay.opaque", &mark, 1), 1);
    EXPECT_EQ(mark, 'y');
    EXPECT_EQ(fs::hard_link_count(out + "/var/kept"), 2u);
    EXPECT_FALSE(fs::exists(out + "/var/.wh..wh..opq"));
  }
  EXPECT_FALSE(unpack(plain, "sha256:" + std::string(64, '0'), root + "/wrong"));
}

TEST_F(ImageTest, NamesCannotLeadOutOfTheLayer) {
  SKIP_WITHOUT_ROOT();
  write("tree/file", "x");
  const std::string dots = tar("tree", "-P --transform=s,file,../../escaped,");
  EXPECT_FALSE(unpack(dots, *digest_file(dots), root + "/dots"));
  EXPECT_FALSE(fs::exists(root + "/escaped"));

  // A link to the host's root, then a file through it: it lands inside the layer.
  fs::create_symlink("/", root + "/tree/a");
  const std::string through = tar("tree", "-P --sort=name --transform=s,^./file,a/" + root.substr(1) + "/escaped,");
  (void)unpack(through, *digest_file(through), root + "/through");
  EXPECT_FALSE(fs::exists(root + "/escaped"));
}

TEST_F(ImageTest, IndexesAreFollowedToThePlatform) {
  const auto manifest = [&](const std::string& arch) {
    const std::string config =
        *content.put(R"({"os":"linux","architecture":")" + arch + R"(","rootfs":{"diff_ids":[]}})");
    return *content.put(R"({"schemaVersion":2,"config":{"digest":")" + config + R"("},"layers":[]})");
  };
  const auto index = [&](const std::string& arch) {
    return *content.put(R"({"manifests":[{"digest":")" + manifest(arch) +
                        R"(","platform":{"os":"linux","architecture":")" + arch + R"("}}]})");
  };
  EXPECT_EQ(load_image(content, index("amd64"))->digest, manifest("amd64"));
  EXPECT_EQ(load_image(content, index("arm64")).error().message,
            "image Manifest does not contain descriptor matching platform 'linux/amd64'");
}

// A registry in memory.
class Registry : public Http {
 public:
  Result<HttpResponse> send(const HttpRequest& request) override {
    if (request.method == "HEAD") return HttpResponse{.status = blobs.contains(request.target) ? 200 : 404};
    if (request.method == "POST") return HttpResponse{.status = 202, .headers = {{"location", "/v2/app/up?state=1"}}};
    const std::size_t digest = request.target.find("&digest=");
    if (digest != std::string::npos) {
      const std::string bytes = read_file(request.body_file).value();
      EXPECT_EQ("sha256:" + wire::sha256_hex(bytes), request.target.substr(digest + 8));
      blobs["/v2/app/blobs/" + request.target.substr(digest + 8)] = bytes;
    } else {
      manifests[request.target] = request.body;
    }
    return HttpResponse{.status = 201};
  }
  std::map<std::string, std::string> blobs;
  std::map<std::string, std::string> manifests;
};

TEST_F(ImageTest, PushesBlobsBeforeTheManifest) {
  const std::string digest = *build_image({.files = {{.target = "/a", .content = "x"}}}, root + "/layout");
  Registry registry;
  ASSERT_TRUE(push_image(ContentStore(root + "/layout"), digest, registry, "app", "1"));
  EXPECT_EQ(registry.blobs.size(), 2u);
  ASSERT_TRUE(registry.manifests.contains("/v2/app/manifests/1"));
  EXPECT_EQ("sha256:" + wire::sha256_hex(registry.manifests.begin()->second), digest);
}

TEST_F(ImageTest, AProgramBringsItsLibraries) {
  const auto files = program_files("/proc/self/exe", "/app");
  ASSERT_TRUE(files);
  const auto has = [&](const std::string& part) {
    return std::ranges::any_of(*files,
                               [&](const BuildFile& file) { return file.target.find(part) != std::string::npos; });
  };
  EXPECT_TRUE(has("libc.so"));
  EXPECT_TRUE(has("ld-linux"));
}

}  // namespace
}  // namespace image
