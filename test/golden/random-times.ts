import type { SeededRandom } from "../sim/seeded-random.ts";
import type { Scenario } from "./scenario.ts";

/** How far from a recorded timestamp another one lies, in milliseconds. */
const NEAR_MS = 25;
const DURATION = /Ms$|^ms$/;

/** Draws timestamps, each with those before it in mind. */
export interface RandomTimes {
  draw(random: SeededRandom): number;
}

/** Near the recorded timestamps, out of order. */
export function nearRecorded(recorded: readonly number[]): RandomTimes {
  return { draw: (random) => Math.max(0, random.pick(recorded) + random.whole(-NEAR_MS, NEAR_MS)) };
}

/**
 * Mostly forward: from a timestamp before by one of the topology's own durations, or a few, one more or less, so that
 * bounds are met. Now and then back again.
 */
export function alongDurations(scenario: Scenario, recorded: readonly number[]): RandomTimes {
  const durations = durationsOf(scenario);
  const drawn: number[] = [];
  return {
    draw(random) {
      const from = drawn.length === 0 ? random.pick(recorded) : random.pick(drawn.slice(-4));
      const by = random.chance(0.5) ? random.whole(0, 5) : random.pick(durations) + random.whole(-1, 1);
      const time = Math.max(0, random.chance(0.25) ? from - by : from + by);
      drawn.push(time);
      return time;
    },
  };
}

/** Sizes, gaps, grace: what the topology has in milliseconds; and sums of two. */
function durationsOf({ topology }: Scenario): readonly number[] {
  const found = new Set([1]);
  const take = (part: object) => {
    for (const [name, value] of Object.entries(part)) {
      if (DURATION.test(name) && typeof value === "number") found.add(Math.abs(value));
      else if (name === "window") take(value as object);
    }
  };
  for (const node of topology) {
    take(node);
    if (node.processor !== undefined)
      for (const arg of node.args ?? []) if (typeof arg === "number") found.add(arg);
  }
  const single = [...found];
  return [...single, ...single.flatMap((one) => single.map((other) => one + other))];
}
