#include "secretsmanager/state.h"

#include <algorithm>

#include "service/table_codec.h"
#include "wire/text.h"

namespace secretsmanager {
namespace {

constexpr std::size_t kSuffixLength = 6;
constexpr std::int64_t kPageDefault = 100;

std::string versions_prefix(const SecretRow& secret, const service::Context& ctx) {
  std::string flat = secret.name;
  std::ranges::replace(flat, '/', '|');  // which no name holds
  return service::key(ctx, {flat}) + "/";
}

}  // namespace

State::State()
    : secrets("secretsmanager.secrets", service::make_codec<SecretRow>()),
      versions("secretsmanager.versions", service::make_codec<VersionRow>()) {
  secrets.on_change = [this](const std::string& key, const SecretRow* before, const SecretRow* after) {
    if (before != nullptr && before->erase_at) ends_.erase({*before->erase_at, key});
    if (after != nullptr && after->erase_at) ends_.insert({*after->erase_at, key});
  };
}

const SecretRow* State::find(const std::string& id, const service::Context& ctx) const {
  const std::string prefix = ctx.arn("secretsmanager", "secret:");
  if (!id.starts_with(prefix)) return secrets.find(service::key(ctx, {id}));
  const std::string rest = id.substr(prefix.size());
  if (rest.size() > kSuffixLength + 1 && rest[rest.size() - kSuffixLength - 1] == '-') {
    const SecretRow* whole = secrets.find(service::key(ctx, {rest.substr(0, rest.size() - kSuffixLength - 1)}));
    if (whole != nullptr && rest.ends_with(whole->suffix)) return whole;
  }
  return secrets.find(service::key(ctx, {rest}));
}

std::vector<const VersionRow*> State::versions_of(const SecretRow& secret, const service::Context& ctx) const {
  std::vector<const VersionRow*> all;
  for (const auto& [key, version] : versions.with_prefix(versions_prefix(secret, ctx))) all.push_back(&version);
  std::ranges::sort(all, {}, &VersionRow::number);
  return all;
}

const VersionRow* State::holder_of(const SecretRow& secret, const std::string& stage,
                                   const service::Context& ctx) const {
  for (const auto& [key, version] : versions.with_prefix(versions_prefix(secret, ctx))) {
    if (version.stages.contains(stage)) return &version;
  }
  return nullptr;
}

void State::erase(const std::string& name, service::Context& ctx) {
  const std::string key = service::key(ctx, {name});
  std::vector<std::string> keys;
  for (const auto& [of_version, version] : versions.with_prefix(versions_prefix(*secrets.find(key), ctx))) {
    keys.push_back(of_version);
  }
  for (const std::string& of_version : keys) versions.erase(ctx.change, of_version);
  secrets.erase(ctx.change, key);
}

void State::erase_due(service::Context& ctx) {
  while (next_end() <= ctx.now) {
    // "account/region/name"
    const std::string key = ends_.begin()->second;
    const std::size_t account_end = key.find('/');
    const std::size_t region_end = key.find('/', account_end + 1);
    service::Call call = ctx.call;
    call.account = key.substr(0, account_end);
    call.region = key.substr(account_end + 1, region_end - account_end - 1);
    service::Context there = ctx.as(call);
    erase(key.substr(region_end + 1), there);
  }
}

std::string secret_key(const SecretRow& secret, const service::Context& ctx) {
  return service::key(ctx, {secret.name});
}

std::string version_key(const SecretRow& secret, const std::string& id, const service::Context& ctx) {
  return versions_prefix(secret, ctx) + id;
}

std::string secret_arn(const SecretRow& secret, const service::Context& ctx) {
  return ctx.arn("secretsmanager", "secret:" + secret.name + "-" + secret.suffix);
}

base::Outcome<const SecretRow*> any_secret(const State& state, const std::string& id, const service::Context& ctx) {
  const SecretRow* secret = state.find(id, ctx);
  if (secret != nullptr) return secret;
  return base::fault(faults::ResourceNotFoundException, "Secrets Manager can't find the specified secret.");
}

base::Outcome<const SecretRow*> live_secret(const State& state, const std::string& id, const service::Context& ctx) {
  TRY(const SecretRow* secret, any_secret(state, id, ctx));
  if (!secret->deleted_at) return secret;
  return invalid_request("You can't perform this operation on the secret because it was marked for deletion.");
}

std::unexpected<base::Fault> invalid_request(std::string message) {
  return base::fault(faults::InvalidRequestException, std::move(message));
}

std::unexpected<base::Fault> invalid_parameter(std::string message) {
  return base::fault(faults::InvalidParameterException, std::move(message));
}

std::unexpected<base::Fault> not_supported(std::string_view what) {
  return invalid_request(std::string(what) + " not supported by renkei yet.");
}

base::Outcome<Page> page_of(std::size_t count, const std::optional<std::int64_t>& max_results,
                            const std::optional<std::string>& token) {
  std::size_t first = 0;
  if (token) {
    const auto place = wire::parse_integer(*token);
    if (!place || *place < 0) return base::fault(faults::InvalidNextTokenException, "Invalid NextToken.");
    first = std::min(count, static_cast<std::size_t>(*place));
  }
  const std::size_t last = std::min(count, first + static_cast<std::size_t>(max_results.value_or(kPageDefault)));
  return Page{first, last, last < count ? std::optional(std::to_string(last)) : std::nullopt};
}

}  // namespace secretsmanager
