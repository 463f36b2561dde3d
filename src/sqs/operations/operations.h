#pragma once

#include "api/sqs/operations.h"
#include "base/fault.h"
#include "service/context.h"
#include "service/registry.h"
#include "sqs/state.h"

// One function per operation, named as AWS names it; each in a file of its name.
namespace sqs {

base::Outcome<api::sqs::CreateQueueResult> create_queue(State&, const api::sqs::CreateQueueRequest&, service::Context&);
base::Outcome<api::sqs::DeleteQueueOutput> delete_queue(State&, const api::sqs::DeleteQueueRequest&, service::Context&);
base::Outcome<api::sqs::GetQueueUrlResult> get_queue_url(State&, const api::sqs::GetQueueUrlRequest&,
                                                         service::Context&);
base::Outcome<api::sqs::ListQueuesResult> list_queues(State&, const api::sqs::ListQueuesRequest&, service::Context&);
base::Outcome<api::sqs::GetQueueAttributesResult> get_queue_attributes(State&,
                                                                       const api::sqs::GetQueueAttributesRequest&,
                                                                       service::Context&);
base::Outcome<api::sqs::SetQueueAttributesOutput> set_queue_attributes(State&,
                                                                       const api::sqs::SetQueueAttributesRequest&,
                                                                       service::Context&);
base::Outcome<api::sqs::PurgeQueueOutput> purge_queue(State&, const api::sqs::PurgeQueueRequest&, service::Context&);

base::Outcome<api::sqs::SendMessageResult> send_message(State&, const api::sqs::SendMessageRequest&, service::Context&);
base::Outcome<api::sqs::SendMessageBatchResult> send_message_batch(State&, const api::sqs::SendMessageBatchRequest&,
                                                                   service::Context&);
// May answer in a later turn: a long poll.
void receive_message(State&, const api::sqs::ReceiveMessageRequest&, service::Context&,
                     service::Reply<api::sqs::ReceiveMessageResult>);
base::Outcome<api::sqs::DeleteMessageOutput> delete_message(State&, const api::sqs::DeleteMessageRequest&,
                                                            service::Context&);
base::Outcome<api::sqs::DeleteMessageBatchResult> delete_message_batch(State&,
                                                                       const api::sqs::DeleteMessageBatchRequest&,
                                                                       service::Context&);
base::Outcome<api::sqs::ChangeMessageVisibilityOutput> change_message_visibility(
    State&, const api::sqs::ChangeMessageVisibilityRequest&, service::Context&);
base::Outcome<api::sqs::ChangeMessageVisibilityBatchResult> change_message_visibility_batch(
    State&, const api::sqs::ChangeMessageVisibilityBatchRequest&, service::Context&);

base::Outcome<api::sqs::TagQueueOutput> tag_queue(State&, const api::sqs::TagQueueRequest&, service::Context&);
base::Outcome<api::sqs::UntagQueueOutput> untag_queue(State&, const api::sqs::UntagQueueRequest&, service::Context&);
base::Outcome<api::sqs::ListQueueTagsResult> list_queue_tags(State&, const api::sqs::ListQueueTagsRequest&,
                                                             service::Context&);

base::Outcome<api::sqs::AddPermissionOutput> add_permission(State&, const api::sqs::AddPermissionRequest&,
                                                            service::Context&);
base::Outcome<api::sqs::RemovePermissionOutput> remove_permission(State&, const api::sqs::RemovePermissionRequest&,
                                                                  service::Context&);

base::Outcome<api::sqs::ListDeadLetterSourceQueuesResult> list_dead_letter_source_queues(
    State&, const api::sqs::ListDeadLetterSourceQueuesRequest&, service::Context&);
base::Outcome<api::sqs::StartMessageMoveTaskResult> start_message_move_task(
    State&, const api::sqs::StartMessageMoveTaskRequest&, service::Context&);
base::Outcome<api::sqs::CancelMessageMoveTaskResult> cancel_message_move_task(
    State&, const api::sqs::CancelMessageMoveTaskRequest&, service::Context&);
base::Outcome<api::sqs::ListMessageMoveTasksResult> list_message_move_tasks(
    State&, const api::sqs::ListMessageMoveTasksRequest&, service::Context&);

}  // namespace sqs
