import { BATCH_ROWS_MAX } from "../../kernels/abi/limits.ts";
import type { ErrorSettings } from "../topology/error-settings.ts";
import type { Comparison } from "../topology/operator.ts";
import { matchesTopic } from "../topology/pattern.ts";
import type {
  BranchStep,
  CallStep,
  KernelStep,
  Plan,
  PlanSource,
  PlanStep,
  RowFilter,
  SegmentStep,
  SinkStep,
} from "../topology/plan.ts";
import type { AnySerde, ProjectedField, RowField, RowType, WriteValue } from "../topology/serde.ts";
import type { ExtractTopic, Partitioner } from "../topology/sink-choice.ts";
import type { TimestampExtractor } from "../topology/timestamp-extractor.ts";
import type {
  FieldAt,
  FilterExpression,
  FormPart,
  KernelFilter,
  KernelInstance,
  KernelRows,
  KernelSelection,
  RecordForm,
} from "../wasm/kernel-instance.ts";
import type { UserKernel } from "../wasm/user-kernel.ts";
import { type Part, stringParts } from "./conform-strings.ts";
import type { KernelModules } from "./kernel-modules.ts";
import type { Outbox } from "./outbox.ts";
import { SinkTargets } from "./sink-targets.ts";

/** A plan made ready for one kernel instance: descriptors placed, filters and forms compiled, room reserved. */
export interface SourceProgram {
  readonly name: string;
  /** Whether its source reads this topic. */
  readonly reads: (topic: string) => boolean;
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
}

export type ProgramStep = CallProgram | BranchProgram | SegmentProgram | KernelProgram | SinkProgram;

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
  readonly projection: readonly ProjectedField[] | undefined;
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
}

/** Programs of all sources, by sub-topology. */
export function makePrograms(plan: Plan, parts: ProgramParts): ReadonlyMap<number, readonly SourceProgram[]> {
  return new Map(
    plan.subTopologies.map((each) => [each.id, each.sources.map((source) => makeProgram(source, parts))]),
  );
}

function makeProgram(source: PlanSource, parts: ProgramParts): SourceProgram {
  const { name, topics, pattern, key, value, timestamps } = source;
  const rows = value.rows;
  const maker = new StepMaker(parts);
  const input = { rows, projection: undefined, rowsMax: parts.rowsMax };
  return {
    name,
    reads: (topic) => (pattern === undefined ? topics.includes(topic) : matchesTopic(pattern, topic)),
    key,
    value,
    timestamps,
    errors: { ...parts.errors, ...source.errors },
    rowByRow: source.rowByRow,
    descriptor: rows && parts.kernel.place(rows.descriptor),
    children: source.children.map((step) => maker.make(step, input)),
    strings: stringParts(key, value),
    callsUser: maker.callsUser || timestamps.from === "function",
  };
}

/** What a step is given: as what the values stand in their batch, and how many records it may have. */
interface StepInput {
  /** undefined: not as rows. */
  readonly rows: RowType | undefined;
  readonly projection: readonly ProjectedField[] | undefined;
  readonly rowsMax: number;
}

class StepMaker {
  callsUser = false;
  readonly #parts: ProgramParts;
  #places = 0;

  constructor(parts: ProgramParts) {
    this.#parts = parts;
  }

  make(step: PlanStep, input: StepInput): ProgramStep {
    switch (step.kind) {
      case "call":
        return this.#call(step, input);
      case "branch":
        return this.#branch(step, input);
      case "segment":
        return this.#segment(step, input);
      case "kernel":
        return this.#kernel(step, input);
      case "sink":
        return this.#sink(step, input);
    }
  }

