// The AWS endpoint of "retainctl broker", seen by the AWS SDK for JavaScript v3: a
// client that shares no code with it. scripts/test-aws-js.sh runs this.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import test from "node:test";

import * as model from "@aws-sdk/client-iot-data-plane";
import {
  GetRetainedMessageCommand,
  IoTDataPlaneClient,
  ListRetainedMessagesCommand,
  PublishCommand,
  paginateListRetainedMessages,
} from "@aws-sdk/client-iot-data-plane";

// serve starts a broker on a free port and returns a client of it. With maxAttempts 1 the client
// does not hide throttled calls.
async function serve(t, ...flags) {
  const dir = mkdtempSync(join(tmpdir(), "retainctl-"));
  const broker = spawn(process.env.RETAINCTL, ["broker", "-mqtt=", "-aws=127.0.0.1:0", `-store=${join(dir, "broker.db")}`, ...flags], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  t.after(async () => {
    const ended = new Promise((resolve) => broker.once("exit", resolve));
    broker.kill("SIGINT");
    await ended;
    rmSync(dir, { recursive: true });
  });
  const said = [];
  for await (const line of createInterface({ input: broker.stderr })) {
    said.push(line);
    const address = /^AWS IoT data plane on (\S+)$/.exec(line)?.[1];
    if (address) {
      const client = new IoTDataPlaneClient({
        endpoint: `http://${address}`,
        region: "eu-west-1",
        credentials: { accessKeyId: "test", secretAccessKey: "test" },
        maxAttempts: 1,
      });
      t.after(() => client.destroy());
      return { client, address };
    }
  }
  throw new Error(`the broker ended: ${said.join("\n")}`);
}

const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);
const text = (s) => new TextEncoder().encode(s);

async function list(client, pageSize) {
  const pages = [];
  for await (const page of paginateListRetainedMessages({ client, pageSize }, {})) {
    pages.push(page.retainedTopics);
  }
  return pages;
}

// fails asserts the model's error: its class, its code and its HTTP status.
async function fails(client, command, name, status) {
  await assert.rejects(client.send(command), (err) => {
    assert.equal(err.name, name);
    assert.equal(model[`${name}$`][3].httpError, status, "of the API model");
    assert.equal(err.$metadata.httpStatusCode, status);
    assert.ok(err.message, "it says nothing");
    return true;
  });
}

test("every property of a publish arrives, and what AWS reads back is read", async (t) => {
  const { client } = await serve(t);
  const before = Date.now();
  const properties = '[{"deviceName":"alpha"},{"deviceCnt":"45"},{"deviceName":"ü<&>"}]';
  const answer = await client.send(
    new PublishCommand({
      topic: "/site//a b/ü%2F$",
      qos: 1,
      retain: true,
      payload: bytes,
      userProperties: properties,
      contentType: "text/plain; x=y",
      responseTopic: "re/ply to",
      payloadFormatIndicator: "UNSPECIFIED_BYTES",
      correlationData: Buffer.from([0, 1, 255]).toString("base64"),
      messageExpiry: 3600,
    }),
  );
  assert.equal(answer.$metadata.httpStatusCode, 200);

  const got = await client.send(new GetRetainedMessageCommand({ topic: "/site//a b/ü%2F$" }));
  assert.equal(got.topic, "/site//a b/ü%2F$");
  assert.deepEqual(Uint8Array.from(got.payload), bytes);
  assert.equal(got.qos, 1);
  assert.equal(Buffer.from(got.userProperties).toString(), properties);
  // Milliseconds: seconds would be 1970, microseconds far from now.
  assert.ok(got.lastModifiedTime >= before && got.lastModifiedTime <= Date.now(), `modified at ${got.lastModifiedTime}`);
  for (const name of ["contentType", "responseTopic", "correlationData", "messageExpiry", "payloadFormatIndicator"]) {
    assert.equal(got[name], undefined);
  }
});

test("answers have the members of the API model, and no others", async (t) => {
  const { client, address } = await serve(t);
  await client.send(new PublishCommand({ topic: "a", retain: true, payload: text("x") }));
  const members = (shape) => shape[4].toSorted();
  const keys = async (path) => {
    const answer = await (await fetch(`http://${address}${path}`)).json();
    return [answer, Object.keys(answer).toSorted()];
  };
  const [, got] = await keys("/retainedMessage/a");
  assert.deepEqual(got, members(model.GetRetainedMessageResponse$));
  const [page, top] = await keys("/retainedMessage");
  assert.deepEqual(top, members(model.ListRetainedMessagesResponse$));
  assert.deepEqual(Object.keys(page.retainedTopics[0]).toSorted(), members(model.RetainedMessageSummary$));
});

test("topics keep every slash, space and escape", async (t) => {
  const { client } = await serve(t);
  const topics = ["a/b", "/a/b", "a//b", "//", "a/b/", "a b", "a%2Fb", "a%252Fb", "ü/✓", "a&b=c?d;e", "a'b(c)*!~", "../a", "a/./b"];
  for (const topic of topics) {
    await client.send(new PublishCommand({ topic, retain: true, payload: text(topic) }));
  }
  for (const topic of topics) {
    const got = await client.send(new GetRetainedMessageCommand({ topic }));
    assert.equal(got.topic, topic);
    assert.equal(Buffer.from(got.payload).toString(), topic);
    assert.equal(got.qos, 0);
    assert.equal(got.userProperties ?? null, null);
  }
  const listed = (await list(client)).flat();
  assert.deepEqual(new Set(listed.map((row) => row.topic)), new Set(topics));
});

