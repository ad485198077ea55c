import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type AssignmentFacts,
  decideAssignment,
  decideThreads,
  tasksOf,
} from "../../host/task/decide-assignment.ts";

const SIX = ["0_0", "0_1", "0_2", "0_3", "0_4", "0_5"];

const ROWS: readonly (readonly [string, AssignmentFacts, Record<string, readonly string[]>])[] = [
  ["one member gets everything", { tasks: SIX, members: [member("a")] }, { a: SIX }],
  [
    "two members share",
    { tasks: SIX, members: [member("b"), member("a")] },
    { a: ["0_0", "0_1", "0_2"], b: ["0_3", "0_4", "0_5"] },
  ],
  [
    "shares follow the threads",
    { tasks: SIX, members: [member("a", [], 2), member("b")] },
    { a: ["0_0", "0_1", "0_2", "0_3"], b: ["0_4", "0_5"] },
  ],
  [
    "a member keeps what it had, as far as its share goes",
    { tasks: SIX, members: [member("a"), member("b", ["0_5", "0_1", "0_0", "0_2"])] },
    { a: ["0_2", "0_3", "0_4"], b: ["0_5", "0_1", "0_0"] },
  ],
  [
    "two claim the same task: one gets it",
    { tasks: ["0_0", "0_1"], members: [member("a", ["0_1"]), member("b", ["0_1"])] },
    { a: ["0_1"], b: ["0_0"] },
  ],
  [
    "a task that is no more is nobody's",
    { tasks: ["0_0"], members: [member("a", ["7_7", "0_0"])] },
    { a: ["0_0"] },
  ],
  [
    "more members than tasks",
    { tasks: ["0_0"], members: [member("a"), member("b"), member("c")] },
    { a: ["0_0"], b: [], c: [] },
  ],
  [
    "what cannot be shared stays where it was",
    { tasks: ["0_0"], members: [member("a"), member("b", ["0_0"])] },
    { a: [], b: ["0_0"] },
  ],
  ["no tasks", { tasks: [], members: [member("a")] }, { a: [] }],
];

test("decideAssignment", async (t) => {
  for (const [name, facts, expected] of ROWS) {
    await t.test(name, () => assert.deepEqual(Object.fromEntries(decideAssignment(facts)), expected));
  }
});

test("every task is dealt exactly once, whoever claims what, and the order of the members does not matter", () => {
  for (let members = 1; members <= 5; members++) {
    for (let tasks = 0; tasks <= 9; tasks++) {
      const names = Array.from({ length: tasks }, (_, index) => `0_${index}`);
      const list = Array.from({ length: members }, (_, index) =>
        member(`m${index}`, names.slice(index % 3), 1 + (index % 2)),
      );
      const dealt = decideAssignment({ tasks: names, members: list });
      assert.deepEqual([...dealt.values()].flat().sort(), names);
      assert.deepEqual(decideAssignment({ tasks: names, members: [...list].reverse() }), dealt);
    }
  }
});

test("tasksOf: one task for each partition that any source topic of a sub-topology has", () => {
  const sources = [
    { subTopology: 0, sourceTopics: ["a", "b"] },
    { subTopology: 1, sourceTopics: ["c"] },
  ];
  const counts = new Map([
    ["a", 1],
    ["b", 2],
    ["c", 1],
  ]);
  assert.deepEqual(tasksOf(sources, counts), [
    {
      task: "0_0",
      partitions: [
        { topic: "a", partition: 0 },
        { topic: "b", partition: 0 },
      ],
    },
    { task: "0_1", partitions: [{ topic: "b", partition: 1 }] },
    { task: "1_0", partitions: [{ topic: "c", partition: 0 }] },
  ]);
  assert.deepEqual(tasksOf([{ subTopology: 0, sourceTopics: ["missing"] }], counts), []);
});

test("decideThreads: tasks in turn", () => {
  const tasks = SIX.slice(0, 5).map((task) => ({ task, partitions: [] }));
  const names = decideThreads(tasks, 2).map((each) => each.map(({ task }) => task));
  assert.deepEqual(names, [
    ["0_0", "0_2", "0_4"],
    ["0_1", "0_3"],
  ]);
  assert.deepEqual(decideThreads([], 2), [[], []]);
});

function member(memberId: string, previous: readonly string[] = [], threads = 1) {
  return { memberId, threads, previous };
}
