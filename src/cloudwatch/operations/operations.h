#pragma once

#include "api/cloudwatch/operations.h"
#include "base/fault.h"
#include "cloudwatch/state.h"
#include "service/context.h"

// One function per API operation.
namespace cloudwatch {

#define CLOUDWATCH_OPERATION(function, Name)                                                                     \
  base::Outcome<api::cloudwatch::Name::Output> function(State& state, const api::cloudwatch::Name::Input& input, \
                                                        service::Context& ctx)

CLOUDWATCH_OPERATION(put_metric_data, PutMetricData);
CLOUDWATCH_OPERATION(get_metric_data, GetMetricData);
CLOUDWATCH_OPERATION(get_metric_statistics, GetMetricStatistics);
CLOUDWATCH_OPERATION(list_metrics, ListMetrics);
CLOUDWATCH_OPERATION(put_metric_alarm, PutMetricAlarm);
CLOUDWATCH_OPERATION(put_composite_alarm, PutCompositeAlarm);
CLOUDWATCH_OPERATION(describe_alarms, DescribeAlarms);
CLOUDWATCH_OPERATION(describe_alarms_for_metric, DescribeAlarmsForMetric);
CLOUDWATCH_OPERATION(describe_alarm_history, DescribeAlarmHistory);
CLOUDWATCH_OPERATION(delete_alarms, DeleteAlarms);
CLOUDWATCH_OPERATION(enable_alarm_actions, EnableAlarmActions);
CLOUDWATCH_OPERATION(disable_alarm_actions, DisableAlarmActions);
CLOUDWATCH_OPERATION(set_alarm_state, SetAlarmState);
CLOUDWATCH_OPERATION(tag_resource, TagResource);
CLOUDWATCH_OPERATION(untag_resource, UntagResource);
CLOUDWATCH_OPERATION(list_tags_for_resource, ListTagsForResource);

#undef CLOUDWATCH_OPERATION

}  // namespace cloudwatch
