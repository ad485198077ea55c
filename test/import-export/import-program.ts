import { type Clock, sleep } from "../../host/clock.ts";
import { parseNote } from "../../host/commit/transaction-tag.ts";
import { PeridotError } from "../../host/errors.ts";
import { ItemEncoder } from "../../host/import-export/encode-item.ts";
import { Feed } from "../../host/import-export/feed.ts";
import { FeedRunner } from "../../host/import-export/feed-runner.ts";
import { feedingMember, onePartition } from "../../host/import-export/importer.ts";
import { string } from "../../host/serdes/index.ts";
import type { StreamThreadParts } from "../../host/task/stream-thread.ts";
import type { TaskRunner } from "../../host/task/task.ts";
import { DEFAULT_ERROR_SETTINGS } from "../../host/topology/error-settings.ts";
import type { Import, ImportedRecord, SourceControl } from "../../host/topology/imported.ts";
import type { EmbeddedBroker } from "../../host/transport/memory/embedded-broker.ts";
import { openKernelInstance } from "../../host/wasm/kernel-instance.ts";
import { kernelModule } from "../../host/wasm/kernel-module.ts";
import type { Plant, ThreadFacts } from "../sim/defect.ts";
import { type Program, plainProgram } from "../sim/program.ts";
import { INPUT_TOPIC, OUTPUT_TOPIC } from "../sim/scenario.ts";
import { GROUP } from "../sim/sim-process.ts";

const LOOK_MS = 20;

/** By partition of the input: the offset to read next. */
type Place = readonly number[];

/**
 * The simulated application as an import: its source is what the log of the input topic holds, its topic the output.
 * So the worlds of test/sim, their faults and their judge are those of any other application.
 */
export const importProgram: Program = {
  ...plainProgram,
  subTopologies: [{ subTopology: 0, sourceTopics: [OUTPUT_TOPIC] }],
  outputsOf: (_key, value) => [value],
  judgeOffsets: (broker, input) => {
    const found = broker.committedOffsets(GROUP).get(`${OUTPUT_TOPIC}-0`);
    const place: Place = JSON.parse(parseNote(found?.metadata ?? "") || "[]");
    const behind = input.ends.findIndex((end, partition) => (place[partition] ?? 0) < Number(end));
    if (behind < 0) return undefined;
    return {
      kind: "offsets",
      says: `the position is ${JSON.stringify(place)}, behind ${input.ends[behind]}`,
    };
  },
};

/** What makes a simulated process an importer. `spoil`: plants a defect into its feed. */
export function plantImport(spoil: (feed: Feed) => void = () => {}): Plant {
  return (broker) => {
    let feed: Feed | undefined;
    return {
      thread: (parts, facts) => {
        const own = makeFeed(broker, parts.clock, facts);
        spoil(own);
        feed ??= own; // the only task goes to the first thread
        return { ...parts, consumer: own, makeRunner: () => makeRunner(broker, own, facts) };
      },
      membership: (parts) => ({
        ...parts,
        admin: onePartition(parts.admin),
        member: feedingMember(parts.member, feed!),
      }),
    };
  };
}

function makeFeed(
  broker: EmbeddedBroker,
  clock: StreamThreadParts["clock"],
  { incarnation }: ThreadFacts,
): Feed {
  const imported: Import = {
    name: "log",
    source: (place: Place | undefined, control) => readLog(broker, clock, place, control),
    record: undefined,
    key: string,
    value: string,
    errors: {},
  };
  const encoder = new ItemEncoder({
    imported,
    topic: OUTPUT_TOPIC,
    errors: DEFAULT_ERROR_SETTINGS,
    limitsOf: new Map(),
    clock,
  });
  return new Feed({ imported, encoder, clock, incarnation, onState: () => {} });
}

function makeRunner(broker: EmbeddedBroker, feed: Feed, { traps }: ThreadFacts): TaskRunner {
  const partitions = broker.cluster.topics.get(OUTPUT_TOPIC)!.partitions.length;
  const runner = new FeedRunner(
    {
      feed,
      partition: { topic: OUTPUT_TOPIC, partition: 0 },
      partitionsOf: new Map([[OUTPUT_TOPIC, partitions]]),
      limitsOf: new Map(),
      deadLetterTopic: undefined,
    },
    openKernelInstance(kernelModule()),
  );
  const process = runner.process.bind(runner);
  runner.process = (mayGoOn) => {
    if (traps()) throw new PeridotError("KERNEL_TRAPPED", { what: "the schedule says so" });
    return process(mayGoOn);
  };
  return runner;
}

/** What is committed in the input topic, partition by partition, as it comes; ends when it is told to. */
async function* readLog(
  broker: EmbeddedBroker,
  clock: Clock,
  place: Place | undefined,
  { signal }: SourceControl,
): AsyncGenerator<ImportedRecord<string, string, Place>> {
  const next = [...(place ?? [])];
  while (!signal.aborted) {
    for (const [partition, records] of broker.read(INPUT_TOPIC).entries()) {
      const stable = broker.cluster.partition(INPUT_TOPIC, partition)!.lastStableOffset;
      for (const { key, value, offset } of records) {
        if (Number(offset) < (next[partition] ?? 0) || Number(offset) >= stable) continue;
        next[partition] = Number(offset) + 1;
        const position = Array.from(next, (each) => each ?? 0);
        yield { key: String(key), value: String(value), position };
      }
    }
    await sleep(clock, LOOK_MS);
  }
}
