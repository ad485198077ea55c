import type { SeededRandom } from "../sim/seeded-random.ts";
import type { RandomTimes } from "./random-times.ts";
import { type Scenario, topicsOf } from "./scenario.ts";

type Command = Readonly<Record<string, unknown>>;

/** By kind of store: each command, and what its arguments are (FORMAT.md). */
const COMMANDS: Readonly<Record<string, readonly string[]>> = {
  kv: [
    ...["put k v", "put k v", "put k v", "putIfAbsent k v", "delete k", "get k", "putAll entries"],
    ...["range from to", "reverseRange from to", "all", "reverseAll", "prefix p"],
  ],
  "timestamped-kv": [
    ...["put k v t", "put k v t", "put k v t", "putIfAbsent k v t", "delete k", "get k"],
    ...["range from to", "reverseRange from to", "all", "reverseAll", "prefix p"],
  ],
  // ranges of it are refused
  lru: ["put k v", "put k v", "put k v", "putIfAbsent k v", "delete k", "get k", "get k"],
  window: [
    ...["put k v t", "put k v t", "put k v t", "fetchOne k t", "fetch k from to", "backwardFetch k from to"],
    ...["fetchRange k k2 from to", "backwardFetchRange k k2 from to", "all", "backwardAll"],
    ...["fetchAll from to", "backwardFetchAll from to"],
  ],
  session: [
    ...["put k s e v", "put k s e v", "put k s e v", "remove k s e", "fetch k", "backwardFetch k"],
    ...["fetchRange k k2", "fetchSession k s e", "findSessions k s e", "backwardFindSessions k s e"],
    "findSessionsRange k k2 s e",
  ],
  versioned: ["put k v t", "put k v t", "put k v t", "delete k t", "get k", "getAsOf k t"],
};

/** Draws the commands that a store script reads from a topic. */
export interface RandomCommands {
  draw(random: SeededRandom): Command;
}

/** @returns undefined: no store script reads the topic */
export function randomCommands(
  { topology, inputs }: Scenario,
  topic: string,
  times: RandomTimes,
): RandomCommands | undefined {
  const source = topology.find((node) => node.from === undefined && topicsOf(node).includes(topic));
  const script = topology.find(
    ({ from, processor }) => from === source?.id && processor?.endsWith("-script") === true,
  );
  const store = topology.find(({ op, id }) => op === "store" && id === script?.stores?.[0]);
  if (script === undefined || store === undefined) return undefined;
  const recorded = inputs.flatMap((step) => ("topic" in step && step.value ? [step.value as Command] : []));
  const pool = {
    keys: textsOf(recorded.flatMap(({ k, k2, from, to }) => [k, k2, from, to])),
    values: textsOf(recorded.map(({ v }) => v)),
  };
  const kind = store.kind!;
  return { draw: (random) => command(random.pick(COMMANDS[kind]!), kind, pool, times, random) };
}

interface Pool {
  readonly keys: readonly string[];
  readonly values: readonly string[];
}

/** Some texts at least, and each once. */
function textsOf(found: readonly unknown[]): readonly string[] {
  return [...new Set(["a", "b", ...found.filter((each) => typeof each === "string")])];
}

function command(
  shape: string,
  kind: string,
  { keys, values }: Pool,
  times: RandomTimes,
  random: SeededRandom,
): Command {
  const [cmd, ...names] = shape.split(" ");
  const made: Record<string, unknown> = { cmd };
  const isOfTimes = kind === "window" || kind === "session";
  const key = () => (random.chance(0.1) ? `${random.pick(keys)}${random.pick(keys)}` : random.pick(keys));
  const value = () => (random.chance(0.1) ? null : random.pick(values));
  const isRange = names.includes("k2") || (names.includes("from") && !isOfTimes);
  for (const name of names) {
    if (name === "v") made.v = value();
    else if (name === "p") made.p = random.pick(keys).slice(0, 1);
    else if (name === "entries")
      made.entries = Array.from({ length: random.whole(0, 4) }, () => [key(), value()]);
    else if (name === "k" || name === "k2" || (!isOfTimes && (name === "from" || name === "to")))
      made[name] = isRange && random.chance(0.2) ? null : key();
    else made[name] = times.draw(random);
  }
  const [start, end] = names.includes("s") ? ["s", "e"] : ["from", "to"];
  if (isOfTimes && typeof made[start] === "number" && made[start] > (made[end] as number))
    [made[start], made[end]] = [made[end], made[start]];
  return made;
}
