import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, suite, test } from "node:test";
import { type Cluster, clusterMissing, startCluster } from "../../../bench/cluster/cluster.ts";
import { USERS } from "../../../bench/cluster/properties.ts";
import { sleep, systemClock } from "../../../host/clock.ts";
import type { SaslSettings } from "../../../host/transport/kafka/sasl/authentication.ts";
import {
  type LibrdkafkaSettings,
  librdkafkaTransport,
} from "../../../host/transport/librdkafka/librdkafka-transport.ts";
import type { Transport } from "../../../host/transport/port.ts";
import { batchOf, readValues, refusalOf } from "../../conformance/transport/harness.ts";
import { librdkafkaMissing } from "./addon.ts";

/** TLS and SASL reach librdkafka as they reach our own client, by the same options. */
const SESSION_MS = 2_000;
const options = {
  brokers: 1,
  listeners: ["SASL_PLAINTEXT", "SSL", "SASL_SSL"],
  props: { "connections.max.reauth.ms": String(SESSION_MS) },
} as const;

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

suite("librdkafka, secured", { skip: librdkafkaMissing() ?? clusterMissing(options) ?? false }, () => {
  let cluster: Cluster;
  let ca: Buffer;
  before(async () => {
    cluster = await startCluster(options);
    ca = readFileSync(cluster.certificateFile!);
    await cluster.tools.scramUser("scram", "scram-secret");
  });
  after(() => cluster?.stop());

  async function writesAndReads(topic: string, settings: LibrdkafkaSettings): Promise<void> {
    const transport = librdkafkaTransport(settings)({ clientId: "secured", clock: systemClock });
    try {
      await transport.admin.createTopics([{ topic, partitions: 1, replicationFactor: 1, configs: {} }]);
      await goesThereAndBack(transport, topic);
    } finally {
      await transport.close();
    }
  }

  for (const sasl of WAYS)
    for (const listener of ["SASL_PLAINTEXT", "SASL_SSL"] as const)
      test(`${sasl.mechanism} over ${listener}, longer than a session lasts`, async () => {
        const tls = listener === "SASL_SSL" ? { ca } : undefined;
        const bootstrapServers = cluster.addressesOf(listener);
        await writesAndReads(`secured-${sasl.mechanism}-${listener}`, { bootstrapServers, sasl, tls });
      });

  test("TLS alone", () =>
    writesAndReads("secured-tls", { bootstrapServers: cluster.addressesOf("SSL"), tls: { ca } }));

  test("a wrong password is refused as by our own client", async () => {
    const sasl = { ...WAYS[0]!, password: "wrong" } as SaslSettings;
    const bootstrapServers = cluster.addressesOf("SASL_PLAINTEXT");
    const transport = librdkafkaTransport({ bootstrapServers, sasl })({
      clientId: "secured",
      clock: systemClock,
    });
    assert.equal((await refusalOf(transport.producer({}).init())).code, "AUTHENTICATION_FAILED");
    await transport.close();
  });
});

/** Two transactions, with a session of the brokers' between them. */
async function goesThereAndBack(transport: Transport, topic: string): Promise<void> {
  const producer = transport.producer({ transactionalId: topic });
  await producer.init();
  const consumer = transport.consumer({ isolation: "read_committed", offsetReset: "earliest" });
  consumer.assign([{ topic, partition: 0 }]);
  for (const value of ["early", "late"]) {
    producer.send(batchOf(topic, 0, [value]));
    await producer.flush();
    await producer.commit();
    assert.deepEqual((await readValues(consumer, 1)).get(0), [value]);
    if (value === "early") await sleep(systemClock, 1.5 * SESSION_MS);
  }
}
