import assert from "node:assert/strict";
import { test } from "node:test";
import { json, type StreamsBuilder, string, TopologyTestDriver } from "peridot-streams";
import { z } from "zod";

/** A kernel is tested as any step is. Build it first. */
const Address = z.object({ Address: z.string(), City: z.string().optional() });
const module = new URL("./build/kernels.wasm", import.meta.url);

function topology(builder: StreamsBuilder): void {
  builder
    .stream("addresses", { key: string, value: json(Address) })
    .kernel("words", { module, key: string, value: string })
    .to("words");
}

test("an address becomes its words", () => {
  const driver = new TopologyTestDriver(topology);
  const addresses = driver.input("addresses", { key: string, value: json(Address) });
  const words = driver.output("words", { key: string, value: string });

  addresses.pipe("1", { Address: " 12  North St", City: "Oakton" }, 0);

  assert.deepEqual(words.readKeyValues(), [
    ["12", "Oakton"],
    ["north", "Oakton"],
    ["st", "Oakton"],
  ]);
});

test("an address without city is refused, with the reason", () => {
  const driver = new TopologyTestDriver(topology);
  const addresses = driver.input("addresses", { key: string, value: json(Address) });

  assert.throws(() => addresses.pipe("1", { Address: "1 Lost Way" }, 0), /an address without city/);
});
