// Run by test_javascript.py with ENDPOINT set: the SDK as its users have it, against a real server.
"use strict";

const assert = require("node:assert/strict");
const { test } = require("node:test");
const sqs = require("@aws-sdk/client-sqs");
const cloudwatch = require("@aws-sdk/client-cloudwatch");
const logs = require("@aws-sdk/client-cloudwatch-logs");
const ecs = require("@aws-sdk/client-ecs");
const s3 = require("@aws-sdk/client-s3");
const { AwsSmithyRpcV2CborProtocol, AwsJson1_0Protocol } = require("@aws-sdk/core/protocols");

const settings = {
  endpoint: process.env.ENDPOINT,
  region: "ap-northeast-1",
  credentials: { accessKeyId: "test", secretAccessKey: "test" },
  maxAttempts: 1,
};

test("SQS over JSON: digests are verified by the SDK, and faults are typed", async () => {
  const client = new sqs.SQSClient(settings);
  const { QueueUrl } = await client.send(new sqs.CreateQueueCommand({ QueueName: "js", tags: { team: "a" } }));
  await client.send(new sqs.SendMessageCommand({
    QueueUrl, MessageBody: "こんにちは",
    MessageAttributes: { raw: { DataType: "Binary", BinaryValue: Buffer.from([0, 1, 254]) } },
  }));
  const batch = await client.send(new sqs.SendMessageBatchCommand({
    QueueUrl, Entries: [{ Id: "a", MessageBody: "1" }, { Id: "b", MessageBody: "\u0000" }],
  }));
  assert.equal(batch.Successful.length, 1);
  assert.equal(batch.Failed[0].Code, "InvalidMessageContents");
  const { Messages } = await client.send(new sqs.ReceiveMessageCommand({
    QueueUrl, MaxNumberOfMessages: 10, MessageAttributeNames: ["All"], MessageSystemAttributeNames: ["All"],
  }));
  assert.equal(Messages.length, 2);
  const first = Messages.find((message) => message.Body === "こんにちは");
  assert.deepEqual([...first.MessageAttributes.raw.BinaryValue], [0, 1, 254]);
  const deleted = await client.send(new sqs.DeleteMessageBatchCommand({
    QueueUrl, Entries: Messages.map((message, i) => ({ Id: `m${i}`, ReceiptHandle: message.ReceiptHandle })),
  }));
  assert.equal(deleted.Successful.length, 2);
  await assert.rejects(client.send(new sqs.GetQueueUrlCommand({ QueueName: "missing" })), (fault) => {
    // With AWS, too, this SDK names the fault by the query code of the x-amzn-query-error header.
    assert.ok(fault instanceof sqs.SQSServiceException);
    assert.equal(fault.Error.Code, "AWS.SimpleQueueService.NonExistentQueue");
    assert.equal(fault.message, "The specified queue does not exist.");
    return true;
  });
  await client.send(new sqs.DeleteQueueCommand({ QueueUrl }));
});

for (const [name, protocol] of [
  ["query", undefined],
  ["CBOR", new AwsSmithyRpcV2CborProtocol({ defaultNamespace: "com.amazonaws.cloudwatch", awsQueryCompatible: true })],
]) {
  test(`CloudWatch over ${name}: metrics go in and come out`, async () => {
    const client = new cloudwatch.CloudWatchClient({ ...settings, ...(protocol && { protocol }) });
    const Namespace = `Js/${name}`;
    const minute = new Date(Math.floor(Date.now() / 60000) * 60000 - 120000);
    await client.send(new cloudwatch.PutMetricDataCommand({
      Namespace,
      MetricData: [1, 2, 6].map((Value) => ({ MetricName: "depth", Timestamp: minute, Value, Unit: "Count" })),
    }));
    const { Datapoints } = await client.send(new cloudwatch.GetMetricStatisticsCommand({
      Namespace, MetricName: "depth", StartTime: minute, EndTime: new Date(minute.getTime() + 60000), Period: 60,
      Statistics: ["Average", "Maximum", "SampleCount"],
    }));
    assert.equal(Datapoints.length, 1);
    assert.deepEqual([Datapoints[0].Average, Datapoints[0].Maximum, Datapoints[0].SampleCount], [3, 6, 3]);
    assert.equal(Datapoints[0].Timestamp.getTime(), minute.getTime());
    const { MetricAlarms } = await client.send(new cloudwatch.DescribeAlarmsCommand({}));
    assert.deepEqual(MetricAlarms ?? [], []);
  });
}

test("CloudWatch Logs: events come back in order", async () => {
  const client = new logs.CloudWatchLogsClient(settings);
  const names = { logGroupName: "js", logStreamName: "stream" };
  await client.send(new logs.CreateLogGroupCommand({ logGroupName: "js" }));
  await client.send(new logs.CreateLogStreamCommand(names));
  const timestamp = Date.now();
  await client.send(new logs.PutLogEventsCommand({
    ...names, logEvents: [{ timestamp, message: "one" }, { timestamp: timestamp + 1, message: "two" }],
  }));
  const { events } = await client.send(new logs.GetLogEventsCommand({ ...names, startFromHead: true }));
  assert.deepEqual(events.map((event) => event.message), ["one", "two"]);
});

test("ECS over JSON 1.1", async () => {
  const client = new ecs.ECSClient(settings);
  await client.send(new ecs.CreateClusterCommand({ clusterName: "js" }));
  const { clusters } = await client.send(new ecs.DescribeClustersCommand({ clusters: ["js", "missing"] }));
  assert.equal(clusters[0].status, "ACTIVE");
});

test("S3: an object with its checksum, read in parts", async () => {
  const client = new s3.S3Client({ ...settings, forcePathStyle: true });
  await client.send(new s3.CreateBucketCommand({ Bucket: "js-bucket" }));
  await client.send(new s3.PutObjectCommand({ Bucket: "js-bucket", Key: "a/b c.txt", Body: "hello world" }));
  const part = await client.send(new s3.GetObjectCommand({ Bucket: "js-bucket", Key: "a/b c.txt", Range: "bytes=6-10" }));
  assert.equal(await part.Body.transformToString(), "world");
  const { Contents } = await client.send(new s3.ListObjectsV2Command({ Bucket: "js-bucket", Prefix: "a/" }));
  assert.deepEqual(Contents.map((object) => object.Key), ["a/b c.txt"]);
});
