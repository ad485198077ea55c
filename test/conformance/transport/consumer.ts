import assert from "node:assert/strict";
import type { FetchedRecords } from "../../../host/transport/port.ts";
import {
  type Bench,
  batchOf,
  conformanceCase,
  numbers,
  pollSome,
  readValues,
  refusalOf,
  type TransportUnderTest,
  valuesOf,
} from "./harness.ts";

export function consumerConformance(under: TransportUnderTest): void {
  conformanceCase(
    under,
    "consumer: nextOffset is what to go on at, and fromOffset hides what was read before",
    async (bench) => {
      const topic = await written(bench, 1, 10);
      const consumer = bench.consumer(topic);
      consumer.assign([{ topic, partition: 0, offset: 3n }]);
      const [fetched] = await pollSome(consumer);
      assert.equal(fetched!.fromOffset, 3n);
      assert.equal(fetched!.endOffset, 10n);
      assert.deepEqual(valuesOf(fetched!).slice(0, 2), ["3", "4"]);
      assert.equal(fetched!.nextOffset, 3n + BigInt(valuesOf(fetched!).length));
    },
  );

  conformanceCase(under, "consumer: offsets only rise, and every record comes once", async (bench) => {
    const topic = await written(bench, 3, 3_000);
    const consumer = bench.consumer(topic, 3, { partitionBytesMax: 4_000, fetchBytesMax: 10_000 });
    const next = new Map<number, bigint>();
    for (let left = 9_000; left > 0; )
      for (const fetched of await consumer.poll(500)) {
        assert.equal(fetched.fromOffset, next.get(fetched.partition) ?? 0n);
        next.set(fetched.partition, fetched.nextOffset);
        left -= valuesOf(fetched).length;
        fetched.release();
      }
    assert.deepEqual([...next.values()], [3_000n, 3_000n, 3_000n]);
  });

  conformanceCase(under, "consumer: it tells once of a partition that has nothing", async (bench) => {
    const topic = await written(bench, 1, 5);
    const silent = bench.consumer(topic, 1, { offsetReset: "latest" });
    assert.deepEqual(await silent.poll(300), []);
    const consumer = bench.consumer(topic, 1, { offsetReset: "latest", tellsEnds: true });
    for (let times = 0; times < 2; times++) {
      const [told] = await pollSome(consumer);
      assert.equal(told!.records.length, 0);
      assert.deepEqual([told!.fromOffset, told!.nextOffset, told!.endOffset], [5n, 5n, 5n]);
      told!.release();
      assert.deepEqual(await consumer.poll(300), []);
      consumer.assign([{ topic, partition: 0 }]); // it goes on where it was
    }
  });

  conformanceCase(
    under,
    "consumer: what is held of one partition does not keep others from coming",
    async (bench) => {
      const topic = await written(bench, 2, 2_000);
      const consumer = bench.consumer(topic, 2, {
        partitionBytesMax: 2_000,
        fetchBytesMax: 2_000,
        bufferedBytesMax: 1,
      });
      const seen = new Set<number>();
      while (seen.size < 2) for (const { partition } of await consumer.poll(500)) seen.add(partition); // none is released
    },
  );

  conformanceCase(under, "consumer: it starts where offsetReset says", async (bench) => {
    const topic = await written(bench, 1, 5);
    const latest = bench.consumer(topic, 1, { offsetReset: "latest" });
    assert.deepEqual(await latest.poll(300), []);
    const producer = await bench.producer();
    producer.send(batchOf(topic, 0, ["after"]));
    await producer.flush();
    assert.deepEqual((await readValues(latest, 1)).get(0), ["after"]);
    const none = bench.consumer(topic, 1, { offsetReset: "none" });
    const error = await refusalOf(none.poll(5_000));
    assert.equal(error.code, "OFFSET_OUT_OF_RANGE");
  });

  conformanceCase(
    under,
    "consumer: an offset out of range is put right by offsetReset, or is an error",
    async (bench) => {
      const topic = await written(bench, 1, 5);
      const earliest = bench.consumer(topic);
      earliest.assign([{ topic, partition: 0, offset: 100n }]);
      assert.deepEqual((await readValues(earliest, 5)).get(0), numbers(0, 5));
      const none = bench.consumer(topic, 1, { offsetReset: "none" });
      none.assign([{ topic, partition: 0, offset: 100n }]);
      const error = await refusalOf(none.poll(5_000));
      assert.equal(error.code, "OFFSET_OUT_OF_RANGE");
      assert.match(error.message, new RegExp(`${topic}-0 has no offset 100`));
    },
  );

  conformanceCase(
    under,
    "consumer: a new assignment drops what was fetched for others, and goes on where it was",
    async (bench) => {
      const topic = await written(bench, 2, 20);
      const consumer = bench.consumer(topic);
      assert.deepEqual((await readValues(consumer, 20)).get(0), numbers(0, 20));
      consumer.assign([
        { topic, partition: 0 },
        { topic, partition: 1, offset: 15n },
      ]);
      const values = await readValues(consumer, 5);
      assert.deepEqual([...values], [[1, numbers(15, 20)]]);
      consumer.assign([]);
      assert.deepEqual(await consumer.poll(100), []);
      consumer.assign([{ topic, partition: 1, offset: 18n }]);
      assert.deepEqual((await readValues(consumer, 2)).get(1), numbers(18, 20));
    },
  );

  conformanceCase(under, "consumer: wake ends a poll", async (bench) => {
    const topic = await bench.topic();
    const consumer = bench.consumer(topic);
    const polling = consumer.poll(1_000_000);
    consumer.wake();
    assert.deepEqual(await polling, []);
  });

  conformanceCase(under, "consumer: no more is fetched while too much is unreleased", async (bench) => {
    const topic = await bench.topic();
    const producer = await bench.producer();
    const value = "x".repeat(10_000);
    for (let n = 0; n < 40; n++) producer.send(batchOf(topic, 0, [value]));
    await producer.flush();
    const consumer = bench.consumer(topic, 1, { partitionBytesMax: 20_000, bufferedBytesMax: 50_000 });
    const held: FetchedRecords[] = [];
    const bytesHeld = () => held.reduce((sum, each) => sum + each.records.length, 0);
    while (bytesHeld() <= 50_000) held.push(...(await consumer.poll(200)));
    for (let idle = 0; idle < 2; idle++) held.push(...(await consumer.poll(200)));
    const bytes = bytesHeld();
    assert.ok(bytes <= 50_000 + 30_000, `${bytes} bytes are held`);
    for (const each of held) each.release();
    const count = held.reduce((sum, each) => sum + valuesOf(each).length, 0);
    await readValues(consumer, 40 - count);
  });

  conformanceCase(under, "consumer: a missing topic is an error by name", async (bench) => {
    const topic = bench.name("missing");
    const consumer = bench.consumer(topic);
    const error = await refusalOf(pollSome(consumer));
    assert.equal(error.code, "TOPIC_MISSING");
    assert.match(error.message, new RegExp(topic));
  });
}

/** A topic with the same numbers in each partition, ten records a batch. */
async function written(bench: Bench, partitions: number, count: number): Promise<string> {
  const topic = await bench.topic(partitions);
  const producer = await bench.producer();
  for (let partition = 0; partition < partitions; partition++)
    for (let n = 0; n < count; n += 10)
      producer.send(batchOf(topic, partition, numbers(n, Math.min(count, n + 10))));
  await producer.flush();
  return topic;
}
