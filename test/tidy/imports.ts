import { posix } from "node:path";
import { codeOf } from "./code.ts";
import { type Finding, filesBelow, lineAt, type Tree } from "./tree.ts";

/** One import, export-from, dynamic import or `new URL(…, import.meta.url)` of a file. */
export interface Import {
  readonly file: string;
  readonly line: number;
  readonly specifier: string;
  /** The file meant, from the project's root; a package's name where the specifier is bare. */
  readonly target: string;
  readonly typeOnly: boolean;
}

const STATEMENT = /\b(?:import|export)\b(\s+type\b)?([^;'"()]*?\bfrom\s*|\s*)["']/g;
const CALL = /\bimport\s*\(\s*["']/g;
const URL_OF_FILE = /\bnew\s+URL\s*\(\s*["']/g;

export function importsOf(file: string, text: string): Import[] {
  const code = codeOf(text);
  const found = (pattern: RegExp) =>
    [...code.matchAll(pattern)].map((match) => {
      const at = match.index + match[0].length;
      const specifier = text.slice(at, code.slice(at).search(/["']/) + at);
      const typeOnly = match[1] !== undefined || onlyTypes(match[2] ?? "");
      return {
        file,
        line: lineAt(text, match.index),
        specifier,
        target: targetOf(file, specifier),
        typeOnly,
      };
    });
  const urls = found(URL_OF_FILE).filter(({ specifier }) => /^\.{1,2}\/.*\.(ts|js)$/.test(specifier));
  return [...found(STATEMENT), ...found(CALL), ...urls];
}

function onlyTypes(clause: string): boolean {
  const braces = /^\s*\{([^}]*)\}\s*from\s*$/.exec(clause);
  if (braces === null) return false;
  const names = braces[1]!.split(",").filter((name) => name.trim() !== "");
  return names.length > 0 && names.every((name) => /^\s*type\s/.test(name));
}

function targetOf(file: string, specifier: string): string {
  if (specifier.startsWith(".")) return posix.join(posix.dirname(file), specifier);
  if (specifier.startsWith("node:")) return specifier;
  return specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
}

/**
 * Who may import whom (STYLE, section 3), values and types alike: for a folder or file, what its files may import
 * beside their own folder. `folder/*`: files directly in it. The longest matching key counts.
 */
const BASE = ["kernels/abi/", "host/errors.ts", "host/assert.ts", "host/clock.ts", "host/diagnostics/"];
const STAGES = ["host/transport/", "host/batch/", "host/wasm/", "host/state/", "host/commit/"];
const BUILD = ["host/topology/", "host/serdes/", "host/schema-registry/", "host/operators/", "host/dsl/"];
const upTo = (row: readonly string[], folder: string) => row.slice(0, row.indexOf(folder) + 1);
const all = [...BASE, ...STAGES, ...BUILD];

export const DIRECTIONS: Readonly<Record<string, readonly string[]>> = {
  "kernels/abi/": [],
  "host/errors.ts": BASE,
  "host/assert.ts": BASE,
  "host/clock.ts": BASE,
  "host/diagnostics/": BASE,
  ...Object.fromEntries(STAGES.map((stage) => [stage, [...BASE, ...upTo(STAGES, stage)]])),
  // the embedded broker answers Kafka's protocol, and is reached by our own client over in-process connections
  "host/transport/memory/": [...BASE, "host/transport/*", "host/transport/kafka/"],
  "host/transport/kafka/": [...BASE, "host/transport/*"],
  // groups, offsets and topics are our own client's, whoever fetches and writes
  "host/transport/librdkafka/": [...BASE, "host/transport/*", "host/transport/kafka/"],
  ...Object.fromEntries(BUILD.map((folder) => [folder, [...BASE, "host/state/", ...upTo(BUILD, folder)]])),
  // typed stores turn their bytes into the user's keys and values
  "host/state/stores/": [...BASE, "host/state/*", "host/topology/"],
  "host/serdes/": [...BASE, "host/topology/", "host/batch/"],
  "host/config.ts": [...BASE, "host/transport/", "host/topology/"],
  "host/task/": [...BASE, ...STAGES, "host/topology/", "host/config.ts"],
  // runs what the stages and the DSL make, beside the application
  "host/testing/": [...all, "host/task/", "host/app.ts"],
  // iterables beside the log: a feeder is a stream thread whose input is the user's, a reader one whose output is
  "host/import-export/": [...BASE, ...STAGES, "host/topology/", "host/config.ts", "host/task/"],
  "host/": [...all, "host/"],
  "bench/": ["bench/", "host/index.ts"],
  // kernels are no public API, and a figure of theirs alone needs them alone
  "bench/micro/": ["bench/", "host/"],
  "examples/": ["examples/", "host/index.ts"],
};

export function directions(tree: Tree): readonly Finding[] {
  const findings: Finding[] = [];
  for (const [file, text] of filesBelow(tree, "host/", "kernels/abi/", "bench/", "examples/")) {
    const place = longestKey(DIRECTIONS, file);
    for (const { line, target } of importsOf(file, text)) {
      const isFile = target.includes("/") && /\.(ts|js)$/.test(target);
      if (!isFile || target.startsWith(place) || DIRECTIONS[place]!.some((may) => allows(may, target)))
        continue;
      findings.push({ file, line, says: `${place} may not import ${target}: see STYLE, section 3` });
    }
  }
  return findings;
}

function allows(may: string, target: string): boolean {
  if (!may.endsWith("/*")) return target.startsWith(may);
  const folder = may.slice(0, -1);
  return target.startsWith(folder) && !target.slice(folder.length).includes("/");
}

/** Packages, and modules of Node that stand for a port, each in the one folder that knows them. */
export const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  "@confluentinc/kafka-javascript": ["host/transport/librdkafka/"],
  lmdb: ["host/state/lmdb/"],
  assemblyscript: ["host/kernel-build/"],
  flatbuffers: ["host/batch/"],
  "@hpcc-js/wasm-graphviz": ["host/topology/describe/"],
  snappy: ["host/transport/kafka/compression/"],
  "lz4-napi": ["host/transport/kafka/compression/"],
  "node:diagnostics_channel": ["host/diagnostics/"],
  "node:tls": ["host/transport/"],
  "node:worker_threads": ["host/task/", "host/stream-worker.ts", "host/transport/librdkafka/"],
};

export function packages(tree: Tree): readonly Finding[] {
  const findings: Finding[] = [];
  for (const [file, text] of filesBelow(tree, "host/")) {
    for (const { line, target } of importsOf(file, text)) {
      const homes = PACKAGES[target];
      if (homes !== undefined && !homes.some((home) => file.startsWith(home)))
        findings.push({ file, line, says: `${target} belongs in ${homes.join(", ")} alone` });
    }
  }
  return findings;
}

/** Kernels that are written as a user would: AssemblyScript leaves the ending out. */
const AUTHORS = /^(?:test\/kernels\/authors|examples\/[^/]+\/kernels)\//;

/** Relative imports name their file as it is on disk, so that it runs without a build. */
export function endings(tree: Tree): readonly Finding[] {
  const findings: Finding[] = [];
  for (const [file, text] of filesBelow(
    tree,
    "host/",
    "kernels/abi/",
    "bench/",
    "test/",
    "examples/",
    "scripts/",
  )) {
    for (const { line, specifier, target } of importsOf(file, text)) {
      if (!specifier.startsWith(".") || AUTHORS.test(file)) continue;
      if (!specifier.endsWith(".ts")) findings.push({ file, line, says: `"${specifier}" must end in .ts` });
      else if (!tree.has(target) && !target.includes("/generated/"))
        findings.push({ file, line, says: `${target} is not there` });
    }
  }
  return findings;
}

/** Where programs begin; everything else in host/ and kernels/abi/ is there because something imports it. */
export const ENTRIES = [
  "host/state/lmdb/verify-files.ts",
  "host/index.ts",
  "host/cli.ts",
  "host/stream-worker.ts",
];

/** A file that only tests import is not part of the product. */
export function orphans(tree: Tree): readonly Finding[] {
  const reached = new Set<string>();
  for (const [file, text] of filesBelow(tree, "host/", "kernels/", "bench/", "examples/", "scripts/")) {
    for (const { target } of importsOf(file, text)) {
      if (target === file) continue;
      reached.add(target);
      reached.add(`${target}.ts`); // AssemblyScript leaves the ending out
    }
  }
  return [...filesBelow(tree, "host/", "kernels/abi/")]
    .filter(([file]) => !reached.has(file) && !ENTRIES.includes(file))
    .map(([file]) => ({ file, line: 0, says: "nothing imports this file" }));
}

function longestKey(table: Readonly<Record<string, unknown>>, file: string): string {
  const keys = Object.keys(table).filter((key) => file.startsWith(key));
  return keys.reduce((longest, key) => (key.length > longest.length ? key : longest), "");
}
