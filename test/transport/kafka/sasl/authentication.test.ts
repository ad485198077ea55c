import assert from "node:assert/strict";
import { test } from "node:test";
import { Connection } from "../../../../host/transport/kafka/connection.ts";
import type { ReceivedRequest, ResponseToSend } from "../../../../host/transport/kafka/protocol/api.ts";
import { authentication, type SaslSettings } from "../../../../host/transport/kafka/sasl/authentication.ts";
import { ScriptedBroker, SteppedClock } from "../scripted-broker.ts";
import { scramServer } from "./scram-server.ts";

type Answer = ResponseToSend<"SaslAuthenticate">;

/** Connects to a broker that offers `mechanisms` and answers each SASL message with `reply`. */
async function connect(
  sasl: SaslSettings,
  mechanisms: readonly string[],
  reply: (bytes: Buffer, message: number) => Partial<Answer>,
  clock = new SteppedClock(),
) {
  const broker = new ScriptedBroker();
  let messages = 0;
  broker.onRequest = ({ head, body }) => {
    if (head.api === "ApiVersions") broker.answerVersions(head);
    if (head.api === "SaslHandshake") {
      const known = mechanisms.includes((body as ReceivedRequest<"SaslHandshake">).mechanism);
      broker.answer(head, "SaslHandshake", { errorCode: known ? 0 : 33, mechanisms });
    }
    if (head.api === "SaslAuthenticate") {
      const { authBytes } = body as ReceivedRequest<"SaslAuthenticate">;
      const answer = {
        errorCode: 0,
        errorMessage: null,
        authBytes: Buffer.alloc(0),
        ...reply(authBytes, messages++),
      };
      broker.answer(head, "SaslAuthenticate", answer);
    }
  };
  const authenticate = authentication(sasl, { broker: "b:1", clock, timeoutMs: 500, nonce: () => "nonce" });
  const settings = { broker: "b:1", clientId: "c", clock, requestTimeoutMs: 1000, authenticate };
  return { broker, opening: Connection.open(broker, settings), clock };
}

const PLAIN: SaslSettings = { mechanism: "PLAIN", username: "me", password: "secret" };
const FAILED = { errorCode: 58, errorMessage: "Authentication failed: Invalid username or password" };

test("PLAIN", async () => {
  const { opening } = await connect(PLAIN, ["PLAIN"], (bytes) =>
    bytes.toString() === "\0me\0secret" ? {} : FAILED,
  );
  assert.ok((await opening).isOpen);
});

test("a wrong password: fatal, with the broker's words and the remedy", async () => {
  const { opening, broker } = await connect(PLAIN, ["PLAIN"], () => FAILED);
  await assert.rejects(opening, {
    code: "AUTHENTICATION_FAILED",
    kind: "fatal",
    message: /SASL PLAIN.*Invalid username or password.*Check user name and password/,
  });
  assert.ok(broker.closed);
});

test("a mechanism that the broker does not have: the error names those that it has", async () => {
  const { opening } = await connect(PLAIN, ["SCRAM-SHA-256", "OAUTHBEARER"], () => ({}));
  await assert.rejects(opening, { message: /SCRAM-SHA-256, OAUTHBEARER.*Set sasl\.mechanism/ });
});

test("a listener without SASL", async () => {
  const broker = new ScriptedBroker();
  broker.onRequest = ({ head }) => {
    if (head.api === "ApiVersions") broker.answerVersions(head);
    else broker.answer(head, "SaslHandshake", { errorCode: 34, mechanisms: [] });
  };
  const clock = new SteppedClock();
  const authenticate = authentication(PLAIN, { broker: "b:1", clock, timeoutMs: 500 });
  const settings = { broker: "b:1", clientId: "c", clock, requestTimeoutMs: 1000, authenticate };
  await assert.rejects(Connection.open(broker, settings), { message: /ILLEGAL_SASL_STATE.*leave sasl out/ });
});

