import assert from "node:assert/strict";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { after, test } from "node:test";
import { createServer as createTlsServer } from "node:tls";
import { systemClock } from "../../../host/clock.ts";
import { PeridotError } from "../../../host/errors.ts";
import type { Dialer } from "../../../host/transport/kafka/channel.ts";
import type { Connection } from "../../../host/transport/kafka/connection.ts";
import type { ReceivedRequest } from "../../../host/transport/kafka/protocol/api.ts";
import { decodeRequest, encodeResponse } from "../../../host/transport/kafka/protocol/codec.ts";
import { decodeRequestHeader, encodeResponseHeader } from "../../../host/transport/kafka/protocol/headers.ts";
import { type TcpDialerSettings, tcpDialer } from "../../../host/transport/kafka/tcp-dialer.ts";
import { allApiKeys } from "./scripted-broker.ts";
import { selfSigned } from "./self-signed.ts";

const servers: Server[] = [];
after(() => {
  for (const server of servers) server.close();
});

const certificate = selfSigned(["localhost"]);

/** Listens on a free port; every socket is destroyed with the server. */
async function listen(server: Server, host = "127.0.0.1"): Promise<number> {
  servers.push(server.unref());
  server.on("connection", (socket: Socket) => socket.unref());
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  return (server.address() as AddressInfo).port;
}

/** Answers as a broker would, in pieces of at most `chunkBytes`. Fetch: `fetchBytes` bytes of records. */
function serve(socket: Socket, { chunkBytes = Infinity, fetchBytes = 0 } = {}): void {
  let bytes = Buffer.alloc(0);
  socket.on("error", () => {});
  socket.on("data", (more: Buffer) => {
    bytes = Buffer.concat([bytes, more]);
    while (bytes.length >= 4 && bytes.length >= 4 + bytes.readInt32BE()) {
      const end = 4 + bytes.readInt32BE();
      const frame = respond(bytes.subarray(4, end), fetchBytes);
      bytes = bytes.subarray(end);
      for (let at = 0; at < frame.length; at += chunkBytes) socket.write(frame.subarray(at, at + chunkBytes));
    }
  });
}

function respond(frame: Buffer, fetchBytes: number): Buffer {
  const { api, version, correlationId, bodyAt } = decodeRequestHeader(frame);
  const request = decodeRequest(api, version, frame, bodyAt);
  const body =
    api === "ApiVersions"
      ? encodeResponse(api, version, { errorCode: 0, apiKeys: allApiKeys() })
      : api === "Fetch"
        ? encodeResponse(api, version, fetched(fetchBytes))
        : encodeResponse("Produce", version, stored(request as ReceivedRequest<"Produce">));
  const pieces = [...encodeResponseHeader(api, version, correlationId), ...body];
  const size = Buffer.alloc(4);
  size.writeInt32BE(pieces.reduce((sum, piece) => sum + piece.length, 0));
  return Buffer.concat([size, ...pieces]);
}

function fetched(bytes: number) {
  const records = Buffer.alloc(bytes, "0123456789");
  const partition = {
    partitionIndex: 0,
    errorCode: 0,
    highWatermark: 0n,
    abortedTransactions: null,
    records,
  };
  return { responses: [{ partitions: [partition] }] };
}

/** Says in `baseOffset` how many of the bytes arrived as they were sent. */
function stored(request: ReceivedRequest<"Produce">) {
  const expected = Buffer.alloc(900_000, "0123456789");
  const partitionResponses = request.topicData[0]!.partitionData.map(({ index, records }) => ({
    index,
    errorCode: 0,
    baseOffset: records!.equals(expected) ? BigInt(records!.length) : -1n,
  }));
  return { responses: [{ partitionResponses }] };
}

function dialer(more: Partial<TcpDialerSettings> = {}): Dialer<Connection> {
  return tcpDialer({ clientId: "test", clock: systemClock, connectTimeoutMs: 2000, ...more });
}

const FETCH = { maxWaitMs: 0, minBytes: 1, topics: [], forgottenTopicsData: [] };
const HEARTBEAT = { groupId: "g", generationId: 1, memberId: "m" };

