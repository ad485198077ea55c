import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { z } from "zod";
import type { StreamsBuilder } from "../../host/dsl/streams-builder.ts";
import { PeridotError } from "../../host/errors.ts";
import { json, string } from "../../host/serdes/index.ts";
import { authorsPath } from "../kernels/user-modules.ts";
import { brief, type TestRecord, TopologyRun, type TopologyRunSettings } from "./harness.ts";

const module = await authorsPath();
const rust = new URL("../../examples/rust-kernel/words.wasm", import.meta.url);
const texts = { key: string, value: string };
const Order = z.object({
  name: z.string(),
  price: z.number().optional(),
  count: z.int(),
  small: z.int32(),
  paid: z.boolean().nullable(),
  address: z.object({ city: z.string().optional() }).optional(),
  tags: z.array(z.string()).optional(),
  extra: z.any().optional(),
});
const Priced = z.object({ name: z.string(), gross: z.number().nullable(), count: z.int(), size: z.string() });

function run(
  describe: (builder: StreamsBuilder) => void,
  records: readonly TestRecord[],
  settings: TopologyRunSettings = {},
) {
  const topology = new TopologyRun(describe, settings);
  topology.add("in", records);
  topology.drain();
  const out = topology.cut();
  for (const record of Object.values(out).flat()) {
    Object.assign(record, { headers: record.headers.filter(([name]) => !name.endsWith(".stacktrace")) });
  }
  return out;
}

/** The same for batches of 1, 2, 7 rows and all. */
function invariant(
  describe: (builder: StreamsBuilder) => void,
  records: readonly TestRecord[],
  settings = {},
) {
  const whole = run(describe, records, settings);
  for (const batchRowsMax of [1, 2, 7]) {
    assert.deepEqual(run(describe, records, { ...settings, batchRowsMax }), whole, `${batchRowsMax} rows`);
  }
  return whole;
}

const numbers = (...values: string[]): TestRecord[] =>
  values.map((value, index) => ({ key: `k${index}`, value, timestamp: index, headers: [["h", `${index}`]] }));

suite("what a kernel makes", () => {
  test("goes to a topic as it is, with timestamps and headers", () => {
    const { out } = invariant(
      (builder) =>
        builder
          .stream("in", texts)
          .kernel("numbers", { module, ...texts })
          .to("out"),
      numbers("1", "2"),
    );
    assert.deepEqual(out, [
      { key: "k0", value: "seen 1", timestamp: 0, headers: [["h", "0"]] },
      { key: "k0", value: "2", timestamp: 1000, headers: [["h", "0"]] },
      { key: "k1", value: "seen 2", timestamp: 1, headers: [["h", "1"]] },
      { key: "k1", value: "4", timestamp: 1001, headers: [["h", "1"]] },
    ]);
  });

  test("is read by functions, conditions, projections and other kernels behind it", () => {
    const orders = [60, 10, undefined].map((price, index) => ({
      key: "k",
      value: JSON.stringify({ name: `n${index}`, price, count: index, small: 1, paid: null }),
    }));
    const priced = { module, key: string, value: json(Priced) };
    const described = (builder: StreamsBuilder) => {
      const made = builder.stream("in", { key: string, value: json(Order) }).kernel("priced", priced);
      made.filter({ count: { ge: 1 } }).to("conditions", { value: json(Priced) });
      made.filter((key, { gross }) => key !== "N1" && gross !== null).to("functions");
      made.mapValues({ n: "name", c: "count" }).to("projections");
      made.mapValues(({ size }) => size).to("values", { value: string });
      made.kernel("same", { module, key: string, value: string }).to("kernels");
      made.to("all");
    };
    const out = invariant(described, orders);
    const text = (index: number, gross: string, size: string) =>
      `N${index}={"name":"n${index}","gross":${gross},"count":${index},"size":"${size}"}`;
    assert.deepEqual(brief(out.conditions), [
      text(1, "11.899999999999999", "small"),
      text(2, "null", "small"),
    ]);
    assert.deepEqual(brief(out.functions), brief(out.all).slice(0, 1)); // the kernel's own bytes
    assert.deepEqual(
      brief(out.projections),
      [0, 1, 2].map((index) => `N${index}={"n":"n${index}","c":${index}}`),
    );
    assert.deepEqual(brief(out.values), ['N0=large "L"', "N1=small", "N2=small"]);
    assert.equal(out.kernels?.length, 3);
    assert.match(out.all![0]!.value!, /"address":\{"city":"","known":false\}/);
  });

  test("comes in depth-first order where branches meet", () => {
    const { out } = invariant(
      (builder) => {
        const made = builder.stream("in", texts).kernel("fan", { module, ...texts });
        const left = made.filter((key) => key !== "1");
        const again = left
          .kernel("fan", { module, ...texts })
          .mapValues((value, key) => `${key} of ${value}`);
        made
          .mapValues((value, key) => `f${key} of ${value}`)
          .merge(again)
          .to("out", { key: string, value: string });
      },
      numbers("2", "3"),
    );
    assert.deepEqual(brief(out), [
      ...["0=0 of 2", "1=1 of 2", "0=f0 of 2", "1=f1 of 2"],
      ...["0=0 of 3", "1=1 of 3", "2=2 of 3", "0=f0 of 3", "1=f1 of 3"],
      ...["0=0 of 3", "1=1 of 3", "2=2 of 3", "2=f2 of 3"],
    ]);
  });

  test("may be more than a batch holds", () => {
    const { out } = run(
      (builder) =>
        builder
          .stream("in", texts)
          .kernel("fan", { module, ...texts })
          .to("out"),
      numbers("40000", "40000", "1"),
    );
    assert.equal(out?.length, 80001);
    assert.deepEqual([out![40000]!.key, out!.at(-1)!.value], ["0", "1"]);
  });

  test("may be nothing", () => {
    const out = invariant(
      (builder) =>
        builder
          .stream("in", texts)
          .kernel("fan", { module, ...texts })
          .to("out"),
      numbers("0", "0"),
    );
    assert.deepEqual(out, {});
  });

  test("comes from a module in Rust as well", () => {
    const { out } = invariant(
      (builder) =>
        builder
          .stream("in", texts)
          .kernel("words", { module: rust, ...texts })
          .filter((key) => key !== "b")
          .to("out"),
      numbers("A b", "", "b C c"),
    );
    assert.deepEqual(brief(out), ["a=1", "c=2", "c=3"]);
  });
});

