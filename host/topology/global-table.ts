import type { ErrorSettings } from "./error-settings.ts";
import type { NodeId } from "./node.ts";
import type { AnySerde } from "./serde.ts";
import type { StoreSpec } from "./store-spec.ts";
import type { TimestampExtractor } from "./timestamp-extractor.ts";

/** A table that every instance holds in full: it belongs to no sub-topology, and all may look its rows up. */
export interface GlobalTableSpec {
  /** Names of its source and of what keeps it, in `describe()`. */
  readonly source: string;
  readonly name: string;
  /** How many nodes there were before it. */
  readonly before: NodeId;
  readonly topic: string;
  readonly key: AnySerde;
  readonly value: AnySerde;
  readonly timestamps: TimestampExtractor;
  readonly errors: Partial<ErrorSettings>;
  readonly store: StoreSpec;
}
