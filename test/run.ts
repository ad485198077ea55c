import { globSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join, relative } from "node:path";
import type { TestEvent } from "node:test/reporters";
import { clusterSource } from "../bench/cluster/source.ts";
import { runFile } from "./run-file.ts";

/**
 * `npm test`: every test that needs no broker, then the real-broker tests where a broker can be started. Says at
 * the end what it left out and why. With CI=true nothing may be left out: what is missing, and every skip, fails.
 *
 * Arguments choose the groups: `unit`, `sim`, `broker`; without arguments all of them.
 */
const root = join(import.meta.dirname, "..");
const strict = process.env.CI === "true";
/** Wall time of a file's process: one that takes longer hangs, and fails alone. */
const FILE_MS_MAX = 12 * 60_000;
const chosen = new Set(process.argv.slice(2));

const groups = [
  {
    name: "unit",
    files: filesOf("test/**/*.test.ts", ["test/sim/**", "test/broker/**"]),
    atOnce: availableParallelism(),
  },
  // simulated time does not mind what else the machine does
  { name: "sim", files: filesOf("test/sim/**/*.test.ts"), atOnce: availableParallelism() },
  { name: "broker", files: filesOf("test/broker/**/*.test.ts"), atOnce: availableParallelism() },
].filter(({ name }) => chosen.size === 0 || chosen.has(name));

const totals = { passed: 0, failed: 0 };
const leftOut: string[] = [];

for (const { name, files, atOnce } of groups) {
  const source = name === "broker" ? clusterSource() : undefined;
  if (source?.kind === "none") {
    leftOut.push(`the real-broker tests (${files.map(short).join(", ")}): ${source.why}`);
    continue;
  }
  if (source !== undefined) console.log(`\nreal brokers: ${source.says}`);
  await runFiles(files, atOnce);
}

if (leftOut.length > 0) console.log(`\nLeft out:\n${leftOut.map((reason) => `  - ${reason}`).join("\n")}`);
else console.log("\nNothing was left out.");
if (strict) totals.failed += leftOut.length;
console.log(`${totals.passed} passed, ${totals.failed} failed`);
// at once: a killed file's children may still hold what this process waits for
process.exit(totals.failed === 0 && totals.passed > 0 ? 0 : 1);

function filesOf(pattern: string, exclude: string[] = []): string[] {
  return globSync(pattern, { cwd: root, exclude })
    .map((file) => join(root, file))
    .sort();
}

function short(file: string): string {
  return relative(root, file);
}

/** One line a file, the whole story for what failed. */
async function runFiles(files: string[], atOnce: number): Promise<void> {
  const next = files.values();
  const runInTurn = async () => {
    for (const file of next) {
      try {
        for await (const event of runFile(file, root, FILE_MS_MAX)) tell(event);
      } catch (error) {
        totals.failed++;
        console.log(`FAILED ${short(file)}: ${(error as Error).message}`);
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, runInTurn));
}

/** A suite is counted by its tests only. */
function tell({ type, data }: TestEvent): void {
  if (type === "test:pass" || type === "test:fail") {
    const file = data.file ?? "";
    if (type === "test:pass" && data.details.type === "suite") return;
    if (type === "test:pass" && data.name === short(file)) return;
    if (type === "test:pass" && (data.skip !== undefined || data.todo !== undefined)) {
      leftOut.push(`${short(file)}, "${data.name}": ${String(data.skip ?? data.todo)}`);
    } else if (type === "test:pass") {
      totals.passed++;
    } else if (!isEcho(data.details.error)) {
      totals.failed++;
      console.log(`FAILED ${short(file)}:${data.line ?? 0} "${data.name}"\n${story(data.details.error)}`);
    }
  } else if (type === "test:stderr" || type === "test:stdout") {
    process.stdout.write(data.message);
  } else if (type === "test:summary" && data.file !== undefined) {
    const seconds = (data.duration_ms / 1000).toFixed(1);
    console.log(
      `${data.success ? "ok    " : "FAILED"} ${short(data.file)}: ${data.counts.passed} passed, ${seconds} s`,
    );
  }
}

/** A parent fails because its subtests failed; they have been told already. */
function isEcho(error: Error): boolean {
  return "failureType" in error && error.failureType === "subtestsFailed";
}

function story(error: Error): string {
  const cause = error.cause instanceof Error ? error.cause : error;
  const parts = cause instanceof AggregateError ? cause.errors.map((part) => story(part as Error)) : [];
  return [(cause.stack ?? String(cause)).replace(/^/gm, "    "), ...parts].join("\n");
}
