import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import type { StreamsBuilder } from "../../host/dsl/streams-builder.ts";
import { f64, i64, json, jsonOf, type Serde, string } from "../../host/serdes/index.ts";
import { always, brief, type OutRecord, type TestRecord, TopologyRun } from "./harness.ts";

const Account = jsonOf({
  type: "object",
  fields: [
    { name: "id", value: { type: "string" }, optional: true },
    { name: "balance", value: { type: "i64" } },
    { name: "rate", value: { type: "f64" } },
  ],
});
type Account = typeof Account extends Serde<infer T> ? T : never;
/** The same values, of which kernels make no rows. */
const { rows: _, ...rest } = Account;
const unread: Serde<Account> = { ...rest, normalizes: true };
const FORMS = { kernels: Account, functions: unread } as const;

const MOST = 2n ** 63n - 1n;
const account = (key: string, balance: bigint, rate = 1): TestRecord => ({
  key,
  value: `{"id":"${key}","balance":${balance},"rate":${rate}}`,
});
const records = [
  account("a", 1n),
  account("b", MOST),
  account("c", 3n),
  account("d", MOST),
  account("e", 5n),
];

function plusOne(value: Serde<Account>) {
  return (builder: StreamsBuilder) => {
    const stream = builder.stream("in", { key: string, value });
    stream
      .filter({ balance: { ge: 0n } })
      .mapValues({ next: { add: ["balance", 1n] } }, { name: "plus-one" })
      .to("next");
    stream.to("all");
  };
}

for (const [form, value] of Object.entries(FORMS)) {
  test(`an integer beyond 64 bits, by ${form}: "continue" skips the record, elsewhere it goes on`, () => {
    const run = new TopologyRun(plusOne(value), { errors: { onProcessingError: "continue" } });
    run.add("in", records);
    assert.equal(run.drain(), 5);
    const { next, all } = run.cut();
    assert.deepEqual(brief(next), ['a={"next":2}', 'c={"next":4}', 'e={"next":6}']);
    assert.equal(all?.length, 5);
  });

  test(`an integer beyond 64 bits, by ${form}: "fail" completes what comes before, and names node and operands`, () => {
    const run = new TopologyRun(plusOne(value));
    run.add("in", records);
    const fails = () => run.drain();
    assert.throws(fails, {
      code: "RECORD_FAILED",
      message:
        /offset 1 of in-0 failed in plus-one \(processing\): the field "next": 9223372036854775807 \+ 1: the result does not fit in 64 bits\./,
    });
    const { next, all } = run.cut();
    assert.deepEqual(brief(next), ['a={"next":2}']);
    assert.equal(all?.length, 1);
  });

  test(`an integer beyond 64 bits, by ${form}: "deadLetter" writes the record as it was`, () => {
    const run = new TopologyRun(plusOne(value), {
      errors: { onProcessingError: "deadLetter", deadLetterTopic: "dead" },
    });
    run.add("in", records);
    run.drain();
    const { dead } = run.cut();
    assert.deepEqual(
      brief(dead),
      [1, 3].map((index) => `${records[index]!.key}=${records[index]!.value}`),
    );
  });

  test(`keys from fields, by ${form}: as the serde of their type writes them, null where there is none`, () => {
    const run = new TopologyRun((builder) => {
      const stream = builder.stream("in", { key: string, value });
      stream.selectKey("id").to("by-id", { key: nullableString });
      stream
        .selectKey("balance")
        .filter({ rate: { gt: 0 } })
        .to("by-balance", { key: i64 });
      stream
        .map({ key: "rate", value: { id: "id", twice: { multiply: ["rate", 2] } } })
        .to("by-rate", { key: f64 });
      stream.selectKey("balance").to("as-json", { key: json<bigint>() });
    });
    run.add("in", [
      account("a", 258n, 1.5),
      { key: "none", value: '{"balance":-1,"rate":2}' },
      { key: "lone", value: '{"id":"\\ud800é\\udfff 0123456789 \\udc00","balance":0,"rate":-0}' },
      { key: "tombstone", value: null },
    ]);
    run.drain();
    const out = run.cut("latin1");
    const keys = (records: readonly OutRecord[] | undefined) =>
      records?.map(({ key }) => (key === null ? null : Buffer.from(key, "latin1").toString("hex")));
    const mended = Buffer.from("?é? 0123456789 ?").toString("hex");
    assert.deepEqual(keys(out["by-id"]), ["61", null, mended, null]);
    assert.deepEqual(keys(out["by-balance"]), ["0000000000000102", "ffffffffffffffff"]);
    assert.deepEqual(keys(out["by-rate"]), [
      "3ff8000000000000",
      "4000000000000000",
      "8000000000000000",
      null,
    ]);
    assert.deepEqual(
      out["by-rate"]?.map((record) => record.value),
      ['{"id":"a","twice":3}', '{"twice":4}', '{"id":"\\ud800Ã©\\udfff 0123456789 \\udc00","twice":0}', null],
    );
    assert.deepEqual(
      out["as-json"]?.map(({ key }) => key),
      ["258", "-1", "0", null],
    );
  });

  test(`a key from a field, by ${form}: functions behind it see it, until another key is chosen`, () => {
    const seen: unknown[] = [];
    const run = new TopologyRun((builder) => {
      const byId = builder.stream("in", { key: string, value }).selectKey("id");
      byId
        .peek((key) => seen.push(key))
        .mapValues({ rate: "rate" })
        .to("peeked", { key: nullableString });
      byId
        .flatMapValues(({ rate }) => [rate, -rate])
        .to("flat", { key: nullableString, value: json<number>() });
      byId
        .selectKey((key) => `${key}!`)
        .filter({ rate: 1 })
        .to("function", { key: string });
      byId
        .selectKey((key) => `${key}!`)
        .selectKey("balance")
        .to("again", { key: i64 });
    });
    run.add("in", [account("a", 1n), account("b", 2n)]);
    run.drain();
    const out = run.cut("latin1");
    assert.deepEqual(seen, ["a", "b"]);
    assert.deepEqual(brief(out.peeked), ['a={"rate":1}', 'b={"rate":1}']);
    assert.deepEqual(brief(out.flat), ["a=1", "a=-1", "b=1", "b=-1"]);
    assert.deepEqual(
      out.function?.map(({ key }) => key),
      ["a!", "b!"],
    );
    assert.deepEqual(
      out.again?.map(({ key }) => key?.charCodeAt(7)),
      [1, 2],
    );
  });
}

