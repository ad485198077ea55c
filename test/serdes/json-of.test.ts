import assert from "node:assert/strict";
import { test } from "node:test";
import { PeridotError } from "../../host/errors.ts";
import { jsonOf, type SerdeType, string } from "../../host/serdes/index.ts";
import { brief, TopologyRun } from "../task/harness.ts";

const Payment = jsonOf({
  type: "object",
  fields: [
    { name: "account", value: { type: "i64" } },
    { name: "note", value: { type: "string" }, optional: true },
  ],
});
/** Beyond what a number holds exactly. */
const ACCOUNTS = [9007199254740992n, 9007199254740993n, -9223372036854775808n];
const records = ACCOUNTS.map((account) => ({ key: "k", value: `{"account":${account}}` }));

test("jsonOf: kernels keep, and compare, every digit of a 64-bit integer", () => {
  assert.equal(Payment.path, "kernel");
  const run = new TopologyRun((builder) =>
    builder.stream("in", { key: string, value: Payment }).filterNot({ account: 9007199254740993n }).to("out"),
  );
  run.add("in", records);
  run.drain();
  assert.deepEqual(brief(run.cut().out), [
    'k={"account":9007199254740992}',
    'k={"account":-9223372036854775808}',
  ]);
});

test("jsonOf: functions get bigints, and what they give back is written whole", () => {
  const seen: bigint[] = [];
  const run = new TopologyRun((builder) =>
    builder
      .stream("in", { key: string, value: Payment })
      .mapValues((payment): SerdeType<typeof Payment> => {
        seen.push(payment.account);
        return { account: payment.account, note: "seen" };
      })
      .to("out", { value: Payment }),
  );
  run.add("in", records);
  run.drain();
  assert.deepEqual(seen, ACCOUNTS);
  assert.deepEqual(
    brief(run.cut().out),
    ACCOUNTS.map((account) => `k={"account":${account},"note":"seen"}`),
  );
});

test("jsonOf: a shape beyond the kernels' bounds is refused at once", () => {
  const field = { name: "twice", value: { type: "i32" } } as const;
  assert.throws(
    () => jsonOf({ type: "object", fields: [field, field] }),
    (error: unknown) => error instanceof PeridotError && error.code === "CONFIG_INVALID",
  );
});
