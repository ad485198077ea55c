import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, suite, test } from "node:test";
import { BatchBuilder } from "../../host/batch/batch-builder.ts";
import { PeridotError } from "../../host/errors.ts";
import { readRecords } from "../../host/wasm/foreign-records.ts";
import { openKernelInstance } from "../../host/wasm/kernel-instance.ts";
import { compileModule, kernelModule, kernelsIn } from "../../host/wasm/kernel-module.ts";
import { Module, type WasmModule } from "../../host/wasm/web-assembly.ts";
import { type Ran, runKernel, type Written } from "../kernels/user-modules.ts";

const example = join(import.meta.dirname, "../../examples/rust-kernel");
const committed = compileModule(join(example, "words.wasm"));
const TARGET = "wasm32-unknown-unknown";

function words(module: WasmModule, records: readonly Written[], batchRows?: number): Ran {
  const kernels = openKernelInstance(kernelModule());
  const kernel = kernels.newForeignKernel({ module, path: "words.wasm", kernel: "words" });
  const ran = runKernel(kernels, kernel, records, batchRows);
  kernel.close();
  return ran;
}

const headers = [{ key: "from", value: Buffer.from("here") }];
const RECORDS: readonly Written[] = [
  { key: "k", value: "Über den  Wolken", timestamp: 5n, headers },
  { key: null, value: null },
  { value: "" },
  { value: Buffer.from([0x61, 0xff]) },
  { value: "one", timestamp: -7n },
];
const EXPECTED = {
  made: [
    { key: "über", value: "1", timestamp: 5n, row: 0, ordinal: 0, offset: 0n },
    { key: "den", value: "2", timestamp: 5n, row: 0, ordinal: 1, offset: 0n },
    { key: "wolken", value: "3", timestamp: 5n, row: 0, ordinal: 2, offset: 0n },
    { key: "one", value: "1", timestamp: -7n, row: 4, ordinal: 0, offset: 4n },
  ],
  refusals: [{ row: 3, code: 400, reason: "the text is not UTF-8" }],
};

suite("the example in Rust", () => {
  test("makes records of records, in batches of 1, 2 and all", () => {
    assert.deepEqual(kernelsIn(committed), ["words"]);
    for (const batchRows of [1, 2, RECORDS.length]) {
      const { made, refusals } = words(committed, RECORDS, batchRows);
      assert.deepEqual({ made, refusals }, EXPECTED);
    }
  });

  test("keeps headers, and its records are a batch that sinks go on with", () => {
    const kernels = openKernelInstance(kernelModule());
    const kernel = kernels.newForeignKernel({ module: committed, path: "words.wasm", kernel: "words" });
    runKernel(kernels, kernel, RECORDS);
    assert.deepEqual(kernel.batch.headers(1), headers);
    const selection = kernels.newSelection(4);
    selection.selectAll(kernel);
    const sink = kernels.newSink({ partitions: 1 });
    const form = kernels.newForm({ key: { from: "batch" }, value: { from: "batch" } });
    assert.equal(sink.append(kernel, selection, form), 4);
  });

  test("more than a batch holds comes in several runs, and of one row is refused", () => {
    const { made, refusals, runs } = words(committed, [
      { value: "a ".repeat(40000) },
      { value: "b ".repeat(40000) },
      { value: "c ".repeat(70000) },
      { value: "d" },
    ]);
    assert.deepEqual([made.length, runs], [80001, 4]);
    assert.deepEqual(
      refusals.map(({ row, code }) => [row, code]),
      [[2, 401]],
    );
  });

  const missing = toolchainMissing();
  test("is what its source builds", { skip: missing }, () => {
    const folder = mkdtempSync(join(tmpdir(), "peridot-rust-"));
    after(() => rmSync(folder, { recursive: true, force: true }));
    const built = spawnSync(
      "cargo",
      ["build", "--release", "--locked", "--offline", "--target", TARGET, "--target-dir", folder],
      { cwd: example, encoding: "utf8" },
    );
    assert.equal(built.status, 0, built.stderr);
    const { made, refusals } = words(compileModule(join(folder, TARGET, "release", "words.wasm")), RECORDS);
    assert.deepEqual({ made, refusals }, EXPECTED);
  });
});

