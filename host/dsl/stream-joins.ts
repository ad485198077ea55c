import { PeridotError } from "../errors.ts";
import type { JoinWindows } from "../topology/join-windows.ts";
import type { NodeId } from "../topology/node.ts";
import type { Accepted } from "../topology/result.ts";
import { GlobalKTable } from "./global-ktable.ts";
import {
  type JoinableStream,
  type Joined,
  joinedStreams,
  joinedWithGlobal,
  joinedWithTable,
  type OuterSides,
  type StreamJoined,
} from "./joined-streams.ts";
import type { KStream } from "./kstream.ts";
import type { KTable } from "./ktable.ts";
import type { KnownSerdes, Named } from "./produced.ts";
import { StreamEnd, type StreamSerdes } from "./stream-end.ts";

/** How a stream is joined with streams and tables. */
export abstract class StreamJoins<K, V, Known extends KnownSerdes> extends StreamEnd<K, V, Known> {
  /**
   * Joins records of two streams that have one key and lie near each other in time: each such pair gives a record, at the
   * later time of both. Records without key or value are dropped. Topics must have the same number of partitions; where
   * keys have changed, the records go through a repartition topic first.
   *
   * @example
   *   orders.join(payments, (order, payment) => ({ ...order, ...payment }), joinWindows({ differenceMs: 60_000 }))
   */
  join<V2, R>(
    other: KStream<K, V2, KnownSerdes> | KStream<K, V2>,
    joiner: (value: V, otherValue: V2, key: K) => R,
    windows: JoinWindows,
    joined?: StreamJoined<K, V, V2>,
  ): KStream<K, Accepted<R>, Exclude<Known, "value">>;
  /** Joins each record with the row that a table has under its key now; of a versioned table, that it had at its time. */
  join<V2, R>(
    table: KTable<K, V2, KnownSerdes> | KTable<K, V2>,
    joiner: (value: V, row: V2, key: K) => R,
    joined?: Joined<K, V>,
  ): KStream<K, Accepted<R>, Exclude<Known, "value">>;
  /** Joins each record with any row of a global table. @param rowKeyOf under which key; null: it has none. */
  join<GK, GV, R>(
    table: GlobalKTable<GK, GV>,
    rowKeyOf: (key: K, value: V) => GK | null,
    joiner: (value: V, row: GV, key: K) => R,
    named?: Named,
  ): KStream<K, Accepted<R>, Exclude<Known, "value">>;
  // biome-ignore lint/suspicious/noExplicitAny: the overloads above say what it is
  join(other: unknown, ...rest: any): KStream<K, any, any> {
    return this.#joined(other, rest, { left: false, right: false });
  }

  /** The same, also for records of this stream that find none: with null, once their window has closed. */
  leftJoin<V2, R>(
    other: KStream<K, V2, KnownSerdes> | KStream<K, V2>,
    joiner: (value: V, otherValue: V2 | null, key: K) => R,
    windows: JoinWindows,
    joined?: StreamJoined<K, V, V2>,
  ): KStream<K, Accepted<R>, Exclude<Known, "value">>;
  /** The same, also for records to which the table has no row: with null. */
  leftJoin<V2, R>(
    table: KTable<K, V2, KnownSerdes> | KTable<K, V2>,
    joiner: (value: V, row: V2 | null, key: K) => R,
    joined?: Joined<K, V>,
  ): KStream<K, Accepted<R>, Exclude<Known, "value">>;
  /** The same, also for records to which there is no row: with null. */
  leftJoin<GK, GV, R>(
    table: GlobalKTable<GK, GV>,
    rowKeyOf: (key: K, value: V) => GK | null,
    joiner: (value: V, row: GV | null, key: K) => R,
    named?: Named,
  ): KStream<K, Accepted<R>, Exclude<Known, "value">>;
  // biome-ignore lint/suspicious/noExplicitAny: the overloads above say what it is
  leftJoin(other: unknown, ...rest: any): KStream<K, any, any> {
    return this.#joined(other, rest, { left: true, right: false });
  }

  /** The same for records of both streams. */
  outerJoin<V2, R>(
    other: KStream<K, V2, KnownSerdes> | KStream<K, V2>,
    joiner: (value: V | null, otherValue: V2 | null, key: K) => R,
    windows: JoinWindows,
    joined?: StreamJoined<K, V, V2>,
  ): KStream<K, Accepted<R>, Exclude<Known, "value">> {
    return this.#joined(other, [joiner, windows, joined], { left: true, right: true });
  }

  /** @param rest what the overloads say, behind the first. */
  // biome-ignore lint/suspicious/noExplicitAny: see join
  #joined(other: unknown, rest: readonly any[], outer: OuterSides): KStream<K, any, any> {
    const own = this.#joinable;
    if (other instanceof GlobalKTable) {
      const [rowKeyOf, joiner, named = {}] = rest;
      const node = joinedWithGlobal(own, other.joinable, rowKeyOf, joiner, named, outer.left);
      return this.streamOf(node, { key: this.serdes.key, value: undefined });
    }
    const [joiner, windows, joined = {}] = rest;
    if (other instanceof StreamJoins) {
      if (windows === undefined || !("beforeMs" in windows))
        throw misuse("a join of streams without windows", "Give some: joinWindows({ differenceMs: … })");
      const node = joinedStreams(own, other.#joinable, joiner, windows, joined, outer);
      return this.streamOf(node, { key: joined.key ?? this.serdes.key, value: undefined });
    }
    const given: Joined<K, V> = windows ?? {};
    const table = other as KTable<K, unknown>;
    const node = joinedWithTable(own, table.joinable, joiner, given, outer.left);
    return this.streamOf(node, { key: given.key ?? this.serdes.key, value: undefined });
  }

  get #joinable(): JoinableStream {
    return { log: this.log, node: this.node, serdes: this.serdes };
  }

  /** A stream of the records of another node. */
  // biome-ignore lint/suspicious/noExplicitAny: of any types
  protected abstract streamOf(node: NodeId, serdes: StreamSerdes): KStream<any, any, any>;
}

function misuse(problem: string, remedy: string): PeridotError {
  return new PeridotError("TOPOLOGY_INVALID", { problem, remedy });
}
