import { assert } from "../assert.ts";
import { TaskState } from "../state/task-state.ts";
import type { TaskRunnerSettings } from "./runner.ts";
import { parseTaskName } from "./task.ts";
import { TaskProcessing, type TaskProcessingParts } from "./task-processing.ts";

/** The processors of a task, over its state; undefined: it has none. */
export function openProcessing(
  settings: TaskRunnerSettings,
  task: string,
  parts: Pick<TaskProcessingParts, "kernel" | "outbox" | "emitter" | "cached" | "rowsMax" | "toldBefore">,
): TaskProcessing | undefined {
  const { plan, states, applicationId = "", clock, errors, cacheBytesMax = 0, emitIntervalMs = 0 } = settings;
  const id = parseTaskName(task).subTopology;
  const subTopology = plan.subTopologies.find((each) => each.id === id)!;
  if (subTopology.graph.length === 0) return undefined;
  const state = states?.of(task) ?? new TaskState([]);
  const areOpen = subTopology.stores.every(({ spec }) => state.stores.has(spec.name));
  assert(areOpen, `the stores of ${task} are open`);
  return new TaskProcessing({
    ...parts,
    task,
    applicationId,
    subTopology,
    state,
    clock,
    errors,
    cacheBytesMax,
    emitIntervalMs,
    globals: states?.globals,
  });
}