/** Why the example cannot be built here; false: it can. */
function toolchainMissing(): string | false {
  const { status, stdout } = spawnSync("rustc", ["--print", "target-libdir", "--target", TARGET], {
    encoding: "utf8",
  });
  if (status !== 0) return "no rustc";
  return existsSync(stdout.trim()) && spawnSync("cargo", ["--version"]).status === 0
    ? false
    : `cargo for ${TARGET} is missing`;
}

/** A module in bytes: `memory`, `peridot_abi_version`, `peridot_alloc` and `peridot_kernel_k` that return constants. */
function small(version: number, alloc: number, kernel: number, data: Buffer = Buffer.alloc(0)): WasmModule {
  const bytes = (...parts: (number | number[] | string)[]): number[] =>
    parts.flatMap((part) => (typeof part === "string" ? [part.length, ...Buffer.from(part)] : part));
  const section = (id: number, content: number[]) => [id, ...leb(content.length), ...content];
  const constant = (value: number) => {
    const code = [0x00, 0x41, ...leb(value, true), 0x0b];
    return [...leb(code.length), ...code];
  };
  const exported = bytes(
    4,
    "memory",
    2,
    0,
    "peridot_abi_version",
    0,
    0,
    "peridot_alloc",
    0,
    1,
    "peridot_kernel_k",
    0,
    2,
  );
  return new Module(
    Uint8Array.from([
      0x00,
      0x61,
      0x73,
      0x6d,
      0x01,
      0x00,
      0x00,
      0x00,
      ...section(1, [3, 0x60, 0, 1, 0x7f, 0x60, 1, 0x7f, 1, 0x7f, 0x60, 2, 0x7f, 0x7f, 1, 0x7f]),
      ...section(3, [3, 0, 1, 2]),
      ...section(5, [1, 0, 1]),
      ...section(7, exported),
      ...section(10, [3, ...constant(version), ...constant(alloc), ...constant(kernel)]),
      ...section(11, [1, 0, 0x41, ...leb(kernel > 0 ? kernel : 0, true), 0x0b, ...leb(data.length), ...data]),
    ]),
  );
}

function leb(value: number, signed = false): number[] {
  const low = value & 127;
  const rest = value >> 7;
  const isLast = signed ? (rest === 0 && (low & 64) === 0) || (rest === -1 && (low & 64) !== 0) : rest === 0;
  return isLast ? [low] : [low | 128, ...leb(rest, signed)];
}

/** RECORDS with one record, changed. */
function answer(change: (bytes: Buffer) => void): Buffer {
  const bytes = Buffer.alloc(48);
  bytes.writeUInt32LE(48, 0);
  bytes.writeUInt32LE(1, 4);
  bytes.writeUInt32LE(40, 8);
  bytes.writeInt32LE(1, 8 + 16);
  bytes.writeInt32LE(2, 8 + 20);
  bytes.writeInt32LE(-1, 8 + 24);
  bytes.write("kvv", 8 + 32);
  change(bytes);
  return bytes;
}

