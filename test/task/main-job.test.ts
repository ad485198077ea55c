import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import type { StreamsBuilder } from "../../host/dsl/streams-builder.ts";
import { StreamsBuilder as Builder } from "../../host/dsl/streams-builder.ts";
import { json, string } from "../../host/serdes/index.ts";
import { compile } from "../../host/topology/compile.ts";
import { brief, type OutRecord, type TestRecord, TopologyRun } from "./harness.ts";

const Client = z.object({
  Address: z.string(),
  Pincode: z.string(),
  State: z.string(),
  Age: z.number(),
  Active: z.boolean(),
  Nick: z.string().nullable().optional(),
});
type Client = z.infer<typeof Client>;

const PROJECTION = {
  address: "Address",
  pincode: "Pincode",
  state: "State",
  age: "Age",
  nick: "Nick",
} as const;

const source = { key: string, value: json(Client) };

/** Numbers from a seed (mulberry32). */
function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

const TEXTS = ["", "QLD", "NSW", 'Main "Street"', "Zürich", "東京 \ud83d\ude00", "tab\there", "a".repeat(40)];

function randomClient(random: (below: number) => number): Client {
  const text = () => TEXTS[random(TEXTS.length)]!;
  const nick = random(3) === 0 ? {} : { Nick: random(2) === 0 ? null : text() };
  return {
    Address: text(),
    Pincode: String(random(10_000)),
    State: ["QLD", "NSW", "VIC"][random(3)]!,
    Age: random(2) === 0 ? random(100) : random(1_000_000) / 997,
    Active: random(2) === 0,
    ...nick,
  };
}

function randomRecords(seed: number, count: number): TestRecord[] {
  const random = randomFrom(seed);
  return Array.from({ length: count }, (_, index) => ({
    key: random(20) === 0 ? null : `key-${random(50)}`,
    value: random(25) === 0 ? null : JSON.stringify({ ...randomClient(random), Unknown: [random(9)] }),
    timestamp: 1_700_000_000_000 + index - random(1000),
    headers: random(4) === 0 ? [["trace", `${index}`]] : [],
  }));
}

/** What the plain JavaScript reference makes of the records. */
function expected(
  records: readonly TestRecord[],
  step: (client: Client | null) => object | null | undefined,
): OutRecord[] {
  return records.flatMap(({ key, value, timestamp, headers }) => {
    const made = step(value === null ? null : (JSON.parse(value as string) as Client));
    if (made === undefined) return [];
    const out = made === null ? null : JSON.stringify(made);
    return [{ key: key as string | null, value: out, timestamp: timestamp!, headers: headers ?? [] }];
  });
}

function renamed(client: Client | null): object | null {
  if (client === null) return null;
  const { Address: address, Pincode: pincode, State: state, Age: age } = client;
  return { address, pincode, state, age, ...("Nick" in client ? { nick: client.Nick } : {}) };
}

function runOn(
  topology: (builder: StreamsBuilder) => void,
  records: readonly TestRecord[],
  batchRowsMax: number,
): OutRecord[] {
  const run = new TopologyRun(topology, { batchRowsMax });
  for (let from = 0; from < records.length; from += 100) run.add("in", records.slice(from, from + 100));
  assert.equal(run.drain(), records.length);
  return run.cut().out ?? [];
}

