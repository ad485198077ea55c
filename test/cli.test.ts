import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";

const root = join(import.meta.dirname, "..");
const folder = mkdtempSync(join(tmpdir(), "peridot-cli-"));
after(() => rmSync(folder, { recursive: true, force: true }));

/** The command as it stands in the source, called from another folder. */
function peridot(...words: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, "host/cli.ts"), ...words], {
    cwd: folder,
    encoding: "utf8",
  });
  return { status, stdout, stderr };
}

function module(name: string, text: string): string {
  writeFileSync(join(folder, name), text);
  return name;
}

test("--version is the package's", () => {
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
  assert.deepEqual(peridot("--version"), { status: 0, stdout: `${version}\n`, stderr: "" });
});

for (const words of [[], ["kernel"], ["kernel", "build"], ["describe"], ["describe", "a.ts"]]) {
  test(`"peridot ${[...words, "--help"].join(" ")}" is no mistake`, () => {
    const { status, stdout, stderr } = peridot(...words, "--help");
    assert.match(stdout, /^usage: peridot describe MODULE/);
    assert.deepEqual([status, stderr], [0, ""]);
  });
}

test("describe writes a module's topology as Kafka Streams does", () => {
  const { status, stdout, stderr } = peridot("describe", join(root, "test/app/topologies/steered.ts"));
  assert.equal(stderr, "");
  assert.equal(status, 0);
  assert.equal(
    stdout,
    `Topologies:
   Sub-topology: 0
    Source: KSTREAM-SOURCE-0000000000 (topics: [in])
      --> KSTREAM-MAPVALUES-0000000001
    Processor: KSTREAM-MAPVALUES-0000000001 (stores: [])
      --> KSTREAM-SINK-0000000002
      <-- KSTREAM-SOURCE-0000000000
    Sink: KSTREAM-SINK-0000000002 (topic: out)
      <-- KSTREAM-MAPVALUES-0000000001

`,
  );
});

const STEERED = join(root, "test/app/topologies/steered.ts");

