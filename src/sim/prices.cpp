#include "sim/prices.h"

#include "base/ensure.h"
#include "wire/json.h"

namespace sim {
namespace {

constexpr std::string_view kBuiltIn =
#include "sim/prices.inc"
    ;
constexpr const char* kFallback = "us-east-1";
constexpr double kSecondsPerHour = 3600;

const Prices::Region& region_of(const Prices& prices, const std::string& region) {
  const auto found = prices.regions.find(region);
  return found == prices.regions.end() ? prices.regions.at(kFallback) : found->second;
}

}  // namespace

std::expected<Prices, std::string> parse_prices(const std::string& text) {
  const auto document = wire::parse_json(text);
  if (!document) return std::unexpected("not well-formed JSON " + document.error().place());
  const base::Value* regions = document->find("regions");
  const base::Value* date = document->find("date");
  if (regions == nullptr || !regions->is_object() || date == nullptr || !date->is_string()) {
    return std::unexpected("expected the keys date and regions");
  }
  Prices prices;
  prices.date = date->as_string();
  if (const base::Value* source = document->find("source"); source != nullptr) prices.source = source->to_text();
  for (const auto& [name, value] : regions->as_object()) {
    Prices::Region& region = prices.regions[name];
    const std::pair<const char*, double*> members[] = {{"vcpu_hour", &region.vcpu_hour},
                                                       {"gb_hour", &region.gb_hour},
                                                       {"arm_vcpu_hour", &region.arm_vcpu_hour},
                                                       {"arm_gb_hour", &region.arm_gb_hour},
                                                       {"standard_million", &region.standard_million},
                                                       {"fifo_million", &region.fifo_million}};
    for (const auto& [key, into] : members) {
      const base::Value* price = value.find(key);
      if (price == nullptr || !price->is_number()) return std::unexpected("region " + name + " has no number " + key);
      *into = price->as_double();
    }
    const base::Value* verified = value.find("verified");
    region.verified = verified == nullptr || (verified->is_bool() && verified->as_bool());
  }
  if (!prices.regions.contains(kFallback)) return std::unexpected(std::string("region ") + kFallback + " is missing");
  return prices;
}

const Prices& built_in_prices() {
  static const Prices prices = [] {
    auto parsed = parse_prices(std::string(kBuiltIn));
    ENSURE(parsed.has_value());
    return std::move(*parsed);
  }();
  return prices;
}

Cost cost_of(const Result& result, const Prices& prices) {
  const Prices::Region& region = region_of(prices, result.region);
  Cost cost;
  for (const ServiceResult& service : result.services) {
    const double vcpu = service.arm ? region.arm_vcpu_hour : region.vcpu_hour;
    const double gb = service.arm ? region.arm_gb_hour : region.gb_hour;
    const double spent = (service.vcpu_seconds * vcpu + service.gib_seconds * gb) / kSecondsPerHour;
    cost.by_service[service.name] += spent;
    cost.fargate += spent;
  }
  for (const QueueResult& queue : result.queues) {
    const double million = queue.name.ends_with(".fifo") ? region.fifo_million : region.standard_million;
    cost.requests += static_cast<double>(queue.totals.requests()) * million / 1e6;
  }
  return cost;
}

std::string price_note(const Result& result, const Prices& prices) {
  const bool known = prices.regions.contains(result.region);
  std::string text = "USD, prices of " + prices.date + " for " + (known ? result.region : kFallback);
  if (!known) text += " (" + result.region + " is not in the list)";
  if (!region_of(prices, result.region).verified) text += ", in part unverified";
  return text + "; no free tier, no data transfer, no logs";
}

}  // namespace sim
