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

// Resolves when `done` says so, for at most five seconds.
async function until(what, done) {
  for (let tries = 0; tries < 100; ++tries) {
    if (await done()) return;
    await new Promise((resume) => setTimeout(resume, 50));
  }
  assert.fail(`never happened: ${what}`);
}

test("SQS FIFO over JSON: order, duplicates and numbers", async () => {
  const client = new sqs.SQSClient(settings);
  const { QueueUrl } = await client.send(new sqs.CreateQueueCommand({
    QueueName: "js.fifo", Attributes: { FifoQueue: "true", ContentBasedDeduplication: "true" },
  }));
  const send = (MessageBody, MessageGroupId) =>
    client.send(new sqs.SendMessageCommand({ QueueUrl, MessageBody, MessageGroupId }));
  const first = await send("a1", "a");
  const again = await send("a1", "a");
  assert.deepEqual([again.MessageId, again.SequenceNumber], [first.MessageId, first.SequenceNumber]);
  assert.match(first.SequenceNumber, /^\d{20}$/);
  await send("b1", "b");
  await send("a2", "a");
  const ask = { QueueUrl, MaxNumberOfMessages: 10, MessageSystemAttributeNames: ["All"],
                ReceiveRequestAttemptId: "attempt-1" };
  const { Messages } = await client.send(new sqs.ReceiveMessageCommand(ask));
  assert.deepEqual(Messages.map((message) => message.Body), ["a1", "a2", "b1"]);
  assert.equal(Messages[1].Attributes.MessageGroupId, "a");
  const repeated = await client.send(new sqs.ReceiveMessageCommand(ask));
  assert.deepEqual(repeated.Messages.map((message) => message.ReceiptHandle),
                   Messages.map((message) => message.ReceiptHandle));
  for (const { ReceiptHandle } of Messages) {
    await client.send(new sqs.DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
  }
  await client.send(new sqs.DeleteQueueCommand({ QueueUrl }));
});

test("SQS dead letters: a move task brings them back, another is cancelled", async () => {
  const client = new sqs.SQSClient(settings);
  const create = async (QueueName, Attributes) => {
    const { QueueUrl } = await client.send(new sqs.CreateQueueCommand({ QueueName, Attributes }));
    const found = await client.send(new sqs.GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["QueueArn"] }));
    return { QueueUrl, arn: found.Attributes.QueueArn };
  };
  const dead = await create("js-dead");
  const work = await create("js-work", {
    RedrivePolicy: JSON.stringify({ deadLetterTargetArn: dead.arn, maxReceiveCount: 1 }), VisibilityTimeout: "0",
  });
  const receive = async (QueueUrl) => (await client.send(new sqs.ReceiveMessageCommand({
    QueueUrl, MaxNumberOfMessages: 10, VisibilityTimeout: 0, MessageSystemAttributeNames: ["All"] }))).Messages ?? [];
  await client.send(new sqs.SendMessageBatchCommand({
    QueueUrl: work.QueueUrl, Entries: [1, 2, 3].map((i) => ({ Id: `m${i}`, MessageBody: `${i}` })) }));
  await receive(work.QueueUrl);
  await until("all are dead", async () => {
    await receive(work.QueueUrl);
    return (await receive(dead.QueueUrl)).length === 3;
  });
  const letters = await receive(dead.QueueUrl);
  assert.ok(letters.every((message) => message.Attributes.DeadLetterQueueSourceArn === work.arn));
  const sources = await client.send(new sqs.ListDeadLetterSourceQueuesCommand({ QueueUrl: dead.QueueUrl }));
  assert.deepEqual(sources.queueUrls, [work.QueueUrl]);

  const slow = await client.send(new sqs.StartMessageMoveTaskCommand({
    SourceArn: dead.arn, MaxNumberOfMessagesPerSecond: 1 }));
  await assert.rejects(client.send(new sqs.StartMessageMoveTaskCommand({ SourceArn: dead.arn })),
                       /Only one active task is allowed/);
  await client.send(new sqs.CancelMessageMoveTaskCommand({ TaskHandle: slow.TaskHandle }));
  const newest = async () => (await client.send(new sqs.ListMessageMoveTasksCommand({ SourceArn: dead.arn }))).Results[0];
  await until("the task is cancelled", async () => (await newest()).Status === "CANCELLED");

  await client.send(new sqs.SetQueueAttributesCommand({
    QueueUrl: work.QueueUrl, Attributes: { VisibilityTimeout: "30" } }));
  await client.send(new sqs.StartMessageMoveTaskCommand({ SourceArn: dead.arn }));
  await until("the task is completed", async () => (await newest()).Status === "COMPLETED");
  const back = await receive(work.QueueUrl);
  assert.deepEqual(back.map((message) => message.Body).sort(), ["1", "2", "3"]);
  await assert.rejects(client.send(new sqs.StartMessageMoveTaskCommand({ SourceArn: work.arn })),
                       /Source queue must be configured as a Dead Letter Queue/);
  await client.send(new sqs.DeleteQueueCommand({ QueueUrl: work.QueueUrl }));
  await client.send(new sqs.DeleteQueueCommand({ QueueUrl: dead.QueueUrl }));
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