for (const [format, says] of [
  ["text", /^Topologies:\n/],
  ["mermaid", /^flowchart TB\n/],
  ["dot", /^digraph topology \{\n/],
  ["svg", /^<svg role="img"/],
] as const) {
  test(`describe --format ${format} prints the topology in it`, () => {
    const { status, stdout, stderr } = peridot("describe", STEERED, "--format", format);
    assert.match(stdout, says);
    assert.deepEqual([status, stderr], [0, ""]);
  });
}

for (const [file, says] of [
  ["topology.txt", /^Topologies:\n/],
  ["topology.mmd", /^flowchart TB\n/],
  ["topology.dot", /^digraph topology \{\n/],
  ["topology.svg", /^<svg role="img"/],
] as const) {
  test(`describe --out ${file} writes the topology there, in the format of its ending`, () => {
    assert.deepEqual(peridot("describe", "--out", file, STEERED), { status: 0, stdout: "", stderr: "" });
    assert.match(readFileSync(join(folder, file), "utf8"), says);
  });
}

test("describe --format goes before the ending of --out", () => {
  assert.equal(peridot("describe", STEERED, "--out=topology.md", "--format=mermaid").status, 0);
  assert.match(readFileSync(join(folder, "topology.md"), "utf8"), /^flowchart TB\n/);
});

test("describe --out into a folder that is not there says so, in one line, with status 1", () => {
  const { status, stdout, stderr } = peridot("describe", STEERED, "--out", "nowhere/topology.svg");
  assert.match(stderr, /^peridot: .*no such file or directory.*nowhere\/topology\.svg/);
  assert.deepEqual([status, stdout, stderr.trim().split("\n").length], [1, "", 1]);
});

const KERNEL = `import { Emitter, Row } from "peridot-streams/kernel";
export function shout(row: Row, out: Emitter): void {
  out.value.span(row.value.upper());
  out.emit();
}
`;

test("kernel build compiles a file of another project into a module, in a folder that it makes", () => {
  const { status, stdout, stderr } = peridot(
    "kernel",
    "build",
    module("shout.ts", KERNEL),
    "--out",
    "made/k.wasm",
  );
  assert.equal(stderr, "");
  assert.match(stdout, /^made\/k\.wasm: shout \(\d+ kB\)\n$/);
  assert.equal(status, 0);
  assert.equal(readFileSync(join(folder, "made/k.wasm")).readUInt32BE(), 0x0061736d);
});

test("kernel build says what is wrong with a kernel, a problem a line, with status 1", () => {
  const text = KERNEL.replace("out.emit();", "store<i32>(0, 1);\n  let numbers = [1];");
  const { status, stdout, stderr } = peridot("kernel", "build", module("wild.ts", text));
  assert.match(
    stderr,
    /^peridot: kernel build:\nwild\.ts:4:3: "store" reaches past .*\nwild\.ts:5:17: an array: .*\n$/,
  );
  assert.deepEqual([status, stdout], [1, ""]);
});

test("kernel build says where it cannot write", () => {
  const { status, stderr } = peridot("kernel", "build", "shout.ts", "--out", "shout.ts/k.wasm");
  assert.match(stderr, /^peridot: kernel build:\nshout\.ts\/k\.wasm cannot be written/);
  assert.equal(status, 1);
});

const WRONG: readonly [string, string, RegExp][] = [
  [
    "that is not there",
    "missing.mjs",
    /^peridot: topology: the topology module \S+missing\.mjs cannot be loaded/,
  ],
  [
    "without a function",
    module("plain.mjs", "export default 1;"),
    /plain\.mjs has no function as its default/,
  ],
  [
    "whose function throws",
    module("throws.mjs", 'export default () => { throw new RangeError("not today"); };'),
    /throws\.mjs threw not today/,
  ],
  [
    "that cannot be parsed",
    module("broken.mjs", "export default (;"),
    /broken\.mjs cannot be loaded: Unexpected token/,
  ],
];

for (const [what, file, says] of WRONG) {
  test(`describe of a module ${what} says so, in one line, with status 1`, () => {
    const { status, stdout, stderr } = peridot("describe", file);
    assert.equal(stdout, "");
    assert.match(stderr, says);
    assert.equal(stderr.trim().split("\n").length, 1);
    assert.equal(status, 1);
  });
}

const MISUSES: readonly [readonly string[], RegExp][] = [
  [[], /^usage: peridot/],
  [["run"], /^peridot: there is no command "run"\nusage: peridot/],
  [["--version", "now"], /^peridot: there is no command "--version"\nusage: peridot/],
  [["describe"], /^peridot: describe takes one module\nusage: peridot/],
  [["describe", "a.ts", "b.ts"], /^peridot: describe takes one module\nusage: peridot/],
  [["describe", "a.ts", "--format", "pdf"], /^peridot: there is no format pdf\nusage: peridot/],
  [
    ["describe", "a.ts", "--out", "a.pdf"],
    /^peridot: no format is known by the ending of a\.pdf: give --format\n/,
  ],
  [["describe", "a.ts", "--out"], /^peridot: .*'--out <value>' argument missing\nusage: peridot/],
  [["describe", "a.ts", "--colour"], /^peridot: Unknown option '--colour'/],
  [["kernel"], /^peridot: kernel build FILE: name the files/],
  [["kernel", "build"], /^peridot: kernel build FILE: name the files/],
  [["kernel", "bild", "a.ts"], /^peridot: there is no command "kernel bild"\nusage: peridot/],
  [["kernel", "build", "a.ts", "--fast"], /^peridot: Unknown option '--fast'/],
];

for (const [words, says] of MISUSES) {
  test(`"peridot ${words.join(" ")}" is told how to use it, with status 64`, () => {
    const { status, stdout, stderr } = peridot(...words);
    assert.match(stderr, says);
    assert.match(stderr, /usage: peridot describe MODULE/);
    assert.deepEqual([status, stdout], [64, ""]);
  });
}
