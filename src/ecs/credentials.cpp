#include "ecs/credentials.h"

#include <algorithm>

namespace ecs {
namespace {

constexpr std::string_view kKeyAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
constexpr std::size_t kTokenLength = 352;

TaskKey draw_key(service::Context& ctx) {
  TaskKey key;
  key.access_key_id = "ASIA" + base::draw(ctx.random, kKeyAlphabet, 16);
  key.secret_access_key = base::draw(ctx.random, base::kMixedAlnum, 40);
  key.token = base::draw(ctx.random, base::kMixedAlnum, kTokenLength);
  key.expires_at = ctx.now + kCredentialsLife;
  return key;
}

}  // namespace

std::string make_credentials(const std::string& role_arn, const std::string& task_id, Core& core,
                             service::Context& ctx) {
  const std::string id = base::uuid(ctx.random);
  CredentialsRow row;
  row.task_id = task_id;
  row.account = ctx.call.account;
  row.role_arn = role_arn;
  row.key = draw_key(ctx);
  core.tables.credentials.put(ctx.change, id, std::move(row));
  return id;
}

void renew_credentials(Core& core, service::Context& ctx) {
  const Agenda& renewals = core.tables.renewals();
  while (!renewals.empty() && renewals.begin()->first <= ctx.now) {
    const std::string id = renewals.begin()->second;
    core.tables.credentials.modify(ctx.change, id, [&](CredentialsRow& row) {
      std::erase_if(row.former, [&](const TaskKey& key) { return key.expires_at + kExpiredKnown <= ctx.now; });
      // Rows from before keys had an end: those keys end as if they were new.
      if (row.key.expires_at == base::TimePoint{}) row.key.expires_at = ctx.now + kCredentialsLife;
      row.former.push_back(std::exchange(row.key, draw_key(ctx)));
    });
  }
}

}  // namespace ecs
