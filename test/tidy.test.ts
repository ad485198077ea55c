import assert from "node:assert/strict";
import { join } from "node:path";
import { suite, test } from "node:test";
import { codeOf } from "./tidy/code.ts";
import { conformance } from "./tidy/conformance.ts";
import { docstrings } from "./tidy/docstrings.ts";
import { drawings } from "./tidy/drawings.ts";
import { errorCodes, plainErrors, unusedErrors } from "./tidy/errors.ts";
import { directions, endings, importsOf, orphans, packages } from "./tidy/imports.ts";
import { excuses, fileNames, LINES_MAX, lengths, pairs, typeNames } from "./tidy/layout.ts";
import { clocks, decisionHelp, decisions } from "./tidy/purity.ts";
import { type Rule, readTree } from "./tidy/tree.ts";
import { machinePaths, testOptions, unfinished } from "./tidy/words.ts";

const tree = readTree(join(import.meta.dirname, ".."));

/** Each rule with small trees that break it, and the places where it must say so; `file:line`. */
const RULES: readonly {
  rule: Rule;
  breaks: readonly { files: Record<string, string>; at: readonly string[] }[];
}[] = [
  {
    rule: directions,
    breaks: [
      {
        files: { "host/transport/a.ts": 'import { b } from "../commit/b.ts";' },
        at: ["host/transport/a.ts:1"],
      },
      { files: { "host/batch/a.ts": '\nimport type { b } from "../wasm/b.ts";' }, at: ["host/batch/a.ts:2"] },
      { files: { "host/commit/a.ts": 'export * from "../task/b.ts";' }, at: ["host/commit/a.ts:1"] },
      {
        files: { "host/topology/a.ts": 'const b = await import("../dsl/b.ts");' },
        at: ["host/topology/a.ts:1"],
      },
      { files: { "host/task/a.ts": 'new URL("../dsl/b.ts", import.meta.url)' }, at: ["host/task/a.ts:1"] },
      { files: { "host/errors.ts": 'import "./app.ts";' }, at: ["host/errors.ts:1"] },
      { files: { "kernels/abi/a.ts": 'import { b } from "../../host/b.ts";' }, at: ["kernels/abi/a.ts:1"] },
      { files: { "bench/a.ts": 'import { b } from "../host/wasm/b.ts";' }, at: ["bench/a.ts:1"] },
      {
        files: { "examples/a/b.ts": 'import {\n  c,\n} from "../../host/dsl/c.ts";' },
        at: ["examples/a/b.ts:1"],
      },
    ],
  },
  {
    rule: packages,
    breaks: [
      {
        files: { "host/state/memory/a.ts": 'import { open } from "lmdb";' },
        at: ["host/state/memory/a.ts:1"],
      },
      {
        files: { "host/task/a.ts": 'import * as fb from "flatbuffers/js/builder.js";' },
        at: ["host/task/a.ts:1"],
      },
    ],
  },
  {
    rule: endings,
    breaks: [
      { files: { "host/a.ts": 'import { b } from "./b";', "host/b.ts": "" }, at: ["host/a.ts:1"] },
      { files: { "host/a.ts": 'import { b } from "./gone.ts";' }, at: ["host/a.ts:1"] },
    ],
  },
  {
    rule: orphans,
    breaks: [
      {
        files: {
          "host/index.ts": "",
          "host/task/a.ts": "",
          "test/task/a.test.ts": 'import "../../host/task/a.ts";',
        },
        at: ["host/task/a.ts:0"],
      },
    ],
  },
  {
    rule: clocks,
    breaks: [
      { files: { "host/task/a.ts": "const a = 1;\nconst now = Date.now();" }, at: ["host/task/a.ts:2"] },
      // biome-ignore lint/suspicious/noTemplateCurlyInString: this is a source text
      { files: { "host/task/a.ts": "say(`at ${Math.random()}`);" }, at: ["host/task/a.ts:1"] },
      { files: { "host/a.ts": "setTimeout(go, 5);" }, at: ["host/a.ts:1"] },
    ],
  },
  {
    rule: decisions,
    breaks: [
      {
        files: { "host/task/decide-a.ts": "export async function decideA() {}" },
        at: ["host/task/decide-a.ts:1"],
      },
      { files: { "host/task/decide-a.ts": "await facts;" }, at: ["host/task/decide-a.ts:1"] },
      {
        files: { "host/task/decide-a.ts": 'import { type B, c } from "../commit/b.ts";' },
        at: ["host/task/decide-a.ts:1"],
      },
    ],
  },
  {
    rule: decisionHelp,
    breaks: [
      {
        files: { "host/task/decide-a.ts": 'import { b } from "./b.ts";', "host/task/b.ts": "await b;" },
        at: ["host/task/b.ts:1"],
      },
    ],
  },
  {
    rule: plainErrors,
    breaks: [
      { files: { "host/task/a.ts": 'throw new Error("no");' }, at: ["host/task/a.ts:1"] },
      { files: { "host/task/a.ts": 'reject(new TypeError("no"));' }, at: ["host/task/a.ts:1"] },
    ],
  },
  {
    rule: errorCodes,
    breaks: [
      {
        files: { "kernels/abi/errors.ts": "export const A = 1;\nexport const B = 1;" },
        at: ["kernels/abi/errors.ts:2"],
      },
    ],
  },
  {
    rule: unusedErrors,
    breaks: [
      {
        files: { "host/errors.ts": 'x = {\n  NEVER_RAISED: { kind: "fatal" },\n};' },
        at: ["host/errors.ts:2"],
      },
    ],
  },
  {
    rule: fileNames,
    breaks: [
      { files: { "host/task/utils.ts": "" }, at: ["host/task/utils.ts:0"] },
      { files: { "host/task/task-manager.ts": "" }, at: ["host/task/task-manager.ts:0"] },
      { files: { "host/helpers/a.ts": "" }, at: ["host/helpers/a.ts:0"] },
      { files: { "host/task/streamThread.ts": "" }, at: ["host/task/streamThread.ts:0"] },
    ],
  },
  {
    rule: typeNames,
    breaks: [{ files: { "host/a.ts": "\nexport interface TaskInfo {}" }, at: ["host/a.ts:2"] }],
  },
  {
    rule: lengths,
    breaks: [{ files: { "host/a.ts": "a;\n".repeat(LINES_MAX + 1) }, at: ["host/a.ts:0"] }],
  },
  {
    rule: pairs,
    breaks: [
      { files: { "host/operators/unpaired.ts": "" }, at: ["host/operators/unpaired.ts:0"] },
      { files: { "kernels/operators/unpaired.ts": "" }, at: ["kernels/operators/unpaired.ts:0"] },
    ],
  },
  {
    rule: excuses,
    breaks: [
      {
        files: { "host/operators/map.ts": "", "kernels/operators/map.ts": "" },
        at: ["host/operators/map.ts:0"],
      },
    ],
  },
  {
    rule: drawings,
    breaks: [
      {
        files: { "kernels/abi/a.ts": "/** Where it is. */\nexport const A_AT = 0;\nexport const B_AT = 4;" },
        at: ["kernels/abi/a.ts:2"],
      },
      {
        files: {
          "kernels/abi/a.ts":
            "// +---+---+\nexport const A_AT = 0;\nexport function a(): void {}\nexport const B_AT = 4;",
        },
        at: ["kernels/abi/a.ts:4"],
      },
    ],
  },
  {
    rule: docstrings,
    breaks: [
      {
        files: {
          "host/index.ts": 'export { a, type B as C } from "./a.ts";',
          "host/a.ts": "/** A. */\nexport const a = 1;\nexport interface B {}",
        },
        at: ["host/a.ts:3"],
      },
      { files: { "host/index.ts": 'export * from "./a.ts";', "host/a.ts": "" }, at: ["host/index.ts:1"] },
      { files: { "host/index.ts": 'export { gone } from "./a.ts";', "host/a.ts": "" }, at: ["host/a.ts:0"] },
    ],
  },
  {
    rule: conformance,
    breaks: [
      {
        files: {
          "host/transport/carrier-pigeon/a.ts": "",
          "host/transport/memory/a.ts": "",
          "test/conformance/transport/memory.test.ts": 'import { suite } from "./suite.ts";',
          "test/transport/carrier-pigeon/a.test.ts": "",
        },
        at: ["host/transport/carrier-pigeon:0"],
      },
    ],
  },
  {
    rule: machinePaths,
    breaks: [{ files: { "README.md": `see ${"/"}home/somebody/peridot` }, at: ["README.md:1"] }],
  },
  {
    rule: unfinished,
    breaks: [
      { files: { "host/a.ts": `// ${"TO"}DO: the rest` }, at: ["host/a.ts:1"] },
      { files: { "bench/a.ts": `\n// @ts-${"ignore"}` }, at: ["bench/a.ts:2"] },
    ],
  },
  {
    rule: testOptions,
    breaks: [
      { files: { "test/a.test.ts": 'test("a", { timeout: 1000 }, () => {});' }, at: ["test/a.test.ts:1"] },
      { files: { "test/a.test.ts": 'test.only("a", () => {});' }, at: ["test/a.test.ts:1"] },
    ],
  },
];

