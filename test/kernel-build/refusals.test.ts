import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, suite, test } from "node:test";
import { PeridotError } from "../../host/errors.ts";
import { buildKernels } from "../../host/kernel-build/build-kernels.ts";

const folder = mkdtempSync(join(tmpdir(), "peridot-refusals-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const KERNEL = "export function NAME(row: Row, out: Emitter): void {";
/** What a file may not hold, at its second line, and what is said about it. `body`: stands within a kernel. */
const CASES: readonly {
  readonly name: string;
  readonly body?: string;
  readonly top?: string;
  readonly column: number;
  readonly says: RegExp;
}[] = [
  { name: "loads", body: "load<i32>(4);", column: 1, says: /"load" reaches past the rows/ },
  { name: "stores", body: "store<i32>(4, 5);", column: 1, says: /"store" reaches past the rows/ },
  {
    name: "numberLoad",
    body: "i32.load(4);",
    column: 1,
    says: /i32\.load: of i32 a kernel uses its constants/,
  },
  { name: "f64Store", body: "f64.store(4, 1);", column: 1, says: /f64\.store/ },
  { name: "simd", body: "v128.store(4, v128.load(8));", column: 1, says: /"v128" reaches/ },
  { name: "lanes", body: "i32x4.splat(1);", column: 1, says: /"i32x4" reaches/ },
  { name: "atomically", body: "atomic.add<i32>(0, 1);", column: 1, says: /"atomic" reaches/ },
  { name: "atomics", body: "Atomics.add(row, 0, 1);", column: 1, says: /"Atomics" reaches/ },
  { name: "numberAtomic", body: "i64.atomic.load(0);", column: 1, says: /i64\.atomic/ },
  { name: "fill", body: "memory.fill(0, 0, 64);", column: 1, says: /"memory" reaches/ },
  { name: "grow", body: "memory.grow(1);", column: 1, says: /"memory" reaches/ },
  { name: "segment", top: "const AT = memory.data(16);", column: 7, says: /calls nothing/ },
  { name: "heapAlloc", body: "heap.alloc(16);", column: 1, says: /"heap" reaches/ },
  {
    name: "runtime",
    body: "__alloc(16);",
    column: 1,
    says: /"__alloc": names that begin with two underscores/,
  },
  { name: "heapBase", body: "let at = __heap_base;", column: 10, says: /"__heap_base"/ },
  { name: "privates", body: "out.key.__cursor = 0;", column: 9, says: /"__cursor"/ },
  { name: "privateRead", body: "let at = row.key.__at;", column: 18, says: /"__at"/ },
  { name: "burn", top: "function __burn(): void {}", column: 10, says: /"__burn"/ },
  { name: "retype", body: "changetype<Row>(1234);", column: 1, says: /"changetype" reaches/ },
  { name: "bits", body: "reinterpret<f32>(1);", column: 1, says: /"reinterpret" reaches/ },
  { name: "offsets", body: "offsetof<Row>();", column: 1, says: /"offsetof" reaches/ },
  { name: "ids", body: "idof<Row>();", column: 1, says: /"idof" reaches/ },
  { name: "indirect", body: "call_indirect(0);", column: 1, says: /"call_indirect" reaches/ },
  { name: "uncheckedUse", body: 'unchecked("a".charCodeAt(9));', column: 1, says: /"unchecked" reaches/ },
  { name: "trap", body: "unreachable();", column: 1, says: /"unreachable" is not declared/ },
  { name: "state", top: "let total: i32 = 0;", column: 5, says: /"total" outlives the call/ },
  { name: "oldState", top: "var count: i32 = 0;", column: 5, says: /"count" outlives the call/ },
  { name: "statics", top: "class Kept { static sum: i32 = 0; }", column: 1, says: /a class/ },
  {
    name: "classes",
    top: "class Point { x: i32 = 0; }",
    column: 1,
    says: /a class: its objects need a heap/,
  },
  { name: "subclass", top: "class Longer extends Span { z: i64; }", column: 1, says: /a class/ },
  { name: "interfaces", top: "interface Shape { area(): f64; }", column: 1, says: /an interface/ },
  { name: "namespaces", top: "namespace inner { export let sum: i32 = 0; }", column: 1, says: /a namespace/ },
  { name: "news", body: "let numbers = new Array<i32>(3);", column: 15, says: /new: kernels have no heap/ },
  { name: "arrays", body: "let numbers = [1, 2];", column: 15, says: /an array: kernels have no heap/ },
  { name: "constArray", top: "const TABLE: StaticArray<i32> = [1, 2];", column: 33, says: /an array/ },
  { name: "statically", body: "StaticArray.slice(row);", column: 1, says: /"StaticArray" needs a heap/ },
  { name: "maps", body: "Map.of(row);", column: 1, says: /"Map" needs a heap/ },
  { name: "objects", body: "let point: Span = { x: 1 };", column: 19, says: /an object/ },
  // biome-ignore lint/suspicious/noTemplateCurlyInString: this is a source text
  { name: "templates", body: "out.value.text(`a${row.timestamp}`);", column: 16, says: /a template/ },
  { name: "patterns", body: "let pattern = /a+/;", column: 15, says: /a regular expression/ },
  { name: "decoding", body: "String.UTF8.decodeUnsafe(0, 99);", column: 1, says: /"String" needs a heap/ },
  {
    name: "nulls",
    body: "let none: Span | null = null;",
    column: 25,
    says: /null: nothing in the library is null/,
  },
  { name: "throwing", body: 'throw new Error("no");', column: 1, says: /throw: to refuse a row/ },
  { name: "catching", body: "try { out.emit(); } catch (e) {}", column: 1, says: /try: nothing is thrown/ },
  { name: "anonymous", body: "let f = (x: i32): i32 => x;", column: 9, says: /a function without a name/ },
  { name: "declared", top: "declare function now(): f64;", column: 1, says: /declare imports from outside/ },
  {
    name: "external",
    top: '@external("env", "now") declare function now(): f64;',
    column: 1,
    says: /@external: the only decorator/,
  },
  {
    name: "unsafe",
    top: "@unsafe function quick(): void {}",
    column: 1,
    says: /@unsafe: the only decorator/,
  },
  {
    name: "globals",
    top: "@global function row2(): void {}",
    column: 1,
    says: /@global: the only decorator/,
  },
  { name: "chance", body: "Math.random();", column: 1, says: /Math\.random: the same rows/ },
  { name: "time", body: "Date.now();", column: 1, says: /"Date" is outside/ },
  { name: "tracing", body: 'trace("here");', column: 1, says: /"trace" is outside/ },
  { name: "consoles", body: 'console.log("here");', column: 1, says: /"console" is outside/ },
  {
    name: "internals",
    top: 'import { allocate } from "peridot-streams/memory/allocator";',
    column: 1,
    says: /import of "peridot-streams\/memory\/allocator"/,
  },
  { name: "standard", top: 'import { OBJECT } from "rt/common";', column: 1, says: /import of "rt\/common"/ },
  {
    name: "library",
    top: 'import { OBJECT } from "~lib/rt/common";',
    column: 1,
    says: /import of "~lib\/rt\/common"/,
  },
  {
    name: "otherName",
    top: 'import { __burn } from "peridot-streams/kernel";',
    column: 10,
    says: /"__burn"/,
  },
  { name: "shadow", body: "let heap: i32 = 1;", column: 5, says: /"heap" is a name of AssemblyScript's own/ },
  {
    name: "shadowedLoad",
    top: "function load(): void {}",
    column: 10,
    says: /"load" is a name of AssemblyScript's own/,
  },
  { name: "mystery", body: "conjure();", column: 1, says: /"conjure" is not declared here/ },
  {
    name: "lists",
    top: "function local(): void {} export { local };",
    column: 27,
    says: /a list of exports/,
  },
  { name: "defaults", top: "export default function usual(): void {}", column: 1, says: /default export/ },
];

/** All of them at once: the build says everything that it finds. What cannot be resolved ends it early. */
const UNRESOLVED = /^(?:library)$/;

const problems = [
  ...(await refused(sources(CASES.filter(({ name }) => !UNRESOLVED.test(name))))),
  ...(await refused(sources(CASES.filter(({ name }) => UNRESOLVED.test(name))))),
];

function sources(cases: typeof CASES) {
  return cases.map(({ name, body, top }) => {
    const kernel = KERNEL.replace("NAME", name);
    const head = 'import { Batch, Emitter, Json, Row, Span, Writer } from "peridot-streams/kernel";';
    const lines = body === undefined ? [head, top!, `${kernel} }`] : [`${head} ${kernel}`, body, "}"];
    return [`${name}.ts`, lines.join("\n")] as const;
  });
}

async function refused(files: readonly (readonly [name: string, text: string])[]): Promise<string[]> {
  for (const [name, text] of files) writeFileSync(join(folder, name), text);
  const given = files.map(([name]) => name);
  const error = await buildKernels(given, folder).then(
    () => assert.fail("the build should have refused"),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof PeridotError && error.code === "KERNEL_BUILD_FAILED", String(error));
  return error.message.split("\n").slice(1);
}

suite("a user's file is refused, with file, line, column and what to do", () => {
  for (const { name, column, says, body, top } of CASES) {
    test(`${name}: ${body ?? top}`, () => {
      const place = `${name}.ts:2:${column}: `;
      const found = problems.filter((problem) => problem.startsWith(place));
      assert.ok(
        found.some((problem) => says.test(problem)),
        `${place}\n${problems.filter((problem) => problem.startsWith(name)).join("\n")}`,
      );
    });
  }
});

suite("what only the compiled module shows", () => {
  const head = 'import { Emitter, Row } from "peridot-streams/kernel";\n';
  const HIDDEN: readonly (readonly [what: string, top: string, body: string, says: RegExp])[] = [
    [
      "texts that are joined",
      'function suffix(): string { return "b"; }',
      'out.value.text("a" + suffix());',
      /^joined\.ts:4:16: joined needs a heap.*String#concat.*\. Write the parts one after the other: out\.value\.text/,
    ],
    [
      "an integer as text",
      "",
      "out.value.text(row.timestamp.toString());",
      /^joined\.ts:4:16: joined needs a heap.*I64#toString.* Write an integer with out\.value\.integer\(n\)$/,
    ],
    [
      "a number as text, in a function that the kernel calls",
      "function written(number: f64): string {\n return number.toString(); }",
      "out.value.text(written(1));",
      /^joined\.ts:3:9: written needs a heap.*F64#toString.* Write a number with out\.value\.number\(n\)$/,
    ],
    [
      "text in upper case",
      "",
      'out.value.text("a".toUpperCase());',
      /^joined\.ts:4:16: joined needs a heap.*toUpperCase.* Write texts piece by piece/,
    ],
    [
      "a constant that is joined",
      'const A = "a", AB = A + "b";',
      "out.value.text(AB);",
      /^joined\.ts:2:21: the constant "AB" needs a heap.*String#concat.* one text that is written whole$/,
    ],
  ];
  for (const [what, top, body, says] of HIDDEN) {
    test(what, async () => {
      const text = `${head}${top}\nexport function joined(row: Row, out: Emitter): void {\n${body}\n}`;
      const said = await refused([["joined.ts", text]]);
      assert.equal(said.length, 1, said.join("\n"));
      assert.match(said[0]!, says);
    });
  }

  const FORGED: readonly (readonly [string, string])[] = [
    ["a number as a row", "let forged = <Row>(1234 as usize);"],
    ["a row as a number", "let at = <usize>row;"],
    ["one object as another", "let forged = <Span>out;"],
    ["by way of a type parameter", "let forged = cast<Span>(1234);"],
  ];
  test("objects are not made of numbers, nor numbers of objects", async () => {
    const files = FORGED.map(
      ([, body], index) =>
        [
          `forged${index}.ts`,
          `import { Emitter, Row, Span } from "peridot-streams/kernel";\nfunction cast<T>(at: usize): T { return <T>at; }\nexport function forged${index}(row: Row, out: Emitter): void { ${body} }`,
        ] as const,
    );
    const said = (await refused(files)).join("\n");
    for (const [name] of files) assert.ok(said.includes(`${name}:`), `${name} in\n${said}`);
  });
});

suite("what a build is given", () => {
  const head = 'import { Emitter, Row } from "peridot-streams/kernel";\n';
  const kernel = (name: string) => `${head}export function ${name}(row: Row, out: Emitter): void {}\n`;
  const WRONG: readonly (readonly [string, readonly (readonly [string, string])[], RegExp])[] = [
    [
      "a file without kernels",
      [["none.ts", "const a: i32 = 1;"]],
      /^none\.ts:1:1: exports no kernel: a kernel is export function/,
    ],
    [
      "an export of another shape",
      [["other.ts", `${head}export function other(row: Row): void {}`]],
      /^other\.ts:2:1: "other" is exported and no kernel/,
    ],
    [
      "two kernels of one name",
      [
        ["a.ts", kernel("twin")],
        ["b.ts", kernel("twin")],
      ],
      /^b\.ts:1:1: "twin" is also exported by a\.ts/,
    ],
    [
      "what cannot be parsed",
      [["broken.ts", `${head}export function (`]],
      /^broken\.ts:2:\d+: Identifier expected/,
    ],
    [
      "what has a wrong type",
      [
        [
          "typed.ts",
          `${head}export function typed(row: Row, out: Emitter): void { out.key.integer(row.key); }`,
        ],
      ],
      /^typed\.ts:2:\d+: Type '.*Span' is not assignable to type 'i64'/,
    ],
    [
      "a span for a constant",
      [
        [
          "spans.ts",
          `${head}export function spans(row: Row, out: Emitter): void { out.value.text(row.text("id")); }`,
        ],
      ],
      /^spans\.ts:2:\d+: Type '.*Span' is not assignable to type '.*String'\. text\(…\) takes a constant; write a Span with span\(…\)$/,
    ],
    [
      "a span compared with a text",
      [
        [
          "compared.ts",
          `${head}export function compared(row: Row, out: Emitter): void { if (row.text("id") === "x") out.emit(); }`,
        ],
      ],
      /^compared\.ts:2:\d+: Type '.*Span' is not .* compare a Span with \.is\("…"\)$/,
    ],
    [
      "a constant for a span",
      [
        [
          "constants.ts",
          `${head}export function constants(row: Row, out: Emitter): void { out.value.span("x"); }`,
        ],
      ],
      /^constants\.ts:2:\d+: Type '.*String' is not .* write a constant with text\("…"\)/,
    ],
    ["an import that is not there", [["lost.ts", `import { x } from "./gone";\n${kernel("lost")}`]], /gone/],
    [
      "a refused file that a kernel imports",
      [["inner.ts", "export function inner(): i32 { return load<i32>(8); }"]],
      /inner\.ts:1:1: "inner" is exported and no kernel/,
    ],
  ];
  for (const [what, files, says] of WRONG) {
    test(what, async () => assert.match((await refused(files)).join("\n"), says));
  }

  test("files that a kernel imports obey the rules as well", async () => {
    writeFileSync(join(folder, "deep.ts"), "export function deep(): i32 {\n  return load<i32>(8);\n}\n");
    const said = await refused([
      [
        "top.ts",
        `import { deep } from "./deep";\n${head}export function top(row: Row, out: Emitter): void { if (deep() > 0) out.emit(); }`,
      ],
    ]);
    assert.match(said.join("\n"), /^deep\.ts:2:10: "load" reaches past the rows/);
  });

  test("our own files are no way around them", async () => {
    const ours = join(import.meta.dirname, "../../kernels/memory/allocator");
    const said = await refused([
      [
        "way.ts",
        `import { allocate } from "../../../../../../../../../..${ours}";\n${head}export function way(row: Row, out: Emitter): void { if (allocate(8)) out.emit(); }`,
      ],
    ]);
    assert.match(said.join("\n"), /allocator\.ts:\d+:\d+: "(?:memory|load|store)" reaches past the rows/);
  });

  test("a file that is not there", async () => {
    await assert.rejects(buildKernels(["gone.ts"], folder), /kernel build:\ngone\.ts cannot be read/);
  });
});
