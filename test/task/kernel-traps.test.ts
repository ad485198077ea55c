import assert from "node:assert/strict";
import { test } from "node:test";
import { systemClock } from "../../host/clock.ts";
import { StreamsBuilder } from "../../host/dsl/streams-builder.ts";
import { PeridotError } from "../../host/errors.ts";
import { string } from "../../host/serdes/index.ts";
import { KernelTraps } from "../../host/task/kernel-traps.ts";
import { makeTaskRunner } from "../../host/task/runner.ts";
import { compile } from "../../host/topology/compile.ts";
import { DEFAULT_ERROR_SETTINGS } from "../../host/topology/error-settings.ts";
import { authorsPath } from "../kernels/user-modules.ts";
import { always, fetched } from "./harness.ts";

const module = await authorsPath();
const partition = { topic: "in", partition: 0 };

test("every abort brings a transaction nearer to its end, though its bad records lie in batches of their own", () => {
  const builder = new StreamsBuilder();
  builder
    .stream("in", { key: string, value: string })
    .kernel("naughty", { name: "naughty", module, key: string, value: string })
    .to("out");
  const plan = compile(builder.build(), "app");
  const traps = new KernelTraps();
  const values = ["a", "assert", "b", "divide", "c", "assert"];
  /** One transaction over all of the input. @returns whether a kernel has trapped */
  const isAborted = () => {
    const runner = makeTaskRunner({
      plan,
      partitionsOf: new Map([
        ["in", 1],
        ["out", 1],
      ]),
      errors: { ...DEFAULT_ERROR_SETTINGS, onProcessingError: "continue" },
      clock: systemClock,
      traps,
    });
    runner.open("0_0");
    values.forEach((value, offset) => {
      runner.add(fetched("in", 0, [{ value }], BigInt(offset)));
    });
    try {
      for (let rows = 0; rows < values.length; ) rows += runner.process(always);
    } catch (error) {
      assert.ok(error instanceof PeridotError && error.code === "KERNEL_TRAPPED");
      return true;
    }
    assert.equal(runner.counters.skipped, 3);
    runner.cut();
    assert.equal(traps.searchOf("naughty", partition)?.blamed.size, 3);
    runner.committed();
    assert.equal(traps.searchOf("naughty", partition), undefined, "what is committed is forgotten");
    return false;
  };
  assert.deepEqual([isAborted(), isAborted(), isAborted(), isAborted()], [true, true, true, false]);
});

test("a commit forgets what lies before it, of its own partition", () => {
  const traps = new KernelTraps();
  for (const offset of [3n, 7n]) traps.trapped("a", partition, [offset], offset, "it burnt");
  traps.trapped("b", partition, [4n], 4n, "it burnt");
  traps.trapped("a", { topic: "in", partition: 1 }, [1n], 1n, "it burnt");
  traps.committed(partition, 7n);
  assert.deepEqual([...traps.searchOf("a", partition)!.blamed.keys()], [7n]);
  assert.equal(traps.searchOf("b", partition), undefined);
  assert.equal(traps.searchOf("a", { topic: "in", partition: 1 })?.blamed.size, 1);
});
