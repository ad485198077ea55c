import assert from "node:assert/strict";
import { test } from "node:test";
import { StreamsBuilder } from "../../host/dsl/streams-builder.ts";
import { json, string } from "../../host/serdes/index.ts";
import { describe } from "../../host/topology/describe.ts";

test("describe() is Kafka Streams' text, with its generated names", () => {
  const builder = new StreamsBuilder();
  const orders = builder.stream("orders", { key: string, value: json<{ n: number }>() });
  const big = orders.filter((_key, order) => order.n > 10);
  big.mapValues((order) => order.n, { name: "count" }).to("counts", { value: json<number>() });
  big.to("big");
  builder.stream(["a", "b"], { key: string, value: string }).forEach(() => {});

  assert.equal(
    describe(builder.build()),
    `Topologies:
   Sub-topology: 0
    Source: KSTREAM-SOURCE-0000000000 (topics: [orders])
      --> KSTREAM-FILTER-0000000001
    Processor: KSTREAM-FILTER-0000000001 (stores: [])
      --> count, KSTREAM-SINK-0000000004
      <-- KSTREAM-SOURCE-0000000000
    Processor: count (stores: [])
      --> KSTREAM-SINK-0000000003
      <-- KSTREAM-FILTER-0000000001
    Sink: KSTREAM-SINK-0000000003 (topic: counts)
      <-- count
    Sink: KSTREAM-SINK-0000000004 (topic: big)
      <-- KSTREAM-FILTER-0000000001

  Sub-topology: 1
    Source: KSTREAM-SOURCE-0000000005 (topics: [a, b])
      --> KSTREAM-FOREACH-0000000006
    Processor: KSTREAM-FOREACH-0000000006 (stores: [])
      --> none
      <-- KSTREAM-SOURCE-0000000005

`,
  );
});