for (const [mechanism, hash] of [
  ["SCRAM-SHA-256", "sha256"],
  ["SCRAM-SHA-512", "sha512"],
] as const) {
  const sasl: SaslSettings = { mechanism, username: "me", password: "secret" };

  test(`${mechanism}, and the session's lifetime`, async () => {
    const server = scramServer(hash, "secret", Buffer.from("salt"), 4096, "theirs");
    const { opening, broker, clock } = await connect(sasl, [mechanism], (bytes, message) =>
      message % 2 === 0
        ? { authBytes: server.challenge(bytes) }
        : { authBytes: server.verify(bytes)!, sessionLifetimeMs: 10_000n },
    );
    const connection = await opening;
    assert.equal(broker.arrived.length, 4);
    await clock.advance(8500);
    while (broker.arrived.length < 7) await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(
      broker.arrived.slice(4).map(({ head }) => head.api),
      ["SaslHandshake", "SaslAuthenticate", "SaslAuthenticate"],
    );
    assert.ok(connection.isOpen);
    connection.close();
  });

  test(`${mechanism}: a server that cannot prove itself is not trusted`, async () => {
    const server = scramServer(hash, "another", Buffer.from("salt"), 4096, "theirs");
    const { opening } = await connect(sasl, [mechanism], (bytes, message) =>
      message === 0 ? { authBytes: server.challenge(bytes) } : { authBytes: Buffer.from("v=AAAA") },
    );
    await assert.rejects(opening, { code: "AUTHENTICATION_FAILED", message: /could not prove/ });
  });
}

const bearer = (extensions?: Record<string, string>): SaslSettings => ({
  mechanism: "OAUTHBEARER",
  token: async () => ({ value: "abc.def.ghi", extensions }),
});

test("OAUTHBEARER, with extensions", async () => {
  let said = "";
  const { opening } = await connect(
    bearer({ logicalCluster: "lkc-1", pool: "p" }),
    ["OAUTHBEARER"],
    (bytes) => {
      said = bytes.toString();
      return {};
    },
  );
  await opening;
  assert.equal(said, "n,,\x01auth=Bearer abc.def.ghi\x01logicalCluster=lkc-1\x01pool=p\x01\x01");
});

test("OAUTHBEARER: a token that the broker refuses, with and without the last word", async () => {
  const refusal = Buffer.from('{"status":"invalid_token"}');
  for (const last of [FAILED, {}]) {
    const { opening, broker } = await connect(bearer(), ["OAUTHBEARER"], (_, message) =>
      message === 0 ? { authBytes: refusal } : last,
    );
    const says = last === FAILED ? /Authentication failed/ : /invalid_token/;
    await assert.rejects(opening, { code: "AUTHENTICATION_FAILED", message: says });
    const [, , , second] = broker.arrived;
    assert.deepEqual((second!.body as ReceivedRequest<"SaslAuthenticate">).authBytes, Buffer.from([1]));
  }
});

test("OAUTHBEARER: a provider that fails or hangs is retriable; a token that is none is not", async () => {
  const failing: SaslSettings = {
    mechanism: "OAUTHBEARER",
    token: () => Promise.reject(new TypeError("no route")),
  };
  await assert.rejects((await connect(failing, ["OAUTHBEARER"], () => ({}))).opening, {
    code: "HANDSHAKE_FAILED",
    kind: "retriable",
    message: /no token came: no route/,
  });
  const hanging: SaslSettings = { mechanism: "OAUTHBEARER", token: () => new Promise(() => {}) };
  const { opening, clock } = await connect(hanging, ["OAUTHBEARER"], () => ({}));
  const refused = assert.rejects(opening, {
    code: "HANDSHAKE_FAILED",
    message: /no token came within 500 ms/,
  });
  await new Promise((resolve) => setImmediate(resolve));
  await clock.advance(500);
  await refused;
  const empty: SaslSettings = { mechanism: "OAUTHBEARER", token: async () => ({ value: "a b" }) };
  await assert.rejects((await connect(empty, ["OAUTHBEARER"], () => ({}))).opening, {
    code: "CONFIG_INVALID",
  });
  for (const name of ["auth", "two words"])
    await assert.rejects((await connect(bearer({ [name]: "x" }), ["OAUTHBEARER"], () => ({}))).opening, {
      code: "CONFIG_INVALID",
    });
});
