import assert from "node:assert/strict";
import { test } from "node:test";
import { systemClock } from "../../host/clock.ts";
import { StreamsBuilder } from "../../host/dsl/streams-builder.ts";
import { string } from "../../host/serdes/index.ts";
import { KernelTraps } from "../../host/task/kernel-traps.ts";
import { makeTaskRunner } from "../../host/task/runner.ts";
import { compile } from "../../host/topology/compile.ts";
import { DEFAULT_ERROR_SETTINGS } from "../../host/topology/error-settings.ts";
import { authorsPath } from "../kernels/user-modules.ts";
import { always, brief, fetched, type OutRecord, recordsOf, TopologyRun } from "./harness.ts";

/** Behind a kernel that makes many records of one row, a run still ends between rows, and never before its first. */
const module = await authorsPath();
const texts = { key: string, value: string };

/** Of which source records something came out: the kernel "numbers" adds 1000 to some timestamps. */
const times = (out: readonly OutRecord[] | undefined) => [
  ...new Set(out?.map(({ timestamp }) => timestamp % 1000)),
];

test("a clock that runs out within a row's records cuts the run behind them", () => {
  const seen: string[] = [];
  const run = new TopologyRun((builder) =>
    builder
      .stream("in", texts)
      .kernel("fan", { module, ...texts })
      .peek((_key, value) => seen.push(value))
      .to("out"),
  );
  run.add("in", [
    { key: "a", value: "100" },
    { key: "b", value: "100" },
    { key: "c", value: "1" },
  ]);
  for (const rows of [1, 1, 1, 0])
    assert.equal(
      run.runner.process(() => false),
      rows,
    );
  assert.equal(seen.length, 201);
  assert.equal(run.cut().out?.length, 201);
});

test("a row of which two kernels make more than a batch holds is refused; the others go on", () => {
  const run = new TopologyRun(
    (builder) =>
      builder
        .stream("in", texts)
        .kernel("fan", { module, ...texts })
        .kernel("numbers", { module, ...texts })
        .to("out"),
    { errors: { onProcessingError: "deadLetter", deadLetterTopic: "dead" } },
  );
  run.add("in", [
    { key: "a", value: "2", timestamp: 1 },
    { key: "b", value: "40000", timestamp: 2 },
    { key: "c", value: "40000", timestamp: 3 },
    { key: "d", value: "2", timestamp: 4 },
  ]);
  let looks = 0;
  let rows = 0;
  while (rows < 4 && looks < 50) rows += run.runner.process(() => ++looks < 50);
  assert.equal(rows, 4);
  const { out, dead } = run.cut();
  assert.deepEqual(times(out), [1, 4]);
  assert.deepEqual(brief(dead), ["b=40000", "c=40000"]);
  const message = dead?.[0]?.headers.find(([name]) => name === "__streams.errors.message")?.[1];
  assert.match(String(message), /does not fit into a batch/);
  assert.deepEqual(run.runner.counters, { processed: 4, skipped: 0, deadLettered: 2 });
});

function searching(offsets: readonly bigint[], records: readonly string[]) {
  const builder = new StreamsBuilder();
  builder
    .stream("in", texts)
    .kernel("fan", { module, ...texts })
    .kernel("numbers", { name: "second", module, ...texts })
    .to("out");
  const traps = new KernelTraps();
  traps.trapped("second", { topic: "in", partition: 0 }, offsets, undefined, "it burnt");
  const runner = makeTaskRunner({
    plan: compile(builder.build(), "app"),
    partitionsOf: new Map([
      ["in", 1],
      ["out", 1],
    ]),
    errors: { ...DEFAULT_ERROR_SETTINGS, onProcessingError: "continue" },
    clock: systemClock,
    traps,
  });
  runner.open("0_0");
  runner.add(
    fetched(
      "in",
      0,
      records.map((value, index) => ({ key: `${index}`, value, timestamp: index })),
    ),
  );
  return runner;
}

test("the search for a record that traps goes by the source's records, whatever a kernel makes of them", () => {
  const runner = searching([0n, 1n, 2n, 3n], ["4", "4", "4", "4"]);
  assert.equal(
    runner.process(() => false),
    2,
  );
  let rows = 2;
  for (let turn = 0; turn < 4; turn++) rows += runner.process(always);
  assert.equal(rows, 4);
  assert.equal(runner.counters.skipped, 0);
});

test("a source record that is blamed is told once, and none of what a kernel makes of it goes on", () => {
  const runner = searching([1n], ["4", "4", "4"]);
  for (let turn = 0; turn < 4; turn++) runner.process(always);
  assert.deepEqual(runner.counters, { processed: 3, skipped: 1, deadLettered: 0 });
  const { out } = recordsOf(runner.cut().batches);
  assert.deepEqual(times(out), [0, 2]);
});