for (const seed of [1, 2, 3, 4, 5]) {
  const records = randomRecords(seed, 400);

  test(`the main job, in Wasm, is what plain JavaScript makes of it (seed ${seed})`, () => {
    const topology = (builder: StreamsBuilder) =>
      builder.stream("in", source).mapValues(PROJECTION).to("out");
    const reference = expected(records, renamed);
    for (const rows of [1, 2, 7, 1000]) assert.deepEqual(runOn(topology, records, rows), reference);
  });

  test(`filters and projections in Wasm mean what they mean in JavaScript (seed ${seed})`, () => {
    const topology = (builder: StreamsBuilder) =>
      builder
        .stream("in", source)
        .filter({ State: { ne: "VIC" }, Age: { ge: 10 } })
        .mapValues(PROJECTION)
        .filterNot({ nick: null })
        .filterNot({ state: "QLD", age: { lt: 50 } })
        .mapValues({ where: "address", nick: "nick" })
        .to("out");
    const reference = expected(records, (client) => {
      if (client === null || client.State === "VIC" || client.Age < 10) return undefined;
      if ((client.Nick ?? null) === null || (client.State === "QLD" && client.Age < 50)) return undefined;
      return { where: client.Address, nick: client.Nick };
    });
    assert.ok(reference.length > 10);
    for (const rows of [1, 2, 7, 1000]) assert.deepEqual(runOn(topology, records, rows), reference);
  });

  test(`declarative steps behind functions, and functions behind declarative steps (seed ${seed})`, () => {
    const topology = (builder: StreamsBuilder) =>
      builder
        .stream("in", { key: string, value: json(Client) })
        .filter((_key, client) => client?.Active !== false)
        .filter({ Age: { gt: 20 } })
        .mapValues(PROJECTION)
        .mapValues((client, key) => ({ ...client, key: key ?? "none" }))
        .filter({ state: "NSW" })
        .to("out", { value: json<object>() as never });
    const reference = records.flatMap((record) => {
      const key = (record.key as string | null) ?? "none";
      return expected([record], (client) => {
        if (client === null || !client.Active || client.Age <= 20 || client.State !== "NSW") return undefined;
        return { ...renamed(client), key };
      });
    });
    assert.ok(reference.length > 5);
    for (const rows of [1, 2, 7, 1000]) assert.deepEqual(runOn(topology, records, rows), reference);
  });
}

test("the main job runs in Wasm from end to end: one segment, no function", () => {
  const builder = new Builder();
  builder.stream("in", source).mapValues(PROJECTION).to("out");
  const [segment] = compile(builder.build(), "app").subTopologies[0]!.sources[0]!.children;
  assert.equal(segment?.kind, "segment");
});

test("a typed stream that goes out as it came has its schema's fields, no others", () => {
  const record = {
    key: "a",
    value: '{ "Age": 1.50, "More": 1, "Active": true, "State": "S", "Pincode": "P", "Address": "A" }',
  };
  const out = runOn((builder) => builder.stream("in", source).to("out"), [record], 10);
  assert.deepEqual(JSON.parse(out[0]!.value!), {
    Address: "A",
    Pincode: "P",
    State: "S",
    Age: 1.5,
    Active: true,
  });
});

test("the Client example: a typed JSON stream mapped to a topic of JSON numbers", () => {
  const Owned = z.object({ owner: z.array(z.object({ name: z.string() })), since: z.string() });
  const run = new TopologyRun((builder) =>
    builder
      .stream("clientTopic", { key: string, value: json(Owned) })
      .map((key, value) => [key, value.owner.length])
      .to("genericTopic", { key: string, value: json<number>() }),
  );
  run.add("clientTopic", [
    { key: "ada", value: '{"owner":[{"name":"x"},{"name":"y"}],"since":"1843"}' },
    { key: "bob", value: '{"since":"1999","owner":[]}' },
  ]);
  run.drain();
  assert.deepEqual(brief(run.cut().genericTopic), ["ada=2", "bob=0"]);
});

test("values that the schema refuses are bad records, each with its reason", () => {
  const bad = ["{", '{"Age":"old"}', '{"Address":1}', "[]", '{"Address":"only"}', ""];
  const good = JSON.stringify(randomClient(randomFrom(9)));
  const run = new TopologyRun((builder) => builder.stream("in", source).mapValues(PROJECTION).to("out"), {
    errors: { onDeserializationError: "deadLetter", deadLetterTopic: "dead" },
  });
  run.add("in", [...bad.map((value) => ({ key: "bad", value })), { key: "good", value: good }]);
  run.drain();
  const { out, dead } = run.cut();
  assert.equal(out!.length, 1);
  assert.deepEqual(
    dead!.map(({ value }) => value),
    bad,
  );
  for (const { headers } of dead!) {
    const message = headers.find(([name]) => name === "__streams.errors.message")![1];
    assert.match(message!, /the serde json refuses at byte \d+ of the value: JSON: /);
  }
});

test("rows keep their strings apart: what a function kept is still there after later batches", () => {
  const kept: Client[] = [];
  const records = randomRecords(11, 300).filter(({ value }) => value !== null);
  runOn(
    (builder) => builder.stream("in", source).forEach((_key, client) => void kept.push(client)),
    records,
    50,
  );
  const parsed = records.map(({ value }) => {
    const { Unknown: _, ...client } = JSON.parse(value as string);
    return client as Client;
  });
  assert.deepEqual(kept, parsed);
});
