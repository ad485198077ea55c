import assert from "node:assert/strict";
import { test } from "node:test";
import { runSeed, tell } from "./run-seed.ts";

/** CI runs 2,000 of them; one that fails is repeated by `npm run test:sim -- --seed N`. */
const SEEDS = Number(process.env.SIM_SEEDS ?? 200);

test(`${SEEDS} seeds: the committed output is exactly the expected one, whatever befalls`, async () => {
  assert(SEEDS > 0);
  let records = 0;
  for (let seed = 1; seed <= SEEDS; seed++) {
    const verdict = await runSeed(seed);
    records += verdict.records;
    if (verdict.failure !== undefined) assert.fail(tell(verdict));
  }
  assert(records > 100 * SEEDS, "the worlds had something to do");
});

test("a seed repeats itself, event for event", async () => {
  for (const seed of [3, 17, 42, 77]) {
    const first = await runSeed(seed);
    const second = await runSeed(seed);
    assert.deepEqual(second.lines, first.lines);
    assert.equal(second.fingerprint, first.fingerprint);
  }
});
