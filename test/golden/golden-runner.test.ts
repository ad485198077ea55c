import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, suite, test } from "node:test";
import { Windowed } from "../../host/index.ts";
import { keyFunction, predicate, valueFunction } from "./golden-functions.ts";
import { inputBytes, outputPart } from "./golden-serdes.ts";
import { Json, str, type Value } from "./golden-values.ts";
import { runScenario } from "./run-scenario.ts";
import type { Scenario, ScenarioNode } from "./scenario.ts";

// The runner itself: what it must find wrong, and what its functions do where no scenario looks.

const STRINGS = { key: "string", value: "string" };
const shouting: readonly ScenarioNode[] = [
  { id: "s", op: "stream", topic: "in", ...STRINGS },
  { id: "m", op: "mapValues", from: "s", fn: "upper" },
  { op: "to", from: "m", topic: "out", ...STRINGS },
];
const input = { topic: "in", key: "a", value: "x", timestamp: 1 };
const output = { topic: "out", key: "a", value: "X", timestamp: 1 };
const right: Scenario = {
  name: "runner/right",
  area: "runner",
  pins: "words in capitals",
  topology: shouting,
  inputs: [input],
  expected: [[output]],
  dropped: 0,
};

function because(scenario: Partial<Scenario>): string {
  const verdict = runScenario({ ...right, ...scenario });
  assert.equal(verdict.is, "failed");
  return verdict.because.join("\n");
}

suite("verdicts", () => {
  test("what comes out as expected has passed", () => assert.deepEqual(runScenario(right), { is: "passed" }));

  const wrong: Readonly<Record<string, Partial<typeof output> & { headers?: [string, string][] }>> = {
    "another value": { value: "Y" },
    "another key": { key: "b" },
    "another timestamp": { timestamp: 2 },
    "another topic": { topic: "elsewhere" },
    "a header too few": { headers: [["h", "1"]] },
  };
  for (const [what, change] of Object.entries(wrong)) {
    test(`${what} is found`, () => {
      assert.match(
        because({ expected: [[{ ...output, ...change }]] }),
        /^step 0: .*\n.* {4}- .*\n.* {4}\+ /s,
      );
    });
  }

  test("a record too many, and one too few, are found", () => {
    assert.match(because({ expected: [[]] }), /out\n {4}\+ /);
    assert.match(because({ expected: [[output, output]] }), /out\n {4}- .*\n {4}- .*\n {4}\+ /);
  });

  test("order counts within a topic", () => {
    const topology = [
      shouting[0]!,
      { id: "f", op: "flatMapValues", from: "s", fn: "split-words" },
      { op: "to", from: "f", topic: "out", ...STRINGS },
      { op: "to", from: "f", topic: "more", ...STRINGS },
    ];
    const inputs = [{ ...input, value: "x y" }];
    const [x, y] = ["x", "y"].map((value) => ({ ...output, value }));
    const more = [x!, y!].map((record) => ({ ...record, topic: "more" }));
    const scenario = { ...right, topology, inputs };
    assert.deepEqual(runScenario({ ...scenario, expected: [[x!, more[0]!, y!, more[1]!]] }), {
      is: "passed",
    });
    assert.match(because({ topology, inputs, expected: [[y!, x!, ...more]] }), /^step 0.*\n {2}out\n/);
  });

  test("dropped records are counted", () => {
    assert.equal(because({ dropped: 1 }), "dropped\n  - 1\n  + 0");
    assert.deepEqual(runScenario({ ...right, dropped: 1, storeSensitive: ["dropped"] }), { is: "passed" });
  });

  test("the contents of stores are compared", () => {
    const topology = [
      shouting[0]!,
      { id: "g", op: "groupByKey", from: "s" },
      { id: "c", op: "count", from: "g", store: "c" },
    ];
    const scenario = { topology, inputs: [input], expected: [[]] };
    const row = { key: input.key, value: 1, timestamp: input.timestamp };
    assert.deepEqual(runScenario({ ...right, ...scenario, stores: { c: [row] } }), { is: "passed" });
    assert.match(
      because({ ...scenario, stores: { c: [{ ...row, value: 2 }] } }),
      /store c\n {2}- .*2.*\n {2}\+ /,
    );
  });

  test("an error that must come and does not, and one that must not", () => {
    assert.match(
      because({ expected: [[{ error: "user-function" }]] }),
      /error\n {4}- \{"error":"user-function"\}/,
    );
    const inputs = [{ topic: "in", key: "a", value: "x", timestamp: -1 }];
    assert.match(because({ inputs, expected: [[]] }), /\+ \{"error":"timestamp"\}/);
  });

  test("a quirk is named with the difference", () => {
    assert.match(because({ dropped: 1, quirk: "odd" }), /\nquirk: odd$/);
  });

  test("building that must fail", () => {
    assert.match(because({ buildError: "TopologyException" }), /had to fail \(TopologyException\)/);
    const twice = [...shouting, { id: "t", op: "stream", topic: "in", key: "i64", value: "i64" }];
    const scenario = { ...right, topology: twice, buildError: "TopologyException" };
    assert.deepEqual(runScenario(scenario), { is: "passed" });
    assert.match(because({ topology: twice }), /building the topology failed/);
  });

  test("an operator that is not there yet skips the scenario", () => {
    const topology = [...shouting, { id: "g", op: "levitate", from: "s" }];
    assert.deepEqual(runScenario({ ...right, topology }), { is: "skipped", op: "levitate" });
  });
});

