import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { PeridotError } from "../../../host/errors.ts";
import { type Authenticate, Connection } from "../../../host/transport/kafka/connection.ts";
import type { ReceivedRequest } from "../../../host/transport/kafka/protocol/api.ts";
import { allApiKeys, ScriptedBroker, SteppedClock, settled } from "./scripted-broker.ts";

const HEARTBEAT = { groupId: "g", generationId: 1, memberId: "m" };

function settings(clock: SteppedClock, authenticate?: Authenticate) {
  return { broker: "b:1", clientId: "c", clock, requestTimeoutMs: 1000, authenticate };
}

/** An open connection, and a broker that answers nothing more by itself. */
async function opened(clock = new SteppedClock()) {
  const broker = new ScriptedBroker();
  broker.onRequest = ({ head }) => broker.answerVersions(head);
  const connection = await Connection.open(broker, settings(clock));
  broker.onRequest = () => {};
  return { broker, connection, clock };
}

test("answers come to their requests, whatever their order", async () => {
  const { broker, connection } = await opened();
  const first = connection.request("Heartbeat", HEARTBEAT);
  const second = connection.request("Heartbeat", HEARTBEAT);
  const [, one, two] = broker.arrived;
  broker.answer(two!.head, "Heartbeat", { errorCode: 2 });
  broker.answer(one!.head, "Heartbeat", { errorCode: 1 });
  assert.equal((await first).errorCode, 1);
  assert.equal((await second).errorCode, 2);
});

test("versions are the highest that both sides speak, within the caller's bounds", async () => {
  const broker = new ScriptedBroker();
  const apiKeys = allApiKeys().map((each) =>
    each.apiKey === 12 ? { ...each, minVersion: 1, maxVersion: 3 } : each,
  );
  broker.onRequest = ({ head }) => broker.answerVersions(head, { apiKeys });
  const connection = await Connection.open(broker, settings(new SteppedClock()));
  assert.equal(connection.versionOf("Heartbeat"), 3);
  assert.equal(connection.versionOf("Heartbeat", { maxVersion: 2 }), 2);
  assert.throws(() => connection.versionOf("Heartbeat", { minVersion: 4 }), {
    code: "BROKER_TOO_OLD",
    kind: "fatal",
  });
  assert.throws(() => connection.versionOf("Heartbeat", { maxVersion: 0 }), { code: "BROKER_TOO_OLD" });
  assert.deepEqual(connection.versions.get("Heartbeat"), { min: 1, max: 3 });
  await assert.rejects(connection.request("Heartbeat", HEARTBEAT, { minVersion: 4 }), {
    code: "BROKER_TOO_OLD",
  });
});

test("a request that the broker does not know", async () => {
  const broker = new ScriptedBroker();
  broker.onRequest = ({ head }) => broker.answerVersions(head, { apiKeys: [] });
  const connection = await Connection.open(broker, settings(new SteppedClock()));
  assert.throws(() => connection.versionOf("Fetch"), { message: /speaks Fetch in versions none/ });
});

test("a broker too old for our ApiVersions is asked again in a version that it names, or in version 0", async () => {
  for (const [named, expected] of [
    [[{ apiKey: 18, minVersion: 0, maxVersion: 2 }], 2],
    [[], 0],
  ] as const) {
    const broker = new ScriptedBroker();
    broker.onRequest = ({ head }) => {
      if (head.version === 4) broker.answer(head, "ApiVersions", { errorCode: 35, apiKeys: named }, 0);
      else broker.answerVersions(head);
    };
    await Connection.open(broker, settings(new SteppedClock()));
    assert.deepEqual(
      broker.arrived.map(({ head }) => head.version),
      [4, expected],
    );
  }
});

test("we introduce ourselves by name and version of the package", async () => {
  const { broker } = await opened();
  const { name, version } = JSON.parse(
    readFileSync(new URL("../../../package.json", import.meta.url), "utf8"),
  );
  const { clientSoftwareName, clientSoftwareVersion } = broker.arrived[0]!
    .body as ReceivedRequest<"ApiVersions">;
  assert.deepEqual([clientSoftwareName, clientSoftwareVersion], [name, version]);
});

