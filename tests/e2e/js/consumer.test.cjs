// Run by test_consumers.py with ENDPOINT set: sqs-consumer and sqs-producer as npm has them. Neither is told of an
// endpoint: like the SDK with AWS, they go where the QueueUrl points.
"use strict";

const assert = require("node:assert/strict");
const { once } = require("node:events");
const { test } = require("node:test");
const sqs = require("@aws-sdk/client-sqs");
const { Consumer } = require("sqs-consumer");
const { Producer } = require("sqs-producer");

process.env.AWS_ACCESS_KEY_ID = "test";
process.env.AWS_SECRET_ACCESS_KEY = "test";
process.env.AWS_REGION = "ap-northeast-1";

const admin = new sqs.SQSClient({ endpoint: process.env.ENDPOINT });

async function makeQueue(QueueName, Attributes) {
  const { QueueUrl } = await admin.send(new sqs.CreateQueueCommand({ QueueName, Attributes }));
  return QueueUrl;
}

async function counts(QueueUrl) {
  const { Attributes } = await admin.send(new sqs.GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["All"] }));
  return ["", "NotVisible", "Delayed"].map((kind) => Number(Attributes[`ApproximateNumberOfMessages${kind}`]));
}

// Runs a consumer until `done()`; fails on any error that the test did not expect.
async function consume(options, done, allowed = []) {
  const consumer = Consumer.create({ waitTimeSeconds: 5, ...options });
  const errors = [];
  for (const event of ["error", "processing_error", "timeout_error"]) {
    consumer.on(event, (error) => { if (!allowed.includes(event)) errors.push(`${event}: ${error.message}`); });
  }
  consumer.start();
  for (let left = 600; left > 0 && !done() && errors.length === 0; --left) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  consumer.stop({ abort: true });
  assert.deepEqual(errors, []);
  assert.ok(done(), "the consumer did not finish within 30 s");
}

test("the SDK checks our digests", async () => {
  const QueueUrl = await makeQueue("npm-digests");
  const send = new sqs.SendMessageCommand({ QueueUrl, MessageBody: "x" });
  const batch = new sqs.SendMessageBatchCommand({ QueueUrl, Entries: [{ Id: "a", MessageBody: "y" }] });
  const receive = new sqs.ReceiveMessageCommand({ QueueUrl, VisibilityTimeout: 0, MaxNumberOfMessages: 10 });
  for (const command of [send, batch, receive]) await admin.send(command);
  // With a digest of its own that is never right, each of the three must be refused by the SDK.
  class Wrong {
    update() {}
    reset() {}
    async digest() { return new Uint8Array(16); }
  }
  const doubter = new sqs.SQSClient({ endpoint: process.env.ENDPOINT, md5: Wrong, maxAttempts: 1 });
  for (const command of [send, batch, receive]) await assert.rejects(doubter.send(command), /InvalidChecksumError|Invalid MD5 checksum/);
});

test("what a producer sends, a consumer handles once, with its attributes", async () => {
  const queueUrl = await makeQueue("npm-once");
  const producer = Producer.create({ queueUrl });
  const sent = await producer.send(Array.from({ length: 95 }, (_, i) => ({
    id: `m${i}`, body: `言 ${i}`,
    messageAttributes: {
      n: { DataType: "Number", StringValue: String(i) },
      raw: { DataType: "Binary.x", BinaryValue: Buffer.from([i, 255]) },
    },
  })));
  assert.equal(sent.length, 95);
  assert.equal(await producer.queueSize(), 95);
  const seen = new Map();
  await consume({
    queueUrl, batchSize: 10, messageAttributeNames: ["All"], messageSystemAttributeNames: ["All"],
    handleMessage: async (message) => {
      const { n, raw } = message.MessageAttributes;
      assert.equal(message.Body, `言 ${n.StringValue}`);
      assert.deepEqual([...raw.BinaryValue], [Number(n.StringValue), 255]);
      assert.equal(message.Attributes.ApproximateReceiveCount, "1");
      seen.set(n.StringValue, (seen.get(n.StringValue) ?? 0) + 1);
    },
  }, () => seen.size === 95);
  assert.ok([...seen.values()].every((times) => times === 1));
  // The last delete is on its way when the consumer is told to stop.
  await new Promise((resolve) => setTimeout(resolve, 300));
  assert.equal((await counts(queueUrl))[0], 0);
});

test("a handler that throws gives the message back at once", async () => {
  const queueUrl = await makeQueue("npm-throws");
  await Producer.create({ queueUrl }).send("poison");
  const receives = [];
  let deleted = false;
  await consume({
    queueUrl, terminateVisibilityTimeout: true, messageSystemAttributeNames: ["ApproximateReceiveCount"],
    handleMessage: async (message) => {
      receives.push(Number(message.Attributes.ApproximateReceiveCount));
      if (receives.length < 4) throw new Error("not yet");
      deleted = true;
    },
  }, () => deleted, ["processing_error"]);
  assert.deepEqual(receives, [1, 2, 3, 4]);
});

