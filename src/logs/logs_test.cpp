#include <gtest/gtest.h>

#include "api/logs/operations.h"
#include "logs/service.h"
#include "service/bench_for_test.h"

namespace logs {
namespace {

using namespace std::chrono_literals;
using namespace api::logs;

constexpr std::int64_t kHour = 3'600'000;
constexpr std::int64_t kDay = 24 * kHour;

class Logs : public testing::Test {
 protected:
  Logs() : bench([] { return make_service(); }) {
    bench.ok<CreateLogGroup>({.log_group_name = "/ecs/g"});
    bench.ok<CreateLogStream>({.log_group_name = "/ecs/g", .log_stream_name = "s"});
  }

  std::int64_t now() const { return base::unix_millis(bench.now); }
  PutLogEventsResponse put(std::vector<InputLogEvent> events, const std::string& stream = "s") {
    return bench.ok<PutLogEvents>(
        {.log_events = std::move(events), .log_group_name = "/ecs/g", .log_stream_name = stream});
  }
  std::string put_fault(std::vector<InputLogEvent> events) {
    return bench.fault<PutLogEvents>(
        {.log_events = std::move(events), .log_group_name = "/ecs/g", .log_stream_name = "s"});
  }
  // Events "1" to "count", a second apart, the last one now.
  void put_numbered(int count, const std::string& stream = "s") {
    std::vector<InputLogEvent> events;
    for (int i = 1; i <= count; ++i) events.push_back({std::to_string(i), now() - (count - i) * 1000});
    put(std::move(events), stream);
  }
  GetLogEventsResponse get(GetLogEventsRequest in) {
    in.log_group_name = "/ecs/g";
    in.log_stream_name = "s";
    return bench.ok<GetLogEvents>(std::move(in));
  }
  FilterLogEventsResponse filter(FilterLogEventsRequest in) {
    in.log_group_name = "/ecs/g";
    return bench.ok<FilterLogEvents>(std::move(in));
  }
  template <class Response>
  static std::string text(const Response& response) {
    std::string all;
    for (const auto& event : *response.events) all += (all.empty() ? "" : " ") + *event.message;
    return all;
  }

