// Checked by the compiler: nothing here runs. Each @ts-expect-error is a misuse that must not compile.
import { z } from "zod";
import type { Computation, Projection } from "../../host/dsl/fields.ts";
import type { KStream } from "../../host/dsl/kstream.ts";
import { StreamsBuilder } from "../../host/dsl/streams-builder.ts";
import { i64, json, jsonOf, nullable, string } from "../../host/serdes/index.ts";

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function expectType<_T extends true>(): void {}
type KeyOf<S> = S extends KStream<infer K, infer _V, infer _N> ? K : never;
type ValueOf<S> = S extends KStream<infer _K, infer V, infer _N> ? V : never;

const Order = z.object({
  Id: z.string(),
  Price: z.number(),
  Quantity: z.int(),
  Limit: z.number().optional(),
  Weight: z.number().nullable(),
  Paid: z.boolean(),
  Lines: z.array(z.string()),
  Mixed: z.union([z.number(), z.string()]),
});
const Payment = jsonOf({
  type: "object",
  fields: [
    { name: "account", value: { type: "i64" } },
    { name: "cents", value: { type: "i64" }, nullable: true },
    { name: "rate", value: { type: "f64" } },
  ],
});

const builder = new StreamsBuilder();
const orders = builder.stream("orders", { key: string, value: json(Order) });
const payments = builder.stream("payments", { key: string, value: Payment });

// ---- constants keep their type, arithmetic is a number or a bigint

const priced = orders.mapValues({
  id: "Id",
  total: { multiply: ["Price", "Quantity"] },
  withTax: { add: [{ multiply: ["Price", 1.1] }, 5, "Quantity"] },
  source: { constant: "web" },
  ok: { constant: true },
  none: { constant: null },
  big: { constant: 5n },
});
type Priced = ValueOf<typeof priced>;
expectType<Same<Priced["id"], string>>();
expectType<Same<Priced["total"], number>>();
expectType<Same<Priced["withTax"], number>>();
expectType<Same<Priced["source"], "web">>();
expectType<Same<Priced["ok"], true>>();
expectType<Same<Priced["none"], null>>();
expectType<Same<Priced["big"], 5n>>();

// ---- an operand that may be null or absent makes the result nullable

const loose = orders.mapValues({
  left: { subtract: ["Limit", 1] },
  right: { divide: ["Price", "Weight"] },
  inner: { remainder: ["Price", { add: ["Quantity", "Limit"] }] },
});
type Loose = ValueOf<typeof loose>;
expectType<Same<Loose["left"], number | null>>();
expectType<Same<Loose["right"], number | null>>();
expectType<Same<Loose["inner"], number | null>>();

const cents = payments.mapValues({ next: { add: ["account", 1n] }, twice: { multiply: ["cents", 2n] } });
expectType<Same<ValueOf<typeof cents>["next"], bigint>>();
expectType<Same<ValueOf<typeof cents>["twice"], bigint | null>>();

const untyped = builder.stream("t", { key: string, value: json<{ a: number; b?: number }>() });
const sums = untyped.mapValues({ sum: { add: ["a", "b"] } });
expectType<Same<ValueOf<typeof sums>["sum"], number | null>>();

const tombstones = builder
  .stream("t", { key: string, value: nullable(json(Order)) })
  .mapValues({ n: { add: ["Price", 1] } });
expectType<Same<Extract<ValueOf<typeof tombstones>, null>, null>>();

// ---- what is computed may be computed with

const again = priced.mapValues({ half: { divide: ["total", 2] } });
expectType<Same<ValueOf<typeof again>["half"], number>>();
priced.filter({ total: { gt: 100 }, source: "web" });

// ---- expressions and projections made elsewhere

declare const computation: Computation<z.infer<typeof Order>>;
const computed = orders.mapValues({ n: computation });
expectType<Same<ValueOf<typeof computed>["n"], number | bigint | null>>();
declare const projection: Projection<z.infer<typeof Order>>;
orders.mapValues(projection).to("out");

// ---- keys

const byId = orders.selectKey("Id");
expectType<Same<KeyOf<typeof byId>, string>>();
expectType<Same<ValueOf<typeof byId>["Price"], number>>();
byId.to("out", { key: string });
const byLimit = orders.selectKey("Limit");
expectType<Same<KeyOf<typeof byLimit>, number | null>>();
const byAccount = payments.map({
  key: "account",
  value: { sum: { add: ["cents", 1n] }, of: { constant: "web" } },
});
expectType<Same<KeyOf<typeof byAccount>, bigint>>();
expectType<Same<ValueOf<typeof byAccount>["sum"], bigint | null>>();
byAccount.to("out", { key: i64 });
const maybe = builder.stream("t", { key: string, value: nullable(json(Order)) }).selectKey("Id");
expectType<Same<KeyOf<typeof maybe>, string | null>>();
// @ts-expect-error the key's serde is not known any more
orders.selectKey("Id").to("out");
// @ts-expect-error a text is no bigint
orders.selectKey("Id").to("out", { key: i64 });
// @ts-expect-error no such field
orders.selectKey("Ident");
// @ts-expect-error no such field
orders.map({ key: "Ident", value: { id: "Id" } });
// @ts-expect-error no such field
orders.map({ key: "Id", value: { id: "Ident" } });

// ---- misuse

// @ts-expect-error no such field
orders.mapValues({ total: { multiply: ["Prise", "Quantity"] } });
// @ts-expect-error a text is no number
orders.mapValues({ total: { multiply: ["Id", 2] } });
// @ts-expect-error a boolean is no number
orders.mapValues({ total: { add: ["Paid", 1] } });
// @ts-expect-error a field that may be a text is no number
orders.mapValues({ total: { add: ["Mixed", 1] } });
// @ts-expect-error an array is no number
orders.mapValues({ total: { add: ["Price", { add: ["Lines", 1] }] } });
// @ts-expect-error one operand
orders.mapValues({ total: { add: ["Price"] } });
// @ts-expect-error no such operator
orders.mapValues({ total: { power: ["Price", 2] } });
// @ts-expect-error bigints and numbers do not mix
payments.mapValues({ sum: { add: ["account", 1] } });
// @ts-expect-error bigints and numbers do not mix
payments.mapValues({ sum: { add: ["account", "rate"] } });
// @ts-expect-error bigints and numbers do not mix, further in
payments.mapValues({ sum: { add: ["account", { multiply: ["rate", 2] }] } });
// @ts-expect-error a constant is a text, number, bigint, boolean or null
orders.mapValues({ of: { constant: [] } });

// ---- fields on both sides of a comparison

orders.filter({ Price: { gt: { field: "Limit" } } });
orders.filter({
  Price: { gt: { field: "Quantity" }, le: { multiply: ["Limit", 2] } },
  Id: { ne: { field: "Id" } },
});
orders.filterNot({ Paid: { eq: { field: "Paid" } }, Weight: { lt: { add: ["Weight", "Price"] } } });
payments.filter({ account: { ge: { field: "cents" }, lt: { add: ["cents", 1n] } } });
// @ts-expect-error no such field
orders.filter({ Price: { gt: { field: "Limits" } } });
// @ts-expect-error a text is no number
orders.filter({ Price: { gt: { field: "Id" } } });
// @ts-expect-error a bigint is no number
payments.filter({ account: { gt: { field: "rate" } } });
// @ts-expect-error booleans have no order
orders.filter({ Paid: { lt: { field: "Paid" } } });
// @ts-expect-error no arithmetic on texts
orders.filter({ Id: { eq: { add: ["Id", "Id"] } } });
