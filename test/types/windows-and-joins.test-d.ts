// Checked by the compiler: nothing here runs. Each @ts-expect-error is a misuse that must not compile.
import type { KStream } from "../../host/dsl/kstream.ts";
import type { KTable } from "../../host/dsl/ktable.ts";
import { StreamsBuilder } from "../../host/dsl/streams-builder.ts";
import {
  joinWindows,
  peridot,
  sessionWindows,
  slidingWindows,
  tumblingWindows,
  untilWindowCloses,
  type ValueAndTimestamp,
  type Windowed,
} from "../../host/index.ts";
import { f64, i64, string } from "../../host/serdes/index.ts";

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function expectType<_T extends true>(): void {}

const builder = new StreamsBuilder();
const numbers = builder.stream("numbers", { key: string, value: f64 });
const names = builder.stream("names", { key: string, value: string });
const grouped = numbers.groupByKey();

// ---- windows

const counts = grouped.windowedBy(tumblingWindows({ sizeMs: 10 })).count();
counts.toStream().forEach((window, count) => {
  expectType<Same<typeof window, Windowed<string>>>();
  expectType<Same<typeof count, bigint | null>>();
});
grouped.windowedBy(slidingWindows({ differenceMs: 5 })).reduce((sum, value) => sum + value);
grouped.windowedBy(tumblingWindows({ sizeMs: 10 })).aggregate(
  () => "",
  (_key, value, text) => `${text}${value}`,
  { value: string },
);
grouped.windowedBy(sessionWindows({ gapMs: 10 })).aggregate(
  () => 0n,
  (_key, _value, count) => count + 1n,
  (_key, one, other) => one + other,
  { value: i64 },
);
counts.suppress(untilWindowCloses());
// @ts-expect-error sessions need to be merged
grouped.windowedBy(sessionWindows({ gapMs: 10 })).aggregate(
  () => 0n,
  (_key, _value, count) => count + 1n,
  { value: i64 },
);
// @ts-expect-error what is reduced are numbers
grouped.windowedBy(tumblingWindows({ sizeMs: 10 })).reduce((sum, value) => `${sum}${value}`);
// @ts-expect-error a window has a size
tumblingWindows({ graceMs: 5 });
// @ts-expect-error there are two ways to tell results
grouped.windowedBy(tumblingWindows({ sizeMs: 10 })).emitStrategy("at-once");

// ---- joins of streams

const near = joinWindows({ differenceMs: 10 });
numbers
  .join(names, (number, name) => ({ number, name }), near)
  .forEach((_key, value) => {
    expectType<Same<typeof value, { number: number; name: string }>>();
  });
numbers
  .leftJoin(names, (number, name) => [number, name] as const, near)
  .forEach((_key, value) => {
    expectType<Same<typeof value, readonly [number, string | null]>>();
  });
numbers
  .outerJoin(names, (number, name) => [number, name] as const, near)
  .forEach((_key, value) => {
    expectType<Same<typeof value, readonly [number | null, string | null]>>();
  });
// @ts-expect-error streams are joined within windows
numbers.join(names, (number, name) => `${number}${name}`);
const byNumber = builder.stream("by-number", { key: f64, value: string });
// @ts-expect-error keys of both are of one type
numbers.join(byNumber, () => 1, near);

// ---- joins with tables

const rows = builder.table("rows", { key: string, value: string });
const people = builder.table("people", { key: string, value: f64 });
numbers
  .leftJoin(rows, (number, row) => [number, row] as const)
  .forEach((_key, value) => {
    expectType<Same<typeof value, readonly [number, string | null]>>();
  });
const joined = rows.outerJoin(people, (row, person) => `${row}${person}`);
expectType<Same<typeof joined extends KTable<string, infer V, never> ? V : never, string>>();
rows.joinOnForeignKey(
  people,
  (row) => row.slice(0, 1),
  (row, person) => row.length + person,
);
const one = () => 1;
const lengthOf = (row: string) => row.length;
const itself = (text: string) => text;
// @ts-expect-error the foreign key is a text
rows.joinOnForeignKey(people, lengthOf, one);
const everywhere = builder.globalTable("everywhere", { key: f64, value: string });
numbers.join(
  everywhere,
  (_key, number) => number,
  (number, row) => row.length + number,
);
// @ts-expect-error its keys are numbers
numbers.join(everywhere, itself, one);

// ---- duplicates

const once = numbers.deduplicate({ intervalMs: 10 });
expectType<Same<typeof once, KStream<string, number, "key" | "value">>>();
numbers.deduplicate({ intervalMs: 10, id: (_key, value) => value, idSerde: f64 });
// @ts-expect-error ids are numbers
numbers.deduplicate({ intervalMs: 10, id: (_key, value) => value, idSerde: string });
// @ts-expect-error there is an interval
numbers.deduplicate({});

// ---- queries

const app = peridot({ applicationId: "a", bootstrapServers: "localhost:9092" });
void app.windowStore<string, ValueAndTimestamp<bigint>>("counts").fetch("a", 0, 10);
// @ts-expect-error keys are texts
void app.windowStore<string, bigint>("counts").fetch(1, 0, 10);
