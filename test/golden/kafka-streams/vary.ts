import type { SeededRandom } from "../../sim/seeded-random.ts";
import type { Scenario, ScenarioConfig, ScenarioNode } from "../scenario.ts";

const CACHE_BYTES = 10_000_000;
const DURATION =
  /^(sizeMs|advanceMs|diffMs|gapMs|graceMs|beforeMs|afterMs|retentionMs|historyMs|versionedMs|ms)$/;

/**
 * A scenario of another topology of the same kind: other durations, kinds of joins, limits of buffers, with and without
 * record caches, results at the end or with each update. Some of them cannot be built: that is to be found as well.
 */
export function varied(scenario: Scenario, random: SeededRandom): Scenario {
  return {
    ...scenario,
    config: configOf(scenario, random),
    topology: scenario.topology.map((node) => nodeOf(node, scenario.topology, random)),
  };
}

function configOf({ config = {} }: Scenario, random: SeededRandom): ScenarioConfig {
  return {
    ...config,
    ...(random.chance(0.3) ? { cacheMaxBytes: random.pick([0, CACHE_BYTES]) } : {}),
    ...(random.chance(0.2) ? { emitIntervalMs: random.pick([0, 1, 1000]) } : {}),
    ...(random.chance(0.3) ? { onProcessingError: "continue" } : {}),
    ...(random.chance(0.3) ? { onDeserializationError: "continue" } : {}),
  };
}

function nodeOf(node: ScenarioNode, topology: readonly ScenarioNode[], random: SeededRandom): ScenarioNode {
  const made: Record<string, unknown> = { ...withOtherDurations(node, random) };
  if (node.window !== undefined) made.window = withOtherDurations(node.window, random);
  if (node.op === "join" && random.chance(0.3)) {
    const hasOuter = node.kind === "stream-stream" || node.kind === "table-table";
    made.type = random.pick(hasOuter ? ["inner", "left", "outer"] : ["inner", "left"]);
  }
  if (node.op === "windowedBy" && random.chance(0.3)) {
    const isCogrouped = topology.some(({ op, id }) => op === "cogroup" && id === node.from);
    if (node.emit === undefined && !isCogrouped) made.emit = "close";
    else delete made.emit;
  }
  if (node.op === "suppress" && random.chance(0.3)) made.maxRecords = random.whole(1, 4);
  const isRead = topology.some(({ stores }) => node.store !== undefined && stores?.includes(node.store));
  if (node.op === "table" && node.store !== undefined && !isRead && random.chance(0.15))
    made.versionedMs = random.pick([0, 20, 1000]);
  if (node.store !== undefined && node.op === "count" && random.chance(0.2))
    made.caching = random.chance(0.5);
  return made as unknown as ScenarioNode;
}

function withOtherDurations<T extends object>(part: T, random: SeededRandom): T {
  const entries = Object.entries(part).map(([name, value]) =>
    DURATION.test(name) && typeof value === "number" && random.chance(0.4)
      ? [name, random.pick([value + 1, Math.max(value - 1, 0), value * 2, Math.ceil(value / 2)])]
      : [name, value],
  );
  return Object.fromEntries(entries) as T;
}