suite("bad records", () => {
  const errors = { onProcessingError: "deadLetter", deadLetterTopic: "letters" } as const;

  test("a refused row is a dead letter with the author's reason, and nothing of it goes on", () => {
    const { out, letters } = invariant(
      (builder) =>
        builder
          .stream("in", texts)
          .kernel("numbers", { module, ...texts, name: "doubling" })
          .to("out"),
      numbers("1", "one", "2"),
      { errors },
    );
    assert.equal(out?.length, 4);
    assert.deepEqual(brief(letters), ["k1=one"]);
    const headers = Object.fromEntries(letters![0]!.headers);
    assert.match(headers["__streams.errors.message"]!, /not a number/);
    assert.equal(headers["__streams.errors.offset"], "1");
  });

  test("fail names the record; all before it is done", () => {
    const topology = new TopologyRun((builder) =>
      builder
        .stream("in", texts)
        .kernel("numbers", { module, ...texts })
        .to("out"),
    );
    topology.add("in", numbers("1", "one", "2"));
    assert.throws(
      () => topology.drain(),
      (error) =>
        error instanceof PeridotError &&
        error.code === "RECORD_FAILED" &&
        /offset 1 of in-0 .*not a number/.test(error.message),
    );
    assert.equal(topology.cut().out?.length, 2);
  });

  test("a value that is not what the kernel's serde says, where somebody reads it", () => {
    const Wrong = z.object({ name: z.number() });
    const { letters } = run(
      (builder) =>
        builder
          .stream("in", texts)
          .kernel("same", { module, key: string, value: json(Wrong) })
          .filter({ name: { ge: 0 } })
          .to("out"),
      numbers('{"name":1}', "{"),
      { errors },
    );
    assert.deepEqual(brief(letters), ["k1={"]);
    assert.match(
      Object.fromEntries(letters![0]!.headers)["__streams.errors.message"]!,
      /a value that the kernel made/,
    );
  });
});

suite("a topology with kernels", () => {
  const described = (describe: (builder: StreamsBuilder) => void) => () => new TopologyRun(describe);

  test("is refused where the kernel would have to read what a function has made", () => {
    assert.throws(
      described((builder) =>
        builder
          .stream("in", texts)
          .mapValues((value) => value.length)
          .kernel("same", { module, ...texts })
          .to("out"),
      ),
      {
        code: "TOPOLOGY_INVALID",
        message:
          /kernel of KSTREAM-KERNEL-0000000002 is to read records that KSTREAM-MAPVALUES-0000000001 has made/,
      },
    );
  });

  test("is refused where a condition names a field that the kernel's records do not have", () => {
    const value = json(Priced);
    assert.throws(
      described((builder) =>
        builder
          .stream("in", texts)
          .kernel("same", { module, key: string, value })
          // @ts-expect-error: there is no such field
          .filter({ prize: 1 })
          .to("out"),
      ),
      { code: "TOPOLOGY_INVALID", message: /names the field "prize"/ },
    );
  });

  test("says which kernels a module has", () => {
    assert.throws(
      described((builder) =>
        builder
          .stream("in", texts)
          .kernel("nope", { module, ...texts })
          .to("out"),
      ),
      {
        code: "KERNEL_MISSING",
        message: /has no kernel nope\. It has: same, priced/,
      },
    );
  });

  test("says where a module is missing", () => {
    assert.throws(
      described((builder) =>
        builder
          .stream("in", texts)
          .kernel("same", { module: "gone.wasm", ...texts })
          .to("out"),
      ),
      {
        code: "KERNEL_MODULE_MISSING",
        message: /gone\.wasm cannot be read\. Build it: npx peridot kernel build/,
      },
    );
  });

  test("has fuel above 0", () => {
    assert.throws(
      described((builder) =>
        builder
          .stream("in", texts)
          .kernel("same", { module, ...texts, fuelPerRow: 0 })
          .to("out"),
      ),
      {
        code: "TOPOLOGY_INVALID",
      },
    );
  });
});
