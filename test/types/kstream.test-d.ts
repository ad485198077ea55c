// Checked by the compiler: nothing here runs. Each @ts-expect-error is a misuse that must not compile.
import { z } from "zod";
import type { KStream } from "../../host/dsl/kstream.ts";
import { StreamsBuilder } from "../../host/dsl/streams-builder.ts";
import { f64, i64, json, nullable, type Serde, string } from "../../host/serdes/index.ts";
import { err } from "../../host/topology/result.ts";

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function expectType<_T extends true>(): void {}
type ValueOf<S> = S extends KStream<infer _K, infer V, infer _N> ? V : never;
type KeyOf<S> = S extends KStream<infer K, infer _V, infer _N> ? K : never;

const Client = z.object({
  Name: z.string(),
  Age: z.number(),
  Active: z.boolean(),
  Nick: z.string().optional(),
  owner: z.array(z.string()),
});

const builder = new StreamsBuilder();
const clients = builder.stream("clients", { key: string, value: json(Client) });

// ---- serdes give the types

expectType<Same<KeyOf<typeof clients>, string>>();
expectType<Same<ValueOf<typeof clients>["Age"], number>>();
expectType<Same<ValueOf<typeof clients>["Nick"], string | undefined>>();
builder.stream(["a", "b"], { key: i64, value: json<{ n: number }>() }).peek((key, value) => {
  expectType<Same<typeof key, bigint>>();
  expectType<Same<typeof value, { n: number }>>();
});
// @ts-expect-error a source needs both serdes
builder.stream("clients", { key: string });
// @ts-expect-error a serde, not its name
builder.stream("clients", { key: "string", value: json(Client) });
// @ts-expect-error no such option
builder.stream("clients", { key: string, value: json(Client), partitions: 3 });

// ---- mapValues by a function

const ages = clients.mapValues((client, key) => client.Age + key.length);
expectType<Same<ValueOf<typeof ages>, number>>();
expectType<Same<KeyOf<typeof ages>, string>>();
// @ts-expect-error no such field
clients.mapValues((client) => client.name);
builder.stream("t", { key: nullable(string), value: nullable(json(Client)) }).mapValues((client, key) => {
  // @ts-expect-error the value may be null
  void client.Name;
  // @ts-expect-error the key may be null
  void key.length;
  return client?.Name ?? null;
});

// ---- mapValues by a projection

const addresses = clients.mapValues({ name: "Name", nick: "Nick" });
expectType<Same<ValueOf<typeof addresses>["name"], string>>();
addresses.peek((_key, value) => {
  const nick: string | undefined = value.nick;
  void nick;
  // @ts-expect-error not among the projected fields
  void value.Age;
});
// @ts-expect-error no such field
clients.mapValues({ name: "Nmae" });
// @ts-expect-error a number has no fields
ages.mapValues({ name: "Name" });
// @ts-expect-error a text has no fields, only methods
clients.mapValues((client) => client.Name).mapValues({ length: "length" });

// ---- filter

clients.filter({ Name: "Ada" });
clients.filter({ Age: { ge: 18, lt: 65 }, Active: true });
clients.filter({ Nick: null });
clients.filterNot({ Name: { ne: "Ada" } });
clients.filter((_key, client) => client.Active);
// @ts-expect-error no such field
clients.filter({ Nmae: "Ada" });
// @ts-expect-error a text is no number
clients.filter({ Age: "18" });
// @ts-expect-error no such comparison
clients.filter({ Age: { above: 18 } });
// @ts-expect-error booleans have no order
clients.filter({ Active: { lt: true } });
// @ts-expect-error arrays cannot be compared
clients.filter({ owner: [] });
// @ts-expect-error a predicate answers with a boolean
clients.filter((_key, client) => client.Name);

// ---- map and to

clients
  .map((key, client) => [key, client.owner.length])
  .to("generic", { key: string, value: json<number>() });
clients.to("copy");
clients.filter({ Active: true }).to("copy");
addresses.to("addresses");
ages.to("ages", { value: json<number>() });
// @ts-expect-error a function has made the values: their serde is not known
ages.to("ages");
// @ts-expect-error a function has made keys and values
clients.map((key, client) => [key, client.Age]).to("ages");
// @ts-expect-error the key's serde is missing
clients.map((key, client) => [key, client.Age]).to("ages", { value: json<number>() });
// @ts-expect-error numbers are no texts
ages.to("ages", { value: string });
// @ts-expect-error a pair of key and value
clients.map((_key, client) => client.Age);
// @ts-expect-error nothing follows a sink
clients.to("copy").filter({ Active: true });

