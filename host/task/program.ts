import { BATCH_ROWS_MAX } from "../../kernels/abi/limits.ts";
import type { ErrorSettings } from "../topology/error-settings.ts";
import type { Expression } from "../topology/expression.ts";
import type { NodeId } from "../topology/node.ts";
import { matchesTopic } from "../topology/pattern.ts";
import type {
  BranchStep,
  CallStep,
  KernelStep,
  Plan,
  PlannedStore,
  PlanSource,
  PlanStep,
  ProcessStep,
  SegmentStep,
  SinkStep,
} from "../topology/plan.ts";
import type { AnySerde, ProjectedField, RowType, WriteValue } from "../topology/serde.ts";
import type { ExtractTopic, Partitioner } from "../topology/sink-choice.ts";
import { kernelsChange } from "../topology/store-spec.ts";
import type { TimestampExtractor } from "../topology/timestamp-extractor.ts";
import type {
  FormPart,
  KernelFilter,
  KernelInstance,
  KernelRows,
  KernelSelection,
  RecordForm,
} from "../wasm/kernel-instance.ts";
import type { UserKernel } from "../wasm/user-kernel.ts";
import { type AggregateProgram, makeAggregate } from "./aggregate-program.ts";
import { type Part, stringParts } from "./conform-strings.ts";
import type { KernelModules } from "./kernel-modules.ts";
import type { Outbox } from "./outbox.ts";
import { checkOf, fieldNamed, filterOf } from "./row-filter.ts";
import { SinkTargets } from "./sink-targets.ts";

/** A plan made ready for one kernel instance: descriptors placed, filters and forms compiled, room reserved. */
export interface SourceProgram {
  readonly name: string;
  /** Whether its source names this topic; or has a pattern that matches it, and reads it if no other source names it. */
  readonly names: (topic: string) => boolean;
  readonly matches: (topic: string) => boolean;
  readonly key: AnySerde;
  readonly value: AnySerde;
  readonly timestamps: TimestampExtractor;
  readonly errors: ErrorSettings;
  readonly rowByRow: boolean;
  /** Address of the JSON descriptor by which values become rows; undefined: they do not. */
  readonly descriptor: number | undefined;
  readonly children: readonly ProgramStep[];
  /** Which parts are strings: checked, and mended, before anything sees them. */
  readonly strings: readonly Part[];
  /** A user function runs somewhere below: the cost of a row is not ours. */
  readonly callsUser: boolean;
  /** All that comes of its rows comes of the graph; the rest of the way has no users' kernels. */
  readonly endsInGraph: boolean;
}

export type ProgramStep =
  | CallProgram
  | BranchProgram
  | SegmentProgram
  | KernelProgram
  | AggregateProgram
  | ProcessProgram
  | SinkProgram;

interface StepProgram {
  readonly name: string;
  /** Its number in depth-first order: what one record causes at a smaller place comes first. */
  readonly place: number;
}

export interface CallProgram extends StepProgram {
  readonly kind: "call";
  readonly call: CallStep["call"];
  /** The function surely ignores its second argument. */
  readonly takesOne: boolean;
  readonly children: readonly ProgramStep[];
}

export interface BranchProgram extends StepProgram {
  readonly kind: "branch";
  readonly predicates: BranchStep["predicates"];
  /** By predicate. */
  readonly ways: readonly (readonly ProgramStep[])[];
}

export interface SegmentProgram extends StepProgram {
  readonly kind: "segment";
  readonly filter: KernelFilter | undefined;
  /** Rows that it does not keep are bad: something of the projection cannot be computed of them. */
  readonly check: KernelFilter | undefined;
  readonly projection: readonly ProjectedField[] | undefined;
  /** undefined: the key as it comes. */
  readonly keyFrom: Expression | undefined;
  /** Where its selection is written; undefined: it passes on the one that it was given. */
  readonly selection: KernelSelection | undefined;
  readonly children: readonly ProgramStep[];
}

export interface KernelProgram extends StepProgram {
  readonly kind: "kernel";
  readonly kernel: UserKernel;
  readonly key: AnySerde;
  readonly value: AnySerde;
  /** Which rows it is given, where that is not all that it could be. */
  readonly selection: KernelSelection;
  /** Which of its records go on. */
  readonly made: KernelSelection;
  /** How its values become rows; undefined: they do not, or nobody asks. */
  readonly decoding: KernelDecoding | undefined;
  readonly children: readonly ProgramStep[];
}

export interface KernelDecoding {
  readonly type: RowType;
  readonly rows: KernelRows;
  readonly descriptor: number;
  /** Linear memory as it is now. */
  readonly memory: () => Buffer;
}

/** The way into the task's graph. */
export interface ProcessProgram extends StepProgram {
  readonly kind: "process";
  readonly node: NodeId;
  readonly readsValue: boolean;
}

