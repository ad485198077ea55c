// Checked by the compiler: nothing here runs. Each @ts-expect-error is a misuse that must not compile.
import { z } from "zod";
import type { KStream } from "../../host/dsl/kstream.ts";
import { StreamsBuilder } from "../../host/dsl/streams-builder.ts";
import { i64, json, nullable, type Serde, string } from "../../host/serdes/index.ts";

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
