import assert from "node:assert/strict";
import { test } from "node:test";
import { string } from "../../host/serdes/index.ts";
import type { LogicalNode } from "../../host/topology/node.ts";
import { regionsOf } from "../../host/topology/regions.ts";

/** A topology in short: of each node its parents, and the stores that it reaches; no parents: a source. */
function topology(...nodes: readonly (readonly [parents: readonly number[], ...stores: string[]])[]) {
  const logical = nodes.map(([parents, ...stores], id): LogicalNode => {
    const name = `n${id}`;
    if (parents.length === 0) {
      const timestamps = { from: "record", onInvalid: "fail" } as const;
      return {
        kind: "source",
        id,
        name,
        topics: [name],
        internal: false,
        key: string,
        value: string,
        timestamps,
        errors: {},
      };
    }
    const facts = { changesKey: false, changesValue: false, terminal: false, stores, needsStreamTime: false };
    return { kind: "processor", id, name, parents, operator: { role: "X", facts, call: { shape: "pass" } } };
  });
  return { nodes: logical };
}

const CASES: readonly (readonly [string, ReturnType<typeof topology>, readonly (readonly number[])[]])[] = [
  ["without stores there are none", topology([[]], [[0]], [[1]], [[0]]), []],
  ["a store of one node alone makes none", topology([[]], [[0], "a"], [[1], "b"]), []],
  [
    "two nodes of one store, and what lies between",
    topology([[]], [[0], "a"], [[1]], [[2], "a"], [[3]]),
    [[1, 2, 3]],
  ],
  [
    "siblings: what lies above both is no part",
    topology([[]], [[0]], [[1], "a"], [[1], "a"], [[2]]),
    [[2, 3]],
  ],
  [
    "two sources: a table's writer and its reader",
    topology([[]], [[]], [[0], "t"], [[1], "t"], [[3]]),
    [[2, 3]],
  ],
  [
    "regions that share a node are one",
    topology([[]], [[0], "a"], [[1], "a", "b"], [[0], "b"], [[3]]),
    [[1, 2, 3]],
  ],
  [
    "regions that cross are one; those beside each other are two",
    topology([[]], [[0], "a"], [[1], "b"], [[2], "a"], [[3], "b"], [[0], "c"], [[5], "c"]),
    [
      [1, 2, 3, 4],
      [5, 6],
    ],
  ],
  [
    "what joining brings between belongs to it, and joins it to others",
    topology([[]], [[0], "a"], [[1], "c"], [[2], "b"], [[0], "a", "b"], [[0], "c"]),
    [[1, 2, 3, 4, 5]],
  ],
  ["both ways of a diamond", topology([[]], [[0], "a"], [[1]], [[1]], [[2, 3], "a"]), [[1, 2, 3, 4]]],
];

for (const [why, given, expected] of CASES) {
  test(`regions: ${why}`, () => assert.deepEqual(regionsOf(given), expected));
}
