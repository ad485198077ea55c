import { StreamsBuilder } from "../../host/dsl/streams-builder.ts";
import { i64, string } from "../../host/serdes/index.ts";
import { keyText } from "../../host/state/key-text.ts";
import type { StateBackend } from "../../host/state/state-backend.ts";
import { makeTaskRunner } from "../../host/task/runner.ts";
import { compile } from "../../host/topology/compile.ts";
import { DEFAULT_ERROR_SETTINGS } from "../../host/topology/error-settings.ts";
import type { EmbeddedBroker } from "../../host/transport/memory/embedded-broker.ts";
import type { Input } from "./input.ts";
import type { Difference } from "./judge.ts";
import { trapping } from "./kernel-program.ts";
import { ONE_PART, type Program } from "./program.ts";
import { INPUT_TOPIC, OUTPUT_TOPIC } from "./scenario.ts";

const STORE = "counts";
const CHANGELOG = `app-${STORE}-changelog`;

/** Counts each key's records: what comes out depends on all that came before, through crashes and rebalances. */
export const statefulProgram: Program = {
  ...ONE_PART,
  // the records of a key that count are numbered from 0 on, and so are their values
  outputsOf: (key, value) => [`${key}=${Number(value.slice(value.lastIndexOf(":") + 1)) + 1}`],
  plan: countingPlan(),
  changelogs: [CHANGELOG],
  makeRunner: ({ scenario, nowMs, traps, states }) =>
    trapping(
      makeTaskRunner({
        plan: countingPlan(),
        partitionsOf: new Map([
          [INPUT_TOPIC, scenario.inputPartitions],
          [CHANGELOG, scenario.inputPartitions],
          [OUTPUT_TOPIC, scenario.outputPartitions],
        ]),
        errors: DEFAULT_ERROR_SETTINGS,
        clock: { now: nowMs },
        batchRowsMax: scenario.batchRecordsMax,
        ...(states === undefined ? {} : { states }),
      }),
      traps,
    ),
  judgeState,
};

function countingPlan() {
  const builder = new StreamsBuilder();
  builder
    .stream(INPUT_TOPIC, { key: string, value: string })
    .groupByKey()
    .count({ store: STORE })
    .toStream()
    .mapValues((count, key) => `${key}=${count}`)
    .to(OUTPUT_TOPIC, { key: string, value: string });
  return compile(builder.build(), "app");
}

/** The changelog says what the input calls for, and each disk what its changelog says up to the disk's position. */
function judgeState(
  broker: EmbeddedBroker,
  input: Input,
  disks: ReadonlyMap<string, StateBackend>,
): Difference | undefined {
  const partitions = broker.read(CHANGELOG);
  const counts = new Map<string, number>();
  for (const { key, value } of partitions.flat()) counts.set(String(key), countIn(value));
  for (const [key, values] of input.expected) {
    if (counts.get(key) !== values.length) {
      return { kind: "missing", says: `the changelog has ${counts.get(key)} for ${key}: ${values.length}` };
    }
  }
  for (const [path, backend] of disks) {
    const position = backend.position(STORE);
    if (position === undefined) continue;
    const partition = Number(path.slice(path.lastIndexOf("_") + 1));
    const expected = new Map<string, number>();
    for (const { key, value, offset } of partitions[partition]!) {
      if (offset < position.offset) expected.set(String(key), countIn(value));
    }
    const found = new Map<string, number>();
    for (const [key, value] of backend.range(STORE, {})) found.set(keyText(key), countIn(Buffer.from(value)));
    const differs = [...new Set([...expected.keys(), ...found.keys()])].find(
      (key) => expected.get(key) !== found.get(key),
    );
    if (differs === undefined) continue;
    const says = `${path} has ${found.get(differs)} for ${differs}, its changelog up to ${position.offset} ${expected.get(differs)}`;
    return { kind: "extra", says };
  }
  return undefined;
}

/** A count as the changelog has it, or as a store does, behind a timestamp. */
function countIn(value: Buffer | null): number {
  return Number(i64.deserialize(value!.subarray(value!.length - 8)));
}
