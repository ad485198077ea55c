import assert from "node:assert/strict";
import { test } from "node:test";
import { latestTimes, timesIn, timesNote } from "../../host/task/times-note.ts";

test("times are read back as they were noted", () => {
  for (const times of [
    { partition: 0, stream: 0, told: new Map() },
    { partition: -1, stream: 5, told: new Map([["a.b_c-1", 0]]) },
    {
      partition: 1_700_000_000_000,
      stream: Number.MAX_SAFE_INTEGER,
      told: new Map([
        ["a", 1],
        ["b", Number.MAX_SAFE_INTEGER],
      ]),
    },
  ])
    assert.deepEqual(timesIn(timesNote(times)), times);
});

test("no time is no note, and notes of others are no times", () => {
  assert.equal(timesNote({ partition: -1, stream: -1, told: new Map() }), "");
  for (const note of [
    "",
    "t",
    "t1",
    "t1,",
    "t1,-2",
    '{"offset":1}',
    "t99999999999999999,1",
    "t1,1;",
    "t1,1;a",
    "t1,1;a=-1",
  ])
    assert.equal(timesIn(note), undefined, note);
});

test("of several partitions the latest counts, store by store", () => {
  assert.deepEqual(latestTimes(["t1,1;a=5;b=1", "", undefined, "t1,4;a=3;c=7"]), {
    stream: 4,
    told: new Map([
      ["a", 5],
      ["b", 1],
      ["c", 7],
    ]),
  });
});
