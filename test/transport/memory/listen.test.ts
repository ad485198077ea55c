import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { systemClock } from "../../../host/clock.ts";
import { kafkaTransport } from "../../../host/transport/kafka/kafka-transport.ts";
import {
  EmbeddedBroker,
  type EmbeddedBrokerSettings,
} from "../../../host/transport/memory/embedded-broker.ts";
import type { ListenSettings } from "../../../host/transport/memory/listen.ts";
import { selfSigned } from "../kafka/self-signed.ts";
import { batchOf, randomFrom } from "./scene.ts";

type ClientSettings = Omit<Parameters<typeof kafkaTransport>[0], "bootstrapServers">;

/** A transaction over TCP, then a fetch of it; what the consumer saw. */
async function roundTrip(
  brokerSettings: Partial<EmbeddedBrokerSettings>,
  listening: ListenSettings,
  client: ClientSettings,
): Promise<bigint> {
  const broker = new EmbeddedBroker({ clock: systemClock, random: randomFrom(2), ...brokerSettings });
  broker.createTopic("t", { partitions: 3 });
  const listener = await broker.listen(listening);
  const transport = kafkaTransport({ bootstrapServers: listener.bootstrapServers, ...client })({
    clientId: "c",
    clock: systemClock,
  });
  try {
    const producer = transport.producer({ transactionalId: "x" });
    await producer.init();
    for (let partition = 0; partition < 3; partition++) {
      // Larger than what one read from a socket brings.
      const values = [String(partition).repeat(200_000), "small"];
      producer.send({ topic: "t", partition, bytes: batchOf(values), records: 2 });
    }
    await producer.flush();
    await producer.commit();
    const consumer = transport.consumer({ isolation: "read_committed", offsetReset: "earliest" });
    consumer.assign([0, 1, 2].map((partition) => ({ topic: "t", partition })));
    const seen = new Map<number, bigint>();
    while ([...seen.values()].filter((offset) => offset >= 2n).length < 3) {
      for (const fetched of await consumer.poll(1000)) {
        seen.set(fetched.partition, fetched.nextOffset);
        fetched.release();
      }
    }
    await consumer.close();
    return [...seen.values()].reduce((sum, offset) => sum + (offset >= 2n ? 2n : 0n), 0n);
  } finally {
    await transport.close();
    await listener.close();
  }
}

const USERS = { alice: "wonder=land,1" };

suite("the embedded broker on TCP ports", () => {
  test("three brokers, each on a port of its own", async () => {
    assert.equal(await roundTrip({ brokers: 3 }, {}, {}), 6n);
  });

  test("TLS", async () => {
    const { key, cert } = selfSigned(["localhost"]);
    const tls = { ca: cert, servername: "localhost" };
    assert.equal(await roundTrip({}, { tls: { key, cert } }, { tls }), 6n);
  });

  for (const mechanism of ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] as const) {
    test(`SASL ${mechanism}: the right password, then a wrong one`, async () => {
      const sasl = { mechanism, username: "alice", password: USERS.alice };
      const listening = { sasl: { users: USERS, sessionLifetimeMs: 60_000 } };
      assert.equal(await roundTrip({}, listening, { sasl }), 6n);
      await assert.rejects(roundTrip({}, listening, { sasl: { ...sasl, password: "rabbit" } }), {
        code: "AUTHENTICATION_FAILED",
      });
      await assert.rejects(roundTrip({}, listening, { sasl: { ...sasl, username: "toString" } }), {
        code: "AUTHENTICATION_FAILED",
      });
    });
  }

  test("a mechanism that the listener does not have", async () => {
    const listening = { sasl: { users: USERS, mechanisms: ["PLAIN"] } };
    const sasl = { mechanism: "SCRAM-SHA-256", username: "alice", password: USERS.alice } as const;
    await assert.rejects(roundTrip({}, listening, { sasl }), { code: "AUTHENTICATION_FAILED" });
  });

  test("a broker that is stopped ends its connections and takes no more", async () => {
    const broker = new EmbeddedBroker({ clock: systemClock, random: randomFrom(2), brokers: 2 });
    broker.createTopic("t");
    const listener = await broker.listen();
    const transport = kafkaTransport({ bootstrapServers: listener.bootstrapServers })({
      clientId: "c",
      clock: systemClock,
    });
    const partitions = async () => (await transport.admin.describeTopics(["t"])).get("t")!.partitions;
    assert.equal(await partitions(), 1);
    broker.faults.stopBroker(0);
    assert.equal(await partitions(), 1);
    const producer = transport.producer({});
    await producer.init();
    producer.send({ topic: "t", partition: 0, bytes: batchOf(["a"]), records: 1 });
    await producer.flush();
    assert.equal(broker.read("t")[0]!.length, 1);
    await transport.close();
    await listener.close();
  });
});