suite("functions", () => {
  const windowed = new Windowed("k", 10, 20);
  const texts: readonly (readonly [Value, string])[] = [
    [null, "null"],
    ["a b", "a b"],
    [-5n, "-5"],
    [new Json({ a: [1, "x", null] }), '{"a":[1,"x",null]}'],
    [new Json("x"), '"x"'],
    [windowed, "k@10/20"],
    [new Windowed(7n, 0, 1), "7@0/1"],
  ];
  for (const [value, text] of texts) test(`str gives ${text}`, () => assert.equal(str(value), text));

  const predicates: readonly (readonly [string, readonly unknown[], Value, boolean])[] = [
    ["value-equals", [5], 5n, true],
    ["value-equals", ["5"], 5n, false],
    ["value-equals", [{ a: 1 }], new Json({ a: 1 }), true],
    ["value-equals", [null], null, false],
    ["value-gt", [3], new Json(4), true],
    ["value-even", [], -2n, true],
    ["value-contains", ["b"], "abc", true],
    ["json-field-gt", ["n", 1], new Json({ n: 1.5 }), false],
    ["json-field-gt", ["n", 1], new Json({ n: 2 }), true],
    ["json-field-gt", ["n", 1], new Json([2]), false],
    ["json-field-equals", ["n", [1]], new Json({ n: [1] }), true],
    ["json-field-equals", ["n", null], new Json({}), false],
    ["throw-if-value-equals", ["x"], null, true],
  ];
  for (const [fn, args, value, holds] of predicates) {
    test(`${fn} ${JSON.stringify(args)} of ${str(value)} is ${holds}`, () => {
      assert.equal(predicate({ fn, args })("k", value), holds);
    });
  }

  const values: readonly (readonly [string, readonly unknown[], Value, Value])[] = [
    ["append", ["!"], null, null],
    ["append", ["!"], new Json({ a: 1 }), '{"a":1}!'],
    ["parse-int", [], "+12", 12n],
    ["add", [1], 2n ** 63n - 1n, -(2n ** 63n)],
    ["json-field", ["n"], new Json({ n: 1 }), 1n],
    ["json-field", ["n"], new Json({ n: "1" }), "1"],
    ["json-field", ["n"], new Json({ n: null }), null],
    ["json-field", ["toString"], new Json({}), null],
    ["json-field", ["n"], new Json({ n: [1] }), new Json([1])],
    ["wrap-json", ["n"], 5n, new Json({ n: 5 })],
    ["constant", [{ a: 1 }], null, new Json({ a: 1 })],
    ["null-to", [0], null, 0n],
    ["concat-key-value", ["="], null, "k=null"],
    ["throw-if-equals", [null], null, null],
  ];
  for (const [fn, args, value, made] of values) {
    test(`${fn} ${JSON.stringify(args)} of ${str(value)} gives ${str(made)}`, () => {
      assert.deepEqual(valueFunction({ fn, args })("k", value), made);
    });
  }

  for (const text of ["", " 1", "0x10", "1.0", "9223372036854775808"]) {
    test(`parse-int refuses "${text}"`, () => {
      assert.throws(() => valueFunction({ fn: "parse-int" })("k", text), RangeError);
    });
  }

  const keys: readonly (readonly [string, readonly unknown[], Value, Value, Value])[] = [
    ["value-prefix", [2], "k", "abc", "ab"],
    ["value-prefix", [2], "k", null, null],
    ["key-prefix", [1], null, "v", null],
    ["value-before", ["-"], "k", "a-b-c", "a"],
    ["value-before", ["-"], "k", "abc", null],
    ["null-if-value-equals", ["x"], "k", "y", "k"],
    ["upper-key", [], null, "v", null],
    ["str-key", [], 5n, null, "5"],
    ["inner-key", [], windowed, null, "k"],
    ["value-length", [], "k", "abc", 3n],
  ];
  for (const [fn, args, key, value, made] of keys) {
    test(`${fn} ${JSON.stringify(args)} of ${str(key)}, ${str(value)} gives ${str(made)}`, () => {
      assert.deepEqual(keyFunction({ fn, args })(key, value), made);
    });
  }

  test("a name that FORMAT.md does not have is an error", () => {
    assert.throws(() => predicate({ fn: "constructor" }), /no predicate "constructor"/);
  });

  test("parts of inputs and outputs: typed, raw, null", () => {
    assert.equal(inputBytes("i64", 9007199254740991, undefined)?.toString("hex"), "001fffffffffffff");
    assert.equal(String(inputBytes("i64", undefined, "abc")), "abc");
    assert.equal(inputBytes("json", null, undefined), null);
    assert.deepEqual(outputPart("json", Buffer.from('"x"')), "x");
    assert.equal(outputPart("i64", inputBytes("i64", -5, undefined)), -5);
  });
});

