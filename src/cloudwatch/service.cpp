#include "cloudwatch/service.h"

#include <algorithm>

#include "cloudwatch/operations/operations.h"
#include "cloudwatch/state.h"

namespace cloudwatch {
namespace {

class CloudWatch final : public Service, public MetricSink {
 public:
  explicit CloudWatch(AlarmActions& actions) : state_(actions) {}

  void register_operations(service::Registry& registry) override {
    using namespace api::cloudwatch;
    add<PutMetricData>(registry, put_metric_data);
    add<GetMetricData>(registry, get_metric_data);
    add<GetMetricStatistics>(registry, get_metric_statistics);
    add<ListMetrics>(registry, list_metrics);
    add<PutMetricAlarm>(registry, put_metric_alarm);
    add<PutCompositeAlarm>(registry, put_composite_alarm);
    add<DescribeAlarms>(registry, describe_alarms);
    add<DescribeAlarmsForMetric>(registry, describe_alarms_for_metric);
    add<DescribeAlarmHistory>(registry, describe_alarm_history);
    add<DeleteAlarms>(registry, delete_alarms);
    add<EnableAlarmActions>(registry, enable_alarm_actions);
    add<DisableAlarmActions>(registry, disable_alarm_actions);
    add<SetAlarmState>(registry, set_alarm_state);
    add<TagResource>(registry, tag_resource);
    add<UntagResource>(registry, untag_resource);
    add<ListTagsForResource>(registry, list_tags_for_resource);
  }

  std::vector<service::TableBase*> tables() override {
    return {&state_.metrics.table(), &state_.alarms.table(), &state_.composites.table(), &state_.history.table()};
  }

  void recovered(service::Context& ctx) override { state_.metrics.load(ctx); }

  base::TimePoint deadline() const override {
    return std::min({state_.alarms.deadline(), state_.metrics.sweep_due(), state_.history.sweep_due()});
  }

  void tick(service::Context& ctx) override {
    if (state_.alarms.deadline() <= ctx.now) state_.alarms.evaluate_due(ctx);
    if (state_.metrics.sweep_due() <= ctx.now) state_.metrics.sweep(ctx);
    if (state_.history.sweep_due() <= ctx.now) state_.history.sweep(ctx);
  }

  MetricSink& sink() override { return *this; }

  base::Outcome<void> put(service::Context& ctx, const Metric& metric, std::string_view unit, base::TimePoint at,
                          const StatisticSet& samples) override {
    return state_.metrics.put(ctx, metric, unit, at, samples);
  }

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

std::unique_ptr<Service> make_service(AlarmActions& actions) {
  return std::make_unique<CloudWatch>(actions);
}

}  // namespace cloudwatch
