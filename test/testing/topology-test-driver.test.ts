import assert from "node:assert/strict";
import { suite, test } from "node:test";
import {
  i64,
  json,
  string,
  TopologyTestDriver,
  type TopologyTestDriverSettings,
  usePartitionTimeOnInvalidTimestamp,
  wallclockTimestamp,
} from "../../host/index.ts";
import { shouting, TEXTS, throwsWith } from "./driver-scene.ts";

suite("input", () => {
  test("a record has the timestamp, headers and partition that it is given", () => {
    const driver = new TopologyTestDriver(shouting, { partitions: { words: 3, shouts: 3 } });
    const headers = [
      { key: "h", value: "1" },
      { key: "h", value: null },
    ];
    driver.input("words", TEXTS).pipe("a", "hello", { timestamp: 7, headers, partition: 2 });
    const [record] = driver.output("shouts", TEXTS).readAll();
    assert.deepEqual(record, {
      key: "a",
      value: "HELLO",
      timestamp: 7,
      headers: [
        { key: "h", value: Buffer.from("1") },
        { key: "h", value: null },
      ],
      partition: 1, // murmur2 of "a"
      offset: 0n,
    });
  });

  test("null keys and values reach the topology", () => {
    const driver = new TopologyTestDriver((builder) => {
      builder.stream("in", TEXTS).to("out");
    });
    const input = driver.input("in", TEXTS);
    input.pipe(null, "x");
    input.pipe("a", null);
    assert.deepEqual(driver.output("out", TEXTS).readKeyValues(), [
      [null, "x"],
      ["a", null],
    ]);
  });

  test("without a timestamp a record has the topic's time", () => {
    const driver = new TopologyTestDriver(shouting, { startTime: 1000 });
    const byTheClock = driver.input("words", TEXTS);
    const byItself = driver.input("words", { ...TEXTS, startTime: 5, autoAdvanceMs: 10 });
    byTheClock.pipe("a", "1");
    driver.advanceWallClock(50);
    byTheClock.pipe("a", "2");
    byTheClock.advanceTime(7);
    byTheClock.pipe("a", "3");
    byItself.pipeAll([
      { key: "a", value: "4" },
      { key: "a", value: "5", timestamp: 0 },
      { key: "a", value: "6" },
    ]);
    const times = driver
      .output("shouts", TEXTS)
      .readAll()
      .map(({ timestamp }) => timestamp);
    assert.deepEqual(times, [1000, 1050, 1057, 55, 0, 65]);
    assert.equal(driver.wallClock, 1050);
  });

  test("records of a key meet in the partition that a producer would choose", () => {
    const driver = new TopologyTestDriver(
      (builder) => {
        builder
          .stream("in", TEXTS)
          .mapValues((value) => value)
          .to("out", TEXTS);
      },
      { partitions: { in: 4, out: 4 } },
    );
    const seen = new Set<number>();
    for (let index = 0; index < 40; index++) driver.input("in", TEXTS).pipe(`key ${index}`, "x");
    // the kernels choose the partition of the output: the driver must have found the same for the input
    for (const { key, partition } of driver.output("out", TEXTS).readAll()) {
      const again = new TopologyTestDriver(
        (builder) => {
          builder.stream("in", { ...TEXTS, timestampExtractor: (record) => record.partition }).to("out");
        },
        { partitions: { in: 4 } },
      );
      again.input("in", TEXTS).pipe(key, "x");
      assert.equal(again.output("out", TEXTS).readRecord().timestamp, partition);
      seen.add(partition);
    }
    assert.deepEqual([...seen].sort(), [0, 1, 2, 3]);
  });

  test("raw bytes pass the serdes", () => {
    const driver = new TopologyTestDriver(
      (builder) => {
        builder.stream("in", { key: string, value: i64 }).to("out");
      },
      { errors: { onDeserializationError: "deadLetter", deadLetterTopic: "dead" } },
    );
    const input = driver.input("in", { key: string, value: i64 });
    input.pipeRaw("a", "not eight bytes", { timestamp: 3 });
    input.pipeRaw(null, Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 9));
    assert.deepEqual(driver.output("out", { key: string, value: i64 }).readKeyValues(), [[null, 9n]]);
    const letter = driver.output("dead", TEXTS).readRecord();
    assert.deepEqual([letter.key, letter.value, letter.timestamp], ["a", "not eight bytes", 3]);
    const offset = letter.headers.find(({ key }) => key === "__streams.errors.offset");
    assert.equal(String(offset?.value), "0");
    assert.deepEqual(driver.counters, { processed: 2, skipped: 0, deadLettered: 1 });
  });

  test("a topic that no source reads is refused", () => {
    const driver = new TopologyTestDriver(shouting);
    assert.throws(() => driver.input("wrods", TEXTS), throwsWith("TEST_DRIVER_MISUSED", /"wrods".*"words"/));
  });

  test("a partition that is not there is refused", () => {
    const input = new TopologyTestDriver(shouting).input("words", TEXTS);
    assert.throws(
      () => input.pipe("a", "x", { partition: 1 }),
      throwsWith("TEST_DRIVER_MISUSED", /"words" has no partition 1/),
    );
  });
});