for (const [what, chunkBytes, fetchBytes] of [
  ["small answers", Infinity, 100],
  ["answers byte by byte", 1, 100],
  ["answers of several MB", Infinity, 3_000_000],
  ["answers of several MB in odd pieces", 60_013, 3_000_000],
  ["an answer as large as the scratch buffer", Infinity, 65_536],
] as const) {
  test(`over TCP: ${what}`, async () => {
    const port = await listen(createServer((socket) => serve(socket, { chunkBytes, fetchBytes })));
    const connection = await dialer().dial("127.0.0.1", port);
    for (let round = 0; round < 3; round++) {
      const asked = [1, 2, 3].map(() => connection.exchange("Fetch", FETCH));
      for (const answer of await Promise.all(asked)) {
        const { records } = answer.response.responses[0]!.partitions[0]!;
        assert.ok(records!.equals(Buffer.alloc(fetchBytes, "0123456789")));
        answer.release();
      }
    }
    connection.close();
  });
}

test("over TLS, with the certificate's authority given", async () => {
  const port = await listen(
    createTlsServer(certificate, (socket) => serve(socket, { fetchBytes: 1_000_000 })),
  );
  const connection = await dialer({ tls: { ca: certificate.cert } }).dial("localhost", port);
  const { response } = await connection.exchange("Fetch", FETCH);
  assert.equal(response.responses[0]!.partitions[0]!.records!.length, 1_000_000);
  connection.close();
});

test("large requests arrive whole, over TCP and TLS", async () => {
  const records = Buffer.alloc(900_000, "0123456789");
  const partitionData = [0, 1, 2].map((index) => ({ index, records }));
  const produce = { acks: -1, timeoutMs: 1, topicData: [{ partitionData }] };
  for (const tls of [undefined, { ca: certificate.cert }]) {
    const server = tls === undefined ? createServer(serve) : createTlsServer(certificate, serve);
    const connection = await dialer({ tls }).dial("localhost", await listen(server, "localhost"));
    const { response } = await connection.exchange("Produce", produce);
    const stored = response.responses[0]!.partitionResponses.map(({ baseOffset }) => baseOffset);
    assert.deepEqual(stored, [900_000n, 900_000n, 900_000n]);
    connection.close();
  }
});

test("the other side closes while a request is under way: outcome unknown", async () => {
  const port = await listen(
    createServer((socket) => {
      let _requests = 0;
      socket.once("data", (first) => {
        _requests++;
        socket.write(respond(first.subarray(4), 0));
        socket.once("data", () => socket.end());
      });
    }),
  );
  const connection = await dialer().dial("127.0.0.1", port);
  await assert.rejects(connection.request("Heartbeat", HEARTBEAT), {
    code: "REQUEST_UNANSWERED",
    kind: "unknown",
  });
  assert.equal((await connection.ended).code, "CONNECTION_LOST");
});

/** Dialling fails with this code, and its text has both the cause and the remedy. */
async function refused(
  port: number,
  code: string,
  says: RegExp,
  more: Partial<TcpDialerSettings> = {},
  host = "127.0.0.1",
): Promise<void> {
  await assert.rejects(dialer({ connectTimeoutMs: 400, ...more }).dial(host, port), (error: unknown) => {
    assert.ok(error instanceof PeridotError);
    assert.equal(error.code, code, error.message);
    assert.match(error.message, says);
    assert.doesNotMatch(error.message, /\{\w+\}/);
    return true;
  });
}

test("nobody listens", async () => {
  const server = createServer();
  const port = await listen(server);
  await new Promise((resolve) => server.close(resolve));
  await refused(port, "BROKER_UNREACHABLE", /refused.*Check the port/);
});

test("an unknown host", async () => {
  await refused(
    9092,
    "BROKER_UNREACHABLE",
    /not known.*bootstrapServers/,
    { connectTimeoutMs: 5000 },
    "no.such.host.invalid",
  );
});

