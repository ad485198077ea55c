import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { TopologyTestDriver } from "../../host/index.ts";
import { TEXTS, throwsWith } from "./driver-scene.ts";

// Topics that the topology does not name, and those of its own.

suite("internal topics", () => {
  function byValue(applicationId?: string): TopologyTestDriver {
    return new TopologyTestDriver(
      (builder) => {
        builder
          .stream("in", TEXTS)
          .selectKey((_key, value) => (value === "" ? null : value))
          .repartition({ name: "by-value", key: TEXTS.key })
          .to("out");
      },
      { partitions: { in: 3 }, ...(applicationId === undefined ? {} : { applicationId }) },
    );
  }

  test("are processed before pipe returns, and can be read", () => {
    const driver = byValue();
    const input = driver.input("in", TEXTS);
    for (const value of ["x", "", "y", "z"]) input.pipe("a", value, 1);
    assert.deepEqual(
      driver.output("out", TEXTS).readKeyValuesToMap(),
      new Map(["x", "y", "z"].map((v) => [v, v])),
    );
    const between = driver.output("test-by-value-repartition", TEXTS).readAll();
    assert.deepEqual(between.map(({ key }) => key).sort(), ["x", "y", "z"]);
    assert.ok(
      new Set(between.map(({ partition }) => partition)).size > 1,
      "as many partitions as what feeds it",
    );
    assert.deepEqual(driver.producedTopics, ["test-by-value-repartition", "out"]);
    assert.deepEqual(driver.counters, { processed: 7, skipped: 0, deadLettered: 0 });
  });

  test("have the application's id before their names", () => {
    const driver = byValue("mine");
    driver.input("in", TEXTS).pipe("a", "x");
    assert.deepEqual(driver.producedTopics, ["mine-by-value-repartition", "out"]);
  });
});

suite("topics that a function chooses", () => {
  test("exist as soon as they are chosen; functions before them are called once", () => {
    const seen: string[] = [];
    const driver = new TopologyTestDriver(
      (builder) => {
        builder
          .stream("in", TEXTS)
          .peek((_key, value) => seen.push(value))
          .to((key) => `out-${key}`);
      },
      { batchRows: 10, partitions: { "out-b": 2 } },
    );
    driver
      .input("in", TEXTS)
      .pipeAll(["a", "b", "a"].map((key, index) => ({ key, value: `${index}`, timestamp: 1 })));
    assert.deepEqual(driver.output("out-a", TEXTS).readValues(), ["0", "2"]);
    const [record] = driver.output("out-b", TEXTS).readAll();
    assert.deepEqual([record?.value, record?.partition], ["1", 0]); // murmur2 of "b" is even
    assert.ok(driver.output("out-c", TEXTS).isEmpty);
    assert.deepEqual(seen, ["0", "1", "2"]);
  });
});

suite("topics that a pattern matches", () => {
  const driver = new TopologyTestDriver((builder) => {
    const orders = builder.stream(/orders-\w+/, TEXTS);
    builder.stream("special-orders", TEXTS).to("special");
    orders.mapValues((value) => value.toUpperCase()).to("shouts", TEXTS);
    orders
      .filter((key) => key === "again")
      .selectKey(() => "once")
      .to((_key, value) => `orders-${value}`, { key: TEXTS.key });
  });

  test("are read once a test mentions them; others are not", () => {
    driver.input("orders-eu", TEXTS).pipe("a", "x", 1);
    driver.input("orders-us", TEXTS).pipe("a", "y", 2);
    driver.input("special-orders", TEXTS).pipe("a", "z", 3);
    assert.deepEqual(driver.output("shouts", TEXTS).readValues(), ["X", "Y"]);
    assert.deepEqual(driver.output("special", TEXTS).readValues(), ["z"]);
  });

  test("are read when the topology itself writes them", () => {
    driver.input("orders-eu", TEXTS).pipe("again", "new", 4);
    assert.deepEqual(driver.output("orders-new", TEXTS).readKeyValues(), [["once", "new"]]);
    assert.deepEqual(driver.output("shouts", TEXTS).readKeyValues(), [
      ["again", "NEW"],
      ["once", "NEW"],
    ]);
  });

  test("others are refused", () => {
    assert.throws(() => driver.input("orders", TEXTS), throwsWith("TEST_DRIVER_MISUSED", /orders-\\w\+/));
  });
});

test("a topology that feeds itself for ever is an error, not a hang", () => {
  const driver = new TopologyTestDriver((builder) => builder.stream("round", TEXTS).to("round"));
  assert.throws(
    () => driver.input("round", TEXTS).pipe("a", "x"),
    throwsWith("TEST_DRIVER_MISUSED", /does not end: .* "round"/),
  );
});
