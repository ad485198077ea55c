import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { systemClock } from "../../host/clock.ts";
import type { StreamsBuilder } from "../../host/dsl/streams-builder.ts";
import { PeridotError } from "../../host/errors.ts";
import { ItemEncoder } from "../../host/import-export/encode-item.ts";
import { string } from "../../host/serdes/index.ts";
import {
  DEFAULT_ERROR_SETTINGS,
  type ErrorHandler,
  type ErrorSettings,
} from "../../host/topology/error-settings.ts";
import { err } from "../../host/topology/result.ts";
import { EmbeddedScene } from "../app/embedded-scene.ts";
import { TopologyRun } from "./harness.ts";

/** An error handler that fails has decided nothing: no record may be lost or written twice for it. */
const texts = { key: string, value: string };
const rethrow: ErrorHandler = ({ error }) => {
  throw error;
};

const STAGES: Readonly<Record<string, (builder: StreamsBuilder) => void>> = {
  "a function throws": (builder) =>
    builder.stream("in", texts).mapValues((value) => {
      if (value === "bad") throw new Error("no");
      return value;
    }),
  "a function refuses": (builder) =>
    builder.stream("in", texts).mapValues((value) => (value === "bad" ? err("no") : value)),
  "a fan-out throws": (builder) =>
    builder.stream("in", texts).flatMapValues((value) => {
      if (value === "bad") throw new Error("no");
      return [value];
    }),
  "a fan-out refuses one of its records": (builder) =>
    builder.stream("in", texts).flatMapValues((value) => (value === "bad" ? [err("no"), "a", "b"] : [value])),
  "a fan-out gives no pair": (builder) =>
    builder.stream("in", texts).flatMap((_key, value) => (value === "bad" ? [1, 2] : [["k", "v"]]) as never),
  "a predicate throws": (builder) =>
    builder
      .stream("in", texts)
      .split()
      .branch("good", (_key, value) => {
        if (value === "bad") throw new Error("no");
        return true;
      })
      .noDefaultBranch(),
};

function errorOf(describe: (builder: StreamsBuilder) => void, errors: Partial<ErrorSettings>, settings = {}) {
  const run = new TopologyRun(describe, { ...settings, errors });
  run.add("in", [
    { key: "a", value: "1" },
    { key: "b", value: "bad" },
    { key: "c", value: "bad" },
  ]);
  try {
    run.drain();
  } catch (error) {
    assert.ok(error instanceof PeridotError);
    assert.deepEqual([error.code, error.kind], ["HANDLER_FAILED", "fatal"]);
    return error;
  }
  return assert.fail("nothing was thrown");
}

suite("an error handler that throws", () => {
  for (const [how, describe] of Object.entries(STAGES)) {
    test(`is asked once, and its error is not the record's: ${how}`, () => {
      let asked = 0;
      const down = new Error("metrics are down");
      const onProcessingError: ErrorHandler = () => {
        asked++;
        if (asked === 1) throw down;
        return "continue";
      };
      const error = errorOf(describe, { onProcessingError });
      assert.equal(error.cause, down);
      assert.match(
        String(error),
        /onProcessingError threw "metrics are down" when asked about offset 1 of in-0, which failed in KSTREAM-/,
      );
      assert.equal(asked, 1);
    });
  }

  test("names the option, whatever stage it was asked for", () => {
    const bad = { ...texts, value: { ...string, name: "strict", format: "custom", deserialize: refuseBad } };
    const reading = errorOf((builder) => builder.stream("in", bad as never).to("out"), {
      onDeserializationError: rethrow,
    });
    assert.match(String(reading), /onDeserializationError threw/);
    const configs = { out: { "max.message.bytes": "71" } };
    const writing = errorOf(
      (builder) => builder.stream("in", texts).to("out"),
      { onProductionError: rethrow },
      { configs },
    );
    assert.equal(writing.facts.offset, 1n);
    assert.match(String(writing), /onProductionError threw/);
  });

  test("what rethrows the record's own error commits nothing half done, life after life", async () => {
    const scene = new EmbeddedScene({ in: 1 });
    scene.broker.createTopic("out", { partitions: 1, configs: { "max.message.bytes": "300" } });
    const wait = (ms: number) => scene.clock.runFor(new Promise<void>((done) => scene.clock.timer(ms, done)));
    const record = (key: string, value: string) => ({ key, value, timestamp: 5 });
    for (const life of [1, 2]) {
      const app = scene.app((a) => a.stream("in", texts).to("out"), {
        errors: { onProductionError: rethrow },
        commitIntervalMs: 1000,
      });
      await scene.clock.runFor(app.start());
      if (life === 1) {
        scene.broker.append("in", 0, [record("0", "0"), record("a", "1")]);
        await wait(3000);
        scene.broker.append("in", 0, [record("b", "2"), record("c", "x".repeat(1000)), record("d", "3")]);
      }
      await assert.rejects(scene.clock.runFor(app.ended), { code: "HANDLER_FAILED" });
      const keys = scene.broker
        .read("out")
        .flat()
        .map(({ key }) => String(key));
      assert.deepEqual(keys, ["0", "a"]);
    }
  });
});

suite("an error handler whose answer is no action", () => {
  for (const [answer, says] of [
    [() => undefined, "returned undefined"],
    [() => "skip", "returned skip"],
    [async () => Promise.reject(new Error("late")), "returned a promise"],
  ] as const) {
    test(says, () => {
      const error = errorOf(STAGES["a function throws"]!, { onProcessingError: answer as never });
      assert.ok(String(error).includes(`onProcessingError ${says} when asked`), String(error));
    });
  }

  test("asked about an item of an import", () => {
    const imported = {
      name: "i",
      ...texts,
      record: () => {
        throw new Error("no");
      },
    };
    const encoder = new ItemEncoder({
      imported: imported as never,
      topic: "t",
      errors: { ...DEFAULT_ERROR_SETTINGS, onProcessingError: (() => undefined) as never },
      limitsOf: new Map(),
      clock: systemClock,
    });
    const { failure } = encoder.encode({}, 0n);
    assert.equal(failure?.code, "HANDLER_FAILED");
    assert.match(String(failure), /returned undefined when asked about an item for t/);
  });
});

function refuseBad(bytes: Uint8Array): string {
  const text = Buffer.from(bytes).toString();
  if (text === "bad") throw new Error("no");
  return text;
}