test("a host that never answers", async () => {
  const clock = {
    now: () => 0,
    timer(_: number, fire: () => void) {
      queueMicrotask(fire);
      return { cancel: () => {} };
    },
  };
  await refused(9, "BROKER_UNREACHABLE", /no answer within 400 ms.*firewalls/, { clock });
});

test("TLS to a plain port that closes", async () => {
  const port = await listen(createServer((socket) => socket.on("data", () => socket.destroy())));
  await refused(port, "HANDSHAKE_FAILED", /closed the connection during the TLS handshake.*leave tls out/, {
    tls: true,
  });
});

test("TLS to a plain port that answers", async () => {
  const port = await listen(
    createServer((socket) => socket.on("error", () => {}).once("data", () => socket.write("nonsense"))),
  );
  await refused(port, "TLS_REFUSED", /does not speak TLS.*leave tls out/i, { tls: true });
});

test("TLS to a plain port that stays silent", async () => {
  const port = await listen(createServer());
  await refused(port, "HANDSHAKE_FAILED", /not finished within 400 ms.*leave tls out/, { tls: true });
});

test("no TLS to a TLS port", async () => {
  const server = createTlsServer(certificate).on("tlsClientError", () => {});
  await refused(await listen(server), "HANDSHAKE_FAILED", /when it uses TLS, set tls/);
});

test("no TLS to a TLS port that answers with an alert", async () => {
  const alert = Buffer.from("15030300020250", "hex");
  const port = await listen(
    createServer((socket) => socket.on("error", () => {}).on("data", () => socket.end(alert))),
  );
  await refused(port, "NOT_A_BROKER", /speaks TLS, and we do not.*Set tls/);
});

test("no TLS to a TLS port that only closes", async () => {
  const port = await listen(createServer((socket) => socket.on("data", () => socket.end())));
  await refused(port, "HANDSHAKE_FAILED", /closed it.*when it uses TLS, set tls/);
});

test("a certificate that nobody signed for us", async () => {
  const port = await listen(createTlsServer(certificate).on("tlsClientError", () => {}));
  await refused(port, "TLS_REFUSED", /signed by nobody whom we trust.*tls\.ca/, { tls: true }, "localhost");
});

test("a certificate for another host", async () => {
  const other = selfSigned(["other.example"]);
  const port = await listen(createTlsServer(other).on("tlsClientError", () => {}));
  await refused(
    port,
    "TLS_REFUSED",
    /other\.example.*tls\.servername/,
    { tls: { ca: other.cert } },
    "localhost",
  );
});

test("a certificate that has expired", async () => {
  const old = selfSigned(["localhost"], 0.5);
  const port = await listen(createTlsServer(old).on("tlsClientError", () => {}));
  await refused(port, "TLS_REFUSED", /not valid now.*Renew/, { tls: { ca: old.cert } }, "localhost");
});

test("a listener that wants a client certificate", async () => {
  const server = createTlsServer({ ...certificate, requestCert: true, rejectUnauthorized: true });
  const port = await listen(server.on("tlsClientError", () => {}));
  await refused(
    port,
    "TLS_REFUSED",
    /refused our side of TLS.*tls\.cert/,
    { tls: { ca: certificate.cert } },
    "localhost",
  );
});

test("something else answers: HTTP, or a greeting", async () => {
  for (const greeting of ["HTTP/1.1 400 Bad Request\r\n\r\n", "SSH-2.0-OpenSSH\r\n"]) {
    const answering = createServer((socket) =>
      socket.on("error", () => {}).once("data", () => socket.write(greeting)),
    );
    await refused(await listen(answering), "NOT_A_BROKER", /begins with .*Check the host and port/);
    const greeter = createServer((socket) => void socket.on("error", () => {}).write(greeting));
    await refused(await listen(greeter), "NOT_A_BROKER", /begins with/);
  }
});

test("an echo is not a broker", async () => {
  const port = await listen(createServer((socket) => socket.pipe(socket)));
  await refused(port, "NOT_A_BROKER", /was not made.*Check the host and port/);
});

test("a port that stays silent", async () => {
  const port = await listen(createServer());
  await refused(port, "HANDSHAKE_FAILED", /no answer within 400 ms.*Kafka listener/);
});
