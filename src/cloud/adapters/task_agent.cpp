#include "cloud/adapters/task_agent.h"

#include <optional>

#include "api/ecs/operations.h"
#include "wire/json.h"
#include "wire/text.h"

namespace cloud {
namespace {

using base::Value;

TaskReply failed(int status, const std::string& task_arn, std::string_view code, std::string_view message,
                 const std::string& request_id = "") {
  Value json;
  if (!request_id.empty()) json.set("requestID", request_id);
  Value error;
  error.set("Arn", task_arn);
  error.set("Code", code);
  error.set("Message", message);
  json.set("error", std::move(error));
  return {status, wire::write_json(json)};
}

TaskReply protection_json(const api::ecs::ProtectedTask& task) {
  Value inner;
  inner.set("ExpirationDate",
            task.expiration_date
                ? Value(wire::format_date_time(std::chrono::floor<std::chrono::seconds>(*task.expiration_date)))
                : Value());
  inner.set("ProtectionEnabled", task.protection_enabled.value_or(false));
  inner.set("TaskArn", task.task_arn.value_or(""));
  Value json;
  json.set("protection", std::move(inner));
  return {200, wire::write_json(json)};
}

TaskReply failure_json(const api::ecs::Failure& failure) {
  const auto text = [](const std::optional<std::string>& held) { return held ? Value(*held) : Value(); };
  Value inner;
  inner.set("Arn", text(failure.arn));
  inner.set("Detail", text(failure.detail));
  inner.set("Reason", text(failure.reason));
  Value json;
  json.set("failure", std::move(inner));
  return {200, wire::write_json(json)};
}

// The body of a PUT. Names are told apart without case, as by Go's decoder; others than these are refused.
struct Wanted {
  std::optional<bool> enabled;
  std::optional<std::int64_t> minutes;
};

std::optional<Wanted> parse(const std::string& body) {
  const auto json = wire::parse_json(body);
  if (!json || !json->is_object()) return std::nullopt;
  Wanted wanted;
  for (const auto& [name, value] : json->as_object()) {
    const std::string lower = wire::to_lower(name);
    if (lower != "protectionenabled" && lower != "expiresinminutes") return std::nullopt;
    if (value.is_null()) continue;
    if (lower == "protectionenabled" && value.is_bool()) {
      wanted.enabled = value.as_bool();
    } else if (lower == "expiresinminutes" && value.is_integer()) {
      wanted.minutes = value.as_integer();
    } else {
      return std::nullopt;
    }
  }
  return wanted;
}

}  // namespace

TaskReply no_task() {
  return failed(404, "", "ResourceNotFoundException", "Invalid request: no task was found");
}

std::expected<Request, TaskReply> protection_request(const ecs::ShownTask& shown, const TaskRequest& request) {
  constexpr const char* kInvalid = "InvalidParameterException";
  const std::string arn = shown.task.task_arn.value_or("");
  const std::string cluster = shown.task.cluster_arn.value_or("");
  Request asked;
  if (request.method == "PUT") {
    const auto wanted = parse(request.body);
    if (!wanted) return std::unexpected(failed(400, "", kInvalid, "UpdateTaskProtection: failed to decode request"));
    if (!wanted->enabled) {
      return std::unexpected(failed(400, arn, kInvalid, "Invalid request: does not contain 'ProtectionEnabled' field"));
    }
    api::ecs::UpdateTaskProtectionRequest input;
    input.cluster = cluster;
    input.tasks = {arn};
    input.protection_enabled = *wanted->enabled;
    input.expires_in_minutes = wanted->minutes;
    asked.operation = &api::ecs::UpdateTaskProtection::operation();
    asked.input = api::Object::of(std::move(input));
  } else if (request.method == "GET") {
    api::ecs::GetTaskProtectionRequest input;
    input.cluster = cluster;
    input.tasks = std::vector<std::string>{arn};
    asked.operation = &api::ecs::GetTaskProtection::operation();
    asked.input = api::Object::of(std::move(input));
  } else {
    return std::unexpected(TaskReply{405, ""});
  }
  if (shown.access_key_id.empty()) {
    return std::unexpected(
        failed(403, arn, "AccessDeniedException", "Invalid Request: no task IAM role credentials available for task"));
  }
  asked.call.request_id = request.request_id;
  asked.call.region = shown.region;
  asked.call.access_key_id = shown.access_key_id;
  asked.call.source_address = request.sender;
  return asked;
}

TaskReply protection_reply(const std::string& task_arn, const std::string& request_id, const service::Answer& answer) {
  if (!answer.result) {
    const base::Fault& fault = answer.result.error();
    return failed(fault.shape->http_status, task_arn, fault.shape->name, fault.message, request_id);
  }
  const api::Type& type = answer.result->type();
  const auto reply = [](const auto& output) {
    if (output.failures && !output.failures->empty()) return failure_json(output.failures->front());
    return protection_json(output.protected_tasks->front());
  };
  if (&type == &api::ecs::UpdateTaskProtectionResponse::type()) {
    return reply(answer.result->as<api::ecs::UpdateTaskProtectionResponse>());
  }
  return reply(answer.result->as<api::ecs::GetTaskProtectionResponse>());
}

}  // namespace cloud
