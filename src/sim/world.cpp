#include "sim/world.h"

#include <algorithm>

#include "api/s3/operations.h"
#include "base/ensure.h"
#include "base/fault.h"
#include "wire/digest.h"

namespace sim {
namespace {

constexpr const char* kBucket = "renkei-templates";

cloud::Config config_of(const World::Settings& settings) {
  cloud::Config config;
  config.account = settings.account;
  config.region = settings.region;
  config.images_assumed = true;
  config.metric_delay = settings.metric_delay;
  return config;
}

}  // namespace

World::World(const Settings& settings, runtime::Runtime& runtime)
    : now_(settings.start),
      random_(settings.seed),
      cloud_({*this, random_, store_, runtime, blobs_}, config_of(settings)) {
  call_.account = settings.account;
  call_.region = settings.region;
  call_.base_url = "https://simulated";
  const auto recovered = cloud_.recover();
  ENSURE(recovered.has_value());  // there is nothing in the store yet
}

base::Outcome<std::string> World::put_template(const std::string& key, const std::string& text) {
  if (blobs_.texts.empty()) {
    api::s3::CreateBucketRequest bucket;
    bucket.bucket = kBucket;
    if (call_.region != "us-east-1") {  // the one region that is named by naming none
      bucket.create_bucket_configuration.emplace().location_constraint = call_.region;
    }
    CHECK(call<api::s3::CreateBucket>(std::move(bucket)));
  }
  service::Call with_body = call_;
  service::Upload& upload = with_body.upload.emplace();
  upload.blob = key;
  upload.size = text.size();
  upload.md5 = wire::md5_hex(text);
  upload.sha256 = wire::sha256_hex(text);
  blobs_.texts[key] = text;
  api::s3::PutObjectRequest object;
  object.bucket = kBucket;
  object.key = key;
  CHECK(call_as<api::s3::PutObject>(std::move(object), with_body));
  return "https://s3." + call_.region + ".amazonaws.com/" + kBucket + "/" + key;
}

void World::settle() {
  for (;; ++steps_) {
    if (!told_.empty()) {
      const runtime::Event event = std::move(told_.front());
      told_.pop_front();
      cloud_.on_runtime_event(event);
    } else if (agenda_.next() <= now_) {
      agenda_.run_first();
    } else if (cloud_.deadline() <= now_) {
      cloud_.tick();
    } else {
      return;
    }
  }
}

void World::run_until(base::TimePoint end) {
  run_until(end, [] { return false; });
}

bool World::run_until(base::TimePoint end, const std::function<bool()>& done) {
  for (;;) {
    settle();
    if (done()) return true;
    const base::TimePoint next = std::min(cloud_.deadline(), agenda_.next());
    if (next > end) break;
    now_ = next;
  }
  now_ = std::max(now_, end);
  return false;
}

}  // namespace sim
