#include "ecs/launch_checks.h"

#include <algorithm>

#include "api/ecr/operations.h"
#include "api/logs/operations.h"
#include "api/s3/operations.h"
#include "ecs/image.h"

namespace ecs {
namespace {

constexpr const char* kNoCredentials = "ResourceInitializationError: unable to pull secrets or registry auth: ";
constexpr const char* kNoLogger = "ResourceInitializationError: failed to validate logger args: ";

template <class Op>
Access ask(const Launcher& launcher, const std::string& host, typename Op::Input input, service::Context& ctx) {
  const Errand errand{host, launcher.execution_role, launcher.task.id, &Op::operation(),
                      api::Object::of(std::move(input))};
  return launcher.network.ask(launcher.task.interface, errand, ctx);
}

template <class Unreachable, class Denied>
std::optional<Obstacle> obstacle(LaunchStep step, const Access& access, Unreachable unreachable, Denied denied) {
  if (access.answer == Access::Answer::Granted) return std::nullopt;
  if (access.answer == Access::Answer::Unreachable) return Obstacle{step, unreachable(access.why), true};
  return Obstacle{step, denied(access.why), false};
}

// A registry's host and what it is asked for there.
struct Manifest {
  std::string reference;  // complete, as containerd names it
  std::string host;
  std::string repository;
  std::string tag;  // or digest
};

std::string registry_host(const EcrReference& parts) {
  return parts.account + ".dkr.ecr." + parts.region + ".amazonaws.com";
}

Manifest manifest_of(const EcrReference& parts) {
  Manifest made{"", registry_host(parts), parts.repository, parts.digest.empty() ? parts.tag : parts.digest};
  made.reference = made.host + "/" + made.repository + (parts.digest.empty() ? ":" : "@") + made.tag;
  return made;
}

api::ecr::BatchGetImageRequest image_of(const EcrReference& parts) {
  api::ecr::BatchGetImageRequest request;
  request.registry_id = parts.account;
  request.repository_name = parts.repository;
  return request;
}

// Docker's rules: the first part is a host if it looks like one, else everything is a repository of Docker Hub.
Manifest outside_manifest(const std::string& reference) {
  Manifest made;
  const std::size_t slash = reference.find('/');
  const std::string first = reference.substr(0, slash);
  const bool names_host =
      slash != std::string::npos && (first.find_first_of(".:") != std::string::npos || first == "localhost");
  std::string host = names_host ? first : "docker.io";
  std::string rest = names_host ? reference.substr(slash + 1) : reference;
  if (host == "docker.io" && rest.find('/') == std::string::npos) rest = "library/" + rest;
  const std::size_t at = rest.find('@');
  const std::size_t colon = rest.find(':', rest.rfind('/') == std::string::npos ? 0 : rest.rfind('/'));
  const std::size_t end = std::min(at, colon);
  made.repository = rest.substr(0, end);
  made.tag = at != std::string::npos ? rest.substr(at + 1) : end != std::string::npos ? rest.substr(end + 1) : "latest";
  made.reference = host + "/" + made.repository + (at != std::string::npos ? "@" : ":") + made.tag;
  made.host = host == "docker.io" ? "registry-1.docker.io" : host;
  return made;
}

std::optional<Obstacle> authorization_obstacle(const Launcher& launcher, const EcrReference& parts,
                                               service::Context& ctx) {
  const std::string host = "api.ecr." + parts.region + ".amazonaws.com";
  const Access access = ask<api::ecr::GetAuthorizationToken>(launcher, host, {}, ctx);
  return obstacle(
      LaunchStep::Authorization, access,
      [&](const std::string& why) {
        return kNoCredentials +
               std::string(
                   "The task cannot pull registry auth from Amazon ECR: There is a connection issue between "
                   "the task and Amazon ECR. Check your task network configuration. operation error ECR: "
                   "GetAuthorizationToken, exceeded maximum number of attempts, 3, https response error "
                   "StatusCode: 0, RequestID: , request send failed, Post \"https://") +
               host + "/\": " + why;
      },
      [](const std::string& why) {
        return kNoCredentials +
               std::string(
                   "execution resource retrieval failed: unable to retrieve ecr registry auth: service call has "
                   "been retried 1 time(s): AccessDeniedException: ") +
               why;
      });
}

}  // namespace

std::optional<Obstacle> manifest_obstacle(const Launcher& launcher, const std::string& image, service::Context& ctx) {
  const auto parts = parse_ecr_reference(image);
  if (parts) {
    if (auto found = authorization_obstacle(launcher, *parts, ctx)) return found;
  }
  const Manifest manifest = parts ? manifest_of(*parts) : outside_manifest(image);
  const Access access = parts
                            ? ask<api::ecr::BatchGetImage>(launcher, manifest.host, image_of(*parts), ctx)
                            : launcher.network.ask(launcher.task.interface, {manifest.host, "", launcher.task.id}, ctx);
  const std::string retried = "CannotPullContainerError: pull image manifest has been retried ";
  return obstacle(
      LaunchStep::Manifest, access,
      [&](const std::string& why) {
        return retried + "5 time(s): failed to resolve ref " + manifest.reference +
               ": failed to do request: Head \"https://" + manifest.host + "/v2/" + manifest.repository +
               "/manifests/" + manifest.tag + "\": " + why;
      },
      [&](const std::string&) {
        return retried + "1 time(s): failed to resolve ref " + manifest.reference + ": pulling from host " +
               manifest.host + " failed with status code [manifests " + manifest.tag + "]: 403 Forbidden";
      });
}

std::optional<Obstacle> layers_obstacle(const Launcher& launcher, const std::string& image, const std::string& digest,
                                        service::Context& ctx) {
  const auto parts = parse_ecr_reference(image);
  if (!parts) return std::nullopt;
  const std::string failed = " time(s): failed to copy: httpReadSeeker: failed open: ";
  const std::string retried = "CannotPullContainerError: ref pull has been retried ";
  const std::string registry = registry_host(*parts);
  const std::string blob = "https://" + registry + "/v2/" + parts->repository + "/blobs/" + digest;
  api::ecr::GetDownloadUrlForLayerRequest layer;
  layer.registry_id = parts->account;
  layer.repository_name = parts->repository;
  layer.layer_digest = digest;
  const Access url = ask<api::ecr::GetDownloadUrlForLayer>(launcher, registry, std::move(layer), ctx);
  auto found = obstacle(
      LaunchStep::Layers, url,
      [&](const std::string& why) {
        return retried + "5" + failed + "failed to do request: Get \"" + blob + "\": " + why;
      },
      [&](const std::string&) {
        return retried + "1" + failed + "unexpected status code " + blob + ": 403 Forbidden";
      });
  if (found) return found;
  const std::string bucket = "prod-" + parts->region + "-starport-layer-bucket";
  const std::string host = bucket + ".s3." + parts->region + ".amazonaws.com";
  const std::string object = "https://" + host + "/" + digest;
  // The URL is signed by ECR, so only the policy of an endpoint on the way can forbid it.
  api::s3::GetObjectRequest file;
  file.bucket = bucket;
  file.key = digest;
  const Errand errand{host, "", launcher.task.id, &api::s3::GetObject::operation(), api::Object::of(std::move(file))};
  return obstacle(
      LaunchStep::Layers, launcher.network.ask(launcher.task.interface, errand, ctx),
      [&](const std::string& why) {
        return retried + "5" + failed + "failed to do request: Get \"" + object + "\": " + why;
      },
      [&](const std::string&) {
        return retried + "5" + failed + "unexpected status from GET request to " + object + ": 403 Forbidden";
      });
}

std::optional<Obstacle> log_obstacle(const Launcher& launcher, const LogTarget& target, service::Context& ctx) {
  const std::string host = "logs." + target.region + ".amazonaws.com";
  const auto check = [](const char* what, const Access& access) {
    return obstacle(
        LaunchStep::Log, access,
        [](const std::string&) {
          return kNoLogger + std::string(
                                 "The task cannot find the Amazon CloudWatch log group defined in the task "
                                 "definition. There is a connection issue between the task and Amazon "
                                 "CloudWatch. Check your network configuration. : signal: killed");
        },
        [&](const std::string& why) {
          return kNoLogger + std::string("create stream has been retried 1 times: failed to create Cloudwatch log ") +
                 what + ": AccessDeniedException: " + why + " : exit status 1";
        });
  };
  if (target.create_group) {
    api::logs::CreateLogGroupRequest group;
    group.log_group_name = target.group;
    if (auto found = check("group", ask<api::logs::CreateLogGroup>(launcher, host, std::move(group), ctx)))
      return found;
  }
  api::logs::CreateLogStreamRequest stream;
  stream.log_group_name = target.group;
  stream.log_stream_name = target.stream;
  return check("stream", ask<api::logs::CreateLogStream>(launcher, host, std::move(stream), ctx));
}

}  // namespace ecs
