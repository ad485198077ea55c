import { deduplicate } from "../operators/deduplicate.ts";
import { bytes } from "../serdes/bytes.ts";
import type { NodeId } from "../topology/node.ts";
import type { Err } from "../topology/result.ts";
import type { AnySerde, Serde } from "../topology/serde.ts";
import { behindTopic, type JoinableStream, needed } from "./joined-streams.ts";
import type { Named } from "./produced.ts";
import { retentionOf, specOf, storeMisuse } from "./stores.ts";

/** Which records are duplicates of which. Serdes that the stream knows may be left out. */
export interface Deduplicated<K, V, I = K> extends Named {
  /** Records with one id that lie so near each other, in milliseconds of event time, are duplicates. */
  readonly intervalMs: number;
  /**
   * How late a record may come, in milliseconds of stream time. Later ones are dropped and counted: nobody knows any more whether
   * they are duplicates. Default: as long as the interval.
   */
  readonly graceMs?: number;
  /**
   * What tells records apart; default: their keys. Records with one id must have one key, or lie in one partition for another
   * reason. A record whose id is null passes.
   */
  readonly id?: (key: K, value: V) => I | null | Err;
  /** Of ids; default: the keys' serde. */
  readonly idSerde?: Serde<I>;
  /** Name of the store, which outlives the process, as its changelog does. Default: generated. */
  readonly store?: string;
  /** For the repartition topic, where keys have changed. */
  readonly key?: Serde<K>;
  readonly value?: Serde<V>;
}

/** @returns the node of the records that pass */
export function deduplicated(
  stream: JoinableStream,
  given: Deduplicated<never, never, never> | Deduplicated<unknown, unknown, unknown>,
): NodeId {
  const { log } = stream;
  const { intervalMs, graceMs = intervalMs, name, idSerde } = given;
  for (const [option, ms] of Object.entries({ intervalMs, graceMs })) {
    if (Number.isSafeInteger(ms) && ms >= 0) continue;
    throw storeMisuse(`a deduplication has ${option} ${ms}`, "Give whole milliseconds from 0 on");
  }
  const generated = log.nameFor("KSTREAM-DEDUPLICATE", name);
  const store = given.store ?? `${generated}-store`;
  const key = (given.key as AnySerde | undefined) ?? stream.serdes.key;
  const value = (given.value as AnySerde | undefined) ?? stream.serdes.value;
  const parent = log.changedKeys(stream.node)
    ? behindTopic(log, stream.node, name, needed(store, "key", key), needed(store, "value", value), true)
    : stream.node;
  const spec = specOf("window", { name: store, key: needed(store, "key", idSerde ?? key), value: bytes });
  log.addStore({ ...spec, windows: retentionOf(intervalMs + graceMs + 1, intervalMs) });
  const idOf = (given.id ?? ((key: unknown) => key)) as (key: unknown, value: unknown) => unknown;
  return log.appendNamed(
    { kind: "processor", parents: [parent], operator: deduplicate(store, { idOf, intervalMs, graceMs }) },
    generated,
  );
}
