import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { MergeOrder } from "../../host/testing/merge-order.ts";
import { partitionOfKey } from "../../host/testing/partition-of-key.ts";
import { SeededRandom } from "../sim/seeded-random.ts";

interface Named {
  readonly name: string;
  readonly dueAt: number;
}

function taken(order: MergeOrder<Named>): string {
  let names = "";
  for (let next = order.take(); next !== undefined; next = order.take()) names += next.name;
  return names;
}

test("the smallest is next", () => {
  const random = new SeededRandom(1);
  for (let run = 0; run < 50; run++) {
    const order = new MergeOrder<{ dueAt: number }>();
    const times = Array.from({ length: 40 }, () => random.whole(0, 30));
    for (const dueAt of times) order.add({ dueAt });
    const inOrder = times.map(() => order.take()!.dueAt);
    assert.deepEqual(
      inOrder,
      times.toSorted((a, b) => a - b),
    );
    assert.equal(order.take(), undefined);
  }
});

test("ties fall as in java.util.PriorityQueue", () => {
  // jshell> var q = new PriorityQueue<String>((a, b) -> 0); add a b c d e; poll until empty
  const order = new MergeOrder<Named>();
  for (const name of "abcde") order.add({ name, dueAt: 7 });
  assert.equal(taken(order), "aedcb");
  // taken and added again in between, as a partition is that has more records
  for (const name of "abc") order.add({ name, dueAt: 7 });
  const first = order.take()!;
  order.add(first);
  assert.equal(first.name + taken(order), "acab");
});

test("a lone one is not asked for its time", () => {
  const order = new MergeOrder();
  const lone = {
    get dueAt(): number {
      return assert.fail("asked");
    },
  };
  order.add(lone);
  assert.equal(order.take(), lone);
});

test("keys lie in the partitions of Kafka's default partitioner", () => {
  const file = new URL("../golden/bytes/partitioner.json", import.meta.url);
  const golden: {
    readonly partitionCounts: readonly number[];
    readonly cases: readonly { readonly key: string; readonly partitions: readonly number[] }[];
  } = JSON.parse(readFileSync(file, "utf8"));
  assert.ok(golden.cases.length > 0);
  for (const { key, partitions } of golden.cases) {
    const found = golden.partitionCounts.map((count) => partitionOfKey(Buffer.from(key, "hex"), count));
    assert.deepEqual(found, partitions, key);
  }
  assert.equal(partitionOfKey(null, 5), 0);
});
