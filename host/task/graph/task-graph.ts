import { NO_HEADERS } from "../../batch/record-header.ts";
import type { WallClock } from "../../clock.ts";
import { PeridotError } from "../../errors.ts";
import { openStore } from "../../state/stores/open-store.ts";
import type { TaskState } from "../../state/task-state.ts";
import type { RowNews } from "../../topology/change.ts";
import type { FailureStage } from "../../topology/error-settings.ts";
import type { NodeId } from "../../topology/node.ts";
import type { GraphNode, GraphWork, PlannedStore } from "../../topology/plan.ts";
import type { Processor, PunctuationType, RecordMetadata } from "../../topology/processor.ts";
import { Err } from "../../topology/result.ts";
import type { ExtractTopic, Partitioner, RecordOrigin } from "../../topology/sink-choice.ts";
import { refusalBy } from "../call-loop.ts";
import { asError } from "../chunk.ts";
import type { GlobalTables } from "../global-tables.ts";
import { checkTopicName, partitionsIn, topicIn } from "../sink-answers.ts";
import { NO_TIME } from "../timestamps.ts";
import type { FlowRecord } from "./flow-record.ts";
import { type GraphErrors, Stop } from "./graph-errors.ts";
import type { GraphOutputs, MadeAt } from "./graph-outputs.ts";
import { newsOf } from "./news.ts";
import { nodeCall } from "./node-call.ts";
import { ProcessorSeat } from "./processor-seat.ts";
import { Punctuations, type Schedule } from "./punctuations.ts";

type SinkWork = Extract<GraphWork, { readonly shape: "sink" }>;

export interface TaskGraphParts {
  readonly task: string;
  readonly applicationId: string;
  readonly graph: readonly GraphNode[];
  readonly stores: readonly PlannedStore[];
  readonly state: TaskState;
  readonly clock: WallClock;
  /** Before what comes first; -1: none. */
  readonly streamTime: number;
  /** See TableProcessing. */
  readonly emitIntervalMs: number;
  /** Their rows can be read by all processors. */
  readonly globals: Pick<GlobalTables, "reader"> | undefined;
  /** See TableProcessing. */
  readonly toldBefore: ReadonlyMap<string, number>;
}

/** What one call of the graph works with. */
export interface GraphRun {
  readonly at: MadeAt;
  readonly outputs: GraphOutputs;
  readonly errors: GraphErrors;
  /** Gives undefined where no record of a source is being processed. */
  readonly metadata: () => RecordMetadata | undefined;
}

interface Visited {
  readonly name: string;
  readonly stage: FailureStage;
  readonly work: (record: FlowRecord) => void;
}

/**
 * The processors of one task and all below them, made anew after a rollback. A record goes through all of it, depth
 * first, before the next: so does Kafka Streams, and here what one node stores another may read at once.
 */