  service::BenchForTest bench;
};

TEST_F(Logs, GroupsAndStreamsAreCreatedOnce) {
  EXPECT_EQ(bench.fault<CreateLogGroup>({.log_group_name = "/ecs/g"}),
            "ResourceAlreadyExistsException: The specified log group already exists");
  EXPECT_EQ(bench.fault<CreateLogStream>({.log_group_name = "/ecs/g", .log_stream_name = "s"}),
            "ResourceAlreadyExistsException: The specified log stream already exists");
  EXPECT_EQ(bench.fault<CreateLogStream>({.log_group_name = "none", .log_stream_name = "s"}),
            "ResourceNotFoundException: The specified log group does not exist.");
  EXPECT_EQ(bench.fault<DeleteLogStream>({.log_group_name = "/ecs/g", .log_stream_name = "none"}),
            "ResourceNotFoundException: The specified log stream does not exist.");
  EXPECT_EQ(bench.fault<CreateLogGroup>({.log_group_name = "aws/x"}),
            "InvalidParameterException: Log groups starting with AWS/ are reserved for AWS.");
  EXPECT_EQ(bench.fault<CreateLogGroup>({.kms_key_id = "k", .log_group_name = "x"}),
            "UnsupportedOperation: Log groups with a KMS key (kmsKeyId) are not supported by renkei yet.");
}

TEST_F(Logs, AGroupIsDescribed) {
  put({{"hello", now()}});
  bench.ok<PutRetentionPolicy>({.log_group_name = "/ecs/g", .retention_in_days = 7});
  bench.restart();
  const auto groups = *bench.ok<DescribeLogGroups>({}).log_groups;
  ASSERT_EQ(groups.size(), 1u);
  EXPECT_EQ(groups[0].arn, "arn:aws:logs:us-east-1:000000000000:log-group:/ecs/g:*");
  EXPECT_EQ(groups[0].log_group_arn, "arn:aws:logs:us-east-1:000000000000:log-group:/ecs/g");
  EXPECT_EQ(groups[0].creation_time, 1'700'000'000'000);
  EXPECT_EQ(groups[0].retention_in_days, 7);
  EXPECT_EQ(groups[0].stored_bytes, 5 + 26);
  EXPECT_EQ(groups[0].log_group_class, "STANDARD");
}

TEST_F(Logs, GroupsAreListedByPrefixAndPattern) {
  for (const char* name : {"a", "b1", "b2", "b3"}) bench.ok<CreateLogGroup>({.log_group_name = name});
  const auto first = bench.ok<DescribeLogGroups>({.limit = 2, .log_group_name_prefix = "b"});
  EXPECT_EQ(first.log_groups->size(), 2u);
  const auto second =
      bench.ok<DescribeLogGroups>({.limit = 2, .log_group_name_prefix = "b", .next_token = first.next_token});
  ASSERT_EQ(second.log_groups->size(), 1u);
  EXPECT_EQ(second.log_groups->at(0).log_group_name, "b3");
  EXPECT_FALSE(second.next_token);
  EXPECT_EQ(bench.ok<DescribeLogGroups>({.log_group_name_pattern = "ECS"}).log_groups->size(), 1u);
  EXPECT_TRUE(bench.ok<DescribeLogGroups>({.log_group_name_prefix = "ecs"}).log_groups->empty());
  EXPECT_EQ(bench.fault<DescribeLogGroups>({.log_group_name_pattern = "a", .log_group_name_prefix = "a"}),
            "InvalidParameterException: LogGroup name prefix and LogGroup name pattern are mutually exclusive "
            "parameters.");
}

TEST_F(Logs, StreamsAreListedByNameOrByLastEvent) {
  for (const char* name : {"a", "b", "c"}) {
    bench.ok<CreateLogStream>({.log_group_name = "/ecs/g", .log_stream_name = name});
  }
  put({{"x", now() - 1000}}, "b");
  put({{"x", now() - 2000}}, "c");
  const auto names = [&](DescribeLogStreamsRequest in) {
    in.log_group_name = "/ecs/g";
    std::string all;
    for (int page = 0; page < 10; ++page) {
      const auto out = bench.ok<DescribeLogStreams>(in);
      for (const auto& stream : *out.log_streams) all += *stream.log_stream_name;
      if (!out.next_token) return all;
      in.next_token = out.next_token;
    }
    return std::string("no end");
  };
  EXPECT_EQ(names({}), "abcs");
  EXPECT_EQ(names({.descending = true, .limit = 1}), "scba");
  EXPECT_EQ(names({.limit = 3}), "abcs");
  EXPECT_EQ(names({.log_stream_name_prefix = "b"}), "b");
  EXPECT_EQ(names({.limit = 1, .order_by = "LastEventTime"}), "ascb");
  EXPECT_EQ(names({.descending = true, .limit = 1, .order_by = "LastEventTime"}), "bcsa");
  const auto stream =
      bench.ok<DescribeLogStreams>({.log_group_name = "/ecs/g", .log_stream_name_prefix = "b"}).log_streams->at(0);
  EXPECT_EQ(stream.arn, "arn:aws:logs:us-east-1:000000000000:log-group:/ecs/g:log-stream:b");
  EXPECT_EQ(stream.first_event_timestamp, now() - 1000);
  EXPECT_EQ(stream.last_ingestion_time, now());
  EXPECT_EQ(stream.upload_sequence_token->size(), 56u);
}

TEST_F(Logs, EventsAreReadBackWithTokensBothWays) {
  put_numbered(5);
  auto page = get({.limit = 2});
  EXPECT_EQ(text(page), "4 5") << "the newest, the oldest of them first";
  page = get({.limit = 2, .next_token = page.next_backward_token});
  EXPECT_EQ(text(page), "2 3");
  page = get({.limit = 2, .next_token = page.next_backward_token});
  EXPECT_EQ(text(page), "1");
  const auto begin = get({.next_token = page.next_backward_token});
  EXPECT_EQ(text(begin), "");
  EXPECT_EQ(begin.next_backward_token, page.next_backward_token) << "the end: the token that was sent";
  EXPECT_EQ(text(get({.next_token = begin.next_forward_token})), "1 2 3 4 5");

  page = get({.limit = 3, .start_from_head = true});
  EXPECT_EQ(text(page), "1 2 3");
  page = get({.next_token = page.next_forward_token, .start_from_head = true});
  EXPECT_EQ(text(page), "4 5");
  const auto end = get({.next_token = page.next_forward_token, .start_from_head = true});
  EXPECT_EQ(text(end), "");
  EXPECT_EQ(end.next_forward_token, page.next_forward_token);
  put({{"6", now()}});
  EXPECT_EQ(text(get({.next_token = end.next_forward_token})), "6") << "what came since is after the token";
  EXPECT_EQ(text(get({.next_token = end.next_backward_token})), "1 2 3 4 5");
}

TEST_F(Logs, TokensAreThereOnAnEmptyStreamAndCheckedAlways) {
  const auto page = get({});
  EXPECT_EQ(page.next_forward_token->size(), 60u);
  EXPECT_TRUE(page.next_forward_token->starts_with("f/3"));
  EXPECT_TRUE(page.next_backward_token->starts_with("b/3"));
  put_numbered(1);
  EXPECT_EQ(text(get({.next_token = page.next_forward_token})), "1");
  EXPECT_EQ(bench.fault<GetLogEvents>({.log_group_name = "/ecs/g", .log_stream_name = "s", .next_token = "f/1/s"}),
            "InvalidParameterException: The specified nextToken is invalid.");
}

TEST_F(Logs, TimesBoundWhatIsRead) {
  put_numbered(5);
  EXPECT_EQ(text(get({.end_time = now(), .start_time = now() - 2000})), "3 4") << "start inclusive, end exclusive";
  EXPECT_EQ(text(get({.end_time = now() - 9000, .start_time = now()})), "");
}

TEST_F(Logs, EqualTimesKeepTheOrderInWhichTheyCame) {
  put({{"a", now()}, {"b", now()}});
  put({{"c", now()}});
  put({{"early", now() - 1}});
  bench.restart();
  put({{"d", now()}});
  EXPECT_EQ(text(get({})), "early a b c d");
}

TEST_F(Logs, APageHoldsAtMostAMegabyte) {
  for (int i = 0; i < 3; ++i) put({{std::string(500'000, static_cast<char>('a' + i)), now() + i}});
  EXPECT_EQ(get({.start_from_head = true}).events->size(), 2u);
  EXPECT_EQ(filter({}).events->size(), 3u) << "up to the event that fills it";
}

TEST_F(Logs, BatchesAreCheckedInOrder) {
  EXPECT_EQ(put_fault({{"a", now()}, {"b", now() - 1}}),
            "InvalidParameterException: Log events in a single PutLogEvents request must be in chronological order.");
  EXPECT_EQ(put_fault({{"a", now() - kDay}, {"b", now()}}), "");
  EXPECT_EQ(put_fault({{"a", now() - kDay - 1}, {"b", now()}}),
            "InvalidParameterException: The batch of log events in a single PutLogEvents request cannot span more than "
            "24 hours.");
  EXPECT_EQ(put_fault({{std::string(1'048'550, 'x'), now()}}), "");
  EXPECT_EQ(put_fault({{std::string(1'048'551, 'x'), now()}}),
            "InvalidParameterException: Log event too large: 1048577 bytes exceeds limit of 1048576");
  EXPECT_EQ(put_fault({{std::string(1'048'550, 'x'), now()}, {"x", now()}}),
            "InvalidParameterException: Upload too large: 1048603 bytes exceeds limit of 1048576");
}

// The example of the facts sheet: two too old, two past the retention, two good, two in the future.
TEST_F(Logs, EventsOutsideTheirTimeAreRejectedAndTheRestIsKept) {
  bench.ok<PutRetentionPolicy>({.log_group_name = "/ecs/g", .retention_in_days = 3});
  const auto out = put({{"old", now() - 20 * kDay},
                        {"old", now() - 14 * kDay - 1},
                        {"expired", now() - 10 * kDay},
                        {"expired", now() - 3 * kDay - 1},
                        {"good", now() - kHour},
                        {"good", now()},
                        {"new", now() + 2 * kHour + 1},
                        {"new", now() + 3 * kHour}});
  EXPECT_EQ(out.rejected_log_events_info->too_old_log_event_end_index, 2);
  EXPECT_EQ(out.rejected_log_events_info->expired_log_event_end_index, 4);
  EXPECT_EQ(out.rejected_log_events_info->too_new_log_event_start_index, 6);
  EXPECT_EQ(out.next_sequence_token->substr(0, 2), "49");
  EXPECT_EQ(text(get({})), "good good");
  EXPECT_FALSE(put({{"ahead", now() + 2 * kHour}}).rejected_log_events_info);
}

TEST_F(Logs, RetentionHidesAtOnceAndRemovesLater) {
  EXPECT_EQ(bench.fault<PutRetentionPolicy>({.log_group_name = "/ecs/g", .retention_in_days = 2}).substr(0, 108),
            "InvalidParameterException: 1 validation error detected: Value '2' at 'retentionInDays' failed to satisfy "
            "con");
  put({{"old", now()}});
  bench.now += 20h;
  put({{"young", now()}});
  bench.ok<PutRetentionPolicy>({.log_group_name = "/ecs/g", .retention_in_days = 1});
  bench.now += 5h;
  EXPECT_EQ(text(get({})), "young");
  EXPECT_EQ(text(filter({})), "young");
  bench.advance(1h);
  EXPECT_EQ(bench.ok<DescribeLogGroups>({}).log_groups->at(0).stored_bytes, 31);
  bench.advance(26h);
  EXPECT_EQ(bench.ok<DescribeLogGroups>({}).log_groups->at(0).stored_bytes, 0);
  for (const auto& [key, value] : bench.store.rows()) EXPECT_FALSE(key.starts_with("logs.e/"));
  bench.ok<DeleteRetentionPolicy>({.log_group_name = "/ecs/g"});
  bench.ok<DeleteRetentionPolicy>({.log_group_name = "/ecs/g"});
  bench.advance(2h);
  EXPECT_EQ(bench.service->deadline(), base::kNever);
}

TEST_F(Logs, ManyExpiredEventsGoInSlices) {
  std::vector<InputLogEvent> events(9'000, {"x", now()});
  for (int i = 0; i < 3; ++i) put(events);
  bench.ok<PutRetentionPolicy>({.log_group_name = "/ecs/g", .retention_in_days = 1});
  bench.tick();
  bench.now += 30h;
  bench.tick();
  EXPECT_EQ(bench.ok<DescribeLogGroups>({}).log_groups->at(0).stored_bytes, 0);
}

TEST_F(Logs, AFilterMergesStreamsInTheOrderOfTime) {
  bench.ok<CreateLogStream>({.log_group_name = "/ecs/g", .log_stream_name = "t"});
  put({{"s1 ERROR", now() - 30}, {"s2", now() - 10}});
  put({{"t1", now() - 20}, {"t2 ERROR", now()}}, "t");
  EXPECT_EQ(text(filter({})), "s1 ERROR t1 s2 t2 ERROR");
  EXPECT_EQ(text(filter({.filter_pattern = "ERROR"})), "s1 ERROR t2 ERROR");
  EXPECT_EQ(text(filter({.log_stream_names = {{"t"}}})), "t1 t2 ERROR");
  EXPECT_EQ(text(filter({.log_stream_name_prefix = "s"})), "s1 ERROR s2");
  EXPECT_EQ(text(filter({.end_time = now(), .start_time = now() - 20})), "t1 s2");
  std::string paged;
  std::optional<std::string> token;
  std::set<std::string> ids;
  do {
    const auto page = filter({.limit = 1, .next_token = token});
    paged += text(page) + ",";
    ids.insert(*page.events->at(0).event_id);
    token = page.next_token;
  } while (token);
  EXPECT_EQ(paged, "s1 ERROR,t1,s2,t2 ERROR,");
  EXPECT_EQ(ids.size(), 4u);
  EXPECT_EQ(ids.begin()->size(), 56u);
  EXPECT_EQ(bench.fault<FilterLogEvents>({.filter_pattern = "{ $.a", .log_group_name = "/ecs/g"}).substr(0, 49),
            "InvalidParameterException: Invalid filter pattern");
  EXPECT_EQ(bench.fault<FilterLogEvents>({.log_group_name = "/ecs/g", .log_stream_names = {{"none"}}}),
            "ResourceNotFoundException: The specified log stream does not exist.");
}

TEST_F(Logs, ARareMatchComesOverEmptyPages) {
  for (int i = 0; i < 12; ++i) put({{std::string(1'000'000, 'x'), now() + i}});
  put({{"needle", now() + 100}});
  auto page = filter({.filter_pattern = "needle"});
  EXPECT_EQ(text(page), "");
  ASSERT_TRUE(page.next_token);
  page = filter({.filter_pattern = "needle", .next_token = page.next_token});
  EXPECT_EQ(text(page), "needle");
  EXPECT_FALSE(page.next_token);
}

TEST_F(Logs, AGroupCanBeNamedByItsArn) {
  put_numbered(1);
  const std::string arn = "arn:aws:logs:us-east-1:000000000000:log-group:/ecs/g";
  EXPECT_EQ(text(bench.ok<GetLogEvents>({.log_group_identifier = arn, .log_stream_name = "s"})), "1");
  EXPECT_EQ(bench.fault<FilterLogEvents>({.log_group_identifier = arn, .log_group_name = "/ecs/g"}),
            "ValidationException: LogGroup name and LogGroup ARN are mutually exclusive parameters.");
}

TEST_F(Logs, DeletingLeavesNothing) {
  put_numbered(3);
  bench.ok<DeleteLogStream>({.log_group_name = "/ecs/g", .log_stream_name = "s"});
  for (const auto& [key, value] : bench.store.rows()) EXPECT_FALSE(key.starts_with("logs.e/"));
  bench.ok<CreateLogStream>({.log_group_name = "/ecs/g", .log_stream_name = "s"});
  EXPECT_EQ(text(get({})), "");
  put_numbered(3);
  bench.ok<DeleteLogGroup>({.log_group_name = "/ecs/g"});
  EXPECT_EQ(bench.store.rows().size(), 2u) << "the two counters";
}

TEST_F(Logs, TagsOfBothGenerationsAreTheSame) {
  const std::string arn = "arn:aws:logs:us-east-1:000000000000:log-group:/ecs/g";
  bench.ok<TagLogGroup>({.log_group_name = "/ecs/g", .tags = {{"a", "1"}, {"b", "2"}}});
  bench.ok<TagResource>({.resource_arn = arn + ":*", .tags = {{"c", "3"}}});
  bench.ok<UntagResource>({.resource_arn = arn, .tag_keys = {"a"}});
  bench.ok<UntagLogGroup>({.log_group_name = "/ecs/g", .tags = {"b"}});
  const std::map<std::string, std::string> left = {{"c", "3"}};
  EXPECT_EQ(bench.ok<ListTagsForResource>({.resource_arn = arn}).tags, left);
  EXPECT_EQ(bench.ok<ListTagsLogGroup>({.log_group_name = "/ecs/g"}).tags, left);
  EXPECT_EQ(bench.fault<ListTagsForResource>({.resource_arn = "arn:aws:logs:us-east-1:000000000000:log-group:x"}),
            "ResourceNotFoundException: The specified log group does not exist.");
}

}  // namespace
}  // namespace logs
