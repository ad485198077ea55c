import assert from "node:assert/strict";
import { test } from "node:test";
import { runSeed, tell } from "../sim/run-seed.ts";
import { importProgram, plantImport } from "./import-program.ts";

/** The worlds of test/sim: crashes, pauses, zombies, lost requests and answers, moving leaders and coordinators. */
const SEEDS = Number(process.env.IMPORT_SEEDS ?? 30);
const FIRST = Number(process.env.IMPORT_SEED ?? 1);

test(`${SEEDS} seeds: the topic holds exactly the source's items, in the order of their keys`, async () => {
  assert(SEEDS > 0);
  let records = 0;
  for (let seed = FIRST; seed < FIRST + SEEDS; seed++) {
    const verdict = await runSeed(seed, plantImport(), importProgram);
    records += verdict.records;
    if (verdict.failure !== undefined) assert.fail(tell(verdict));
  }
  assert(records > 100 * SEEDS, "the worlds had something to do");
});