test("heartbeats keep a slow message from others", async () => {
  const queueUrl = await makeQueue("npm-heartbeat", { VisibilityTimeout: "2" });
  await Producer.create({ queueUrl }).send("slow");
  let started = 0;
  let finished = 0;
  await consume({
    queueUrl, batchSize: 1, visibilityTimeout: 2, heartbeatInterval: 1,
    handleMessage: async () => {
      ++started;
      await new Promise((resolve) => setTimeout(resolve, 4500));
      assert.deepEqual(await counts(queueUrl), [0, 1, 0]);
      ++finished;
    },
  }, () => finished === 1);
  assert.equal(started, 1);
});

test("a batch handler acknowledges a part", async () => {
  const queueUrl = await makeQueue("npm-batch");
  await Producer.create({ queueUrl }).send(Array.from({ length: 10 }, (_, i) => String(i)));
  const acknowledged = [];
  await consume({
    queueUrl, batchSize: 10, visibilityTimeout: 60,
    handleMessageBatch: async (messages) => {
      const even = messages.filter((message) => Number(message.Body) % 2 === 0);
      acknowledged.push(...even.map((message) => message.Body));
      return even;
    },
  }, () => acknowledged.length === 5);
  for (let left = 40; left > 0 && (await counts(queueUrl))[1] !== 5; --left) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.deepEqual(await counts(queueUrl), [0, 5, 0]);
});

test("a poll that the consumer aborts swallows no message", async () => {
  const queueUrl = await makeQueue("npm-abort");
  const consumer = Consumer.create({ queueUrl, waitTimeSeconds: 20, handleMessage: async () => assert.fail("stopped") });
  consumer.on("error", () => {});
  consumer.start();
  await new Promise((resolve) => setTimeout(resolve, 500));
  const stopped = once(consumer, "stopped");
  consumer.stop({ abort: true });
  await stopped;
  await new Promise((resolve) => setTimeout(resolve, 300));
  await Producer.create({ queueUrl }).send("kept");
  const { Messages } = await admin.send(new sqs.ReceiveMessageCommand({
    QueueUrl: queueUrl, MessageSystemAttributeNames: ["ApproximateReceiveCount"], WaitTimeSeconds: 2,
  }));
  assert.equal(Messages?.[0].Attributes.ApproximateReceiveCount, "1");
});

test("a FIFO queue keeps the order of its groups", async () => {
  const queueUrl = await makeQueue("npm.fifo", { FifoQueue: "true" });
  const sent = Array.from({ length: 30 }, (_, i) => ({
    id: `m${i}`, body: `${i % 3}:${Math.floor(i / 3)}`, groupId: `g${i % 3}`, deduplicationId: `d${i}`,
  }));
  const producer = Producer.create({ queueUrl });
  await producer.send(sent);
  await producer.send(sent);  // as after a lost answer: nothing of it counts
  const seen = [[], [], []];
  await consume({
    queueUrl, batchSize: 10, suppressFifoWarning: true,
    handleMessageBatch: async (messages) => {
      for (const { Body } of messages) {
        const [group, number] = Body.split(":").map(Number);
        seen[group].push(number);
      }
    },
  }, () => seen.flat().length === 30);
  for (const numbers of seen) assert.deepEqual(numbers, Array.from({ length: 10 }, (_, i) => i));
});

test("what always fails ends in the dead-letter queue", async () => {
  const dead = await makeQueue("npm-dead");
  const queueUrl = await makeQueue("npm-poison", { RedrivePolicy: JSON.stringify({
    deadLetterTargetArn: "arn:aws:sqs:ap-northeast-1:000000000000:npm-dead", maxReceiveCount: 3,
  }) });
  await Producer.create({ queueUrl }).send(["good", "bad"]);
  const tries = { good: 0, bad: 0 };
  await consume({
    queueUrl, batchSize: 10, terminateVisibilityTimeout: true, waitTimeSeconds: 1,
    handleMessage: async ({ Body }) => {
      ++tries[Body];
      if (Body === "bad") throw new Error("never");
    },
  }, () => tries.bad >= 3 && tries.good === 1, ["processing_error"]);
  let found;
  for (let left = 40; left > 0 && !found; --left) {
    await admin.send(new sqs.ReceiveMessageCommand({ QueueUrl: queueUrl }));  // moving happens on the way of a receive
    found = (await admin.send(new sqs.ReceiveMessageCommand({
      QueueUrl: dead, WaitTimeSeconds: 1, MessageSystemAttributeNames: ["All"],
    }))).Messages;
  }
  assert.equal(found[0].Body, "bad");
  assert.equal(found[0].Attributes.ApproximateReceiveCount, "4");
  assert.ok(found[0].Attributes.DeadLetterQueueSourceArn.endsWith(":npm-poison"));
  assert.deepEqual(tries, { good: 1, bad: 3 });
});
