import type { SeededRandom } from "../sim/seeded-random.ts";
import { type RandomCommands, randomCommands } from "./random-commands.ts";
import { alongDurations, nearRecorded, type RandomTimes } from "./random-times.ts";
import { type Scenario, type ScenarioInput, type ScenarioStep, topicsOf } from "./scenario.ts";

const STEPS_MAX = 40;

/** Inputs by topic that a scenario was recorded with, to draw others from. */
type Pool = ReadonlyMap<string, readonly ScenarioInput[]>;

/** What the records of a topic are drawn from. */
interface Topic {
  readonly name: string;
  readonly recorded: readonly ScenarioInput[];
  /** Of values. */
  readonly type: string | undefined;
  readonly commands: RandomCommands | undefined;
}

/**
 * Other inputs for a scenario's topology: keys, values and headers of its recorded ones in new combinations, and others
 * made of these; timestamps near the recorded ones, or along the topology's own durations, out of order and late;
 * tombstones and null keys; other commands where a store script reads them; the clock moved on where it was, and now and
 * then elsewhere.
 *
 * @returns no steps for a scenario that was recorded without records
 */
export function randomInputs(scenario: Scenario, random: SeededRandom): readonly ScenarioStep[] {
  const pool = poolOf(scenario);
  if (pool.size === 0) return [];
  const recorded = [...pool.values()].flat().map(({ timestamp }) => timestamp);
  const times = random.chance(0.5) ? nearRecorded(recorded) : alongDurations(scenario, recorded);
  const topics = Array.from(pool, ([name, inputs]): Topic => {
    const type = scenario.topology.find((node) => topicsOf(node).includes(name))?.value;
    return { name, recorded: inputs, type, commands: randomCommands(scenario, name, times) };
  });
  const clocks = scenario.inputs.flatMap((step) =>
    "advanceWallClockMs" in step ? [step.advanceWallClockMs] : [],
  );
  return Array.from({ length: random.whole(1, STEPS_MAX) }, () => {
    if (random.chance(clocks.length > 0 ? 0.15 : 0.02)) {
      const clock = clocks.length > 0 ? random.pick(clocks) : random.whole(1, 2000);
      return { advanceWallClockMs: Math.max(1, clock + random.whole(-2, 2)) };
    }
    return randomInput(random.pick(topics), times, random);
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

function randomInput(topic: Topic, times: RandomTimes, random: SeededRandom): ScenarioInput {
  const { headers } = random.pick(topic.recorded);
  return {
    topic: topic.name,
    ...keyFrom(topic, random),
    ...valueFrom(topic, random),
    timestamp: times.draw(random),
    ...(headers === undefined ? {} : { headers }),
  };
}

function keyFrom({ recorded }: Topic, random: SeededRandom): Partial<ScenarioInput> {
  if (random.chance(0.05)) return { key: null };
  const { key, keyRaw } = random.pick(recorded);
  if (keyRaw !== undefined) return { keyRaw };
  // one that another begins
  if (typeof key === "string" && random.chance(0.05)) return { key: `${key}${key}` };
  return { key };
}

function valueFrom({ recorded, type, commands }: Topic, random: SeededRandom): Partial<ScenarioInput> {
  if (commands !== undefined) return { value: commands.draw(random) };
  if (random.chance(0.08)) return { value: null };
  const { value, valueRaw } = random.pick(recorded);
  if (valueRaw !== undefined) return { valueRaw };
  if (type === "i64" && typeof value === "number" && random.chance(0.5))
    return { value: value + random.whole(-3, 3) };
  return { value: type === "json" ? crossed(value, random.pick(recorded).value, random) : value };
}

/** A JSON object with some fields of another one. */
function crossed(one: unknown, other: unknown, random: SeededRandom): unknown {
  const isObject = (value: unknown) => typeof value === "object" && value !== null && !Array.isArray(value);
  if (!isObject(one) || !isObject(other)) return one;
  const taken = Object.entries(other as object).filter(() => random.chance(0.5));
  return { ...(one as object), ...Object.fromEntries(taken) };
}
