import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { peridot, StreamsBuilder, string, TopologyTestDriver } from "../../host/index.ts";
import { shouting, TEXTS, throwsWith } from "./driver-scene.ts";

suite("what a test driver runs", () => {
  const builder = new StreamsBuilder();
  shouting(builder);
  const app = peridot({ applicationId: "shouting", bootstrapServers: "localhost:9092" });
  app
    .stream("words", TEXTS)
    .mapValues((word) => word.toUpperCase())
    .to("shouts", { value: string });

  for (const [what, topology] of Object.entries({
    "a function": shouting,
    "a builder": builder,
    "an application": app,
  })) {
    test(what, () => {
      const driver = new TopologyTestDriver(topology);
      driver.input("words", TEXTS).pipe("a", "hello", 7);
      assert.deepEqual(driver.output("shouts", TEXTS).readKeyValues(), [["a", "HELLO"]]);
    });
  }

  test("an application's error settings hold, unless the driver has its own", () => {
    const lenient = peridot({
      applicationId: "lenient",
      bootstrapServers: "localhost:9092",
      errors: { onProcessingError: "continue" },
    });
    lenient.stream("words", TEXTS).forEach(() => {
      throw new RangeError("no");
    });
    const driver = new TopologyTestDriver(lenient);
    driver.input("words", TEXTS).pipe("a", "hello");
    assert.deepEqual(driver.counters, { processed: 1, skipped: 1, deadLettered: 0 });
    const strict = new TopologyTestDriver(lenient, { errors: { onProcessingError: "fail" } });
    assert.throws(
      () => strict.input("words", TEXTS).pipe("a", "hello"),
      throwsWith("RECORD_FAILED", /: no\./),
    );
  });

  test("not a topology in a module", () => {
    const topology = new URL("../app/topologies/steered.ts", import.meta.url);
    const elsewhere = peridot({ applicationId: "elsewhere", bootstrapServers: "localhost:9092", topology });
    assert.throws(
      () => new TopologyTestDriver(elsewhere),
      throwsWith("TEST_DRIVER_MISUSED", /Import its function/),
    );
  });
});

suite("settings", () => {
  test("numbers that make no sense are refused", () => {
    assert.throws(
      () => new TopologyTestDriver(shouting, { batchRows: 0 }),
      throwsWith("CONFIG_INVALID", /batchRows is 0/),
    );
    assert.throws(
      () => new TopologyTestDriver(shouting, { partitions: { words: 1.5 } }),
      throwsWith("CONFIG_INVALID", /partitions\.words is 1\.5/),
    );
    assert.throws(
      () => new TopologyTestDriver(shouting, { partitions: { wrods: 2 } }),
      throwsWith("TEST_DRIVER_MISUSED", /"wrods"/),
    );
  });

  test("a dead letter action needs its topic, and topics of one source the same partitions", () => {
    const errors = { onProcessingError: "deadLetter" } as const;
    assert.throws(
      () => new TopologyTestDriver(shouting, { errors }),
      throwsWith("CONFIG_INVALID", /deadLetterTopic/),
    );
    const both = (builder: StreamsBuilder) => builder.stream(["a", "b"], TEXTS).to("out");
    assert.throws(
      () => new TopologyTestDriver(both, { partitions: { a: 2 } }),
      throwsWith("TOPOLOGY_INVALID", /"a" has 2, "b" has 1/),
    );
  });
});
