"""What CloudWatch Logs keeps of groups and events, and what it refuses."""

import time

import pytest

from server import ACCOUNT, REGION, refused


@pytest.fixture
def logs(shared_server):
    return shared_server.boto3("logs")


@pytest.fixture
def group(logs, request):
    name = f"/e2e/{request.node.name}"
    logs.create_log_group(logGroupName=name, tags={"team": "a"})
    yield name
    logs.delete_log_group(logGroupName=name)


NOW = int(time.time() * 1000)


def put(logs, group, stream, *messages, since=NOW - 60_000):
    return logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=[
        {"timestamp": since + number, "message": message} for number, message in enumerate(messages)])


def test_groups(logs, group):
    [shown] = logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]
    assert shown["arn"] == f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{group}:*"
    assert "retentionInDays" not in shown and shown["storedBytes"] == 0
    logs.put_retention_policy(logGroupName=group, retentionInDays=7)
    assert logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"][0]["retentionInDays"] == 7
    assert refused(logs.put_retention_policy, logGroupName=group, retentionInDays=8)[0] == "InvalidParameterException"
    logs.delete_retention_policy(logGroupName=group)
    assert "retentionInDays" not in logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"][0]
    arn = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{group}"
    assert logs.list_tags_for_resource(resourceArn=arn)["tags"] == {"team": "a"}
    assert refused(logs.create_log_group, logGroupName=group)[:2] == (
        "ResourceAlreadyExistsException", "The specified log group already exists")
    assert refused(logs.describe_log_streams, logGroupName="/nowhere")[:2] == (
        "ResourceNotFoundException", "The specified log group does not exist.")


def test_events_are_read_forwards_and_backwards(logs, group):
    logs.create_log_stream(logGroupName=group, logStreamName="s")
    put(logs, group, "s", *(f"line {number}" for number in range(10)))
    read = {"logGroupName": group, "logStreamName": "s", "limit": 4}
    page = logs.get_log_events(**read, startFromHead=True)
    assert [e["message"] for e in page["events"]] == ["line 0", "line 1", "line 2", "line 3"]
    assert page["events"][0]["timestamp"] == NOW - 60_000 and page["events"][0]["ingestionTime"] >= NOW - 5000
    page = logs.get_log_events(**read, nextToken=page["nextForwardToken"])
    assert [e["message"] for e in page["events"]] == ["line 4", "line 5", "line 6", "line 7"]
    last = logs.get_log_events(**read)
    assert [e["message"] for e in last["events"]] == ["line 6", "line 7", "line 8", "line 9"]
    older = logs.get_log_events(**read, nextToken=last["nextBackwardToken"])
    assert [e["message"] for e in older["events"]] == ["line 2", "line 3", "line 4", "line 5"]
    end = logs.get_log_events(**read, nextToken=last["nextForwardToken"])
    assert end["events"] == [] and end["nextForwardToken"] == last["nextForwardToken"], "the end hands back its own token"
    [stream] = logs.describe_log_streams(logGroupName=group)["logStreams"]
    assert (stream["firstEventTimestamp"], stream["lastEventTimestamp"]) == (NOW - 60_000, NOW - 59_991)


def test_events_are_filtered(logs, group):
    for stream in ("web/1", "web/2", "db/1"):
        logs.create_log_stream(logGroupName=group, logStreamName=stream)
    put(logs, group, "web/1", "ERROR no route", "INFO fine", '{"level": "error", "status": 500}')
    put(logs, group, "web/2", "ERROR timed out", '{"level": "info", "status": 200}', since=NOW - 50_000)
    put(logs, group, "db/1", "ERROR disk", since=NOW - 40_000)

    def found(**more):
        pages = logs.get_paginator("filter_log_events").paginate(logGroupName=group, **more)
        return [(e["logStreamName"], e["message"]) for page in pages for e in page["events"]]
    assert found(filterPattern="ERROR") == [("web/1", "ERROR no route"), ("web/2", "ERROR timed out"), ("db/1", "ERROR disk")]
    assert found(filterPattern="ERROR -timed", logStreamNamePrefix="web/") == [("web/1", "ERROR no route")]
    assert found(filterPattern='{ $.status >= 500 }') == [("web/1", '{"level": "error", "status": 500}')]
    assert found(filterPattern='"no route"', logStreamNames=["web/1", "web/2"]) == [("web/1", "ERROR no route")]
    assert [message for _, message in found(startTime=NOW - 45_000)] == ["ERROR disk"]
    assert refused(logs.filter_log_events, logGroupName=group, filterPattern="{ $.a = ")[0] == "InvalidParameterException"


def test_events_that_are_refused(logs, group):
    logs.create_log_stream(logGroupName=group, logStreamName="s")
    events = [{"timestamp": NOW, "message": "b"}, {"timestamp": NOW - 1, "message": "a"}]
    assert refused(logs.put_log_events, logGroupName=group, logStreamName="s", logEvents=events)[:2] == (
        "InvalidParameterException",
        "Log events in a single PutLogEvents request must be in chronological order.")
    assert refused(logs.put_log_events, logGroupName=group, logStreamName="none", logEvents=events[:1])[:2] == (
        "ResourceNotFoundException", "The specified log stream does not exist.")
    day = 86_400_000
    answer = logs.put_log_events(logGroupName=group, logStreamName="s", logEvents=[
        {"timestamp": NOW - 20 * day, "message": "too old"}, {"timestamp": NOW, "message": "kept"},
        {"timestamp": NOW + day, "message": "too new"}])
    assert answer["rejectedLogEventsInfo"] == {"tooOldLogEventEndIndex": 1, "tooNewLogEventStartIndex": 2}
    kept = logs.get_log_events(logGroupName=group, logStreamName="s", startFromHead=True)["events"]
    assert [event["message"] for event in kept] == ["kept"]
