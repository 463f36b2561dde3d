"""Metrics and alarms, as boto3 (query protocol, XML) and the AWS CLI see them."""

import datetime
import json

import pytest

from server import ACCOUNT, REGION, refused

NOW = datetime.datetime.now(datetime.timezone.utc).replace(second=0, microsecond=0)
START, END = NOW - datetime.timedelta(minutes=10), NOW + datetime.timedelta(minutes=1)


def at(minutes):
    return START + datetime.timedelta(minutes=minutes)


@pytest.fixture
def cloudwatch(shared_server):
    return shared_server.boto3("cloudwatch")


@pytest.fixture
def metric(cloudwatch, request):
    """A metric with 1, 2, 3 in its first minute and 10 in its third."""
    space = request.node.name
    dimensions = [{"Name": "Queue", "Value": "jobs"}, {"Name": "Zone", "Value": "a"}]
    put = {"MetricName": "Length", "Dimensions": dimensions}
    cloudwatch.put_metric_data(Namespace=space, MetricData=[
        {**put, "Timestamp": at(0), "Values": [1, 2, 3]}, {**put, "Timestamp": at(2), "Value": 10}])
    return {"Namespace": space, "MetricName": "Length", "Dimensions": dimensions}


def test_statistics(cloudwatch, metric):
    statistics = ["SampleCount", "Sum", "Minimum", "Maximum", "Average"]
    points = cloudwatch.get_metric_statistics(**metric, StartTime=START, EndTime=END, Period=60, Statistics=statistics)
    assert points["Label"] == "Length"
    first, second = sorted(points["Datapoints"], key=lambda point: point["Timestamp"])
    assert [first[name] for name in statistics] == [3, 6, 1, 3, 2]
    assert (first["Timestamp"], first["Unit"], second["Sum"]) == (at(0), "None", 10)
    [all_in_one] = cloudwatch.get_metric_statistics(**metric, StartTime=START - datetime.timedelta(hours=1), EndTime=END,
                                                    Period=7200, Statistics=["Sum"])["Datapoints"]
    assert all_in_one["Sum"] == 16
    assert cloudwatch.get_metric_statistics(**{**metric, "Dimensions": []}, StartTime=START, EndTime=END, Period=60,
                                            Statistics=["Sum"])["Datapoints"] == [], "dimensions are part of the metric"
    code, text, status = refused(cloudwatch.get_metric_statistics, **metric, StartTime=END, EndTime=START, Period=60,
                                 Statistics=["Sum"])
    assert (code, text, status) == (
        "InvalidParameterCombination", "The parameter StartTime must be less than the parameter EndTime.", 400)


def test_metric_data(cloudwatch, metric):
    def stat(name, hidden=False):
        return {"Id": name.lower(), "ReturnData": not hidden, "Label": f"the {name}",
                "MetricStat": {"Metric": metric, "Period": 60, "Stat": name}}
    data = cloudwatch.get_metric_data(MetricDataQueries=[stat("Sum"), stat("Average"), stat("Minimum", hidden=True)],
                                      StartTime=START, EndTime=END, ScanBy="TimestampAscending")
    sums, averages = data["MetricDataResults"]
    assert (sums["Id"], sums["Label"], sums["StatusCode"]) == ("sum", "the Sum", "Complete")
    assert (sums["Timestamps"], sums["Values"], averages["Values"]) == ([at(0), at(2)], [6, 10], [2, 10])
    [doubled] = cloudwatch.get_metric_data(StartTime=START, EndTime=END, ScanBy="TimestampAscending", MetricDataQueries=[
        stat("Sum", hidden=True), {"Id": "e", "Expression": "FILL(sum, 1) * 2"}])["MetricDataResults"]
    assert (doubled["Id"], doubled["Label"], doubled["Values"][:4]) == ("e", "e", [12, 2, 20, 2])
    [median] = cloudwatch.get_metric_data(StartTime=START, EndTime=END, MetricDataQueries=[
        stat("p50")])["MetricDataResults"]
    assert median["Values"] == [10, 2]
    code, text, status = refused(cloudwatch.get_metric_data, StartTime=START, EndTime=END, MetricDataQueries=[
        {"Id": "e", "Expression": "SERVICE_QUOTA(m1)"}, {**stat("Sum"), "Id": "m1"}])
    assert status == 400 and "not supported" in text and "SERVICE_QUOTA" in text, text
    assert refused(cloudwatch.get_metric_data, StartTime=START, EndTime=END, MetricDataQueries=[
        {"Id": "e", "Expression": "1 +"}])[0] == "ValidationError"