for (const { rule, breaks } of RULES) {
  suite(rule.name, () => {
    for (const { files, at } of breaks) {
      test(`finds ${at.join(", ")}`, () => {
        const found = rule(new Map(Object.entries(files))).map(({ file, line }) => `${file}:${line}`);
        assert.deepEqual([...new Set(found)], at);
      });
    }

    test("holds in this project", () => {
      const found = rule(tree).map(({ file, line, says }) => `${file}:${line} ${says}`);
      assert.ok(found.length === 0, `\n${found.join("\n")}`);
    });
  });
}

test("code is told from comments, strings, templates and regular expressions", () => {
  const text =
    // biome-ignore lint/suspicious/noTemplateCurlyInString: this is a source text
    "a('Date.now', \"b\"); // Date.now\nc(/Date.now[/]/g, `Date.now ${d({ e: 1 })} Date.now`); /* Date.now\n*/ f / g;";
  assert.equal(codeOf(text).replace(/ +/g, " "), "a(' ', \" \"); \nc( , d({ e: 1 }) ); \n f / g;");
  assert.equal(codeOf(text).length, text.length);
});

test("imports are found in every form, with their targets", () => {
  const text = [
    'import { a } from "./a.ts";',
    'import type { B } from "../b.ts";',
    'import { type C, type D } from "./c.ts";',
    'export { d } from "node:fs";',
    'const e = await import("./e.ts");',
    'const f = new URL("./f.ts", import.meta.url);',
    'import "@scope/name/part";',
    'const text = "import { x } from";',
  ].join("\n");
  assert.deepEqual(
    importsOf("host/task/x.ts", text).map(({ line, target, typeOnly }) => [line, target, typeOnly]),
    [
      [1, "host/task/a.ts", false],
      [2, "host/b.ts", true],
      [3, "host/task/c.ts", true],
      [4, "node:fs", false],
      [7, "@scope/name", false],
      [5, "host/task/e.ts", false],
      [6, "host/task/f.ts", false],
    ],
  );
});
