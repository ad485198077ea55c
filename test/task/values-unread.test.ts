import assert from "node:assert/strict";
import { test } from "node:test";
import { bytes, i64, string, TopologyTestDriver, timeWindowed, tumblingWindows } from "../../host/index.ts";

test("a count in windows looks at no value; one that is null counts, as in Kafka Streams", () => {
  const unread = { ...bytes, deserialize: () => assert.fail("a value is read") };
  const driver = new TopologyTestDriver((builder) => {
    builder
      .stream("in", { key: string, value: unread })
      .groupByKey()
      .windowedBy(tumblingWindows({ sizeMs: 10 }))
      .count({ store: "counts" })
      .toStream()
      .to("out", { key: timeWindowed(string, 10), value: i64 });
  });
  const input = driver.input("in", { key: string, value: bytes });
  for (const value of [Buffer.from("x"), null, Buffer.alloc(0)]) input.pipe("k", value, { timestamp: 3 });
  const counts = driver.output("out", { key: timeWindowed(string, 10), value: i64 }).readAll();
  assert.deepEqual(
    counts.map(({ value }) => value),
    [1n, 2n, 3n],
  );
});
