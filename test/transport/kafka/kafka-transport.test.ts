import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { systemClock } from "../../../host/clock.ts";
import { PeridotError } from "../../../host/errors.ts";
import { backoffMs } from "../../../host/transport/kafka/backoff.ts";
import { kafkaTransport, parseServers } from "../../../host/transport/kafka/kafka-transport.ts";

suite("kafkaTransport", () => {
  test("reads bootstrapServers as a list, or with commas", () => {
    const both = [
      { host: "a", port: 9092 },
      { host: "::1", port: 9093 },
    ];
    assert.deepEqual(parseServers("a:9092, [::1]:9093"), both);
    assert.deepEqual(parseServers(["a:9092", "[::1]:9093"]), both);
  });

  for (const servers of [
    "",
    "localhost",
    "localhost:",
    "localhost:0",
    "localhost:99999",
    "http://a:9092",
    "::1:9092",
  ])
    test(`refuses ${JSON.stringify(servers)}, and says how to write it`, () =>
      assert.throws(() => parseServers(servers), /bootstrapServers.*host:port/));

  test("refuses a time that is none", () =>
    assert.throws(
      () => kafkaTransport({ bootstrapServers: "a:1", requestTimeoutMs: 0 }),
      /requestTimeoutMs is 0.*above 0/,
    ));

  test("lists each address with its cause when none can be reached", async () => {
    const factory = kafkaTransport({ bootstrapServers: "127.0.0.1:1,127.0.0.1:2", bootstrapTimeoutMs: 200 });
    const transport = factory({ clientId: "test", clock: systemClock });
    await assert.rejects(transport.admin.describeTopics(["t"]), (error: unknown) => {
      assert.ok(error instanceof PeridotError);
      assert.equal(error.code, "CLUSTER_UNREACHABLE");
      assert.match(error.message, /127\.0\.0\.1:1: .*127\.0\.0\.1:2: .*bootstrapServers/);
      return true;
    });
    await transport.close();
    await assert.rejects(transport.admin.describeTopics(["t"]), /after the transport was closed/);
  });
});

test("a wait doubles, is bounded, and is spread", () => {
  const bounds = { leastMs: 100, mostMs: 1_000 };
  const middle = () => 0.5;
  assert.deepEqual(
    [1, 2, 3, 4, 5, 50].map((failures) => backoffMs(failures, bounds, middle)),
    [100, 200, 400, 800, 1_000, 1_000],
  );
  assert.equal(
    backoffMs(1, bounds, () => 0),
    80,
  );
  assert.equal(
    backoffMs(9, bounds, () => 1),
    1_200,
  );
});
