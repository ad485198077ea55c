import assert from "node:assert/strict";
import { systemClock } from "../../../host/clock.ts";
import { batchHeaders } from "../../../host/transport/kafka/record-batches.ts";
import {
  decodeRecords,
  encodeRecords,
  type PlainRecord,
  type StoredRecord,
} from "../../../host/transport/memory/plain-records.ts";
import type { Consumer } from "../../../host/transport/port.ts";
import { type Bench, conformanceCase, type TransportUnderTest } from "./harness.ts";

const YEAR_2001 = 1_000_000_000_000;

export function recordsConformance(under: TransportUnderTest): void {
  conformanceCase(
    under,
    "records: keys, values, timestamps and headers come back as they were written",
    async (bench) => {
      const now = systemClock.now();
      await comesBack(bench, [
        { key: "k", value: "v", timestamp: now },
        { key: null, value: null, timestamp: now - 1 },
        { key: "", value: "", timestamp: now + 1 },
        { key: Buffer.from([0, 255, 128]), value: Buffer.from([254, 0, 0]), timestamp: now },
        { value: "x".repeat(70_000), timestamp: YEAR_2001 },
        { value: "nothing", timestamp: now, headers: [{ key: "null", value: null }] },
        {
          value: "headers",
          timestamp: now,
          headers: [
            { key: "twice", value: "first" },
            { key: "empty", value: "" },
            { key: "twice", value: null },
            { key: "", value: "no key" },
            { key: "__proto__", value: "no prototype" },
            { key: "__proto__", value: null },
            { key: "0", value: Buffer.from([0, 255]) },
            { key: "Umläute €", value: "ä" },
          ],
        },
        { key: "k", value: "after", timestamp: now },
      ]);
    },
  );

  conformanceCase(under, "records: the timestamps 0 and -1 are kept", async (bench) => {
    await comesBack(bench, [
      { value: "none", timestamp: -1 },
      { value: "1970", timestamp: 0 },
    ]);
  });
}

async function comesBack(bench: Bench, records: readonly PlainRecord[]): Promise<void> {
  const topic = await bench.topic(2, { "retention.ms": "-1" });
  const producer = await bench.producer();
  for (const partition of [0, 1])
    producer.send({ topic, partition, records: records.length, bytes: encodeRecords(records, 0) });
  await producer.flush();
  const written = records.map((record, offset) => asRead(record, BigInt(offset)));
  assert.deepEqual(await readRecords(bench.consumer(topic, 2), 2 * records.length), [...written, ...written]);
}

function asRead({ key, value, timestamp, headers = [] }: PlainRecord, offset: bigint): StoredRecord {
  const bytes = (part: Buffer | string | null) => (typeof part === "string" ? Buffer.from(part) : part);
  return {
    offset,
    timestamp: timestamp!,
    key: bytes(key ?? null),
    value: bytes(value),
    headers: headers.map((header) => ({ key: header.key, value: bytes(header.value) })),
  };
}

/** Partition by partition. */
async function readRecords(consumer: Consumer, count: number): Promise<StoredRecord[]> {
  const read = new Map<number, StoredRecord[]>([[0, []]]);
  for (let left = count; left > 0; )
    for (const { partition, records, release } of await consumer.poll(500)) {
      const share = [...batchHeaders(records)].flatMap(({ from, to }) =>
        decodeRecords(records.subarray(from, to)),
      );
      read.set(partition, [...(read.get(partition) ?? []), ...share]);
      left -= share.length;
      release();
    }
  return [...read.values()].flat();
}
