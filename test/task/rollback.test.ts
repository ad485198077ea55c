import assert from "node:assert/strict";
import { test } from "node:test";
import { StreamsBuilder } from "../../host/dsl/streams-builder.ts";
import { string } from "../../host/serdes/index.ts";
import { makeTaskRunner } from "../../host/task/runner.ts";
import { compile } from "../../host/topology/compile.ts";
import { DEFAULT_ERROR_SETTINGS } from "../../host/topology/error-settings.ts";
import { always, fetched } from "./harness.ts";

test("behind a rollback, a partition of which nothing has come yet keeps the offset that was committed last", () => {
  const builder = new StreamsBuilder();
  builder.stream(["a", "b"], { key: string, value: string }).to("out");
  const runner = makeTaskRunner({
    plan: compile(builder.build(), "app"),
    partitionsOf: new Map([
      ["a", 1],
      ["b", 1],
      ["out", 1],
    ]),
    errors: DEFAULT_ERROR_SETTINGS,
    clock: { now: () => 0 },
  });
  const offsets = () => runner.cut().offsets.map(({ topic, offset }) => `${topic}@${offset}`);
  const read = (topic: string, base: bigint, count: number) => {
    runner.add(fetched(topic, 0, new Array(count).fill({ key: "k", value: "v", timestamp: 1 }), base));
    while (runner.process(always) > 0);
  };
  runner.open(
    "0_0",
    ["a", "b"].map((topic) => ({ topic, partition: 0, offset: 5n })),
  );
  read("a", 5n, 2);
  assert.deepEqual(offsets(), ["a@7", "b@5"]);
  runner.committed();
  read("b", 5n, 3);
  assert.deepEqual(offsets(), ["a@7", "b@8"]);
  runner.committed();
  read("b", 8n, 4);
  offsets(); // which is not committed
  runner.rollback();
  read("a", 7n, 1);
  assert.deepEqual(offsets(), ["a@8", "b@8"]);
});
