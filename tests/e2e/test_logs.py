"""CloudWatch Logs with Debian's boto3 and AWS CLI."""

import time

import pytest

from server import refused


@pytest.fixture
def logs(shared_server):
    return shared_server.boto3("logs")


@pytest.fixture
def group(logs, request):
    name = "/e2e/" + request.node.name
    logs.create_log_group(logGroupName=name)
    yield name
    logs.delete_log_group(logGroupName=name)


def put(logs, group, stream, messages):
    logs.create_log_stream(logGroupName=group, logStreamName=stream)
    now = int(time.time() * 1000)
    events = [{"timestamp": now + i, "message": message} for i, message in enumerate(messages)]
    return logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=events)


def test_events_page_through_with_tokens(logs, group):
    put(logs, group, "p/c/1", [f"日本 {i}" for i in range(25)])
    seen, token = [], None
    while True:
        more = {"nextToken": token} if token else {}
        page = logs.get_log_events(logGroupName=group, logStreamName="p/c/1", startFromHead=True, limit=10, **more)
        seen += [event["message"] for event in page["events"]]
        if page["nextForwardToken"] == token:
            break
        token = page["nextForwardToken"]
    assert seen == [f"日本 {i}" for i in range(25)]


def test_filters_find_events_of_all_streams(logs, group):
    put(logs, group, "a", ['{"level":"ERROR","code":404}', "plain ERROR", "INFO"])
    put(logs, group, "b", ['{"level":"INFO","code":200}', "1.2.3.4 - frank 500"])
    pages = logs.get_paginator("filter_log_events")

    def found(pattern):
        return {event["message"] for page in pages.paginate(logGroupName=group, filterPattern=pattern, limit=1)
                for event in page["events"]}
    assert found("ERROR") == {'{"level":"ERROR","code":404}', "plain ERROR"}
    assert found('{ $.level = "ERROR" && $.code = 4* }') == {'{"level":"ERROR","code":404}'}
    assert found("[ip, dash, user, code >= 500]") == {"1.2.3.4 - frank 500"}
    assert len(found("")) == 5
    assert refused(logs.filter_log_events, logGroupName=group, filterPattern="{ $.a")[0] == "InvalidParameterException"


def test_the_cli_tails_a_group(shared_server, logs, group):
    put(logs, group, "app/web/1", ["first", "second"])
    lines = shared_server.aws("logs", "tail", group, text=True).splitlines()
    assert [line.split()[1:] for line in lines] == [["app/web/1", "first"], ["app/web/1", "second"]]


def test_streams_in_the_order_of_their_last_event(logs, group):
    for name in ("x", "y", "z"):
        put(logs, group, name, [name])
        time.sleep(0.01)
    streams = logs.describe_log_streams(logGroupName=group, orderBy="LastEventTime", descending=True)["logStreams"]
    assert [stream["logStreamName"] for stream in streams] == ["z", "y", "x"]


def test_refusals(logs, group):
    assert refused(logs.create_log_group, logGroupName=group) == (
        "ResourceAlreadyExistsException", "The specified log group already exists", 400)
    assert refused(logs.get_log_events, logGroupName=group, logStreamName="none") == (
        "ResourceNotFoundException", "The specified log stream does not exist.", 400)
    put(logs, group, "s", ["x"])
    code, message, _ = refused(logs.get_log_events, logGroupName=group, logStreamName="s", limit=10001)
    assert (code, message) == (
        "InvalidParameterException",
        "1 validation error detected: Value '10001' at 'limit' failed to satisfy constraint: Member must have value "
        "less than or equal to 10000")


def test_events_survive_a_crash(server):
    logs = server.boto3("logs")
    logs.create_log_group(logGroupName="g")
    put(logs, "g", "s", ["kept"])
    server.kill()
    server.start()
    logs = server.boto3("logs")
    [event] = logs.get_log_events(logGroupName="g", logStreamName="s")["events"]
    assert event["message"] == "kept"