test("an error in answer to ApiVersions fails the handshake", async () => {
  const broker = new ScriptedBroker();
  broker.onRequest = ({ head }) => broker.answerVersions(head, { errorCode: 42 });
  await assert.rejects(Connection.open(broker, settings(new SteppedClock())), {
    code: "HANDSHAKE_FAILED",
    message: /INVALID_REQUEST/,
  });
  assert.ok(broker.closed);
});

test("finalized features, at the start and asked anew", async () => {
  const { broker, connection } = await opened();
  assert.equal(connection.finalizedFeatures.get("transaction.version"), undefined);
  broker.onRequest = ({ head }) =>
    broker.answerVersions(head, {
      finalizedFeatures: [{ name: "transaction.version", maxVersionLevel: 2, minVersionLevel: 2 }],
    });
  await connection.refreshVersions();
  assert.equal(connection.finalizedFeatures.get("transaction.version"), 2);
});

test("a request without answer closes the connection, and its outcome is unknown, as is that of its neighbours", async () => {
  const { broker, connection, clock } = await opened();
  const slow = assert.rejects(connection.request("Heartbeat", HEARTBEAT, { timeoutMs: 100 }), {
    code: "REQUEST_UNANSWERED",
    kind: "unknown",
    message: /no answer within 100 ms/,
  });
  const other = assert.rejects(connection.request("Heartbeat", HEARTBEAT), { kind: "unknown" });
  await clock.advance(100);
  await Promise.all([slow, other]);
  assert.ok(broker.closed);
  assert.equal(connection.isOpen, false);
  assert.equal((await connection.ended).code, "CONNECTION_LOST");
  assert.equal(clock.timers, 0);
});

test("after the end a request is refused, and may be made again elsewhere", async () => {
  const { broker, connection } = await opened();
  broker.lose("the broker closed it");
  await assert.rejects(connection.request("Heartbeat", HEARTBEAT), {
    code: "REQUEST_NOT_SENT",
    kind: "retriable",
  });
});

test("a throttled connection waits before the next request", async () => {
  const { broker, connection, clock } = await opened();
  const first = connection.request("Heartbeat", HEARTBEAT);
  broker.answer(broker.arrived[1]!.head, "Heartbeat", { errorCode: 0, throttleTimeMs: 300 });
  await first;
  const second = connection.request("Heartbeat", HEARTBEAT);
  const third = connection.request("Heartbeat", { ...HEARTBEAT, memberId: "third" });
  await clock.advance(299);
  assert.equal(broker.arrived.length, 2);
  await clock.advance(1);
  assert.equal(broker.arrived.length, 4);
  broker.answer(broker.arrived[2]!.head, "Heartbeat", { errorCode: 0 });
  broker.answer(broker.arrived[3]!.head, "Heartbeat", { errorCode: 7 });
  assert.equal((await second).errorCode, 0);
  assert.equal((await third).errorCode, 7);
});

test("a request that is held back too long was not sent; the connection lives on", async () => {
  const { broker, connection, clock } = await opened();
  const first = connection.request("Heartbeat", HEARTBEAT);
  broker.answer(broker.arrived[1]!.head, "Heartbeat", { errorCode: 0, throttleTimeMs: 5000 });
  await first;
  const held = assert.rejects(connection.request("Heartbeat", HEARTBEAT), {
    code: "REQUEST_NOT_SENT",
    kind: "retriable",
  });
  await clock.advance(1000);
  await held;
  assert.ok(connection.isOpen);
});

test("what waits when the connection ends was not sent", async () => {
  const { broker, connection } = await opened();
  const first = connection.request("Heartbeat", HEARTBEAT);
  broker.answer(broker.arrived[1]!.head, "Heartbeat", { errorCode: 0, throttleTimeMs: 5000 });
  await first;
  const held = assert.rejects(connection.request("Heartbeat", HEARTBEAT), { code: "REQUEST_NOT_SENT" });
  broker.lose("reset");
  await held;
});

test("an answer that cannot be read ends the connection for good", async () => {
  const { broker, connection } = await opened();
  const request = assert.rejects(connection.request("Heartbeat", HEARTBEAT), {
    code: "MESSAGE_MALFORMED",
    kind: "fatal",
  });
  const { correlationId } = broker.arrived[1]!.head;
  const frame = Buffer.alloc(6);
  frame.writeInt32BE(correlationId);
  broker.deliver(frame);
  await request;
  assert.ok(broker.closed);
});

