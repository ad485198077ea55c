import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { finished, launch } from "../../bench/cluster/processes.ts";

const TELL = join(import.meta.dirname, "tell.ts");

/** In a process that is no test itself: the runner does not run within a test. */
async function told(fixture: string, msMax: number): Promise<string[]> {
  const said = await finished(
    launch([process.execPath, TELL, fixture, `${msMax}`], { env: { NODE_TEST_CONTEXT: undefined } }),
  );
  return said.trim().split("\n");
}

test("a file that ends is told to its end", async () => {
  assert.deepEqual(await told("ends.ts", 600_000), ["test:pass passes", "ended"]);
});

test("a file that stays alive after its failed test is late, not waited for", async () => {
  const lines = await told("hangs.ts", 3_000);
  assert.equal(lines.at(-1), "has not ended within 3 s, and was killed");
});

test("a test that never ends is named", async () => {
  const lines = await told("waits.ts", 3_000);
  assert.equal(lines.at(-1), 'has not ended within 3 s, and was killed at "waiting", "never ends"');
});
