import assert from "node:assert/strict";
import { test } from "node:test";
import { matchesTopic } from "../../host/topology/pattern.ts";

const CASES: readonly (readonly [RegExp, topic: string, matches: boolean])[] = [
  [/orders/, "orders", true],
  [/orders/, "orders-eu", false],
  [/orders/, "old-orders", false],
  [/orders|orders-eu/, "orders-eu", true],
  [/orders-.*?/, "orders-eu", true],
  [/^orders-\d+$/, "orders-12", true],
  [/ORDERS/i, "orders", true],
  [/b/m, "a\nb", false],
  [/.*/, "__consumer_offsets", false],
];

for (const [pattern, topic, matches] of CASES) {
  test(`${pattern} ${matches ? "matches" : "does not match"} ${JSON.stringify(topic)}, twice as well`, () => {
    assert.equal(matchesTopic(pattern, topic), matches);
    assert.equal(matchesTopic(pattern, topic), matches);
  });
}