  #call(step: CallStep, input: StepInput): CallProgram {
    this.callsUser = true;
    const place = this.#places++;
    const rows = KEEPS_VALUES.has(step.call.shape) ? input.rows : undefined;
    const children = step.children.map((child) => this.make(child, { ...input, rows }));
    return { kind: "call", name: step.name, place, call: step.call, takesOne: takesOne(step.call), children };
  }

  #branch(step: BranchStep, input: StepInput): BranchProgram {
    this.callsUser = true;
    const { name, predicates } = step;
    const place = this.#places++;
    const ways = step.ways.map((steps) => steps.map((each) => this.make(each, input)));
    return { kind: "branch", name, place, predicates, ways };
  }

  #segment(step: SegmentStep, input: StepInput): SegmentProgram {
    const { kernel } = this.#parts;
    const { projection } = step;
    const place = this.#places++;
    const filters = step.filters.map((filter) => expression(filter, input.rows!));
    return {
      kind: "segment",
      name: step.names.at(-1)!,
      place,
      filter:
        filters.length === 0
          ? undefined
          : kernel.newFilter(filters.length === 1 ? filters[0]! : { op: "and", of: filters }),
      selection: filters.length === 0 ? undefined : kernel.newSelection(input.rowsMax),
      projection,
      children: step.children.map((child) => this.make(child, { ...input, projection })),
    };
  }

  /** How long a kernel takes is not ours to say: batches follow measured time, as for functions. */
  #kernel({ name, kernel: use, children }: KernelStep, { rowsMax }: StepInput): KernelProgram {
    this.callsUser = true;
    const { kernel, modules } = this.#parts;
    const place = this.#places++;
    const foreign = modules.foreign.get(use.module);
    const fuel = use.fuelPerRow === undefined ? {} : { fuelPerRow: use.fuelPerRow };
    const made: StepInput = { rows: use.value.rows, projection: undefined, rowsMax: BATCH_ROWS_MAX };
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

  #decoding(type: RowType | undefined): KernelDecoding | undefined {
    if (type === undefined) return undefined;
    const { kernel } = this.#parts;
    const rows = kernel.newRows(BATCH_ROWS_MAX);
    return { type, rows, descriptor: kernel.place(type.descriptor), memory: () => kernel.memory };
  }

  #sink(step: SinkStep, input: StepInput): SinkProgram {
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
      form: chooses ? undefined : this.#form(step, input),
      write: value.newWriter?.(),
    };
  }

  #form(step: SinkStep, input: StepInput): RecordForm | undefined {
    if (!step.keepsKey) return undefined;
    const value = this.#valuePart(step, input);
    return value && this.#parts.kernel.newForm({ key: { from: "batch" }, value });
  }

  #valuePart(step: SinkStep, { rows, projection }: StepInput): FormPart | undefined {
    if (step.keepsValue) return { from: "batch" };
    if (rows === undefined || step.value.format !== "json") return undefined;
    return { from: "json", descriptor: this.#parts.kernel.place(rows.encodeDescriptor(projection)) };
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

function expression({ all, keeps }: RowFilter, rows: RowType): FilterExpression {
  const joined: FilterExpression = { op: "and", of: all.map((each) => comparison(each, rows)) };
  return keeps ? joined : { op: "not", of: joined };
}

function comparison({ field: name, comparator, constant }: Comparison, rows: RowType): FilterExpression {
  const field = fieldAt(rows.fields.find((each) => each.name === name)!);
  if (constant === null) return { op: comparator === "eq" ? "isNull" : "isNotNull", field };
  return { op: OPERATORS[comparator], field, value: constant };
}

/** Functions that leave the value as it was. */
const KEEPS_VALUES: ReadonlySet<string> = new Set(["filter", "peek", "selectKey"]);

const OPERATORS = { eq: "==", ne: "!=", lt: "<", le: "<=", gt: ">", ge: ">=" } as const;

/** Bytes of a FlatBuffers vtable before its first entry, and of an entry. */
const VTABLE_LEAD = 4;
const VTABLE_ENTRY = 2;

function fieldAt(field: RowField): FieldAt {
  return { slots: [(field.slot - VTABLE_LEAD) / VTABLE_ENTRY], type: field.type as FieldAt["type"] };
}

/** An arrow function with one plain parameter cannot see a second argument; anything else might. */
function takesOne(call: CallStep["call"]): boolean {
  return (
    call.shape === "mapValues" && call.fn.length === 1 && /^\(?\s*[\w$]+\s*\)?\s*=>/.test(String(call.fn))
  );
}