suite("npm run golden", () => {
  const folder = mkdtempSync(join(tmpdir(), "peridot-golden-"));
  after(() => rmSync(folder, { recursive: true, force: true }));

  function run(scenarios: unknown): { status: number | null; lines: readonly string[]; said: string } {
    writeFileSync(join(folder, "area.json"), JSON.stringify(scenarios));
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [join(import.meta.dirname, "run.ts"), folder],
      {
        encoding: "utf8",
      },
    );
    return { status, lines: stdout.trimEnd().split("\n"), said: stderr };
  }

  test("counts in its last line, and tells by its exit status", () => {
    const topology = [...shouting, { id: "g", op: "levitate", from: "s" }];
    const good = run([right, { ...right, name: "runner/later", topology }]);
    assert.equal(good.status, 0);
    assert.deepEqual(good.lines, [
      "passed runner/right",
      "not supported yet (op levitate) runner/later",
      "1 passed, 0 failed, 1 skipped",
    ]);
    const bad = run([{ ...right, dropped: 1 }]);
    assert.equal(bad.status, 1);
    assert.deepEqual(bad.lines.at(-1), "0 passed, 1 failed, 0 skipped");
    assert.equal(bad.lines[0], "failed runner/right: words in capitals");
  });

  test("a file that holds no scenarios is refused", () => {
    const { status, said } = run({ scenarios: [] });
    assert.equal(status, 1);
    assert.match(said, /area\.json is no list of scenarios/);
  });
});