suite("output", () => {
  const driver = new TopologyTestDriver(shouting);
  const words = driver.input("words", TEXTS);
  const shouts = driver.output("shouts", TEXTS);

  test("each record is read once", () => {
    for (const word of ["x", "y", "z", "v", "w"]) words.pipe("a", word, 5);
    assert.equal(shouts.size, 5);
    const { key, value, timestamp } = shouts.readRecord();
    assert.deepEqual([key, value, timestamp], ["a", "X", 5]);
    assert.deepEqual(shouts.readKeyValue(), ["a", "Y"]);
    assert.equal(driver.output("shouts", TEXTS).readValue(), "Z");
    assert.deepEqual(shouts.readValues(), ["V", "W"]);
    assert.ok(shouts.isEmpty);
    assert.deepEqual(shouts.readAll(), []);
  });

  test("reading what is not there is an error", () => {
    assert.throws(
      () => shouts.readValue(),
      throwsWith("TEST_DRIVER_MISUSED", /nothing is left to read in "shouts"/),
    );
  });

  test("a map has the latest value of each key, null included", () => {
    words.pipeAll([
      { key: "a", value: "1" },
      { key: "b", value: "2" },
      { key: null, value: "3" },
      { key: "a", value: "4" },
    ]);
    assert.deepEqual(
      [...shouts.readKeyValuesToMap()],
      [
        ["a", "4"],
        ["b", "2"],
        [null, "3"],
      ],
    );
  });

  test("a topic that nothing writes is refused", () => {
    assert.throws(
      () => driver.output("shuots", TEXTS),
      throwsWith("TEST_DRIVER_MISUSED", /"shuots".*"shouts"/),
    );
  });

  test("the topics that were written to are known", () => {
    const silent = new TopologyTestDriver(shouting);
    silent.output("shouts", TEXTS);
    assert.deepEqual(silent.producedTopics, []);
    assert.deepEqual(driver.producedTopics, ["shouts"]);
  });
});

