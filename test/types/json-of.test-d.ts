// Checked by the compiler: nothing here runs. Each @ts-expect-error is a misuse that must not compile.
import { jsonOf, type Serde } from "../../host/serdes/index.ts";

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function expectType<_T extends true>(): void {}
type TypeOf<S> = S extends Serde<infer T> ? T : never;

const Payment = jsonOf({
  type: "object",
  fields: [
    { name: "account", value: { type: "i64" } },
    { name: "amount", value: { type: "f64" }, nullable: true },
    { name: "note", value: { type: "string" }, optional: true },
    { name: "tags", value: { type: "array", element: { value: { type: "string" }, nullable: true } } },
    { name: "payer", value: { type: "object", fields: [{ name: "id", value: { type: "i32" } }] } },
    { name: "rest", value: { type: "raw" } },
  ],
});
type Payment = TypeOf<typeof Payment>;

expectType<Same<Payment["account"], bigint>>();
expectType<Same<Payment["amount"], number | null>>();
expectType<Same<Payment["note"], string | undefined>>();
expectType<Same<Payment["tags"], readonly (string | null)[]>>();
expectType<Same<Payment["payer"]["id"], number>>();
expectType<Same<Payment["rest"], unknown>>();

const flag = jsonOf({ type: "boolean" });
expectType<Same<TypeOf<typeof flag>, boolean>>();

// @ts-expect-error no such type
jsonOf({ type: "date" });
// @ts-expect-error fields are a list
jsonOf({ type: "object", fields: { id: { type: "i64" } } });
declare const payment: Payment;
// @ts-expect-error no such field
payment.sum;
