import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, suite, test } from "node:test";
import { type Cluster, clusterMissing, startCluster } from "../../bench/cluster/cluster.ts";
import { USERS } from "../../bench/cluster/properties.ts";
import { sleep, systemClock } from "../../host/clock.ts";
import { compressBatch, decompressBatches } from "../../host/transport/kafka/compression/compress-batches.ts";
import type { Connection } from "../../host/transport/kafka/connection.ts";
import { filterCommitted } from "../../host/transport/kafka/filter-committed.ts";
import type { SaslSettings } from "../../host/transport/kafka/sasl/authentication.ts";
import { type TcpDialerSettings, tcpDialer } from "../../host/transport/kafka/tcp-dialer.ts";
import { bytesOf } from "../transport/kafka/golden-batches.ts";

/** The wire against a broker of Kafka's own: what scripted brokers in test/transport/kafka/ cannot vouch for. */
const SESSION_MS = 2000;
const options = {
  brokers: 1,
  listeners: ["SASL_PLAINTEXT", "SSL", "SASL_SSL"],
  props: { "connections.max.reauth.ms": String(SESSION_MS) },
} as const;
const COMPRESSIONS = ["none", "gzip", "snappy", "lz4", "zstd"] as const;

function dial(address: string, more: Partial<TcpDialerSettings> = {}): Promise<Connection> {
  const [host, port] = address.split(":");
  return tcpDialer({ clientId: "wire", clock: systemClock, ...more }).dial(host!, Number(port));
}

/** A token without signature, which the test cluster accepts. */
async function token() {
  const base64 = (part: object) => Buffer.from(JSON.stringify(part)).toString("base64url");
  const iat = Math.floor(Date.now() / 1000);
  return { value: `${base64({ alg: "none" })}.${base64({ sub: "admin", iat, exp: iat + 600 })}.` };
}

const WAYS: readonly SaslSettings[] = [
  { mechanism: "PLAIN", username: "peridot", password: USERS.peridot },
  { mechanism: "SCRAM-SHA-256", username: "scram", password: "scram-secret" },
  { mechanism: "SCRAM-SHA-512", username: "scram", password: "scram-secret" },
  { mechanism: "OAUTHBEARER", token },
];

suite("the wire on a real broker", { skip: clusterMissing(options) ?? false }, () => {
  let cluster: Cluster;
  let ca: Buffer;
  before(async () => {
    cluster = await startCluster(options);
    ca = readFileSync(cluster.certificateFile!);
    await cluster.tools.scramUser("scram", "scram-secret");
  });
  after(() => cluster?.stop());

  for (const sasl of WAYS) {
    test(`${sasl.mechanism}, with and without TLS, longer than a session lasts`, async () => {
      const connections = [
        await dial(cluster.addressesOf("SASL_PLAINTEXT"), { sasl }),
        await dial(cluster.addressesOf("SASL_SSL"), { sasl, tls: { ca } }),
      ];
      for (let waited = 0; waited < 2 * SESSION_MS; waited += SESSION_MS / 10) {
        for (const connection of connections) {
          const { brokers } = await connection.request("Metadata", { topics: null });
          assert.equal(brokers.length, 1);
        }
        await sleep(systemClock, SESSION_MS / 10);
      }
      for (const connection of connections) connection.close();
    });
  }

  test("a wrong password by each mechanism", async () => {
    for (const sasl of WAYS.filter((way) => "password" in way)) {
      const wrong = { ...sasl, password: "wrong" };
      await assert.rejects(dial(cluster.addressesOf("SASL_PLAINTEXT"), { sasl: wrong }), {
        code: "AUTHENTICATION_FAILED",
      });
    }
  });

  test("every compression goes there and back", async () => {
    await cluster.tools.createTopic("wire-compressed", COMPRESSIONS.length, 1);
    const connection = await dial(cluster.addressesOf("SSL"), { tls: { ca } });
    const { topics } = await connection.request("Metadata", { topics: [{ name: "wire-compressed" }] });
    const topic = { name: "wire-compressed", topic: "wire-compressed", topicId: topics[0]!.topicId };
    const batch = bytesOf("none/500 records");
    batch.writeBigInt64BE(0n);
    const partitionData = COMPRESSIONS.map((compression, index) => ({
      index,
      records: compressBatch(batch, compression),
    }));
    const produced = await connection.request("Produce", {
      acks: -1,
      timeoutMs: 30_000,
      topicData: [{ ...topic, partitionData }],
    });
    for (const { errorCode, index } of produced.responses[0]!.partitionResponses)
      assert.equal(errorCode, 0, COMPRESSIONS[index]);
    const partitions = COMPRESSIONS.map((_, partition) => ({
      partition,
      fetchOffset: 0n,
      partitionMaxBytes: 1 << 20,
    }));
    const fetched = await connection.request("Fetch", {
      maxWaitMs: 1000,
      minBytes: 1,
      isolationLevel: 1,
      topics: [{ ...topic, partitions }],
      forgottenTopicsData: [],
    });
    for (const { partitionIndex, records, abortedTransactions } of fetched.responses[0]!.partitions) {
      const compression = COMPRESSIONS[partitionIndex]!;
      const { nextOffset, compressed } = filterCommitted(records!, abortedTransactions);
      assert.equal(nextOffset, 500n, compression);
      assert.equal(compressed, compression !== "none");
      assert.deepEqual(decompressBatches(records!, 1 << 20).subarray(61), batch.subarray(61), compression);
    }
    connection.close();
  });
});

const old = { brokers: 1, kafkaVersion: "3.0.2" } as const;

test("Kafka 3.0: versions are agreed on", { skip: clusterMissing(old) ?? false }, async () => {
  const cluster = await startCluster(old);
  try {
    const connection = await dial(cluster.bootstrap);
    assert.equal(connection.versionOf("Fetch"), 12);
    assert.equal(connection.versionOf("ApiVersions"), 3);
    assert.throws(() => connection.versionOf("ConsumerGroupHeartbeat"), { code: "BROKER_TOO_OLD" });
    const { brokers } = await connection.request("Metadata", { topics: null });
    assert.equal(brokers.length, 1);
    connection.close();
  } finally {
    await cluster.stop();
  }
});
