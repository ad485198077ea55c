import assert from "node:assert/strict";
import { test } from "node:test";
import { timesIn, timesNote } from "../../host/task/times-note.ts";

test("times are read back as they were noted", () => {
  for (const times of [
    { partition: 0, stream: 0 },
    { partition: -1, stream: 5 },
    { partition: 1_700_000_000_000, stream: Number.MAX_SAFE_INTEGER },
  ])
    assert.deepEqual(timesIn(timesNote(times)), times);
});

test("no time is no note, and notes of others are no times", () => {
  assert.equal(timesNote({ partition: -1, stream: -1 }), "");
  for (const note of ["", "t", "t1", "t1,", "t1,-2", '{"offset":1}', "t99999999999999999,1"])
    assert.equal(timesIn(note), undefined, note);
});
