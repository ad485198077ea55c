import assert from "node:assert/strict";
import { test } from "node:test";
import { systemClock } from "../../host/clock.ts";
import { bytes } from "../../host/serdes/index.ts";
import { keyText } from "../../host/state/key-text.ts";
import { MemoryBackend } from "../../host/state/memory-backend.ts";
import { TaskState } from "../../host/state/task-state.ts";
import { restoreStores, type StoreToRestore } from "../../host/task/restore-store.ts";
import { KernelTarget, type RestoreTarget, StoreTarget } from "../../host/task/restore-target.ts";
import type { StoreKind, StoreSpec } from "../../host/topology/store-spec.ts";
import type { Consumer } from "../../host/transport/port.ts";
import { randomNumbers } from "../state/random-numbers.ts";
import { fetched, type TestRecord } from "./harness.ts";

const TOPIC_ID = "0".repeat(32);

function storeOf(kind: StoreKind): StoreToRestore {
  const backend = new MemoryBackend();
  const spec: StoreSpec = {
    name: "s",
    kind,
    key: bytes,
    value: bytes,
    backend: undefined,
    caching: false,
    logging: {},
  };
  const store = { name: "s", backend, isCached: false, cacheBytesMax: 0, inKernels: false };
  const changelog = { topic: "c", partition: 0 };
  const state = new TaskState([store]);
  return { task: "0_0", spec, state, backend, changelog, topicId: TOPIC_ID, from: 0n, to: 0n };
}

function contentOf({ backend }: StoreToRestore): readonly string[] {
  return Array.from(backend.range("s", {}), ([key, value]) => `${keyText(key)}=${keyText(value)}`);
}

function randomChangelog(random: (below: number) => number, records: number, keys: number): TestRecord[] {
  return Array.from({ length: records }, () => {
    const key = random(keys);
    return {
      key: random(20) === 0 ? null : `${"k".repeat(key % 30)}${key}`,
      value: random(6) === 0 ? null : "v".repeat([0, 1, 8, 40, 1500][random(5)]!) + random(9),
      timestamp: 1_700_000_000_000 + random(1000),
    };
  });
}

for (const kind of ["key-value", "timestamped-key-value"] as const) {
  test(`kernels restore a ${kind} store as it reads its changelog itself`, () => {
    for (let seed = 1; seed <= 12; seed++) {
      const random = randomNumbers(seed);
      const kernel = KernelTarget.instance();
      const [tested, expected] = [storeOf(kind), storeOf(kind)];
      const targets: readonly RestoreTarget[] = [new KernelTarget(tested, kernel), new StoreTarget(expected)];
      let offset = 0n;
      for (let turn = 0; turn < 8; turn++) {
        const records = randomChangelog(random, 1 + random(400), [5, 200, 5000][seed % 3]!);
        const skipped = BigInt(turn === 0 ? random(records.length) : 0);
        for (const target of targets)
          target.add({ ...fetched("c", 0, records, offset), fromOffset: offset + skipped });
        offset += BigInt(records.length);
        if (random(3) > 0) continue;
        for (const target of targets) target.flush({ topicId: TOPIC_ID, offset, at: turn });
        assert.equal(targets[0]!.bytes, 0);
        assert.deepEqual(contentOf(tested), contentOf(expected), `seed ${seed}`);
      }
      for (const target of targets) target.flush({ topicId: TOPIC_ID, offset, at: 0 });
      assert.deepEqual(contentOf(tested), contentOf(expected), `seed ${seed}`);
      assert.deepEqual(tested.backend.position("s"), expected.backend.position("s"));
      for (const target of targets) target.close();
    }
  });
}

test("a damaged changelog is told, not passed over", () => {
  const target = new KernelTarget(storeOf("key-value"), KernelTarget.instance());
  const records = fetched("c", 0, [{ key: "a", value: "1" }]);
  records.records[records.records.length - 2]! ^= 1;
  assert.throws(() => target.add(records), { code: "RECORD_BATCH_INVALID" });
});

test("a restore that is cut short goes on where it was", async () => {
  const store = storeOf("key-value");
  const records = fetched("c", 0, [{ key: "a", value: "1" }]);
  const consumer = { assign: () => {}, poll: async () => [records] } as unknown as Consumer;
  let looks = 0;
  const isDone = await restoreStores([{ ...store, to: 5n }], consumer, systemClock, () => looks++ === 0);
  assert.equal(isDone, false);
  assert.deepEqual(contentOf(store), ["a=1"]);
  assert.equal(store.backend.position("s")!.offset, 1n);
});