export interface SinkProgram extends StepProgram {
  readonly kind: "sink";
  readonly topic: string | ExtractTopic;
  readonly partitioner: Partitioner | undefined;
  readonly targets: SinkTargets;
  readonly key: AnySerde;
  readonly value: AnySerde;
  readonly keepsKey: boolean;
  readonly keepsValue: boolean;
  /**
   * How kernels write it straight from the source's batch, as long as no function has changed key or value, or is to
   * choose topic or partition.
   */
  readonly form: RecordForm | undefined;
  /** It is a store's: records go to the partition of their task, and none may be left out. */
  readonly isChangelog: boolean;
  /** How JavaScript writes values, where the serde has more for that than `serialize`. */
  readonly write: WriteValue | undefined;
}

/** Everything that is needed to make programs. */
export interface ProgramParts {
  readonly kernel: KernelInstance;
  readonly modules: KernelModules;
  readonly outbox: Outbox;
  readonly errors: ErrorSettings;
  readonly rowsMax: number;
  /** See TaskRunnerSettings. */
  readonly cacheBytesMax: number;
}

/** Programs of all sources, by sub-topology. */
export function makePrograms(plan: Plan, parts: ProgramParts): ReadonlyMap<number, readonly SourceProgram[]> {
  return new Map(
    plan.subTopologies.map(({ id, sources, stores }) => [
      id,
      sources.map((source) => makeProgram(source, { ...parts, stores })),
    ]),
  );
}

interface StepParts extends ProgramParts {
  readonly stores: readonly PlannedStore[];
}

function makeProgram(source: PlanSource, parts: StepParts): SourceProgram {
  const { name, topics, pattern, key, value, timestamps } = source;
  const rows = value.rows;
  const maker = new StepMaker(parts);
  const seen = seenAs(rows, parts.rowsMax);
  const children = source.children.map((step) => maker.make(step, seen));
  return {
    name,
    names: (topic) => pattern === undefined && topics.includes(topic),
    matches: (topic) => pattern !== undefined && matchesTopic(pattern, topic),
    key,
    value,
    timestamps,
    errors: { ...parts.errors, ...source.errors },
    rowByRow: source.rowByRow,
    descriptor: rows && parts.kernel.place(rows.descriptor),
    children,
    strings: stringParts(key, value),
    callsUser: maker.callsUser || timestamps.from === "function",
    endsInGraph: endInGraph(children),
  };
}

function endInGraph(steps: readonly ProgramStep[]): boolean {
  return steps.every((step) => {
    if (step.kind === "process") return true;
    if (step.kind === "branch") return step.ways.every(endInGraph);
    return (step.kind === "call" || step.kind === "segment") && endInGraph(step.children);
  });
}

/** How the source's row (the kernel's, behind one) is seen at some step. */
interface Seen {
  /** undefined: kernels have made no rows. */
  readonly type: RowType | undefined;
  /** The value is that row. */
  readonly rows: boolean;
  readonly projection: readonly ProjectedField[] | undefined;
  /** What of it is the key. */
  readonly key: Expression | undefined;
  /** Most items that there may be. */
  readonly rowsMax: number;
}

/** A batch as it comes: from its source, from a kernel. */
function seenAs(type: RowType | undefined, rowsMax: number): Seen {
  return { type, rows: type !== undefined, projection: undefined, key: undefined, rowsMax };
}

class StepMaker {
  callsUser = false;
  readonly #parts: StepParts;
  #places = 0;

  constructor(parts: StepParts) {
    this.#parts = parts;
  }

  make(step: PlanStep, seen: Seen): ProgramStep {
    switch (step.kind) {
      case "call":
        return this.#call(step, seen);
      case "branch":
        return this.#branch(step, seen);
      case "segment":
        return this.#segment(step, seen);
      case "kernel":
        return this.#kernel(step, seen);
      case "process":
        return this.#process(step, seen);
      case "sink":
        return this.#sink(step, seen);
    }
  }

