#!/usr/bin/env node
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { KERNEL_USAGE, kernelCommand } from "./cli/kernel-build.ts";
import { asPeridotError } from "./commit/commit.ts";
import { loadTopology } from "./load-topology.ts";
import { describe } from "./topology/describe.ts";

const USAGE = `usage: peridot describe MODULE   prints the topology that a module builds, as Kafka Streams writes it
       ${KERNEL_USAGE}
       peridot --version | --help

MODULE's default export is (builder: StreamsBuilder) => void.`;

/** The command `peridot`. Exit status: 0 done, 1 the module is wrong, 64 the command line is. */
async function main(words: readonly string[]): Promise<number> {
  const [command, module, ...rest] = words;
  if (command === "--version" && module === undefined) {
    process.stdout.write(`${version()}\n`);
    return 0;
  }
  if (command === "--help" && module === undefined) {
    process.stdout.write(`${USAGE}\n`);
    return 0;
  }
  if (command === "kernel") return kernel(words.slice(1));
  if (command !== "describe" || module === undefined || rest.length > 0) {
    process.stderr.write(`${USAGE}\n`);
    return 64;
  }
  try {
    process.stdout.write(describe(await loadTopology(pathToFileURL(resolve(module)))));
    return 0;
  } catch (error) {
    process.stderr.write(`peridot: ${asPeridotError(error).message}\n`);
    return 1;
  }
}

async function kernel(words: readonly string[]): Promise<number> {
  let wrong: string | undefined;
  try {
    wrong = await kernelCommand(words);
  } catch (error) {
    if (error instanceof TypeError)
      wrong = error.message; // of parseArgs
    else {
      process.stderr.write(`peridot: ${asPeridotError(error).message}\n`);
      return 1;
    }
  }
  if (wrong === undefined) return 0;
  process.stderr.write(`peridot: ${wrong}\n${USAGE}\n`);
  return 64;
}

/** This file runs as host/cli.ts and as dist/host/cli.js: package.json lies one or two folders above it. */
function version(): string {
  const up = import.meta.url.endsWith(".ts") ? "../package.json" : "../../package.json";
  const manifest: unknown = JSON.parse(readFileSync(new URL(up, import.meta.url), "utf8"));
  return typeof manifest === "object" && manifest !== null && "version" in manifest
    ? String(manifest.version)
    : "";
}

process.exitCode = await main(process.argv.slice(2));
