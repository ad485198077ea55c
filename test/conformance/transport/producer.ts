import assert from "node:assert/strict";
import { systemClock } from "../../../host/clock.ts";
import { encodeRecords } from "../../../host/transport/memory/plain-records.ts";
import type { Compression } from "../../../host/transport/port.ts";
import {
  batchOf,
  conformanceCase,
  numbers,
  readValues,
  refusalOf,
  type TransportUnderTest,
} from "./harness.ts";

const COMPRESSIONS: readonly Compression[] = ["none", "gzip", "snappy", "lz4", "zstd"];

export function producerConformance(under: TransportUnderTest): void {
  conformanceCase(
    under,
    "producer: batches of a partition are stored in the order of send",
    async (bench) => {
      const topic = await bench.topic(3);
      const producer = await bench.producer();
      for (let n = 0; n < 40; n++)
        for (let partition = 0; partition < 3; partition++)
          producer.send(batchOf(topic, partition, numbers(n * 5, n * 5 + 5)));
      assert.ok(producer.pendingBytes > 0);
      await producer.flush();
      assert.equal(producer.pendingBytes, 0);
      const values = await readValues(bench.consumer(topic, 3), 600);
      for (const partition of [0, 1, 2]) assert.deepEqual(values.get(partition), numbers(0, 200));
    },
  );

  conformanceCase(under, "producer: each batch is released once", async (bench) => {
    const topic = await bench.topic(2);
    const producer = await bench.producer();
    const released = new Array<number>(20).fill(0);
    for (let n = 0; n < 20; n++) {
      const release = () => {
        released[n]!++;
      };
      producer.send({ ...batchOf(topic, n % 2, ["x"]), release });
    }
    await producer.flush();
    assert.deepEqual(released, new Array(20).fill(1));
  });

  for (const compression of COMPRESSIONS)
    conformanceCase(under, `producer: ${compression} is written, and read back plain`, async (bench) => {
      const topic = await bench.topic();
      const producer = await bench.producer({ compression });
      for (let n = 0; n < 5; n++) producer.send(batchOf(topic, 0, numbers(n * 100, n * 100 + 100)));
      await producer.flush();
      const values = await readValues(bench.consumer(topic), 500);
      assert.deepEqual(values.get(0), numbers(0, 500));
    });

  conformanceCase(under, "producer: a topic that is missing has a name of its own", async (bench) => {
    const topic = bench.name("missing");
    const producer = await bench.producer();
    producer.send(batchOf(topic, 0, ["x"]));
    const error = await refusalOf(producer.flush());
    assert.equal(error.code, "TOPIC_MISSING");
    assert.match(error.message, new RegExp(topic));
  });

  conformanceCase(under, "producer: a batch over the topic's limit is refused by name", async (bench) => {
    const topic = await bench.topic(1, { "max.message.bytes": "2000" });
    const producer = await bench.producer();
    let released = 0;
    const value = "x".repeat(3000);
    const bytes = encodeRecords([{ key: null, value }], systemClock.now());
    const release = () => {
      released++;
    };
    producer.send({ topic, partition: 0, records: 1, bytes, release });
    const error = await refusalOf(producer.flush());
    assert.equal(error.code, "BATCH_OVER_LIMIT");
    assert.match(error.message, new RegExp(`${topic}-0.*max\\.message\\.bytes`));
    assert.equal(released, 1);
    await producer.init();
    producer.send(batchOf(topic, 0, ["y"]));
    await producer.flush();
    assert.deepEqual((await readValues(bench.consumer(topic), 1)).get(0), ["y"]);
  });
}
