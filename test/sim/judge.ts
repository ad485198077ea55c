import type { EmbeddedBroker } from "../../host/transport/memory/embedded-broker.ts";
import type { Input } from "./input.ts";
import type { Program } from "./program.ts";
import { INPUT_TOPIC, OUTPUT_TOPIC, type Scenario } from "./scenario.ts";
import { GROUP } from "./sim-process.ts";

export interface Difference {
  readonly kind: "missing" | "extra" | "order" | "offsets" | "open";
  readonly says: string;
}

/**
 * Compares the log itself with what the input calls for.
 * exactly_once_v2: each key's values are exactly the expected ones. at_least_once: all of them, in order apart from
 * repetitions of what was there before.
 */
export function judge(
  scenario: Scenario,
  broker: EmbeddedBroker,
  input: Input,
  offsetsOf: typeof judgeOffsets = judgeOffsets,
): Difference | undefined {
  const found = new Map<string, string[]>();
  for (const record of broker.read(OUTPUT_TOPIC).flat()) {
    const key = record.key?.toString() ?? "";
    const value = record.value?.toString() ?? "";
    const values = found.get(key);
    if (values === undefined) found.set(key, [value]);
    else values.push(value);
  }
  const compare = scenario.guarantee === "exactly_once_v2" ? compareExactly : compareApartFromRepetitions;
  for (const key of new Set([...input.expected.keys(), ...found.keys()])) {
    const difference = compare(key, input.expected.get(key) ?? [], found.get(key) ?? []);
    if (difference !== undefined) return difference;
  }
  // Under at_least_once a commit of the same generation may come late and set offsets back: that repeats records.
  const offsets = scenario.guarantee === "exactly_once_v2" ? offsetsOf(broker, input) : undefined;
  return offsets ?? judgeOpen(broker);
}

function compareExactly(
  key: string,
  expected: readonly string[],
  found: readonly string[],
): Difference | undefined {
  if (expected.length === found.length && expected.every((value, index) => value === found[index]))
    return undefined;
  const index = expected.findIndex((value, at) => value !== found[at]);
  const at = index < 0 ? expected.length : index;
  const places = (value: string | undefined) => found.filter((each) => each === value).length;
  const says = `key ${key}, output ${at}: expected ${expected[at]}, found ${found.slice(at, at + 3).join(" ") || "none"}`;
  const repeated = found.find((value) => places(value) > 1 || !expected.includes(value));
  if (repeated !== undefined)
    return { kind: "extra", says: `${says}; ${repeated} is there ${places(repeated)} times` };
  return { kind: places(expected[at]) === 0 ? "missing" : "order", says };
}

function compareApartFromRepetitions(
  key: string,
  expected: readonly string[],
  found: readonly string[],
): Difference | undefined {
  let next = 0;
  for (const value of found) {
    const index = expected.indexOf(value);
    if (index < 0) return { kind: "extra", says: `key ${key}: ${value} was never in the input` };
    if (index > next) return { kind: "order", says: `key ${key}: ${value} before ${expected[next]}` };
    if (index === next) next++;
  }
  if (next === expected.length) return undefined;
  return { kind: "missing", says: `key ${key}: ${expected[next]} and ${expected.length - next - 1} more` };
}

export function judgeOffsets(broker: EmbeddedBroker, input: Input): Difference | undefined {
  const committed = broker.committedOffsets(GROUP);
  for (const [partition, end] of input.ends.entries()) {
    const offset = committed.get(`${INPUT_TOPIC}-${partition}`)?.offset ?? 0n;
    const logEnd = BigInt(broker.cluster.partition(INPUT_TOPIC, partition)?.log.endOffset ?? 0);
    if (offset < end || offset > logEnd) {
      const says = `partition ${partition} is committed up to ${offset}, its records end at ${end}, its log at ${logEnd}`;
      return { kind: "offsets", says };
    }
  }
  return undefined;
}

/** At the end no transaction may hold back readers of the output. */
export function judgeOpen(broker: EmbeddedBroker): Difference | undefined {
  const partitions = broker.cluster.topics.get(OUTPUT_TOPIC)?.partitions ?? [];
  const open = partitions.find((each) => each.lastStableOffset < each.highWatermark);
  if (open === undefined) return undefined;
  const says = `output ${open.index} is stable up to ${open.lastStableOffset} of ${open.highWatermark} only`;
  return { kind: "open", says };
}

/**
 * Whether everything that counts is committed, so that the world may end. Under at_least_once a late commit may have
 * set an idle partition back for good: there it is enough that all output is written; and so it is where what is
 * committed of the input may be on its way still.
 */
export function isDone(scenario: Scenario, broker: EmbeddedBroker, input: Input, program: Program): boolean {
  if (!input.isComplete) return false;
  const offsetsOf = program.judgeOffsets ?? judgeOffsets;
  if (program.between.length > 0) return judge(scenario, broker, input) === undefined;
  if (offsetsOf(broker, input) === undefined) return judgeOpen(broker) === undefined;
  return scenario.guarantee === "at_least_once" && judge(scenario, broker, input, offsetsOf) === undefined;
}
