// Checked by the compiler: nothing here runs. Each @ts-expect-error is a misuse that must not compile.
import { Readable } from "node:stream";
import { ReadableStream } from "node:stream/web";
import type { Peridot } from "../../host/app.ts";
import type { KStream } from "../../host/dsl/kstream.ts";
import { StreamsBuilder } from "../../host/dsl/streams-builder.ts";
import { f64, json, string } from "../../host/serdes/index.ts";
import type { Exported } from "../../host/topology/exported.ts";
import { err } from "../../host/topology/result.ts";

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function expectType<_T extends true>(): void {}

const builder = new StreamsBuilder();
const serdes = { key: string, value: f64 };

async function* numbers(from = 0) {
  yield { key: "a", value: from, position: from + 1 };
}

// ---- what a source gives

const imported = builder.import("a", { source: (from: number | undefined) => numbers(from), ...serdes });
expectType<Same<typeof imported, KStream<string, number, "key" | "value">>>();
builder.import("b", { source: async () => numbers(), ...serdes });
builder.import("c", {
  source: () => [{ value: 1, headers: [{ key: "h", value: null }], timestamp: 5 }],
  ...serdes,
});
builder.import("d", { source: () => [{ key: null, value: null }], ...serdes });
// @ts-expect-error a source is a function
builder.import("e", { source: numbers(), ...serdes });
// @ts-expect-error a number is not iterable
builder.import("f", { source: () => 5, ...serdes });
// @ts-expect-error values are numbers
builder.import("g", { source: () => [{ value: "one" }], ...serdes });
// @ts-expect-error items that are no records need `record`
builder.import("h", { source: () => [1, 2], ...serdes });
// @ts-expect-error the source takes a number, its items give texts
builder.import("i", { source: (_from: number | undefined) => [{ value: 1, position: "x" }], ...serdes });
// @ts-expect-error it needs both serdes
builder.import("j", { source: () => numbers(), key: string });

// ---- items that are no records

builder.import("k", { source: () => [1, 2], record: (item) => ({ value: item, position: item }), ...serdes });
builder.import("l", {
  source: () => [1, 2],
  record: (item) => (item > 1 ? { value: item } : undefined),
  ...serdes,
});
builder.import("m", {
  source: () => [1, 2],
  record: (item) => (item > 1 ? { value: item } : err("small")),
  ...serdes,
});
builder.import("n", {
  source: () => Readable.from(["1"]),
  record: (line: string) => ({ value: Number(line) }),
  ...serdes,
});
builder.import("o", {
  source: () => ReadableStream.from([1]),
  record: (item) => {
    expectType<Same<typeof item, number>>();
    return { value: item };
  },
  ...serdes,
});
// @ts-expect-error `record` gives numbers
builder.import("p", { source: () => [1, 2], record: (item) => ({ value: `${item}` }), ...serdes });

// ---- exports

const exported = imported.export("a");
expectType<Same<typeof exported, Exported<string, number>>>();
const texts = imported.mapValues((value) => `${value}`);
// @ts-expect-error a function has made the values: their serde is not known
texts.export("b");
texts.export("b", { value: string, partitions: 3 });
// @ts-expect-error the values are texts
texts.export("b", { value: f64 });

export async function read(app: Peridot): Promise<void> {
  for await (const { key, value, offset } of app.exported(exported)) {
    expectType<Same<typeof key, string | null>>();
    expectType<Same<typeof value, number | null>>();
    expectType<Same<typeof offset, bigint>>();
  }
  const byHand = app.exported(
    { name: "a", key: string, value: json<{ n: number }>() },
    { from: new Map([[0, 5n]]) },
  );
  const { value } = await byHand.next();
  expectType<Same<NonNullable<typeof value>["value"], { n: number } | null>>();
  // @ts-expect-error offsets are bigints
  app.exported(exported, { from: new Map([[0, 5]]) });
  Readable.from(byHand);
  ReadableStream.from(byHand);
}
