import assert from "node:assert/strict";
import { test } from "node:test";
import { type RecordPurgeEvent, recordPurgeChannel } from "../../host/diagnostics/channels.ts";
import { RecordPurge } from "../../host/task/record-purge.ts";
import { VirtualClock } from "../../host/transport/memory/virtual-clock.ts";
import type { OffsetToCommit, TopicPartition } from "../../host/transport/port.ts";

const EVERY_MS = 30_000;
const PARTITIONS = [0, 1].map((partition) => ({ topic: "x", partition }));

/** A group's committed offsets by partition of the topic x, and what was deleted of it. */
function scene() {
  const clock = new VirtualClock();
  const committed = new Map<number, bigint>();
  const deleted: string[] = [];
  let failure: Error | undefined;
  let asked = 0;
  const purge = new RecordPurge({
    clock,
    everyMs: EVERY_MS,
    async committed(partitions: readonly TopicPartition[]): Promise<readonly OffsetToCommit[]> {
      asked++;
      return partitions.flatMap(({ topic, partition }) => {
        const offset = committed.get(partition);
        return offset === undefined ? [] : [{ topic, partition, offset, metadata: "" }];
      });
    },
    async deleteRecords(partitions) {
      if (failure !== undefined) throw failure;
      for (const { topic, partition, before } of partitions)
        deleted.push(`${topic}-${partition} < ${before}`);
    },
  });
  return {
    ...{ clock, committed, purge },
    fail: (error: Error | undefined) => {
      failure = error;
    },
    get asked() {
      return asked;
    },
    /** What was deleted since the last call. */
    taken: () => deleted.splice(0),
  };
}

test("what is committed is deleted each interval, as far as there is more than before", async () => {
  const { clock, committed, purge, taken } = scene();
  committed.set(0, 5n);
  purge.start(PARTITIONS);
  await clock.advance(EVERY_MS - 1);
  assert.deepEqual(taken(), []);
  await clock.advance(1);
  assert.deepEqual(taken(), ["x-0 < 5"]);
  await clock.advance(EVERY_MS);
  assert.deepEqual(taken(), []);
  committed.set(0, 9n).set(1, 2n);
  await clock.advance(EVERY_MS);
  assert.deepEqual(taken(), ["x-0 < 9", "x-1 < 2"]);
  purge.stop();
});

test("a purge that fails is told, and tried again the next time", async () => {
  const { clock, committed, purge, taken, fail } = scene();
  const events: RecordPurgeEvent[] = [];
  const hear = (event: unknown) => events.push(event as RecordPurgeEvent);
  recordPurgeChannel.subscribe(hear);
  committed.set(1, 3n);
  fail(new Error("no leader"));
  purge.start(PARTITIONS);
  await clock.advance(EVERY_MS);
  assert.deepEqual(taken(), []);
  fail(undefined);
  await clock.advance(EVERY_MS);
  assert.deepEqual(taken(), ["x-1 < 3"]);
  purge.stop();
  recordPurgeChannel.unsubscribe(hear);
  assert.deepEqual(
    events.map(({ partitions, error }) => [partitions, error?.message]),
    [
      [[], "unexpected error: no leader"],
      [[{ topic: "x", partition: 1, before: 3n }], undefined],
    ],
  );
});

test("other partitions take the place of the former ones; none, and stop, end it", async () => {
  const ours = scene();
  const { clock, committed, purge, taken } = ours;
  committed.set(0, 1n).set(1, 1n);
  purge.start([PARTITIONS[0]!]);
  purge.start([PARTITIONS[1]!]);
  await clock.advance(EVERY_MS);
  assert.deepEqual(taken(), ["x-1 < 1"]);
  purge.start([]);
  await clock.advance(EVERY_MS);
  purge.start(PARTITIONS);
  purge.stop();
  await clock.advance(EVERY_MS);
  assert.deepEqual([taken(), ours.asked], [[], 1]);
});