  #call(step: CallStep, seen: Seen): CallProgram {
    this.callsUser = true;
    const { name, call } = step;
    const place = this.#places++;
    const after = {
      ...seen,
      rows: seen.rows && KEEPS_VALUES.has(call.shape),
      key: KEEPS_KEYS.has(call.shape) ? seen.key : undefined,
    };
    const children = step.children.map((child) => this.make(child, after));
    return { kind: "call", name, place, call, takesOne: takesOne(call), children };
  }

  #branch(step: BranchStep, seen: Seen): BranchProgram {
    this.callsUser = true;
    const { name, predicates } = step;
    const place = this.#places++;
    const ways = step.ways.map((steps) => steps.map((each) => this.make(each, seen)));
    return { kind: "branch", name, place, predicates, ways };
  }

  #segment(step: SegmentStep, seen: Seen): SegmentProgram {
    const { kernel } = this.#parts;
    const place = this.#places++;
    const { filters, checks, projection, key } = step;
    const rows = seen.type!;
    return {
      kind: "segment",
      name: step.names.at(-1)!,
      place,
      filter: filters.length === 0 ? undefined : kernel.newFilter(filterOf(filters, rows)),
      check: checks.length === 0 ? undefined : kernel.newFilter(checkOf(checks, rows)),
      selection: filters.length + checks.length === 0 ? undefined : kernel.newSelection(seen.rowsMax),
      projection,
      keyFrom: key,
      children: step.children.map((child) => this.make(child, { ...seen, rows: true, projection, key })),
    };
  }

  /** How long a kernel takes is not ours to say: batches follow measured time, as for functions. */
  #kernel({ name, kernel: use, children }: KernelStep, { rowsMax }: Seen): KernelProgram {
    this.callsUser = true;
    const { kernel, modules } = this.#parts;
    const place = this.#places++;
    const foreign = modules.foreign.get(use.module);
    const fuel = use.fuelPerRow === undefined ? {} : { fuelPerRow: use.fuelPerRow };
    const made = seenAs(use.value.rows, BATCH_ROWS_MAX);
    return {
      kind: "kernel",
      name,
      place,
      kernel:
        foreign === undefined
          ? kernel.newUserKernel({ kernel: use.kernel, rowsMax, ...fuel })
          : kernel.newForeignKernel({ module: foreign, path: use.module, kernel: use.kernel }),
      key: use.key,
      value: use.value,
      selection: kernel.newSelection(rowsMax),
      made: kernel.newSelection(BATCH_ROWS_MAX),
      decoding: children.every(passesOn) ? undefined : this.#decoding(use.value.rows),
      children: children.map((child) => this.make(child, made)),
    };
  }

  #process(step: ProcessStep, { rowsMax }: Seen): AggregateProgram | ProcessProgram {
    const { name, node, readsValue, inKernels } = step;
    const place = this.#places++;
    const store = this.#parts.stores.find(({ spec }) => spec.name === inKernels?.store.name);
    if (inKernels === undefined || !kernelsChange(store!, this.#parts.cacheBytesMax)) {
      this.callsUser = true;
      return { kind: "process", name, place, node, readsValue };
    }
    const aggregate = makeAggregate(step, inKernels, place, { ...this.#parts, rowsMax });
    const made = seenAs(undefined, rowsMax);
    return { ...aggregate, children: inKernels.children.map((child) => this.make(child, made)) };
  }

  #decoding(type: RowType | undefined): KernelDecoding | undefined {
    if (type === undefined) return undefined;
    const { kernel } = this.#parts;
    const rows = kernel.newRows(BATCH_ROWS_MAX);
    return { type, rows, descriptor: kernel.place(type.descriptor), memory: () => kernel.memory };
  }

  #sink(step: SinkStep, seen: Seen): SinkProgram {
    const { kernel, outbox, rowsMax } = this.#parts;
    const { name, topic, key, value, partitioner, keepsKey, keepsValue } = step;
    const chooses = typeof topic === "function" || partitioner !== undefined;
    if (chooses) this.callsUser = true;
    return {
      kind: "sink",
      name,
      place: this.#places++,
      topic,
      partitioner,
      targets: new SinkTargets(kernel, outbox, rowsMax),
      key,
      value,
      keepsKey,
      keepsValue,
      form: chooses ? undefined : this.#form(step, seen),
      write: value.newWriter?.(),
      isChangelog: false,
    };
  }

  #form(step: SinkStep, seen: Seen): RecordForm | undefined {
    const key = this.#keyPart(step, seen);
    const value = key && this.#valuePart(step, seen);
    return value && this.#parts.kernel.newForm({ key, value });
  }

  #keyPart(step: SinkStep, { key, type }: Seen): FormPart | undefined {
    if (step.keepsKey) return { from: "batch" };
    const field = typeof key === "string" ? fieldNamed(key, type!) : undefined;
    return field?.type === step.key.format ? { from: "field", field } : undefined;
  }

  #valuePart(step: SinkStep, { rows, type, projection }: Seen): FormPart | undefined {
    if (step.keepsValue) return { from: "batch" };
    if (!rows || step.value.format !== "json") return undefined;
    return { from: "json", descriptor: this.#parts.kernel.place(type!.encodeDescriptor(projection)) };
  }
}

/** Nobody looks at what comes here: it is written as it is. */
function passesOn(step: PlanStep): boolean {
  return (
    step.kind === "sink" &&
    step.keepsKey &&
    step.keepsValue &&
    typeof step.topic === "string" &&
    step.partitioner === undefined
  );
}

/** Functions that leave the value as it was. */
const KEEPS_VALUES: ReadonlySet<string> = new Set(["filter", "peek", "selectKey"]);
/** Functions that leave the key as it was. */
const KEEPS_KEYS: ReadonlySet<string> = new Set(["filter", "peek", "mapValues", "flatMapValues"]);

/** An arrow function with one plain parameter cannot see a second argument; anything else might. */
function takesOne(call: CallStep["call"]): boolean {
  return (
    call.shape === "mapValues" && call.fn.length === 1 && /^\(?\s*[\w$]+\s*\)?\s*=>/.test(String(call.fn))
  );
}
