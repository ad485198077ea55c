import { PeridotError } from "../../errors.ts";
import type { RowNews, TableProcessing } from "../../topology/change.ts";
import type { GraphNode } from "../../topology/plan.ts";
import type {
  Cancellable,
  NewRecord,
  Processor,
  PunctuationType,
  Punctuator,
  RecordMetadata,
} from "../../topology/processor.ts";
import { refusalIn } from "../../topology/result.ts";
import { refusalBy } from "../call-loop.ts";
import { FlowRecord } from "./flow-record.ts";
import type { TaskGraph } from "./task-graph.ts";

/** The place of one processor in its task: what it may use of it. */
export class ProcessorSeat implements TableProcessing {
  readonly #graph: TaskGraph;
  readonly #node: GraphNode;
  readonly #keepsKey: boolean;
  readonly #stores: ReadonlySet<string>;
  /** Of the record that is processed, where it may not be changed. */
  #key: unknown;

  constructor(graph: TaskGraph, node: GraphNode, keepsKey: boolean) {
    this.#graph = graph;
    this.#node = node;
    this.#keepsKey = keepsKey;
    this.#stores = new Set(node.work.shape === "process" ? node.work.stores : []);
  }

  process(processor: Processor, record: FlowRecord): void {
    const before = this.#key;
    this.#key = record.key;
    try {
      const answer: unknown = processor.process(record);
      const refusal = refusalIn(answer);
      if (refusal !== undefined) throw refusalBy(this.#node, refusal);
    } finally {
      this.#key = before;
    }
  }

  forward(record: NewRecord, child?: string): void {
    const flow = FlowRecord.of(record);
    if (!(Number.isSafeInteger(flow.timestamp) && flow.timestamp >= 0)) {
      throw new PeridotError("SERDE_REFUSED", {
        serde: this.#node.name,
        problem: `it forwards a record with the timestamp ${flow.timestamp}: give whole milliseconds since the epoch`,
      });
    }
    if (this.#keepsKey && this.#graph.metadata !== undefined && flow.key !== this.#key) {
      throw new PeridotError("SERDE_REFUSED", {
        serde: this.#node.name,
        problem: "it forwards a record with another key: processValues keeps keys, process may change them",
      });
    }
    const index = child === undefined ? undefined : this.#graph.childNamed(this.#node, child);
    this.#graph.forward(this.#node, flow, index);
  }

  store<S>(name: string): S {
    if (!this.#stores.has(name)) {
      const global = this.#graph.globalStore(name);
      if (global !== undefined) return global as S;
      throw new PeridotError("TOPOLOGY_INVALID", {
        problem: `${this.#node.name} uses the store "${name}", to which it is not connected`,
        remedy: `Name it where the processor is added: its stores are ${[...this.#stores].join(", ") || "none"}`,
      });
    }
    return this.#graph.store(name) as S;
  }

  schedule(
    intervalMs: number,
    type: PunctuationType,
    punctuator: Punctuator,
    startTime?: number,
  ): Cancellable {
    return this.#graph.schedule({ type, intervalMs, punctuator, node: this.#node.id }, startTime);
  }

  currentStreamTime(): number {
    return this.#graph.streamTime;
  }

  currentSystemTime(): number {
    return this.#graph.parts.clock.now();
  }

  get recordMetadata(): RecordMetadata | undefined {
    return this.#graph.metadata;
  }

  get taskId(): string {
    return this.#graph.parts.task;
  }

  get applicationId(): string {
    return this.#graph.parts.applicationId;
  }

  get emitIntervalMs(): number {
    return this.#graph.parts.emitIntervalMs;
  }

  toldBefore(store: string): number {
    return this.#graph.parts.toldBefore.get(store) ?? -1;
  }

  onNews(store: string, listen: (news: RowNews) => void): boolean {
    return this.#graph.onNews(store, listen);
  }

  drop(): void {
    this.#graph.dropped++;
  }
}
