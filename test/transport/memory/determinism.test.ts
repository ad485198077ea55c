import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { EmbeddedBroker } from "../../../host/transport/memory/embedded-broker.ts";
import type { Fault } from "../../../host/transport/memory/faults.ts";
import { memoryTransport } from "../../../host/transport/memory/memory-transport.ts";
import { VirtualClock } from "../../../host/transport/memory/virtual-clock.ts";
import { batchOf, randomFrom } from "./scene.ts";

/** Transactions under random latencies, delays, lost answers and leader moves; everything that came of it. */
async function run(seed: number): Promise<readonly string[]> {
  const clock = new VirtualClock();
  const random = randomFrom(seed);
  const latencyMs = () => Math.floor(random() * 20);
  const broker = new EmbeddedBroker({ clock, random, brokers: 3, latencyMs });
  broker.createTopic("t", { partitions: 3 });
  const trace: string[] = [];
  broker.faults.delayMarkers(() => Math.floor(random() * 100));
  broker.faults.onRequest = ({ api, node }): Fault => {
    trace.push(`${clock.now()} ${api} ${node}`);
    if (random() < 0.02) return { kind: "delay", requestMs: 50, responseMs: 50 };
    if (random() < 0.02) return { kind: "cut", carriedOut: random() < 0.5 };
    return { kind: "deliver" };
  };
  const write = async () => {
    const transport = memoryTransport(broker, { random })({ clientId: "c", clock });
    const producer = transport.producer({ transactionalId: "x" });
    for (let round = 0; round < 20; round++) {
      try {
        if (round % 5 === 0) await producer.init();
        for (let partition = 0; partition < 3; partition++) {
          producer.send({ topic: "t", partition, bytes: batchOf([`${round}`]), records: 1 });
        }
        await producer.flush();
        await producer.commit();
      } catch (error) {
        trace.push(String(error));
        await producer.init();
      }
      if (random() < 0.2) broker.faults.moveLeader("t", Math.floor(random() * 3));
    }
    await transport.close();
  };
  await clock.runFor(write());
  for (const { log } of broker.cluster.partitions()) {
    for (const batch of log.batches(log.endOffset)) trace.push(batch.toString("hex"));
  }
  return trace;
}

suite("determinism", () => {
  for (const seed of [1, 2, 3]) {
    test(`seed ${seed} gives the same requests at the same times, and the same log`, async () => {
      const first = await run(seed);
      assert.deepEqual(await run(seed), first);
      assert.ok(first.length > 200);
    });
  }
});
