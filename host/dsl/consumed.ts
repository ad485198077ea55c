import type { ErrorSettings } from "../topology/error-settings.ts";
import type { Serde } from "../topology/serde.ts";
import type { ExtractTimestamp, TimestampExtractor } from "../topology/timestamp-extractor.ts";

/** How a source is read. */
export interface Consumed<K, V> {
  readonly key: Serde<K>;
  readonly value: Serde<V>;
  /** Default: `failOnInvalidTimestamp`. */
  readonly timestampExtractor?: TimestampExtractor | ExtractTimestamp<K, V>;
  /** What differs, for records of this source, from the application's error settings. */
  readonly errors?: Partial<ErrorSettings>;
  /** The node's name in `describe()`. */
  readonly name?: string;
}