suite("a module that breaks the ABI", () => {
  const kernels = openKernelInstance(kernelModule());
  const open = (module: WasmModule, kernel = "k") =>
    kernels.newForeignKernel({ module, path: "k.wasm", kernel });

  test("one that keeps to it is heard", () => {
    const { made } = runKernel(
      kernels,
      open(
        small(
          1,
          1024,
          2048,
          answer(() => {}),
        ),
      ),
      [{ value: "x" }],
    );
    assert.deepEqual(
      made.map(({ key, value }) => [key, value]),
      [["k", "vv"]],
    );
  });

  const LIES: readonly (readonly [string, (bytes: Buffer) => void, RegExp])[] = [
    ["its length", (bytes) => bytes.writeUInt32LE(1 << 20, 0), /reach beyond memory/],
    ["its count", (bytes) => bytes.writeUInt32LE(2, 4), /RECORD 1 of 2 begins beyond the end/],
    ["a record's length", (bytes) => bytes.writeUInt32LE(48, 8), /RECORD 0 has 48 bytes/],
    ["a length that is no multiple of 8", (bytes) => bytes.writeUInt32LE(39, 8), /RECORD 0 has 39 bytes/],
    ["a row", (bytes) => bytes.writeUInt32LE(9, 12), /RECORD 0 is of row 9/],
    ["a key's length", (bytes) => bytes.writeInt32LE(1000, 8 + 16), /a part of 1000 bytes/],
    ["a length below -1", (bytes) => bytes.writeInt32LE(-2, 8 + 20), /a part of -2 bytes/],
    [
      "headers",
      (bytes) => bytes.writeInt32LE(1, 8 + 24) && bytes.writeUInt8(6, 8 + 35),
      /headers that cannot be read/,
    ],
    ["a kind", (bytes) => bytes.writeUInt32LE(7, 8 + 28), /of kind 7/],
  ];
  for (const [what, change, says] of LIES) {
    test(`${what} is wrong: the instance ends`, () => {
      const bytes = answer(change);
      assert.throws(() => readRecords(bytes.subarray(0, 48), 1), says);
      const kernel = open(small(1, 1024, 65536 - 48, bytes));
      const error = caught(() => runKernel(kernels, kernel, [{ value: "x" }]));
      assert.match(error.message, says);
      assert.deepEqual([error.code, error.facts.kernel, error.facts.row], ["KERNEL_TRAPPED", "k", undefined]);
      assert.throws(() => runKernel(kernels, kernel, [{ value: "x" }]), { code: "KERNEL_DEAD" });
    });
  }

  for (const [what, alloc, kernel] of [
    ["peridot_alloc", 0, 2048],
    ["peridot_alloc", 1025, 2048],
    ["peridot_alloc", 65536, 2048],
    ["peridot_kernel_k", 1024, -1],
  ] as const) {
    test(`${what} returns no place in memory: ${alloc}, ${kernel}`, () => {
      const error = caught(() => runKernel(kernels, open(small(1, alloc, kernel)), [{ value: "x" }]));
      assert.match(error.message, new RegExp(`${what} refuses \\d+ bytes at`));
    });
  }

  test("another version", () => {
    assert.throws(() => open(small(2, 0, 0)), {
      code: "KERNEL_ABI_DIFFERS",
      facts: { module: "k.wasm", found: 2, expected: 1 },
    });
  });

  test("no such kernel", () => {
    assert.throws(() => open(committed, "letters"), { code: "KERNEL_MISSING", message: /It has: words/ });
  });

  test("imports", () => {
    // (module (import "wasi" "f" (func)) (func (export "peridot_abi_version")) (func (export "peridot_kernel_k")))
    const name = (text: string) => [text.length, ...Buffer.from(text)];
    const exports = [2, ...name("peridot_abi_version"), 0, 1, ...name("peridot_kernel_k"), 0, 1];
    const module = new Module(
      Uint8Array.from([
        0x00,
        0x61,
        0x73,
        0x6d,
        0x01,
        0x00,
        0x00,
        0x00,
        1,
        4,
        1,
        0x60,
        0,
        0,
        2,
        10,
        1,
        ...name("wasi"),
        ...name("f"),
        0,
        0,
        3,
        2,
        1,
        0,
        7,
        exports.length,
        ...exports,
        10,
        4,
        1,
        2,
        0,
        0x0b,
      ]),
    );
    assert.throws(() => open(module), { code: "KERNEL_MODULE_INVALID", message: /wasi/ });
  });

  test("bytes that are no module", () => {
    assert.throws(() => compileModule(join(example, "Cargo.toml")), { code: "KERNEL_MODULE_INVALID" });
    assert.ok(readFileSync(join(example, "Cargo.toml")).length > 0);
  });

  test("a batch without rows is answered without a call", () => {
    const kernel = open(small(1, 0, 0));
    const host = kernels.newHostBatch();
    host.load(new BatchBuilder().finish());
    const selection = kernels.newSelection(1);
    selection.selectAll(host);
    assert.deepEqual([kernel.run(host, selection, 0), kernel.records], [0, 0]);
  });
});

function caught(call: () => unknown): PeridotError {
  try {
    call();
  } catch (error) {
    if (error instanceof PeridotError) return error;
    throw error;
  }
  return assert.fail("nothing was thrown");
}
