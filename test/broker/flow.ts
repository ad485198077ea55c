import assert from "node:assert/strict";
import { join } from "node:path";
import type { Cluster } from "../../bench/cluster/cluster.ts";
import type { Launched } from "../../bench/cluster/processes.ts";
import { lives, type Run } from "./process.ts";

export interface Flow {
  readonly cluster: Cluster;
  /** For the state of the processes. */
  readonly directory: string;
  /** Records a second. */
  readonly rate: number;
  readonly seed: number;
}

const STALL_SECONDS = 120;

/** Topics, a flow of input during `disturb`, which returns the application that is to finish the work; the proof. */
export async function flow(
  { cluster, directory, rate, seed }: Flow,
  name: string,
  disturb: (run: Run) => Promise<Launched>,
): Promise<void> {
  const { tools } = cluster;
  const id = `kills-${name}-${Date.now()}`;
  const run = {
    cluster,
    input: `${id}-in`,
    output: `${id}-out`,
    applicationId: id,
    stateDirectory: join(directory, name),
  };
  await tools.createTopic(run.input, 6, cluster.brokers);
  await tools.createTopic(run.output, 6, cluster.brokers);
  const seeding = await tools.seedSteadily(run.input, rate, seed);
  const app = await disturb(run);
  const written = await seeding.end();
  const done = tools.awaitGroup(id, run.input, STALL_SECONDS);
  await Promise.race([done, livesUntil(app, done)]);
  assert.equal(await app.stop(), 0, app.said());
  const verdict = await tools.verify(run.input, run.output);
  assert.ok(
    verdict.exact && verdict.in === written && written > 0,
    `${written} written, ${JSON.stringify(verdict)}\n${app.said()}`,
  );
}

/** Waits; fails where the application ends meanwhile. */
export async function livesOn(app: Launched, ms: number): Promise<void> {
  const status = await lives(app, ms);
  assert.equal(status, undefined, `the application ended by itself, with ${status}:\n${app.said()}`);
}

/** Rejects if the application ends before the work is done. */
async function livesUntil(app: Launched, done: Promise<void>): Promise<void> {
  const first = await Promise.race([app.ended, done.then(() => "done")]);
  assert.equal(first, "done", `the application ended by itself, with ${first}:\n${app.said()}`);
}