def test_list_metrics(cloudwatch, metric):
    assert cloudwatch.list_metrics(Namespace=metric["Namespace"])["Metrics"] == [metric]
    assert cloudwatch.list_metrics(Dimensions=[{"Name": "Zone", "Value": "b"}])["Metrics"] == []
    assert metric in cloudwatch.list_metrics(MetricName="Length", Dimensions=[{"Name": "Zone"}])["Metrics"]


def test_a_thousand_metrics_in_one_compressed_request(cloudwatch):
    sent = []
    cloudwatch.meta.events.register("before-send.cloudwatch.PutMetricData", lambda request, **_: sent.append(
        (request.headers.get("Content-Encoding"), len(request.body))))

    def compress(request, **_):  # what newer versions of botocore do by themselves
        import gzip
        request.data = gzip.compress(request.body)
        request.headers["Content-Encoding"] = "gzip"
    cloudwatch.meta.events.register("request-created.cloudwatch.PutMetricData", compress)
    cloudwatch.put_metric_data(Namespace="many", MetricData=[
        {"MetricName": f"metric-{number}", "Value": number, "Timestamp": at(1),
         "Dimensions": [{"Name": "Number", "Value": "n" * 100}]} for number in range(1000)])
    [(encoding, size)] = sent
    assert encoding in (b"gzip", "gzip") and size < 60_000
    metrics = [m for page in cloudwatch.get_paginator("list_metrics").paginate(Namespace="many") for m in page["Metrics"]]
    assert {m["MetricName"] for m in metrics} == {f"metric-{number}" for number in range(1000)}
    assert refused(cloudwatch.put_metric_data, Namespace="many", MetricData=[
        {"MetricName": "m", "Value": 1}] * 1001)[2] == 400


def test_data_that_is_refused(cloudwatch):
    def put(**datum):
        return refused(cloudwatch.put_metric_data, Namespace="refused", MetricData=[{"MetricName": "m", **datum}])
    assert put() == ("MissingParameter", "The parameter MetricData.member.1.Value is required.", 400)
    assert put(Value=1, Values=[1])[0] == "InvalidParameterCombination"
    assert put(Value=2.0 ** 361)[0] == "InvalidParameterValue"
    assert put(Value=1, Timestamp=NOW - datetime.timedelta(days=20))[0] == "InvalidParameterValue"
    assert cloudwatch.list_metrics(Namespace="refused")["Metrics"] == []


@pytest.fixture
def alarm(cloudwatch, metric):
    cloudwatch.put_metric_alarm(AlarmName=metric["Namespace"], **metric, Statistic="Average", Period=60, Threshold=5,
                                EvaluationPeriods=3, DatapointsToAlarm=2, ComparisonOperator="GreaterThanThreshold",
                                AlarmDescription="too long", Tags=[{"Key": "team", "Value": "a"}])
    yield metric["Namespace"]
    cloudwatch.delete_alarms(AlarmNames=[metric["Namespace"]])


def described(cloudwatch, name):
    [alarm] = cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"]
    return alarm


def test_an_alarm_and_its_history(cloudwatch, alarm, metric):
    shown = described(cloudwatch, alarm)
    assert shown["AlarmArn"] == f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:{alarm}"
    assert (shown["StateValue"], shown["StateReason"]) == ("INSUFFICIENT_DATA", "Unchecked: Initial alarm creation")
    assert (shown["Dimensions"], shown["DatapointsToAlarm"], shown["ActionsEnabled"]) == (metric["Dimensions"], 2, True)
    cloudwatch.set_alarm_state(AlarmName=alarm, StateValue="ALARM", StateReason="a drill",
                               StateReasonData=json.dumps({"drill": 1}))
    shown = described(cloudwatch, alarm)
    assert (shown["StateValue"], shown["StateReason"]) == ("ALARM", "a drill")
    assert json.loads(shown["StateReasonData"]) == {"drill": 1}
    items = cloudwatch.describe_alarm_history(AlarmName=alarm, ScanBy="TimestampAscending")["AlarmHistoryItems"]
    assert [(item["HistoryItemType"], item["HistorySummary"]) for item in items] == [
        ("ConfigurationUpdate", f'Alarm "{alarm}" created'),
        ("StateUpdate", "Alarm updated from INSUFFICIENT_DATA to ALARM")]
    data = json.loads(items[1]["HistoryData"])
    assert data["oldState"]["stateValue"] == "INSUFFICIENT_DATA" and data["newState"]["stateReason"] == "a drill"
    assert cloudwatch.list_tags_for_resource(ResourceARN=shown["AlarmArn"])["Tags"] == [{"Key": "team", "Value": "a"}]


