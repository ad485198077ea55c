import assert from "node:assert/strict";
import { test } from "node:test";
import { type PeridotConfig, resolveConfig } from "../host/config.ts";
import { PeridotError } from "../host/errors.ts";
import { memory } from "../host/state/memory-backend.ts";
import type { KafkaSettings } from "../host/transport/kafka/kafka-transport.ts";

const base: PeridotConfig = { applicationId: "app", bootstrapServers: "localhost:9092" };

test("defaults are Kafka Streams', save the guarantee", () => {
  const config = resolveConfig(base);
  assert.equal(config.guarantee, "exactly_once_v2");
  assert.equal(config.commitIntervalMs, 100);
  assert.equal(config.sessionTimeoutMs, 45_000);
  assert.equal(config.heartbeatIntervalMs, 3_000);
  assert.equal(config.offsetReset, "earliest");
  assert.equal(config.transactionTimeoutMs, 10_000);
  assert.equal(resolveConfig({ ...base, guarantee: "at-least-once" }).commitIntervalMs, 30_000);
});

test("both spellings of a guarantee mean the same", () => {
  assert.equal(resolveConfig({ ...base, guarantee: "exactly-once" }).guarantee, "exactly_once_v2");
  assert.equal(resolveConfig({ ...base, guarantee: "at-least-once" }).guarantee, "at_least_once");
});

test("every option of a Kafka connection reaches the transport", () => {
  const connection = {
    tls: true,
    sasl: { mechanism: "PLAIN", username: "ada", password: "secret" },
    connectTimeoutMs: 1,
    bootstrapTimeoutMs: 2,
    requestTimeoutMs: 3,
    retryTimeoutMs: 4,
    deliveryTimeoutMs: 5,
    metadataMaxAgeMs: 6,
  } as const satisfies Required<Omit<KafkaSettings, "bootstrapServers">>;
  assert.deepEqual(resolveConfig({ ...base, ...connection }).kafka, {
    ...connection,
    bootstrapServers: "localhost:9092",
  });
});

const wrong: readonly [string, object, RegExp][] = [
  ["an option that does not exist", { aplicationId: "x" }, /aplicationId is not an option/],
  ["an id with a blank", { applicationId: "my app" }, /applicationId is "my app"/],
  ["an empty id", { applicationId: "" }, /applicationId/],
  ["no brokers", { bootstrapServers: undefined }, /bootstrapServers is missing/],
  ["an unknown compression", { compression: "brotli" }, /compression is "brotli".*gzip, snappy, lz4, zstd/],
  ["an unknown guarantee", { guarantee: "exactly_once" }, /guarantee is "exactly_once".*exactly_once_v2/],
  ["an unknown reset", { offsetReset: "first" }, /offsetReset is "first"/],
  ["workers without a module", { threads: 2 }, /threads is 2.*topology/],
  ["half a thread", { threads: 0.5 }, /threads is 0.5/],
  ["a commit interval of nothing", { commitIntervalMs: 0 }, /commitIntervalMs is 0/],
  [
    "waiting for less than nothing",
    { maxTaskIdleMs: -2 },
    /maxTaskIdleMs is -2.*or -1: then nothing is waited for/,
  ],
  [
    "a backend in workers",
    { stateBackend: memory, threads: 1, topology: new URL("file:///t.ts") },
    /stateBackend cannot be handed to a worker.*each store/,
  ],
  ["no backend", { stateBackend: {} }, /stateBackend is no backend.*open/],
  ["an unknown optimization", { optimizations: ["all"] }, /optimizations is "all".*reuse-source-topics/],
  [
    "a transaction shorter than its commit interval",
    { commitIntervalMs: 20_000 },
    /transactionTimeoutMs .*not above/,
  ],
  [
    "a transaction that outlives who waits for it",
    { transactionTimeoutMs: 60_000 },
    /transactionTimeoutMs .*40000/,
  ],
  ["a heartbeat as long as the session", { heartbeatIntervalMs: 40_000 }, /heartbeatIntervalMs/],
];

for (const [what, change, says] of wrong) {
  test(`refuses ${what}, and says what to do`, () => {
    assert.throws(
      () => resolveConfig({ ...base, ...change } as PeridotConfig),
      (error: unknown) => {
        assert.ok(error instanceof PeridotError);
        assert.equal(error.code, "CONFIG_INVALID");
        assert.match(error.message, says);
        return true;
      },
    );
  });
}