suite("processing", () => {
  test("what goes through a topic of the topology's own is processed before the next record", () => {
    const seen: string[] = [];
    const driver = new TopologyTestDriver((builder) => {
      builder
        .stream("in", TEXTS)
        .peek((_key, value) => seen.push(value))
        .mapValues((value) => `${value}!`)
        .to("mid", TEXTS);
      builder
        .stream("mid", TEXTS)
        .peek((_key, value) => seen.push(value))
        .to("out");
    });
    driver.input("in", TEXTS).pipeAll([
      { key: "a", value: "x" },
      { key: "a", value: "y" },
    ]);
    assert.deepEqual(seen, ["x", "y", "x!", "y!"]); // piped at once: the log holds both
    driver.input("in", TEXTS).pipe("a", "z");
    assert.deepEqual(seen.slice(4), ["z", "z!"]);
    assert.deepEqual(driver.output("out", TEXTS).readValues(), ["x!", "y!", "z!"]);
    assert.equal(driver.output("mid", TEXTS).size, 3);
  });

  test("of several topics that wait, the one with the smallest timestamp is next, extracted as its source says", () => {
    const calls: string[] = [];
    const driver = new TopologyTestDriver(
      (builder) => {
        const source = builder.stream("in", TEXTS);
        source.to("late", TEXTS);
        source.to("early", TEXTS);
        for (const [topic, time] of Object.entries({ late: 20, early: 10 })) {
          const timestampExtractor = (record: { value: string }): number => {
            calls.push(topic);
            if (record.value === "bad") assert.fail("no time");
            return time;
          };
          builder
            .stream(topic, { ...TEXTS, timestampExtractor })
            .mapValues(() => topic)
            .to("out", { value: string });
        }
      },
      { batchRows: 2 },
    );
    const input = driver.input("in", TEXTS);
    input.pipe("a", "x", 1);
    assert.deepEqual(driver.output("out", TEXTS).readValues(), ["early", "late"]);
    assert.deepEqual(calls.sort(), ["early", "late"]); // each asked once
    assert.throws(() => input.pipe("a", "bad", 1), throwsWith("TIMESTAMP_INVALID", /no time/));
  });

  test("wall-clock extractors see the driver's clock", () => {
    const driver = new TopologyTestDriver((builder) => {
      builder.stream("in", { ...TEXTS, timestampExtractor: wallclockTimestamp }).to("out");
    });
    driver.advanceWallClock(12);
    driver.input("in", TEXTS).pipe("a", "x", 99);
    assert.equal(driver.output("out", TEXTS).readRecord().timestamp, 12);
  });

  test("records without a time take their partition's", () => {
    const driver = new TopologyTestDriver((builder) => {
      builder.stream("in", { ...TEXTS, timestampExtractor: usePartitionTimeOnInvalidTimestamp }).to("out");
    });
    driver.input("in", TEXTS).pipe("a", "x", 8);
    driver.input("in", TEXTS).pipe("a", "y", -1);
    assert.deepEqual(
      driver
        .output("out", TEXTS)
        .readAll()
        .map(({ timestamp }) => timestamp),
      [8, 8],
    );
  });

  test("batches give the same output", () => {
    const outputs = [1, 3, 100].map((batchRows) => {
      const driver = new TopologyTestDriver(
        (builder) => {
          builder
            .stream("in", { key: string, value: json<number>() })
            .filter((_key, value) => value % 3 !== 0)
            .to("out");
        },
        { batchRows, partitions: { in: 2, out: 3 } },
      );
      const records = Array.from({ length: 50 }, (_, index) => ({
        key: `${index % 7}`,
        value: index,
        timestamp: index,
      }));
      driver.input("in", { key: string, value: json<number>() }).pipeAll(records);
      const byPartition = Map.groupBy(driver.output("out", TEXTS).readAll(), ({ partition }) => partition);
      return [...byPartition].sort(([a], [b]) => a - b);
    });
    assert.deepEqual(outputs[1], outputs[0]);
    assert.deepEqual(outputs[2], outputs[0]);
    assert.equal(outputs[0]!.flatMap(([, records]) => records).length, 33);
  });

  test("after a failure what came before is there, and nothing more is processed", () => {
    const driver = new TopologyTestDriver(
      (builder) => {
        builder
          .stream("in", TEXTS)
          .peek((_key, value) => {
            if (value === "bad") throw new RangeError("no such word");
          })
          .to("out");
      },
      { batchRows: 10 },
    );
    const input = driver.input("in", TEXTS);
    const failed = throwsWith("RECORD_FAILED", /offset 1 of in-0.*no such word/);
    assert.throws(
      () => input.pipeAll(["x", "bad", "y"].map((value) => ({ key: "a", value, timestamp: 1 }))),
      failed,
    );
    assert.deepEqual(driver.output("out", TEXTS).readValues(), ["x"]);
    assert.throws(() => input.pipe("a", "z"), failed);
    assert.throws(() => driver.advanceWallClock(1), failed);
    assert.ok(driver.output("out", TEXTS).isEmpty);
  });
});

test("functions see records in Kafka Streams' order by default; settings that there are none of are refused", () => {
  const look = (settings: TopologyTestDriverSettings) => {
    const seen: string[] = [];
    const driver = new TopologyTestDriver((builder) => {
      builder
        .stream("in", { key: string, value: string })
        .flatMapValues((value) => value.split(" "))
        .peek((_key, value) => void seen.push(`p${value}`))
        .forEach((_key, value) => void seen.push(`f${value}`));
    }, settings);
    driver.input("in", { key: string, value: string }).pipe("k", "a b", 0);
    return seen;
  };
  assert.deepEqual(look({}), ["pa", "fa", "pb", "fb"]);
  assert.deepEqual(look({ strictOrder: false }), ["pa", "pb", "fa", "fb"]);
  assert.deepEqual(look({ strictOrder: true, batchRows: 10 }), ["pa", "fa", "pb", "fb"]);
  assert.throws(() => look({ errrors: {} } as never), {
    code: "CONFIG_INVALID",
    message: /errrors is not a setting of the test driver.*there are applicationId, errors/,
  });
});
