import assert from "node:assert/strict";
import { test } from "node:test";
import { NO_HEADERS } from "../../host/batch/record-header.ts";
import { PendingUpdates } from "../../host/state/pending-updates.ts";
import { SeededRandom } from "../sim/seeded-random.ts";

const value = (text: string) => Buffer.from(text);

function update(before: string | undefined, after: string) {
  const logged = { key: value("k"), value: value(after), timestamp: 1 };
  return { before: before === undefined ? undefined : value(before), logged, headers: NO_HEADERS };
}

/** Key, what it was, what it is: in the order in which it would be told. Takes nothing. */
function shown(pending: PendingUpdates): string[] {
  const told = pending
    .take(1_000)
    .map(([key, { before, logged }]) => `${key}: ${before ?? "nothing"} to ${logged!.value}`);
  pending.undoFrom(1_000);
  return told;
}

test("several changes of a key are one, from the first state to the last, told where the last was made", () => {
  const pending = new PendingUpdates();
  pending.add("a", update(undefined, "1"), 0);
  pending.add("b", update("x", "2"), 1);
  pending.add("a", update("1", "3"), 2);
  assert.deepEqual(shown(pending), ["b: x to 2", "a: nothing to 3"]);
});

test("what undone rows have changed, and told, is as it was before them", () => {
  const random = new SeededRandom(5);
  for (let round = 0; round < 200; round++) {
    const pending = new PendingUpdates();
    const states: { readonly told: string[]; readonly bytes: number }[] = [];
    for (let row = 0; row < 12; row++) {
      states.push({ told: shown(pending), bytes: pending.bytes });
      for (let changes = random.whole(0, 2); changes > 0; changes--)
        pending.add(random.pick(["a", "b", "c"]), update(`${row}`, `${row}.${changes}`), row);
      if (random.chance(0.2)) pending.take(row);
    }
    const back = random.whole(0, 11);
    pending.undoFrom(back);
    assert.deepEqual({ told: shown(pending), bytes: pending.bytes }, states[back]);
  }
});

test("what is settled is not undone", () => {
  const pending = new PendingUpdates();
  pending.add("a", update(undefined, "1"), 0);
  pending.settle();
  pending.undoFrom(0);
  assert.deepEqual(shown(pending), ["a: nothing to 1"]);
});
