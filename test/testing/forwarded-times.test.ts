import assert from "node:assert/strict";
import { test } from "node:test";
import { type ProcessorContext, string, TopologyTestDriver } from "../../host/index.ts";

const TEXTS = { key: string, value: string };

for (const timestamp of [-1, 1.5, Number.NaN, 2 ** 60]) {
  test(`a processor cannot forward a record with the timestamp ${timestamp}`, () => {
    const driver = new TopologyTestDriver((builder) => {
      builder
        .stream("in", TEXTS)
        .process<string, string>(() => {
          let context: ProcessorContext<string, string>;
          return {
            init(given) {
              context = given;
            },
            process(record) {
              context.forward(record.withTimestamp(timestamp));
            },
          };
        })
        .to("out", TEXTS);
    });
    const input = driver.input("in", TEXTS);
    assert.throws(
      () => input.pipe("k", "v", { timestamp: 3 }),
      /with the timestamp .*: give whole milliseconds/,
    );
  });
}
