import assert from "node:assert/strict";
import { test } from "node:test";
import { comparePositions, type Position } from "../../host/task/position.ts";

function position(
  row: number,
  place: number,
  ...fans: readonly (readonly [place: number, ordinal: number])[]
): Position {
  const path = { places: fans.map(([at]) => at), ordinals: fans.map(([, ordinal]) => ordinal) };
  return fans.length === 0 ? { row, place } : { row, place, path };
}

const CASES: readonly (readonly [why: string, first: Position, second: Position])[] = [
  ["rows first", position(1, 9, [0, 5]), position(2, 1, [0, 0])],
  ["then places, where there is no fan-out", position(1, 2), position(1, 3)],
  [
    "behind a fan-out, all of its first record before its second",
    position(1, 4, [1, 0]),
    position(1, 2, [1, 1]),
  ],
  ["the same record of a fan-out: places", position(1, 2, [1, 1]), position(1, 4, [1, 1])],
  ["inner fan-outs after outer ones", position(1, 5, [1, 0], [2, 9]), position(1, 3, [1, 1], [2, 0])],
  ["fan-outs beside each other are places", position(1, 3, [2, 7]), position(1, 6, [5, 0])],
  ["behind the common one, too", position(1, 3, [1, 1], [2, 7]), position(1, 6, [1, 1], [5, 0])],
  ["a sink beside a fan-out", position(1, 1), position(1, 3, [2, 0])],
];

for (const [why, first, second] of CASES) {
  test(`positions: ${why}`, () => {
    assert.ok(comparePositions(first, second) < 0);
    assert.ok(comparePositions(second, first) > 0);
    assert.equal(comparePositions(first, first), 0);
  });
}