def test_an_alarm_on_metric_math(cloudwatch, metric):
    queries = [{"Id": "m1", "ReturnData": False, "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Sum"}},
               {"Id": "e1", "Expression": "IF(m1 > 5, m1 / 2, 0)", "Label": "half"}]
    cloudwatch.put_metric_alarm(AlarmName="math", Metrics=queries, Threshold=5, EvaluationPeriods=3,
                                ComparisonOperator="GreaterThanThreshold")
    shown = described(cloudwatch, "math")
    assert [query["Id"] for query in shown["Metrics"]] == ["m1", "e1"] and "MetricName" not in shown
    assert shown["Metrics"][1]["Expression"] == "IF(m1 > 5, m1 / 2, 0)"
    cloudwatch.delete_alarms(AlarmNames=["math"])
    code, text, _ = refused(cloudwatch.put_metric_alarm, AlarmName="math", Metrics=queries[:1], Threshold=5,
                            EvaluationPeriods=3, ComparisonOperator="GreaterThanThreshold")
    assert (code, text) == ("ValidationError", "Exactly one element of the metrics list should return data.")


def test_a_composite_alarm(shared_server, cloudwatch, alarm):
    shared_server.aws("cloudwatch", "put-composite-alarm", "--alarm-name", "both", "--alarm-rule",
                      f"ALARM({alarm}) AND NOT FALSE")
    cloudwatch.set_alarm_state(AlarmName=alarm, StateValue="ALARM", StateReason="a drill")
    [shown] = cloudwatch.describe_alarms(AlarmTypes=["CompositeAlarm"])["CompositeAlarms"]
    assert (shown["AlarmName"], shown["StateValue"]) == ("both", "ALARM")
    assert shown["StateReason"].startswith(f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:{alarm} transitioned to ALARM at ")
    assert refused(cloudwatch.delete_alarms, AlarmNames=[alarm])[0] == "ResourceConflict"
    cloudwatch.delete_alarms(AlarmNames=["both"])


def test_actions_are_switched_and_alarms_found_by_metric(cloudwatch, alarm, metric):
    cloudwatch.disable_alarm_actions(AlarmNames=[alarm])
    assert described(cloudwatch, alarm)["ActionsEnabled"] is False
    cloudwatch.enable_alarm_actions(AlarmNames=[alarm])
    assert described(cloudwatch, alarm)["ActionsEnabled"] is True
    [found] = cloudwatch.describe_alarms_for_metric(**metric)["MetricAlarms"]
    assert found["AlarmName"] == alarm
    names = [a["AlarmName"] for a in cloudwatch.describe_alarms(AlarmNamePrefix=alarm[:10])["MetricAlarms"]]
    assert alarm in names


def test_alarms_that_are_refused(cloudwatch, metric):
    def put(**more):
        return refused(cloudwatch.put_metric_alarm, **{
            "AlarmName": "refused", **metric, "Statistic": "Average", "Period": 60, "Threshold": 5, "EvaluationPeriods": 1,
            "ComparisonOperator": "GreaterThanThreshold", **more})
    assert put(Period=90)[0] == "ValidationError"
    assert put(EvaluationPeriods=1441)[1] == \
        "Metrics cannot be checked across more than a day (EvaluationPeriods * Period must be <= 86400)."
    assert "not supported" in put(AlarmActions=[f"arn:aws:sns:{REGION}:{ACCOUNT}:topic"])[1]
    assert put(AlarmActions=["mail me"])[0] == "ValidationError"
    assert refused(cloudwatch.set_alarm_state, AlarmName="nowhere", StateValue="OK", StateReason="x")[0] == "ResourceNotFound"


def test_the_cli(shared_server, alarm):
    [shown] = shared_server.aws("cloudwatch", "describe-alarms", "--alarm-names", alarm)["MetricAlarms"]
    assert shown["Threshold"] == 5.0
    shared_server.aws("cloudwatch", "put-metric-data", "--namespace", "cli", "--metric-name", "M", "--value", "7")
    [metric] = shared_server.aws("cloudwatch", "list-metrics", "--namespace", "cli")["Metrics"]
    assert metric == {"Namespace": "cli", "MetricName": "M", "Dimensions": []}
