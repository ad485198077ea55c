import type { Serde } from "../topology/serde.ts";
import type { Partitioner } from "../topology/sink-choice.ts";

/** Which serdes a stream knows by itself: from its source, as long as no function has changed key or value. */
export type KnownSerdes = "key" | "value";

interface ProducedSerdes<K, V> {
  readonly key: Serde<K>;
  readonly value: Serde<V>;
}

/** How a topic is written. Serdes that the stream knows may be left out; the others may not. */
export type Produced<K, V, Known extends KnownSerdes> = Partial<Pick<ProducedSerdes<K, V>, Known>> &
  Pick<ProducedSerdes<K, V>, Exclude<KnownSerdes, Known>> & {
    /** Default: by the key, as Kafka's default partitioner chooses. */
    readonly partitioner?: Partitioner<K, V>;
    /** The node's name in `describe()`. */
    readonly name?: string;
  };

/** The options of `to` may be left out once both serdes are known. */
export type ProducedArguments<K, V, Known extends KnownSerdes> = [KnownSerdes] extends [Known]
  ? [produced?: Produced<K, V, Known>]
  : [produced: Produced<K, V, Known>];

/** Options of a processor. */
export interface Connected extends Named {
  /** Stores that it uses, by name. */
  readonly stores?: readonly string[];
}

/** Options of an operator. */
export interface Named {
  /** The node's name in `describe()` and in errors. */
  readonly name?: string;
}
