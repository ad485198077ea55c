import type { Serde } from "../topology/serde.ts";

/**
 * The same serde for a topic whose keys or values may be null: null always reaches user functions (as in Kafka
 * Streams); this tells the type checker so.
 *
 * @example
 *   builder.stream("clients", { key: string, value: nullable(json(Client)) })
 *     .filter((key, client) => client !== null)
 */
export function nullable<T>(serde: Serde<T>): Serde<T | null> {
  return serde as Serde<T | null>;
}
