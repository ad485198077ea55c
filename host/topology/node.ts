import type { ErrorSettings } from "./error-settings.ts";
import type { GlobalTableSpec } from "./global-table.ts";
import type { Import } from "./imported.ts";
import type { Operator } from "./operator.ts";
import type { AnySerde } from "./serde.ts";
import type { ExtractTopic, Partitioner } from "./sink-choice.ts";
import type { StoreSpec } from "./store-spec.ts";
import type { TimestampExtractor } from "./timestamp-extractor.ts";

/** A node's place in the builder's log: parents come before children, siblings stand in the order of the calls. */
export type NodeId = number;

/** Reads topics: those that are named, or all that match a pattern, whenever they appear. */
export interface SourceNode {
  readonly kind: "source";
  readonly id: NodeId;
  readonly name: string;
  /** Empty where there is a pattern. */
  readonly topics: readonly string[];
  readonly pattern?: RegExp | undefined;
  /** The topic is the application's own: in Kafka its name has the application's id before it. */
  readonly internal: boolean;
  /** It is a table's: no stream may share it. */
  readonly ofTable?: boolean;
  /** What is fed into the topic; undefined: others write it. */
  readonly imported?: Import | undefined;
  /** Of an import's internal topic: how many it is to have. */
  readonly partitions?: number | undefined;
  readonly key: AnySerde;
  readonly value: AnySerde;
  readonly timestamps: TimestampExtractor;
  /** What differs from the application's settings. */
  readonly errors: Partial<ErrorSettings>;
}

/** Applies one operator. */
export interface ProcessorNode {
  readonly kind: "processor";
  readonly id: NodeId;
  readonly name: string;
  /** More than one: a merge, in the order in which its call names them. */
  readonly parents: readonly NodeId[];
  readonly operator: Operator;
}

/** Writes a topic. */
export interface SinkNode {
  readonly kind: "sink";
  readonly id: NodeId;
  readonly name: string;
  readonly parents: readonly NodeId[];
  /** A function chooses one for each record. */
  readonly topic: string | ExtractTopic;
  /** As for sources. */
  readonly internal: boolean;
  /** Of an internal topic: how many it is to have; undefined: as many as what feeds it. */
  readonly partitions?: number | undefined;
  readonly key: AnySerde;
  readonly value: AnySerde;
  /** undefined: Kafka's default, by the key. */
  readonly partitioner?: Partitioner | undefined;
}

/** A logical node: what one call of the DSL means, as frozen data. */
export type LogicalNode = SourceNode | ProcessorNode | SinkNode;

/** The DSL's outcome and the compiler's input. Ids rise. */
export interface LogicalTopology {
  readonly nodes: readonly LogicalNode[];
  /** Those that operators name in their facts. */
  readonly stores: readonly StoreSpec[];
  readonly globals: readonly GlobalTableSpec[];
}
