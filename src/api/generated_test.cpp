#include <gtest/gtest.h>

#include <algorithm>

#include "api/cloudwatch/operations.h"
#include "api/ec2/operations.h"
#include "api/ecs/operations.h"
#include "api/s3/operations.h"
#include "api/shape.h"
#include "api/sqs/operations.h"

namespace {

const api::Member& member(const api::Type& type, std::string_view name) {
  const auto found = std::ranges::find(type.members, name, &api::Member::name);
  EXPECT_NE(found, type.members.end()) << name;
  return *found;
}

TEST(Generated, MembersReachTheirFields) {
  const api::Type& type = api::sqs::SendMessageRequest::type();
  api::sqs::SendMessageRequest request;
  const api::Member& delay = member(type, "DelaySeconds");
  EXPECT_FALSE(delay.required);
  EXPECT_FALSE(delay.present(&request));
  *static_cast<std::int64_t*>(delay.emplace(&request)) = 7;
  EXPECT_EQ(request.delay_seconds, 7);
  EXPECT_TRUE(delay.present(&request));
  EXPECT_EQ(*static_cast<const std::int64_t*>(delay.get(&request)), 7);

  const api::Member& body = member(type, "MessageBody");
  EXPECT_TRUE(body.required);
  EXPECT_TRUE(body.present(&request));
  request.message_body = "old";
  *static_cast<std::string*>(body.emplace(&request)) += "hello";
  EXPECT_EQ(request.message_body, "hello");
}

TEST(Generated, ListsAndMaps) {
  api::sqs::ReceiveMessageResult result;
  const api::Member& messages = member(api::sqs::ReceiveMessageResult::type(), "Messages");
  EXPECT_EQ(messages.location_name, "Message");
  const api::Type& list = *messages.type();
  void* field = messages.emplace(&result);
  auto* message = static_cast<api::sqs::Message*>(list.append(field));
  EXPECT_EQ(list.size(field), 1u);
  EXPECT_EQ(list.at(field, 0), message);
  EXPECT_TRUE(list.flattened);

  const api::Member& attributes = member(*list.element(), "Attributes");
  const api::Type& map = *attributes.type();
  EXPECT_EQ(map.key_name, "Name");
  EXPECT_EQ(map.element_name, "Value");
  void* entries = attributes.emplace(message);
  *static_cast<std::string*>(map.insert(entries, "SenderId")) = "me";
  std::string seen;
  map.each(entries, &seen, [](void* context, const std::string& key, const void* value) {
    *static_cast<std::string*>(context) += key + "=" + *static_cast<const std::string*>(value);
  });
  EXPECT_EQ(seen, "SenderId=me");
  EXPECT_EQ(map.size(entries), 1u);
}

TEST(Generated, Services) {
  const api::Service& sqs = api::sqs::service();
  const api::Operation* send = sqs.find_operation("SendMessage");
  ASSERT_EQ(send, &api::sqs::SendMessage::operation());
  EXPECT_EQ(send->service, &sqs);
  EXPECT_EQ(send->result_wrapper, "SendMessageResult");
  EXPECT_EQ(send->input, &api::sqs::SendMessageRequest::type());
  EXPECT_EQ(sqs.find_operation("sendmessage"), nullptr);
  EXPECT_TRUE(api::cloudwatch::service().is_other_operation("PutAnomalyDetector"));
  EXPECT_FALSE(sqs.is_other_operation("Nonsense"));
  EXPECT_FALSE(api::sqs::DeleteQueue::operation().has_output);

  const auto all = api::all_services();
  EXPECT_EQ(all.size(), 13u);
  EXPECT_TRUE(std::ranges::is_sorted(all, {}, [](const api::Service* service) { return service->id; }));
  for (const api::Service* service : all) {
    for (const api::Operation* operation : service->operations) {
      EXPECT_EQ(service->find_operation(operation->name), operation);
    }
  }
}

TEST(Generated, Faults) {
  const base::FaultShape& missing = api::sqs::faults::QueueDoesNotExist;
  EXPECT_EQ(missing.name, "QueueDoesNotExist");
  EXPECT_EQ(missing.query_code, "AWS.SimpleQueueService.NonExistentQueue");
  EXPECT_EQ(missing.http_status, 400);
  EXPECT_EQ(missing.type_prefix, "com.amazonaws.sqs");
  EXPECT_EQ(api::sqs::faults::InvalidParameterValueException.type_prefix, "com.amazon.coral.service");
  EXPECT_EQ(api::ec2::faults::InvalidVpcIDNotFound.name, "InvalidVpcID.NotFound");
  EXPECT_FALSE(api::ecs::faults::ServerException.sender);
}

TEST(Generated, Ec2Names) {
  const api::Type& type = api::ec2::CreateVpcRequest::type();
  EXPECT_EQ(member(type, "DryRun").ec2_name, "DryRun");
  EXPECT_EQ(member(type, "TagSpecifications").ec2_name, "TagSpecification");
  const api::Type& rule = api::ec2::IpPermission::type();
  EXPECT_EQ(member(rule, "UserIdGroupPairs").ec2_name, "Groups");
  EXPECT_EQ(member(api::ec2::DescribeVpcsResult::type(), "Vpcs").location_name, "vpcSet");
  EXPECT_EQ(member(api::ec2::DescribeVpcsResult::type(), "Vpcs").type()->element_name, "item");
}

TEST(Generated, RestLocations) {
  const api::Operation& put = api::s3::PutObject::operation();
  EXPECT_EQ(put.http_method, "PUT");
  EXPECT_EQ(put.http_uri, "/{Bucket}/{Key+}");
  EXPECT_EQ(put.input->payload_member, "Body");
  const api::Member& body = member(*put.input, "Body");
  EXPECT_EQ(body.location, api::Location::Payload);
  EXPECT_TRUE(body.streaming);
  const api::Member& metadata = member(*put.input, "Metadata");
  EXPECT_EQ(metadata.location, api::Location::HeaderPrefix);
  EXPECT_EQ(metadata.location_name, "x-amz-meta-");
  EXPECT_EQ(api::s3::ListObjectsV2Output::type().xml_name, "ListBucketResult");
}

TEST(Generated, ObjectsOwnWhatTheyHold) {
  api::Object object(api::sqs::SendMessageRequest::type());
  object.as<api::sqs::SendMessageRequest>().message_body = "hello";
  api::Object moved = std::move(object);
  EXPECT_TRUE(object.empty());
  EXPECT_EQ(moved.as<api::sqs::SendMessageRequest>().message_body, "hello");
}

}  // namespace
