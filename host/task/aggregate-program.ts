import type { AggregateStep, PlannedStore, ProcessStep } from "../topology/plan.ts";
import type { AnySerde } from "../topology/serde.ts";
import { hasRecordCache } from "../topology/store-spec.ts";
import type { KernelAggregate } from "../wasm/kernel-aggregate.ts";
import type { KernelInstance, KernelSelection } from "../wasm/kernel-instance.ts";
import type { Outbox } from "./outbox.ts";
import type { ProgramStep, SinkProgram } from "./program.ts";
import { SinkTargets } from "./sink-targets.ts";

/** An aggregate that kernels compute: in place of the way into the graph. */
export interface AggregateProgram {
  readonly kind: "aggregate";
  readonly name: string;
  readonly place: number;
  readonly store: string;
  readonly aggregate: KernelAggregate;
  /** Which rows it is given, where that is not all that it could be. */
  readonly selection: KernelSelection;
  /** All of its records. */
  readonly made: KernelSelection;
  readonly key: AnySerde;
  readonly value: AnySerde;
  /** Its store has a record cache: its changes wait until they are told, and all its children are sinks. */
  readonly isCached: boolean;
  /** undefined: the store has none. */
  readonly changelog: SinkProgram | undefined;
  readonly children: readonly ProgramStep[];
}

interface AggregateParts {
  readonly kernel: KernelInstance;
  readonly outbox: Outbox;
  readonly rowsMax: number;
  readonly stores: readonly PlannedStore[];
  readonly cacheBytesMax: number;
}

export function makeAggregate(
  { name }: ProcessStep,
  { kind, store }: AggregateStep,
  place: number,
  parts: AggregateParts,
): Omit<AggregateProgram, "children"> {
  const { kernel, rowsMax, stores, cacheBytesMax } = parts;
  const { changelog } = stores.find(({ spec }) => spec.name === store.name)!;
  return {
    kind: "aggregate",
    name,
    place,
    store: store.name,
    aggregate: kernel.newAggregate({ kind, rowsMax }),
    selection: kernel.newSelection(rowsMax),
    made: kernel.newSelection(rowsMax),
    key: store.key,
    value: store.value,
    isCached: hasRecordCache(store, cacheBytesMax),
    changelog: changelog === undefined ? undefined : changelogSink(store, changelog, parts),
  };
}

/** A store's records go to its changelog before all else that comes of a row. */
function changelogSink(
  { name, key, value }: AggregateStep["store"],
  topic: string,
  { kernel, outbox, rowsMax }: AggregateParts,
): SinkProgram {
  return {
    kind: "sink",
    name,
    place: -1,
    topic,
    partitioner: undefined,
    targets: new SinkTargets(kernel, outbox, rowsMax),
    key,
    value,
    keepsKey: true,
    keepsValue: true,
    form: kernel.newForm({ key: { from: "batch" }, value: { from: "batch" }, headers: false }),
    write: undefined,
    isChangelog: true,
  };
}

/** The aggregates below some steps that have record caches. */
export function cachedBelow(steps: readonly ProgramStep[]): readonly AggregateProgram[] {
  return steps.flatMap((step) => {
    if (step.kind === "aggregate") return step.isCached ? [step] : [];
    if (step.kind === "sink" || step.kind === "process") return [];
    return step.kind === "branch" ? step.ways.flatMap(cachedBelow) : cachedBelow(step.children);
  });
}
