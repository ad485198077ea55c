import assert from "node:assert/strict";
import { test } from "node:test";
import { decideWait, type InputFacts } from "../../host/task/decide-wait.ts";

const ROWS: InputFacts = { hasRows: true, isBehind: true, emptySince: 0 };
const AT_END: InputFacts = { hasRows: false, isBehind: false, emptySince: 1_000 };
const BEHIND: InputFacts = { hasRows: false, isBehind: true, emptySince: 1_000 };
const UNKNOWN: InputFacts = { hasRows: false, isBehind: undefined, emptySince: 0 };
const GO = { wait: false };
const FOR_RECORDS = { wait: true, until: undefined };

test("a task whose partitions all have rows goes on", () => {
  for (const idle of [-1, 0, 100]) assert.deepEqual(decideWait([ROWS, ROWS], idle, 1_000), GO);
});

test("what the broker has, or has not said anything of, is waited for, unless nothing is", () => {
  for (const empty of [BEHIND, UNKNOWN]) {
    for (const idle of [0, 100]) assert.deepEqual(decideWait([ROWS, empty], idle, 9_999), FOR_RECORDS);
    assert.deepEqual(decideWait([ROWS, empty], -1, 1_000), GO);
  }
  assert.deepEqual(decideWait([ROWS, AT_END, BEHIND], 50, 1_010), FOR_RECORDS);
});

test("what may still be written is waited for since the partition is empty", () => {
  assert.deepEqual(decideWait([ROWS, AT_END], 0, 1_000), GO);
  assert.deepEqual(decideWait([ROWS, AT_END], 100, 1_099), { wait: true, until: 1_100 });
  assert.deepEqual(decideWait([ROWS, AT_END], 100, 1_100), GO);
  const later = { ...AT_END, emptySince: 1_050 };
  assert.deepEqual(decideWait([AT_END, ROWS, later], 100, 1_100), { wait: true, until: 1_150 });
});