test("a list comes in pages", async (t) => {
  const { client } = await serve(t);
  for (let i = 0; i < 450; i += 50) {
    await Promise.all(
      Array.from({ length: 50 }, (_, n) =>
        client.send(new PublishCommand({ topic: `t/${i + n}`, qos: (i + n) % 2, retain: true, payload: text("x".repeat(i + n + 1)) })),
      ),
    );
  }
  const before = Date.now();
  for (const [size, pages] of [[200, 3], [150, 3], [undefined, 3]]) {
    const found = await list(client, size);
    assert.equal(found.length, pages);
    assert.ok(found.slice(0, -1).every((page) => page.length === (size ?? 200)));
    const rows = found.flat();
    assert.equal(new Set(rows.map((row) => row.topic)).size, 450);
    for (const row of rows) {
      const n = Number(row.topic.slice(2));
      assert.equal(row.payloadSize, n + 1);
      assert.equal(row.qos, n % 2);
      assert.ok(before - row.lastModifiedTime < 600_000 && row.lastModifiedTime <= before);
    }
  }
});

test("an empty payload deletes; without retain nothing is kept", async (t) => {
  const { client } = await serve(t);
  await client.send(new PublishCommand({ topic: "a", retain: true, payload: text("x") }));
  await client.send(new PublishCommand({ topic: "a", payload: text("y") }));
  await client.send(new PublishCommand({ topic: "b", retain: false, payload: text("y") }));
  const got = await client.send(new GetRetainedMessageCommand({ topic: "a" }));
  assert.equal(Buffer.from(got.payload).toString(), "x");
  await client.send(new PublishCommand({ topic: "a", retain: true }));
  await client.send(new PublishCommand({ topic: "never there", retain: true, payload: new Uint8Array() }));
  assert.deepEqual(await list(client), [[]]);
});

test("an expiry over seven days is shortened in silence, and one second passes", async (t) => {
  const { client } = await serve(t);
  await client.send(new PublishCommand({ topic: "long", retain: true, payload: text("x"), messageExpiry: 9e9 }));
  await client.send(new PublishCommand({ topic: "short", retain: true, payload: text("x"), messageExpiry: 1 }));
  await client.send(new GetRetainedMessageCommand({ topic: "long" }));
  await new Promise((resolve) => setTimeout(resolve, 1500));
  await fails(client, new GetRetainedMessageCommand({ topic: "short" }), "ResourceNotFoundException", 404);
});

test("errors are the model's", async (t) => {
  const { client, address } = await serve(t, "-deny=secret/#");
  const publish = (topic, more) => new PublishCommand({ topic, retain: true, payload: text("x"), ...more });
  const invalid = [
    publish("a/#"), publish("+/a"), publish("$aws/x"), publish("x".repeat(257)), publish("1/2/3/4/5/6/7/8/9"), publish("a\0b"),
    publish("a", { qos: 2 }), publish("a", { messageExpiry: -1 }), publish("a", { responseTopic: "+" }),
    publish("a", { correlationData: "not base64" }), publish("a", { userProperties: "{}" }), publish("a", { payloadFormatIndicator: "TEXT" }),
    new GetRetainedMessageCommand({ topic: "a/+" }),
  ];
  for (const command of invalid) {
    await fails(client, command, "InvalidRequestException", 400);
  }
  await fails(client, publish("secret/a"), "ForbiddenException", 403);
  await fails(client, new GetRetainedMessageCommand({ topic: "absent" }), "ResourceNotFoundException", 404);
  await fails(client, publish("big", { payload: new Uint8Array(128 * 1024 + 1) }), "RequestEntityTooLargeException", 413);
  await client.send(publish("big", { payload: new Uint8Array(128 * 1024) }));
  for (const maxResults of [0, 201]) {
    await fails(client, new ListRetainedMessagesCommand({ maxResults }), "InvalidRequestException", 400);
  }

  const wrong = await fetch(`http://${address}/topics/a`, { method: "PUT" });
  assert.equal(wrong.status, 405);
  assert.equal(wrong.headers.get("x-amzn-errortype"), "MethodNotAllowedException");
  assert.equal(wrong.headers.get("content-type"), "application/json");
});

test("above the rate it throttles", async (t) => {
  const { client } = await serve(t, "-rate=5");
  const outcomes = await Promise.allSettled(
    Array.from({ length: 30 }, (_, i) => client.send(new PublishCommand({ topic: `t/${i}`, retain: true, payload: text("x") }))),
  );
  const refused = outcomes.filter((o) => o.status === "rejected").map((o) => o.reason);
  assert.ok(refused.length >= 20, `${refused.length} of 30 refused at 5/s`);
  for (const err of refused) {
    assert.equal(err.name, "ThrottlingException");
    assert.equal(err.$metadata.httpStatusCode, 429);
  }
});

test("a full account throttles what would be stored, and deletes make room", async (t) => {
  const { client } = await serve(t, "-quota=1");
  const publish = (topic, payload) => new PublishCommand({ topic, retain: true, payload });
  await client.send(publish("a", text("x")));
  await fails(client, publish("b", text("x")), "ThrottlingException", 429);
  await client.send(publish("a"));
  await client.send(publish("b", text("x")));
});
