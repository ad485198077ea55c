import assert from "node:assert/strict";
import { test } from "node:test";
import type { StreamThreadParts } from "../../host/task/stream-thread.ts";
import type { TaskStates } from "../../host/task/task-states.ts";
import type { Plant } from "./defect.ts";
import { runSeed, tell, type Verdict } from "./run-seed.ts";
import { drawScenario } from "./scenario.ts";
import { statefulProgram } from "./stateful-program.ts";

/** Rules of state, broken: the seeds must notice. */
const SEEDS_MAX = 300;

interface PlantedState {
  readonly name: string;
  readonly breaks: string;
  readonly spoil: (parts: StreamThreadParts, states: TaskStates) => void;
}

const PLANTED: readonly PlantedState[] = [
  {
    name: "stores keep what an aborted transaction has put",
    breaks: "undo both generations",
    spoil: (_parts, states) => {
      states.rollback = () => {};
    },
  },
  {
    name: "the backend hears before Kafka has committed",
    breaks: "the order rule",
    spoil: ({ clock }, states) => {
      const cut = states.cut.bind(states);
      const commit = states.commit.bind(states);
      states.cut = () => {
        cut();
        commit();
        states.flush(clock.now());
      };
      states.commit = () => {};
    },
  },
  {
    name: "a store is taken to be complete without its changelog's tail",
    breaks: "restore to the end before processing",
    spoil: ({ transport }) => {
      const { listOffsets } = transport.admin;
      transport.admin.listOffsets = async (partitions, at) =>
        (await listOffsets.call(transport.admin, partitions, at)).map((each) =>
          at === "latest" && each.offset > 3n ? { ...each, offset: each.offset - 3n } : each,
        );
    },
  },
];

for (const { name, breaks, spoil } of PLANTED) {
  test(`the seeds catch it: ${name} (${breaks})`, async () => {
    const plant: Plant = () => ({
      thread: (parts) => {
        spoil(parts, parts.state!.states);
        return parts;
      },
    });
    const caught = await firstToCatch(plant);
    assert.ok(caught !== undefined, `none of ${SEEDS_MAX} seeds catches it`);
    const sound = await runSeed(caught.seed, undefined, statefulProgram);
    assert.equal(sound.failure, undefined, tell(sound));
  });
}

async function firstToCatch(plant: Plant): Promise<Verdict | undefined> {
  for (let seed = 1; seed <= SEEDS_MAX; seed++) {
    if (drawScenario(seed).guarantee !== "exactly_once_v2") continue;
    const verdict = await runSeed(seed, plant, statefulProgram);
    if (verdict.failure !== undefined && verdict.failure.kind !== "stuck") return verdict;
  }
  return undefined;
}
