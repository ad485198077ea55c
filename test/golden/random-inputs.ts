import type { SeededRandom } from "../sim/seeded-random.ts";
import { type Scenario, type ScenarioInput, type ScenarioStep, topicsOf } from "./scenario.ts";

const STEPS_MAX = 40;
/** How far from a recorded timestamp another one lies, in milliseconds. */
const NEAR_MS = 25;

/** Inputs by topic that a scenario was recorded with, to draw others from. */
type Pool = ReadonlyMap<string, readonly ScenarioInput[]>;

/**
 * Other inputs for a scenario's topology: keys, values and headers of its recorded ones in new combinations, timestamps
 * near theirs, out of order and late; tombstones and null keys; the clock moved on where it was.
 *
 * @returns no steps for a scenario that was recorded without records
 */
export function randomInputs(scenario: Scenario, random: SeededRandom): readonly ScenarioStep[] {
  const pool = poolOf(scenario);
  const topics = [...pool.keys()];
  if (topics.length === 0) return [];
  const clocks = scenario.inputs.flatMap((step) =>
    "advanceWallClockMs" in step ? [step.advanceWallClockMs] : [],
  );
  return Array.from({ length: random.whole(1, STEPS_MAX) }, () => {
    if (clocks.length > 0 && random.chance(0.15)) {
      return { advanceWallClockMs: Math.max(1, random.pick(clocks) + random.whole(-2, 2)) };
    }
    const topic = random.pick(topics);
    const source = scenario.topology.find((node) => topicsOf(node).includes(topic));
    return randomInput(topic, pool.get(topic)!, source?.value, random);
  });
}

function poolOf({ inputs, topology }: Scenario): Pool {
  const pool = new Map<string, ScenarioInput[]>();
  for (const step of inputs) {
    if ("advanceWallClockMs" in step) continue;
    pool.set(step.topic, [...(pool.get(step.topic) ?? []), step]);
  }
  // what no recorded input went to may get what another topic of its types got
  const sources = topology.filter((node) => node.from === undefined && node.key !== undefined);
  for (const source of sources) {
    for (const topic of topicsOf(source)) {
      if (pool.has(topic)) continue;
      const alike = sources.find(
        (other) =>
          other.key === source.key &&
          other.value === source.value &&
          topicsOf(other).some((name) => pool.has(name)),
      );
      const inputs = alike && topicsOf(alike).flatMap((name) => pool.get(name) ?? []);
      if (inputs !== undefined) pool.set(topic, inputs);
    }
  }
  return pool;
}

function randomInput(
  topic: string,
  recorded: readonly ScenarioInput[],
  type: string | undefined,
  random: SeededRandom,
): ScenarioInput {
  const { headers } = random.pick(recorded);
  return {
    topic,
    ...keyFrom(recorded, random),
    ...valueFrom(recorded, type, random),
    timestamp: Math.max(0, random.pick(recorded).timestamp + random.whole(-NEAR_MS, NEAR_MS)),
    ...(headers === undefined ? {} : { headers }),
  };
}

function keyFrom(recorded: readonly ScenarioInput[], random: SeededRandom): Partial<ScenarioInput> {
  if (random.chance(0.05)) return { key: null };
  const { key, keyRaw } = random.pick(recorded);
  return keyRaw === undefined ? { key } : { keyRaw };
}

function valueFrom(
  recorded: readonly ScenarioInput[],
  type: string | undefined,
  random: SeededRandom,
): Partial<ScenarioInput> {
  if (random.chance(0.08)) return { value: null };
  const { value, valueRaw } = random.pick(recorded);
  if (valueRaw !== undefined) return { valueRaw };
  if (type === "i64" && typeof value === "number" && random.chance(0.5))
    return { value: value + random.whole(-3, 3) };
  return { value };
}
