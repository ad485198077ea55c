import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { systemClock } from "../../../host/clock.ts";
import { EmbeddedBroker } from "../../../host/transport/memory/embedded-broker.ts";
import { memoryTransport } from "../../../host/transport/memory/memory-transport.ts";
import { VirtualClock } from "../../../host/transport/memory/virtual-clock.ts";
import { batchOf, randomFrom } from "./scene.ts";

const RELEASES = ["3.0", "3.7", "3.9", "4.0", "4.3"] as const;

suite("the real client on the embedded broker", () => {
  for (const release of RELEASES) {
    for (const brokers of [1, 3]) {
      test(`transactions, release ${release}, brokers ${brokers}`, async () => {
        const clock = new VirtualClock();
        const broker = new EmbeddedBroker({ clock, random: randomFrom(7), release, brokers });
        broker.faults.delayMarkers(() => 15);
        const run = async () => {
          const transport = memoryTransport(broker)({ clientId: "c", clock });
          await transport.admin.createTopics([
            { topic: "out", partitions: 3, replicationFactor: -1, configs: {} },
          ]);
          const producer = transport.producer({ transactionalId: "tx", transactionTimeoutMs: 10_000 });
          await producer.init();
          for (let round = 0; round < 6; round++) {
            for (let partition = 0; partition < 3; partition++) {
              const values = [`${round}a`, `${round}b`];
              producer.send({ topic: "out", partition, bytes: batchOf(values), records: 2 });
              producer.send({ topic: "out", partition, bytes: batchOf([`${round}c`]), records: 1 });
            }
            await producer.flush();
            const member = { groupId: "g", generation: -1, memberId: "", instanceId: undefined };
            await producer.sendOffsets(
              [{ topic: "out", partition: 0, offset: BigInt(round), metadata: `m${round}` }],
              member,
            );
            if (round % 3 === 2) await producer.abort();
            else await producer.commit();
          }
          await producer.close();
          await transport.close();
        };
        await clock.runFor(run());
        await clock.advance(100);
        const expected = [0, 1, 3, 4].flatMap((round) => [`${round}a`, `${round}b`, `${round}c`]);
        for (const records of broker.read("out")) {
          assert.deepEqual(
            records.map(({ value }) => value!.toString()),
            expected,
          );
        }
        assert.equal(broker.committedOffsets("g").get("out-0")?.offset, 4n);
        assert.equal(broker.committedOffsets("g").get("out-0")?.metadata, "m4");
      });
    }
  }

  test("a consumer reads what is committed, in order, on the machine's clock", async () => {
    const broker = new EmbeddedBroker({ clock: systemClock, random: randomFrom(3) });
    broker.createTopic("in", { partitions: 2 });
    const expected = [0, 1].map((partition) =>
      Array.from({ length: 50 }, (_, index) => {
        broker.append("in", partition, [{ value: `${partition}-${index}` }]);
        return `${partition}-${index}`;
      }),
    );
    const transport = memoryTransport(broker)({ clientId: "c", clock: systemClock });
    const consumer = transport.consumer({ isolation: "read_committed", offsetReset: "earliest" });
    consumer.assign([
      { topic: "in", partition: 0 },
      { topic: "in", partition: 1 },
    ]);
    const next = [0n, 0n];
    while (next.some((offset) => offset < 50n)) {
      for (const fetched of await consumer.poll(1000)) {
        assert.ok(fetched.nextOffset >= next[fetched.partition]!);
        next[fetched.partition] = fetched.nextOffset;
        fetched.release();
      }
    }
    await consumer.close();
    await transport.close();
    assert.deepEqual(
      broker.read("in").map((records) => records.map(({ value }) => value!.toString())),
      expected,
    );
  });
});