export class TaskGraph {
  /** Largest event time of the task so far, the present record's included. */
  streamTime: number;
  readonly parts: TaskGraphParts;
  readonly #nodes = new Map<NodeId, Visited>();
  readonly #byId: ReadonlyMap<NodeId, GraphNode>;
  readonly #processors: {
    readonly node: GraphNode;
    readonly processor: Processor;
    readonly seat: ProcessorSeat;
  }[] = [];
  readonly #stores = new Map<string, unknown>();
  readonly #punctuations = new Punctuations();
  #run: GraphRun | undefined;
  #timestamp = 0;
  #stopped: Stop | undefined;
  /** Records that operators have dropped, such as those without key. */
  dropped = 0;

  constructor(parts: TaskGraphParts) {
    this.parts = parts;
    this.streamTime = parts.streamTime;
    this.#byId = new Map(parts.graph.map((node) => [node.id, node]));
    for (const node of parts.graph) this.#nodes.set(node.id, this.#visited(node));
    for (const { processor, seat } of this.#processors) processor.init?.(seat);
  }

  readonly #writing = {
    now: () => this.#timestamp,
    drop: () => void this.dropped++,
    headers: () => Uint8Array.from(this.parts.state.headers),
  };

  // ---- what the runner asks

  /** One record, from the node at which it enters. @throws Stop; what an error handler throws */
  process(entry: NodeId, record: FlowRecord, run: GraphRun): void {
    this.#begin(run, record.timestamp, record.rawHeaders);
    try {
      this.#visit(entry, record);
      if (this.#stopped !== undefined) throw this.#stopped;
    } catch (thrown) {
      throw causeOf(thrown);
    } finally {
      this.#end();
    }
  }

  /** Calls all punctuators that are due. @returns whether there were any. */
  punctuate(type: PunctuationType, run: GraphRun): boolean {
    const now = type === "stream-time" ? this.streamTime : this.parts.clock.now();
    if (now === NO_TIME || !this.#punctuations.isDue(type, now)) return false;
    return this.#punctuations.fire(type, now, (schedule) => this.#punctuate(schedule, now, run));
  }

  /** On the wall clock; undefined: nothing is scheduled. */
  get punctuatesAt(): number | undefined {
    return this.#punctuations.nextDue("wall-clock");
  }

  hasPunctuations(type: PunctuationType): boolean {
    return this.#punctuations.has(type);
  }

  isDue(type: PunctuationType): boolean {
    const now = type === "stream-time" ? this.streamTime : this.parts.clock.now();
    return now !== NO_TIME && this.#punctuations.isDue(type, now);
  }

  /** Tells the news that wait in record caches. */
  flushPending(run: GraphRun): void {
    this.#within(run, 0, NO_HEADERS, () => this.parts.state.flushPending());
  }

  close(): void {
    for (const { processor } of this.#processors) processor.close?.();
  }

  // ---- what processors ask, see ProcessorSeat

  get metadata(): RecordMetadata | undefined {
    return this.#run?.metadata();
  }

  schedule(schedule: Schedule, startTime: number | undefined) {
    const now = schedule.type === "stream-time" ? this.streamTime : this.parts.clock.now();
    return this.#punctuations.schedule(schedule, now, startTime);
  }

  /** @param child index; undefined: to all. */
  forward(node: GraphNode, record: FlowRecord, child: number | undefined): void {
    if (this.#run === undefined) throw tooLate(node.name);
    const before = this.#timestamp;
    const { state } = this.parts;
    const { headers } = state;
    this.#timestamp = record.timestamp;
    state.headers = record.rawHeaders;
    try {
      if (child !== undefined) this.#visit(node.children[child]!, record);
      else for (const id of node.children) this.#visit(id, record);
    } finally {
      this.#timestamp = before;
      state.headers = headers;
    }
  }

  childNamed(node: GraphNode, name: string): number {
    const index = node.children.findIndex((id) => this.#byId.get(id)!.name === name);
    if (index >= 0) return index;
    const names = node.children.map((id) => this.#byId.get(id)!.name);
    throw new PeridotError("TOPOLOGY_INVALID", {
      problem: `${node.name} forwards to "${name}", which is no child of it`,
      remedy: `Its children are: ${names.join(", ") || "none"}`,
    });
  }

  /** undefined: there is no global table with this store. */
  globalStore(name: string): unknown {
    return this.parts.globals?.reader(name);
  }

  /** One for the task: its processors share it. */
  store(name: string): unknown {
    if (!this.#stores.has(name)) {
      const { spec } = this.parts.stores.find((each) => each.spec.name === name)!;
      this.#stores.set(name, openStore(spec, this.parts.state.store(name), this.#writing));
    }
    return this.#stores.get(name);
  }

  /** @returns whether the store has a record cache. */
  onNews(name: string, listen: (news: RowNews) => void): boolean {
    const { spec } = this.parts.stores.find((each) => each.spec.name === name)!;
    const store = this.parts.state.store(name);
    if (store.pending === undefined) return false;
    store.listener = (entry) => {
      const news = newsOf(spec, entry);
      this.#told(news.record.timestamp, entry.headers, () => listen(news));
    };
    return true;
  }

  /** What comes of news has their time and headers. */
  #told(timestamp: number, headers: Uint8Array, tell: () => void): void {
    const before = this.#timestamp;
    const { state } = this.parts;
    this.#timestamp = timestamp;
    state.headers = headers;
    try {
      tell();
    } finally {
      this.#timestamp = before;
      state.headers = NO_HEADERS;
    }
  }

  // ---- nodes

  #visit(id: NodeId, record: FlowRecord): void {
    if (this.#stopped !== undefined) throw this.#stopped;
    const { name, stage, work } = this.#nodes.get(id)!;
    try {
      work(record);
    } catch (thrown) {
      this.#failed(name, stage, thrown);
    }
  }

  #failed(node: string, stage: FailureStage, thrown: unknown): void {
    if (this.#stopped !== undefined) throw this.#stopped;
    try {
      const error = thrown instanceof Err ? refusalBy({ name: node }, thrown) : asError(thrown, node);
      this.#run!.errors.failed(node, stage, error);
    } catch (stop) {
      this.#stopped = stop instanceof Stop ? stop : new Stop("stopped", { cause: stop });
      throw this.#stopped;
    }
  }

  /** @throws what an error handler has thrown; Stop */
  #within(run: GraphRun, timestamp: number, headers: Uint8Array, work: () => void): void {
    this.#begin(run, timestamp, headers);
    try {
      work();
      // a user's code may have caught it
      if (this.#stopped !== undefined) throw this.#stopped;
    } catch (thrown) {
      throw causeOf(thrown);
    } finally {
      this.#end();
    }
  }

  #begin(run: GraphRun, timestamp: number, headers: Uint8Array): void {
    const { state } = this.parts;
    this.#run = run;
    this.#timestamp = timestamp;
    this.#stopped = undefined;
    state.row = run.at.row;
    state.headers = headers;
  }

  #end(): void {
    this.#run = undefined;
    this.#stopped = undefined;
    this.parts.state.headers = NO_HEADERS;
  }

  #punctuate({ node, punctuator }: Schedule, now: number, run: GraphRun): void {
    this.#within({ ...run, metadata: nowhere }, now, NO_HEADERS, () => {
      try {
        punctuator(now);
      } catch (thrown) {
        this.#failed(this.#byId.get(node)!.name, "processing", thrown);
      }
    });
  }

  #visited(node: GraphNode): Visited {
    const { name, work } = node;
    switch (work.shape) {
      case "sink":
        return { name, stage: "production", work: (record) => this.#send(name, work, record) };
      case "process": {
        const processor = work.supplier() as Processor;
        const seat = new ProcessorSeat(this, node, work.keepsKey);
        this.#processors.push({ node, processor, seat });
        return { name, stage: "processing", work: (record) => seat.process(processor, record) };
      }
      default: {
        const forward = (record: FlowRecord, child?: number) => this.forward(node, record, child);
        const refuse = (error: Error) => this.#failed(name, "processing", error);
        return { name, stage: "processing", work: nodeCall(name, work, forward, refuse) };
      }
    }
  }

  #send(node: string, work: SinkWork, record: FlowRecord): void {
    const { at, outputs, errors } = this.#run!;
    const topic = this.#topicOf(node, work, record);
    const partitions = outputs.partitionsOf(topic);
    if (partitions === undefined) {
      errors.unknownTopic(topic);
      return;
    }
    const chosen = partitionsOf(node, work, topic, record, partitions);
    const made = {
      key: serialized(work.key, record.key),
      value: serialized(work.value, record.value),
      timestamp: record.timestamp,
      rawHeaders: record.rawHeaders,
    };
    for (const partition of chosen) outputs.add(at, topic, node, partition, made);
  }

  #topicOf(node: string, { topic }: SinkWork, record: FlowRecord): string {
    if (typeof topic === "string") return topic;
    const { timestamp, headers } = record;
    const origin: RecordOrigin = { ...(this.#run!.metadata() ?? NOWHERE), timestamp, headers };
    const chosen = topicIn(
      node,
      (topic as ExtractTopic<unknown, unknown>)(record.key as never, record.value as never, origin),
    );
    checkTopicName(node, chosen);
    return chosen;
  }
}

/** What an error handler has thrown; a plain stop is itself. */
function causeOf(thrown: unknown): unknown {
  return thrown instanceof Stop && thrown.cause !== undefined ? thrown.cause : thrown;
}

function tooLate(node: string): PeridotError {
  return new PeridotError("TOPOLOGY_INVALID", {
    problem: `${node} forwards a record outside of process() and of its punctuators`,
    remedy:
      "Forward before process() returns: what must be waited for belongs before the topology, or behind a topic",
  });
}

function nowhere(): undefined {}

const NOWHERE: RecordMetadata = { topic: "", partition: -1, offset: -1n };

function partitionsOf(
  node: string,
  { partitioner }: SinkWork,
  topic: string,
  { key, value }: FlowRecord,
  partitions: number,
): readonly number[] {
  if (partitioner === undefined) return BY_KEY;
  const answer = (partitioner as Partitioner<unknown, unknown>)(topic, key, value, partitions);
  return partitionsIn(node, answer, topic, partitions);
}

const BY_KEY = [-1];

function serialized(serde: { serialize(value: unknown): Uint8Array | string }, value: unknown) {
  return value === null ? null : serde.serialize(value);
}
