import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { suite, test } from "node:test";
import { bytes, json, string } from "../../host/serdes/index.ts";
import { brief, TopologyRun } from "./harness.ts";

/** What Java makes of bytes that are not UTF-8. */
const { cases } = JSON.parse(
  readFileSync(new URL("../golden/bytes/utf8-replacement.json", import.meta.url), "utf8"),
) as { cases: readonly { readonly hex: string; readonly mended: string }[] };

const fromHex = (hex: string) => Buffer.from(hex, "hex");
const latin1 = (hex: string) => fromHex(hex).toString("latin1");
const DEAD_LETTERS = { onProcessingError: "deadLetter", deadLetterTopic: "dead" } as const;

suite("strings that are not UTF-8, from a string serde to a string serde", () => {
  for (const rows of [1, 7, 1000]) {
    test(`keys and values pass as Java writes them, in Wasm (${rows} rows a batch)`, () => {
      const run = new TopologyRun(
        (builder) => builder.stream("in", { key: string, value: string }).to("out"),
        { batchRowsMax: rows },
      );
      run.add(
        "in",
        cases.map(({ hex }, index) => ({
          key: fromHex(hex),
          value: fromHex(cases[(index + 1) % cases.length]!.hex),
        })),
      );
      run.drain();
      const { out } = run.cut("latin1");
      assert.deepEqual(
        out!.map(({ key }) => key),
        cases.map(({ mended }) => latin1(mended)),
      );
      assert.deepEqual(
        out!.map(({ value }) => value),
        cases.map((_, index) => latin1(cases[(index + 1) % cases.length]!.mended)),
      );
    });
  }

  test("functions read what Java reads", () => {
    const run = new TopologyRun((builder) =>
      builder
        .stream("in", { key: string, value: string })
        .map((key, value) => [`<${key}>`, `<${value}>`])
        .to("out", { key: string, value: string }),
    );
    run.add(
      "in",
      cases.map(({ hex }) => ({ key: fromHex(hex), value: fromHex(hex) })),
    );
    run.drain();
    const expected = cases.map(({ mended }) => `<${latin1(mended)}>`);
    assert.deepEqual(
      brief(run.cut("latin1").out),
      expected.map((text) => `${text}=${text}`),
    );
  });

  test("beside a value that a function makes", () => {
    const run = new TopologyRun((builder) =>
      builder
        .stream("in", { key: string, value: string })
        .mapValues((value) => value.length)
        .to("out", { value: json<number>() }),
    );
    run.add("in", [{ key: fromHex("41ff42"), value: fromHex("ff") }]);
    run.drain();
    assert.deepEqual(brief(run.cut().out), ["A\ufffdB=1"]);
  });

  test("what bytes serdes pass stays as it is", () => {
    const run = new TopologyRun((builder) => builder.stream("in", { key: string, value: bytes }).to("out"));
    run.add("in", [{ key: "k", value: fromHex("41ff42") }]);
    run.drain();
    assert.deepEqual(brief(run.cut("latin1").out), [`k=${latin1("41ff42")}`]);
  });

  test("a dead letter has the bytes that were fetched", () => {
    const run = new TopologyRun(
      (builder) =>
        builder
          .stream("in", { key: string, value: string })
          .peek((key) => {
            if (key.startsWith("bad")) throw new RangeError("bad");
          })
          .to("out"),
      { errors: DEAD_LETTERS },
    );
    run.add("in", [
      { key: fromHex("626164ff"), value: fromHex("ff") },
      { key: fromHex("6fff"), value: fromHex("ff") },
    ]);
    run.drain();
    const { out, dead } = run.cut("latin1");
    assert.deepEqual(brief(out), [`o${latin1("efbfbd")}=${latin1("efbfbd")}`]);
    assert.deepEqual(brief(dead), [`${latin1("626164ff")}=${latin1("ff")}`]);
  });
});
