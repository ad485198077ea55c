import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { type Peridot, peridot } from "../../host/app.ts";
import type { PeridotConfig } from "../../host/config.ts";
import { string } from "../../host/serdes/index.ts";
import { EmbeddedBroker } from "../../host/transport/memory/embedded-broker.ts";
import { memoryTransport } from "../../host/transport/memory/memory-transport.ts";
import type { PlainRecord } from "../../host/transport/memory/plain-records.ts";
import { VirtualClock } from "../../host/transport/memory/virtual-clock.ts";
import { Scene, until } from "./scene.ts";

const DEAD = { onProductionError: "deadLetter", deadLetterTopic: "dead" } as const;

/** "in" is copied to "out", a topic with these configurations; `test` finds the application running. */
async function copying(
  configs: Readonly<Record<string, string>>,
  test: (scene: {
    app: Peridot;
    broker: EmbeddedBroker;
    clock: VirtualClock;
    put: (...records: readonly PlainRecord[]) => void;
  }) => Promise<void>,
  changes: Partial<PeridotConfig> = {},
  topology = (app: Peridot) => app.stream("in", { key: string, value: string }).to("out"),
): Promise<void> {
  const clock = new VirtualClock();
  const broker = new EmbeddedBroker({ clock, random: Math.random });
  const stateDir = mkdtempSync(join(tmpdir(), "peridot-refused-"));
  for (const topic of ["in", "dead"]) broker.createTopic(topic);
  broker.createTopic("out", { configs });
  const transport = memoryTransport(broker);
  const app = peridot({ applicationId: "app", transport, clock, stateDir, errors: DEAD, ...changes });
  topology(app);
  const put = (...records: readonly PlainRecord[]) => broker.append("in", 0, [...records]);
  try {
    await clock.runFor(app.start());
    await test({ app, broker, clock, put });
    await clock.runFor(app.close());
  } finally {
    rmSync(stateDir, { recursive: true });
  }
}

/** Committed keys and lengths of values. */
function read(broker: EmbeddedBroker, topic: string): string[] {
  return broker.read(topic).flatMap((records) => records.map(({ key, value }) => `${key}:${value?.length}`));
}

for (const compression of ["none", "gzip"] as const) {
  test(`what the topic would refuse goes to the dead letters, the rest through: ${compression}`, async () => {
    const configs = { "cleanup.policy": "compact", "max.message.bytes": "2000" };
    await copying(
      configs,
      async ({ broker, clock, put }) => {
        const noise = (length: number) =>
          Array.from({ length }, () => String.fromCharCode(33 + Math.random() * 90)).join("");
        const lengths = [1000, 1900, 2100, 10];
        for (const length of lengths) put({ key: "k", value: noise(length) });
        put({ key: null, value: "x" });
        for (let index = 0; index < 40; index++) put({ key: "k", value: noise(150) });
        await clock.runUntil(() => read(broker, "dead").length === 2 && read(broker, "out").length === 43);
        assert.deepEqual(read(broker, "dead"), ["k:2100", "null:1"]);
        assert.deepEqual(read(broker, "out").slice(0, 4), ["k:1000", "k:1900", "k:10", "k:150"]);
      },
      { compression },
    );
  });
}

test("limits of a topic that a function chooses are read when it is chosen", async () => {
  await copying(
    { "cleanup.policy": "compact" },
    async ({ broker, clock, put }) => {
      put({ key: null, value: "out" }, { key: "a", value: "out" });
      await clock.runUntil(() => read(broker, "out").length === 1 && read(broker, "dead").length === 1);
      assert.deepEqual(read(broker, "dead"), ["null:3"]);
    },
    {},
    (app) => app.stream("in", { key: string, value: string }).to((_key, value) => value),
  );
});

for (const [what, name, value, record, error] of [
  [
    "a smaller max.message.bytes",
    "max.message.bytes",
    "500",
    { key: "k", value: "x".repeat(900) },
    {
      code: "BATCH_OVER_LIMIT",
      message: /out-0 refuses a record batch of \d+ bytes .*Raise max\.message\.bytes/,
    },
  ],
  [
    "bounds of the timestamp",
    "message.timestamp.after.max.ms",
    "1000",
    { key: "k", value: "x", timestamp: 1_900_000_000_000 },
    {
      code: "BATCH_REFUSED",
      message: /out-0 refuses a record batch: INVALID_TIMESTAMP.*message\.timestamp\.after/,
    },
  ],
] as const) {
  test(`what a broker refuses later on ends the application, nothing of it committed: ${what}`, async () => {
    await copying({}, async ({ app, broker, clock, put }) => {
      put({ key: "k", value: "first" });
      await clock.runUntil(() => read(broker, "out").length === 1);
      broker.cluster.topics.get("out")!.setConfig(name, value);
      put(record);
      const rejected = assert.rejects(app.ended, { kind: "fatal", ...error });
      await clock.runFor(rejected);
      assert.deepEqual([read(broker, "out"), read(broker, "dead")], [["k:5"], []]);
    });
  });
}

test("workers are told of the limits", async () => {
  const scene = await Scene.open();
  try {
    scene.broker.createTopic("dead");
    scene.broker.cluster.topics.get("out")!.setConfig("cleanup.policy", "compact");
    await scene.started({ threads: 1, errors: DEAD });
    scene.broker.append("in", 0, [{ key: null, value: "x" }]);
    await until(() => read(scene.broker, "dead").length === 1);
    assert.deepEqual(read(scene.broker, "out"), []);
  } finally {
    await scene.close();
  }
});