// ---- fan-out, keys, refusals

const perOwner = clients.flatMap((key, client) => client.owner.map((owner) => [owner, key] as const));
expectType<Same<ValueOf<typeof perOwner>, string>>();
const owners = clients.flatMapValues((client) => client.owner);
expectType<Same<ValueOf<typeof owners>, string>>();
owners.to("owners", { value: string });
// @ts-expect-error a list of pairs
clients.flatMap((_key, client) => client.owner);
// @ts-expect-error a list
clients.flatMapValues((client) => client.Age);
const byAge = clients.selectKey((_key, client) => client.Age);
byAge.to("by-age", { key: f64 });
// @ts-expect-error the key's serde is not known any more
byAge.to("by-age");
const adults = clients.mapValues((client) => (client.Age < 18 ? err("too young") : client.Name));
expectType<Same<ValueOf<typeof adults>, string>>();
clients.map((key, client) => (client.Age < 18 ? err({ young: client.Age }) : [key, client.Age]));

// ---- branches and merges

const branches = clients
  .split()
  .branch("adults", { Age: { ge: 18 } })
  .branch("named", (key) => key !== "")
  .defaultBranch("others");
branches.adults.merge(branches.others).to("both");
// @ts-expect-error no such branch
branches.children;
// @ts-expect-error an array has no condition
clients.split().branch("owned", { owner: "Ada" });
// @ts-expect-error other values
clients.merge(ages);
expectType<Same<ReturnType<typeof clients.merge<never>>, KStream<string, ValueOf<typeof clients>, never>>>();

// ---- topics and partitions by function

clients.to((key, client, record) => `${key}-${client.Name}-${record.partition}`);
clients.to("out", {
  partitioner: (_topic, key, client, partitions) => (key.length + client.Age) % partitions,
});
// @ts-expect-error a topic is a text
clients.to((_key, client) => client.Age);
// @ts-expect-error a partition is a number
clients.to("out", { partitioner: (_topic, key) => key });
clients.repartition({ name: "again" }).to("out");
// @ts-expect-error its topic outlives the process: it needs a name
clients.repartition({});
// @ts-expect-error the key's serde is not known
byAge.repartition({ name: "by-age" });
byAge.repartition({ name: "by-age", key: f64 }).to("out");

// ---- timestamps and errors

builder.stream("t", {
  key: string,
  value: json(Client),
  timestampExtractor: (record, partitionTime) => record.value.Age + partitionTime,
  errors: { onProcessingError: "deadLetter", deadLetterTopic: "dead" },
});
builder.stream("t", {
  key: string,
  value: json(Client),
  // @ts-expect-error a time is a number
  timestampExtractor: (record) => record.value.Name,
});
// @ts-expect-error no such action
builder.stream("t", { key: string, value: string, errors: { onProcessingError: "ignore" } });

// ---- streams as arguments

declare function takesAny(stream: KStream<string, number>): void;
declare function takesKnown(stream: KStream<string, string, "key" | "value">): void;
takesAny(ages);
takesKnown(builder.stream("t", { key: string, value: string }));
// @ts-expect-error another type of value
takesAny(clients);
// @ts-expect-error the serde of the value is not known
takesKnown(clients.mapValues((client) => client.Name));

// ---- a serde of one's own

declare const custom: Serde<Date>;
expectType<Same<ValueOf<ReturnType<typeof dates>>, Date>>();
function dates() {
  return builder.stream("dates", { key: string, value: custom });
}

// ---- kernels: what comes out is what their serdes say

const labels = clients.kernel("label", { module: "kernels.wasm", key: f64, value: json<{ to: string }>() });
expectType<Same<KeyOf<typeof labels>, number>>();
expectType<Same<ValueOf<typeof labels>, { to: string }>>();
labels.to("out");
labels.filter({ to: "Ada" }).to("out");
// @ts-expect-error there is no such field
labels.filter({ from: "Ada" });
// @ts-expect-error what comes out needs both serdes
clients.kernel("label", { module: "kernels.wasm", key: f64 });
// @ts-expect-error a module is named
clients.kernel("label", { key: string, value: string });
