import type { Peridot } from "./app.ts";
import { PeridotError } from "./errors.ts";

/** Errors that are a defect, of Peridot or of code around it: who mends it needs the stack. */
const DEFECTS: ReadonlySet<string> = new Set(["ASSERTION_FAILED", "UNEXPECTED"]);

/**
 * Runs an application as what this process is there for: SIGTERM and SIGINT close it cleanly (a second one ends the
 * process at once), and an error that ends it becomes one line on standard error and exit status 1. Where user code
 * threw, its stack follows.
 *
 * @example
 *   await runProcess(peridot({ applicationId: "clients", bootstrapServers: "localhost:9092", topology }));
 */
export async function runProcess(app: Pick<Peridot, "run" | "close">): Promise<void> {
  const signals = ["SIGTERM", "SIGINT"] as const;
  const close = () => {
    for (const signal of signals) process.off(signal, close);
    void app.close();
  };
  for (const signal of signals) process.on(signal, close);
  try {
    await app.run();
  } catch (error) {
    process.stderr.write(`${textOf(error)}\n`);
    process.exitCode = 1;
  }
  for (const signal of signals) process.off(signal, close);
}

function textOf(error: unknown): string {
  if (!(error instanceof PeridotError)) return stackOf(error);
  if (DEFECTS.has(error.code)) return stackOf(error);
  const line = `${error.name} ${error.code}: ${error.message}`;
  return error.kind === "record" && error.cause !== undefined ? `${line}\n${stackOf(error.cause)}` : line;
}

/** What came from a worker is text already. */
function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
