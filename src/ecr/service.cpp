#include "ecr/service.h"

#include "ecr/operations.h"
#include "ecr/state.h"

namespace ecr {
namespace {

class Ecr final : public service::Service {
 public:
  explicit Ecr(Blobs& blobs) : state_(blobs) {}

  void register_operations(service::Registry& registry) override {
    using namespace api::ecr;
    add<CreateRepository>(registry, create_repository);
    add<DescribeRepositories>(registry, describe_repositories);
    add<DeleteRepository>(registry, delete_repository);
    add<PutImageTagMutability>(registry, put_image_tag_mutability);
    add<PutImageScanningConfiguration>(registry, put_image_scanning_configuration);
    add<TagResource>(registry, tag_resource);
    add<UntagResource>(registry, untag_resource);
    add<ListTagsForResource>(registry, list_tags_for_resource);
    add<GetAuthorizationToken>(registry, get_authorization_token);
    add<PutLifecyclePolicy>(registry, put_lifecycle_policy);
    add<GetLifecyclePolicy>(registry, get_lifecycle_policy);
    add<DeleteLifecyclePolicy>(registry, delete_lifecycle_policy);
    add<SetRepositoryPolicy>(registry, set_repository_policy);
    add<GetRepositoryPolicy>(registry, get_repository_policy);
    add<DeleteRepositoryPolicy>(registry, delete_repository_policy);
    add<PutImage>(registry, put_image);
    add<BatchGetImage>(registry, batch_get_image);
    add<BatchDeleteImage>(registry, batch_delete_image);
    add<ListImages>(registry, list_images);
    add<DescribeImages>(registry, describe_images);
    add<BatchCheckLayerAvailability>(registry, batch_check_layer_availability);
    add<InitiateLayerUpload>(registry, initiate_layer_upload);
    add<UploadLayerPart>(registry, upload_layer_part);
    add<CompleteLayerUpload>(registry, complete_layer_upload);
    add<GetDownloadUrlForLayer>(registry, get_download_url_for_layer);
  }

  std::vector<service::TableBase*> tables() override {
    return {&state_.repositories, &state_.images, &state_.layers, &state_.retired};
  }
  void recovered(service::Context&) override { state_.release_unnamed(); }
  base::TimePoint deadline() const override { return state_.sweep_due(); }
  void tick(service::Context& ctx) override { state_.sweep(ctx); }

 private:
  template <class Op>
  using Function = base::Outcome<typename Op::Output> (*)(State&, const typename Op::Input&, service::Context&);

  template <class Op>
  void add(service::Registry& registry, Function<Op> function) {
    registry.on<Op>([this, function](const typename Op::Input& input, service::Context& ctx) {
      return function(state_, input, ctx);
    });
  }

  State state_;
};

}  // namespace

std::unique_ptr<service::Service> make_service(Blobs& blobs) {
  return std::make_unique<Ecr>(blobs);
}

}  // namespace ecr
