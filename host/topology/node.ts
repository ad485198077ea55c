import type { ErrorSettings } from "./error-settings.ts";
import type { Operator } from "./operator.ts";
import type { AnySerde } from "./serde.ts";
import type { TimestampExtractor } from "./timestamp-extractor.ts";

/** A node's place in the builder's log: parents come before children, siblings stand in the order of the calls. */
export type NodeId = number;

/** Reads topics. */
export interface SourceNode {
  readonly kind: "source";
  readonly id: NodeId;
  readonly name: string;
  readonly topics: readonly string[];
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
  readonly parent: NodeId;
  readonly operator: Operator;
}

/** Writes a topic. */
export interface SinkNode {
  readonly kind: "sink";
  readonly id: NodeId;
  readonly name: string;
  readonly parent: NodeId;
  readonly topic: string;
  readonly key: AnySerde;
  readonly value: AnySerde;
}

/** A logical node: what one call of the DSL means, as frozen data. */
export type LogicalNode = SourceNode | ProcessorNode | SinkNode;

/** The DSL's outcome and the compiler's input. `nodes[id].id === id`. */
export interface LogicalTopology {
  readonly nodes: readonly LogicalNode[];
}
