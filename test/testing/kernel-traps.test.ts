import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { json, type StreamsBuilder, string, TopologyTestDriver } from "../../host/index.ts";
import { authorsPath } from "../kernels/user-modules.ts";
import { TEXTS, throwsWith } from "./driver-scene.ts";

const module = await authorsPath();

/** Through an internal topic, so that what stands before the kernel is a task of its own. */
function naughty(builder: StreamsBuilder): void {
  builder
    .stream("in", TEXTS)
    .repartition({ name: "again", ...TEXTS })
    .kernel("naughty", { module, ...TEXTS })
    .to("out");
}

const VALUES = ["a", "hang", "b", "index", "index", "recurse", "c"];
const records = VALUES.map((value, index) => ({ key: `k${index}`, value, timestamp: index }));
const GOOD = [
  ["k0", "a"],
  ["k2", "b"],
  ["k6", "c"],
];

suite("a kernel that traps in a test driver", () => {
  for (const batchRows of [1, 3, 10]) {
    test(`makes dead letters of the records that it traps at: batches of ${batchRows}`, () => {
      const driver = new TopologyTestDriver(naughty, {
        batchRows,
        errors: { onProcessingError: "deadLetter", deadLetterTopic: "letters" },
      });
      driver.input("in", TEXTS).pipeAll(records);
      assert.deepEqual(driver.output("out", TEXTS).readKeyValues(), GOOD);
      const letters = driver.output("letters", TEXTS).readAll();
      assert.deepEqual(
        letters.map(({ key, value }) => [key, value]),
        [1, 3, 4, 5].map((index) => [`k${index}`, VALUES[index]]),
      );
      const said = letters[0]!.headers.find(({ key }) => key === "__streams.errors.message");
      assert.match(String(said?.value), /the kernel traps at it: .*fuel/);
      assert.deepEqual(driver.counters, { processed: 14, skipped: 0, deadLettered: 4 });
    });
  }

  test("is passed over under continue, and goes on with later records", () => {
    const driver = new TopologyTestDriver(naughty, { errors: { onProcessingError: "continue" } });
    const input = driver.input("in", TEXTS);
    for (const { key, value, timestamp } of records) input.pipe(key, value, timestamp);
    assert.deepEqual(driver.output("out", TEXTS).readKeyValues(), GOOD);
    assert.equal(driver.counters.skipped, 4);
  });

  test("stops the driver under fail, by an error that names the record; what came before is there", () => {
    const driver = new TopologyTestDriver(naughty, { batchRows: 5 });
    const input = driver.input("in", TEXTS);
    const failed = throwsWith("RECORD_FAILED", /offset 1 of test-again-repartition-0 .*KERNEL.*traps at it/s);
    assert.throws(() => input.pipeAll(records), failed);
    assert.deepEqual(driver.output("out", TEXTS).readKeyValues(), [["k0", "a"]]);
    assert.throws(() => input.pipe("k", "later", 9), failed);
  });

  test("over a batch, whose rows are tried by halves", () => {
    const driver = new TopologyTestDriver(
      (builder) =>
        builder
          .stream("in", TEXTS)
          .kernel("batchNaughty", { module, ...TEXTS })
          .to("out"),
      { batchRows: 7, errors: { onProcessingError: "continue" } },
    );
    const poisoned = records.map((each) => (each.value.length > 1 ? { ...each, value: "poison" } : each));
    driver.input("in", TEXTS).pipeAll(poisoned);
    assert.deepEqual(driver.output("out", TEXTS).readKeyValues(), GOOD);
    assert.equal(driver.counters.skipped, 4);
  });

  test("is no bad record where it asks for a field that is not there", () => {
    const driver = new TopologyTestDriver(
      (builder) =>
        builder
          .stream("in", { key: string, value: json<unknown>() })
          .kernel("unknownField", { module, ...TEXTS })
          .to("out"),
      { errors: { onProcessingError: "continue" } },
    );
    assert.throws(
      () => driver.input("in", TEXTS).pipe("k", "{}", 0),
      throwsWith("KERNEL_FIELD_INVALID", /"prize"/),
    );
  });
});