test("an answer that nobody asked for ends the connection", async () => {
  const { broker, connection } = await opened();
  const request = assert.rejects(connection.request("Heartbeat", HEARTBEAT), { code: "NOT_A_BROKER" });
  broker.deliver(Buffer.from("7777777700", "hex"));
  await request;
});

test("a body that cannot be written is refused and leaves the connection as it was", async () => {
  const { broker, connection } = await opened();
  await assert.rejects(connection.request("Heartbeat", { ...HEARTBEAT, generationId: 2 ** 40 }), {
    code: "MESSAGE_UNENCODABLE",
  });
  assert.equal(broker.arrived.length, 1);
  assert.ok(connection.isOpen);
});

test("no more than a thousand requests are under way", async () => {
  const { connection } = await opened();
  const under = Array.from({ length: 1000 }, () => connection.request("Heartbeat", HEARTBEAT));
  await assert.rejects(connection.request("Heartbeat", HEARTBEAT), {
    code: "REQUEST_NOT_SENT",
    message: /1000/,
  });
  connection.close();
  const outcomes = await Promise.allSettled(under);
  assert.ok(outcomes.every((outcome) => outcome.status === "rejected"));
});

test("a broker that falls silent or away in the handshake fails it, retriably", async () => {
  const silent = new ScriptedBroker();
  const clock = new SteppedClock();
  const opening = assert.rejects(Connection.open(silent, settings(clock)), {
    code: "HANDSHAKE_FAILED",
    kind: "retriable",
    message: /no answer within 1000 ms/,
  });
  await clock.advance(1000);
  await opening;
  const gone = new ScriptedBroker();
  gone.onRequest = () => gone.lose("the broker closed it");
  await assert.rejects(Connection.open(gone, settings(clock)), { code: "HANDSHAKE_FAILED" });
});

test("a listener that drops us after ApiVersions may want SASL: the error says so", async () => {
  const { broker, connection } = await opened();
  const request = assert.rejects(connection.request("Metadata", { topics: null }), {
    message: /needs SASL, set sasl/,
  });
  broker.lose("the broker closed it");
  await request;
});

test("authentication comes before requests, and again before the session ends", async () => {
  const broker = new ScriptedBroker();
  const clock = new SteppedClock();
  broker.onRequest = ({ head }) => {
    if (head.api === "ApiVersions") broker.answerVersions(head);
    if (head.api === "SaslAuthenticate")
      broker.answer(head, "SaslAuthenticate", {
        errorCode: 0,
        errorMessage: null,
        authBytes: Buffer.alloc(0),
      });
  };
  const authenticate: Authenticate = async (ask) => {
    await ask("SaslAuthenticate", { authBytes: Buffer.from("me") });
    return 1000;
  };
  const connection = await Connection.open(broker, settings(clock, authenticate));
  const names = () => broker.arrived.map(({ head }) => head.api);
  assert.deepEqual(names(), ["ApiVersions", "SaslAuthenticate"]);
  broker.onRequest = () => {};
  await clock.advance(850);
  const request = connection.request("Heartbeat", HEARTBEAT);
  await settled();
  assert.deepEqual(names().slice(2), ["SaslAuthenticate"]);
  const ok = { errorCode: 0, errorMessage: null, authBytes: Buffer.alloc(0) };
  broker.answer(broker.arrived[2]!.head, "SaslAuthenticate", ok);
  await settled();
  assert.deepEqual(names().slice(3), ["Heartbeat"]);
  broker.answer(broker.arrived[3]!.head, "Heartbeat", { errorCode: 0 });
  assert.equal((await request).errorCode, 0);
});

test("authentication that fails ends the connection, at the start and later", async () => {
  const broker = new ScriptedBroker();
  const clock = new SteppedClock();
  broker.onRequest = ({ head }) => broker.answerVersions(head);
  const refused = new PeridotError("AUTHENTICATION_FAILED", {
    broker: "b:1",
    mechanism: "PLAIN",
    problem: "no",
  });
  await assert.rejects(
    Connection.open(
      broker,
      settings(clock, () => Promise.reject(refused)),
    ),
    { code: "AUTHENTICATION_FAILED" },
  );
  assert.ok(broker.closed);
  let times = 0;
  const later: Authenticate = async () => {
    if (times++ > 0) throw refused;
    return 100;
  };
  const connection = await Connection.open(broker, settings(clock, later));
  await clock.advance(85);
  assert.equal(await connection.ended, refused);
});