const nullableString = string as unknown as Serde<string | null>;

test("records that a check has refused are told of once, however the run is cut", () => {
  const told: bigint[] = [];
  const run = new TopologyRun(
    (builder) =>
      builder
        .stream("in", { key: string, value: Account })
        .mapValues({ next: { add: ["balance", 1n] } })
        .mapValues(({ next }) => Number(next))
        .to("out", { value: json<number>() }),
    {
      errors: {
        onProcessingError: ({ offset }) => {
          told.push(offset);
          return "continue";
        },
      },
    },
  );
  run.add(
    "in",
    Array.from({ length: 320 }, (_, index) => account(`k${index}`, index % 40 === 39 ? MOST : 0n)),
  );
  let looks = 0;
  while (run.runner.process(() => ++looks % 3 !== 0) > 0);
  run.runner.process(always);
  assert.equal(run.cut().out?.length, 312);
  assert.deepEqual(told, [39n, 79n, 119n, 159n, 199n, 239n, 279n, 319n]);
});

test("zod's objects: what is declared runs in kernels, and reads as one would write it", () => {
  const Order = z.object({
    Id: z.string(),
    Price: z.number(),
    Quantity: z.int(),
    Limit: z.number().optional(),
  });
  const run = new TopologyRun((builder) =>
    builder
      .stream("in", { key: string, value: json(Order) })
      .filter({ Price: { lt: { field: "Limit" } } })
      .mapValues({
        id: "Id",
        total: { multiply: ["Price", "Quantity"] },
        withTax: { add: [{ multiply: ["Price", 1.1] }, 5] },
        source: { constant: "web" },
      })
      .filter({ total: { gt: 10 } })
      .to("out"),
  );
  run.add("in", [
    { key: "a", value: '{"Id":"1","Price":2.5,"Quantity":5,"Limit":3}' },
    { key: "b", value: '{"Id":"2","Price":2.5,"Quantity":3,"Limit":3}' },
    { key: "c", value: '{"Id":"3","Price":2.5,"Quantity":9,"Limit":1}' },
    { key: "d", value: '{"Id":"4","Price":2.5,"Quantity":9}' },
  ]);
  run.drain();
  assert.deepEqual(brief(run.cut().out), [
    `a={"id":"1","total":12.5,"withTax":${2.5 * 1.1 + 5},"source":"web"}`,
  ]);
});
