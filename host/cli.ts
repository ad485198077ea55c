#!/usr/bin/env node
import { readFileSync } from "node:fs";
import { DESCRIBE_USAGE, describeModule } from "./cli/describe-module.ts";
import { KERNEL_USAGE, kernelCommand } from "./cli/kernel-build.ts";
import { asPeridotError } from "./commit/commit.ts";

const USAGE = `usage: ${DESCRIBE_USAGE}
       ${KERNEL_USAGE}
       peridot --version | --help
`;

/** By name: what a command does with the words behind it. It answers with what is wrong with them, if something is. */
const COMMANDS: ReadonlyMap<string, (words: readonly string[]) => Promise<string | undefined>> = new Map([
  ["describe", describeModule],
  ["kernel", kernelCommand],
]);

/** The command `peridot`. Exit status: 0 done, 1 it cannot be done, 64 the command line is wrong. */
async function main([name, ...words]: readonly string[]): Promise<number> {
  if (name === undefined) {
    process.stderr.write(USAGE);
    return 64;
  }
  if (words.length === 0 && (name === "--version" || name === "--help")) {
    process.stdout.write(name === "--help" ? USAGE : `${version()}\n`);
    return 0;
  }
  try {
    const command = COMMANDS.get(name);
    if (command !== undefined && words.includes("--help")) {
      process.stdout.write(USAGE);
      return 0;
    }
    const wrong = command === undefined ? `there is no command "${name}"` : await command(words);
    return wrong === undefined ? 0 : misused(wrong);
  } catch (error) {
    if (isOfCommandLine(error)) return misused(error.message);
    process.stderr.write(`peridot: ${asPeridotError(error).message}\n`);
    return 1;
  }
}

function misused(wrong: string): number {
  process.stderr.write(`peridot: ${wrong}\n${USAGE}`);
  return 64;
}

/** What node:util's parseArgs throws. */
function isOfCommandLine(error: unknown): error is Error {
  return error instanceof Error && "code" in error && String(error.code).startsWith("ERR_PARSE_ARGS_");
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
