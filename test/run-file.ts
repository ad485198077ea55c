import { run } from "node:test";
import type { TestEvent } from "node:test/reporters";

/**
 * Runs one test file in a process of its own and yields what the runner tells of it. The runner's own time limit is
 * one for each test, and it waits for ever for a process that stays alive after its last test: this limit is the
 * file's.
 *
 * @param msMax wall time from the start of its process, in milliseconds
 * @throws Error that names the tests under way once the file has taken longer: its process has been told to end, and
 *   what it holds is left behind
 */
export async function* runFile(file: string, cwd: string, msMax: number): AsyncGenerator<TestEvent> {
  const abort = new AbortController();
  const events = run({ files: [file], cwd, signal: abort.signal })[Symbol.asyncIterator]();
  const late = Promise.withResolvers<"late">();
  const timer = setTimeout(() => late.resolve("late"), msMax);
  const running = new Set<string>();
  try {
    for (;;) {
      const next = events.next();
      next.catch(() => {}); // it is not waited for once the file is late
      const event = await Promise.race([next, late.promise]);
      if (event === "late") {
        const at = running.size === 0 ? "" : ` at ${[...running].map((name) => `"${name}"`).join(", ")}`;
        throw new Error(`has not ended within ${msMax / 1000} s, and was killed${at}`);
      }
      if (event.done === true) return;
      const { type, data } = event.value;
      if (type === "test:dequeue" && data.name !== file) running.add(data.name);
      else if (type === "test:pass" || type === "test:fail") running.delete(data.name);
      yield event.value;
    }
  } finally {
    clearTimeout(timer);
    abort.abort();
  }
}
