#pragma once

// The OCI distribution endpoints, /v2/…: what docker, skopeo, buildah and `renkei push` speak. Blobs are streamed to
// <data>/blobs/sha256; repositories, images and who may use which layer are ECR's, asked through its public operations.

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "cloud/cloud.h"
#include "gateway/spool.h"
#include "gateway/workers.h"
#include "image/content_store.h"
#include "net/server.h"

namespace gateway {

class Registry {
 public:
  // Runs an operation on the strand; the answer comes there too.
  using Submit = std::function<void(cloud::Request, std::move_only_function<void(service::Answer)>)>;
  using Reply = std::move_only_function<void(net::Response)>;
  struct Options {
    std::string data;
    std::string account;
    std::string region;  // of pushes that name none
    const base::Clock* clock = nullptr;
    bool strict = false;  // only passwords of our own making are taken; else any, or none but for GET /v2/
  };

  Registry(Options options, Submit submit, Workers& workers);
  ~Registry();

  static bool is_for(const net::Request& request);
  net::BodyPlan on_head(const net::Request& head);
  // `reply` is called once, on some thread.
  void handle(net::Request request, service::Call call, Reply reply);
  // The registry's share in operations of the API: the bytes of images. Before the operation runs it puts them on disk
  // and says in the request what they are; blocks. The answer of a successful one passes through conclude().
  static bool has_share_in(const api::Operation& operation);
  base::Outcome<void> prepare(cloud::Request& request);
  void conclude(const api::Operation& operation, api::Object& output);

 private:
  struct Upload;
  struct Exchange;
  struct UploadSink;
  using ExchangePtr = std::shared_ptr<Exchange>;

  // Strict: makes the password that GetAuthorizationToken answers one that only this server can have made, good for as
  // long as the answer says.
  void seal(api::Object& authorization) const;
  base::Outcome<void> take_part(cloud::Request& request);
  base::Outcome<void> take_layer(cloud::Request& request);

  template <class Op, class F>
  void call(const ExchangePtr& exchange, typename Op::Input input, F then);

  bool may_enter(const net::Request& request) const;
  void dispatch(const ExchangePtr& exchange);
  void blob(const ExchangePtr& exchange);
  void start_upload(const ExchangePtr& exchange);
  void mount(const ExchangePtr& exchange, const std::string& digest, const std::string& from);
  void upload(const ExchangePtr& exchange);
  void complete(const ExchangePtr& exchange, std::shared_ptr<Upload> upload, const std::string& digest);
  void record_layer(const ExchangePtr& exchange, const std::string& digest, std::uint64_t size);
  void manifest(const ExchangePtr& exchange);
  void get_manifest(const ExchangePtr& exchange);
  void put_manifest(const ExchangePtr& exchange);
  void delete_manifest(const ExchangePtr& exchange);
  void tags(const ExchangePtr& exchange, std::optional<std::string> token);

  std::shared_ptr<Upload> new_upload(const std::string& id);
  std::shared_ptr<Upload> find_upload(const std::string& id);
  void drop_upload(const std::string& id);

  const Options options_;
  const Submit submit_;
  Workers& workers_;
  const image::ContentStore content_;
  const std::string seal_key_;  // of this process: after a restart clients log in again
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Upload>> uploads_;
};

}  // namespace gateway
