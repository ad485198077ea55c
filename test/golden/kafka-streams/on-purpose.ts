import { type Scenario, type ScenarioStep, topicsOf } from "../scenario.ts";

/** Where we differ from Kafka Streams on purpose. */
export interface Intended {
  readonly kafkaStreams: string;
  readonly we: string;
  readonly because: string;
  /** Whether an input of a scenario leads there: it is left out then. */
  readonly meets?: (scenario: Scenario, step: ScenarioStep) => boolean;
  /** Whether a scenario's stores show it: they are not compared then. */
  readonly showsInStores?: (scenario: Scenario) => boolean;
}

export const ON_PURPOSE: readonly Intended[] = [
  {
    kafkaStreams:
      "remembers a deletion of a version at the time of an earlier deletion that the version had replaced (all three at " +
      "the same millisecond), and forgets one that had none before it",
    we: "forget both, so that an older version that comes later is the latest",
    because:
      "only the first trace is left by accident, in a segment's bounds; it would take a mark in each row. Random inputs " +
      "have met it once, with --vary: nothing is left out for it",
  },
  {
    kafkaStreams:
      "stops with a NullPointerException (buffer.put: key cannot be null) where a record without key comes to a left " +
      "join of a stream with a table that has a grace period",
    we: "join it with null at once, as the left join without grace does",
    because:
      "KIP-962 lets records without key through left joins; the buffer of KIP-923 was not told. A record without key can " +
      "have no row, so there is nothing to wait for",
    meets: ({ topology }, step) => {
      if (!("topic" in step) || (step.key ?? step.keyRaw ?? null) !== null) return false;
      const source = topology.find((node) => node.op === "stream" && topicsOf(node).includes(step.topic));
      return topology.some(
        ({ kind, type, left, graceMs }) =>
          kind === "stream-table" && type === "left" && graceMs !== undefined && left === source?.id,
      );
    },
  },
  {
    kafkaStreams:
      "shows windows that a store's segments have forgotten, as long as its record cache happens to hold them",
    we: "show what the segments hold, and results that are told once until they are told",
    because:
      "how long a cache holds an entry depends on its size and on all other stores of the thread; no record that comes out " +
      "depends on it, as late records are dropped by the windows' grace",
    showsInStores: ({ config, topology }) =>
      (config?.cacheMaxBytes ?? 0) > 0 && topology.some(({ op }) => op === "windowedBy"),
  },
];

/** A scenario's inputs without those behind which we differ on purpose. */
export function withoutIntended(scenario: Scenario): Scenario {
  const inputs = scenario.inputs.filter(
    (step) => !ON_PURPOSE.some(({ meets }) => meets?.(scenario, step) === true),
  );
  const hidesStores = ON_PURPOSE.some(({ showsInStores }) => showsInStores?.(scenario) === true);
  const { stores, ...others } = scenario;
  return { ...others, inputs, ...(hidesStores || stores === undefined ? {} : { stores }) };
}
