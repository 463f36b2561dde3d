#pragma once

#include "api/logs/operations.h"
#include "base/fault.h"
#include "logs/state.h"
#include "service/context.h"

// One function per operation, named as AWS names it.
namespace logs {

base::Outcome<api::logs::CreateLogGroupOutput> create_log_group(State&, const api::logs::CreateLogGroupRequest&,
                                                                service::Context&);
base::Outcome<api::logs::DeleteLogGroupOutput> delete_log_group(State&, const api::logs::DeleteLogGroupRequest&,
                                                                service::Context&);
base::Outcome<api::logs::DescribeLogGroupsResponse> describe_log_groups(State&,
                                                                        const api::logs::DescribeLogGroupsRequest&,
                                                                        service::Context&);
base::Outcome<api::logs::PutRetentionPolicyOutput> put_retention_policy(State&,
                                                                        const api::logs::PutRetentionPolicyRequest&,
                                                                        service::Context&);
base::Outcome<api::logs::DeleteRetentionPolicyOutput> delete_retention_policy(
    State&, const api::logs::DeleteRetentionPolicyRequest&, service::Context&);

base::Outcome<api::logs::CreateLogStreamOutput> create_log_stream(State&, const api::logs::CreateLogStreamRequest&,
                                                                  service::Context&);
base::Outcome<api::logs::DeleteLogStreamOutput> delete_log_stream(State&, const api::logs::DeleteLogStreamRequest&,
                                                                  service::Context&);
base::Outcome<api::logs::DescribeLogStreamsResponse> describe_log_streams(State&,
                                                                          const api::logs::DescribeLogStreamsRequest&,
                                                                          service::Context&);

base::Outcome<api::logs::PutLogEventsResponse> put_log_events(State&, const api::logs::PutLogEventsRequest&,
                                                              service::Context&);
base::Outcome<api::logs::GetLogEventsResponse> get_log_events(State&, const api::logs::GetLogEventsRequest&,
                                                              service::Context&);
base::Outcome<api::logs::FilterLogEventsResponse> filter_log_events(State&, const api::logs::FilterLogEventsRequest&,
                                                                    service::Context&);

base::Outcome<api::logs::TagResourceOutput> tag_resource(State&, const api::logs::TagResourceRequest&,
                                                         service::Context&);
base::Outcome<api::logs::UntagResourceOutput> untag_resource(State&, const api::logs::UntagResourceRequest&,
                                                             service::Context&);
base::Outcome<api::logs::ListTagsForResourceResponse> list_tags_for_resource(
    State&, const api::logs::ListTagsForResourceRequest&, service::Context&);
// The older generation, by group name.
base::Outcome<api::logs::TagLogGroupOutput> tag_log_group(State&, const api::logs::TagLogGroupRequest&,
                                                          service::Context&);
base::Outcome<api::logs::UntagLogGroupOutput> untag_log_group(State&, const api::logs::UntagLogGroupRequest&,
                                                              service::Context&);
base::Outcome<api::logs::ListTagsLogGroupResponse> list_tags_log_group(State&,
                                                                       const api::logs::ListTagsLogGroupRequest&,
                                                                       service::Context&);

}  // namespace logs
