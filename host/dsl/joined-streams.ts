import { PeridotError } from "../errors.ts";
import { joinStreams, type StreamJoinSide } from "../operators/join-streams.ts";
import { joinTable } from "../operators/join-table.ts";
import { joinWindow } from "../operators/join-window.ts";
import { merge } from "../operators/merge.ts";
import { sideKeyOf, sideValuesOf } from "../serdes/join-side.ts";
import type { JoinWindows } from "../topology/join-windows.ts";
import type { NodeId } from "../topology/node.ts";
import type { AnySerde, Serde } from "../topology/serde.ts";
import type { StoreSpec } from "../topology/store-spec.ts";
import type { GlobalKTable } from "./global-ktable.ts";
import { type JoinableTable, refuseOthers } from "./joined-tables.ts";
import type { NodeLog } from "./node-log.ts";
import type { Named } from "./produced.ts";
import { appendRepartition } from "./repartitioned.ts";
import { retentionOf, specOf, storeMisuse } from "./stores.ts";
import type { StreamSerdes } from "./stream-end.ts";

/** How two streams are joined. Serdes that the streams know may be left out. */
export interface StreamJoined<K, V, V2> extends Named {
  /** Begins the names of the join's stores, which outlive the process. Default: generated. */
  readonly store?: string;
  readonly key?: Serde<K>;
  readonly value?: Serde<V>;
  readonly otherValue?: Serde<V2>;
}

/** How a stream is joined with a table. Serdes that the stream knows may be left out. */
export interface Joined<K, V> extends Named {
  readonly key?: Serde<K>;
  readonly value?: Serde<V>;
  /**
   * Records wait so long, in milliseconds of stream time, for rows that come late (KIP-923). The table must keep versions.
   * Default: they do not wait.
   */
  readonly graceMs?: number;
}

/** A stream as joins see it. */
export interface JoinableStream {
  readonly log: NodeLog;
  readonly node: NodeId;
  readonly serdes: StreamSerdes;
}

type Joiner = (left: unknown, right: unknown, key: unknown) => unknown;

/** Which side is joined with null where it finds none. */
export interface OuterSides {
  readonly left: boolean;
  readonly right: boolean;
}

/** KStream#join, #leftJoin and #outerJoin with a stream. @returns the node of the results */
export function joinedStreams(
  left: JoinableStream,
  right: JoinableStream,
  joiner: Joiner,
  windows: JoinWindows,
  joined: StreamJoined<never, never, never> | StreamJoined<unknown, unknown, unknown>,
  outer: OuterSides,
): NodeId {
  const { log } = left;
  refuseOthers(log, right.log);
  const { name, store } = joined;
  const serdes = {
    key: (joined.key as AnySerde | undefined) ?? left.serdes.key ?? right.serdes.key,
    left: (joined.value as AnySerde | undefined) ?? left.serdes.value,
    right: (joined.otherValue as AnySerde | undefined) ?? right.serdes.value,
  };
  const what = store ?? name ?? "a join of streams";
  const known = { key: needed(what, "key", serdes.key), left: needed(what, "value", serdes.left) };
  const rightSerde = needed(what, "otherValue", serdes.right);
  const isRelaxed = outer.left || outer.right;
  const leftNode = behindTopic(log, left.node, name && `${name}-left`, known.key, known.left, isRelaxed);
  const rightNode = behindTopic(log, right.node, name && `${name}-right`, known.key, rightSerde, isRelaxed);

  const suffixes = {
    left: outer.right ? "outer-this-join" : "this-join",
    right: outer.left ? "outer-other-join" : "other-join",
  };
  const leftWindowName = log.nameFor("WINDOWED", name && `${name}-this-windowed`);
  const rightWindowName = log.nameFor("WINDOWED", name && `${name}-other-windowed`);
  const roles = {
    left: outer.right ? "OUTERTHIS" : "JOINTHIS",
    right: outer.left ? "OUTEROTHER" : "JOINOTHER",
  };
  const leftGenerated = log.nameFor(roles.left, undefined);
  const rightGenerated = log.nameFor(roles.right, undefined);
  const mergeName = log.nameFor("MERGE", name && `${name}-merge`);
  const sharedNumber = leftGenerated.slice(leftGenerated.lastIndexOf("-") + 1);
  const sharedSuffix = outer.right ? "outer-shared-join" : "left-shared-join";
  const names = {
    left: `${store === undefined ? leftGenerated : `${store}-${suffixes.left}`}-store`,
    right: `${store === undefined ? rightGenerated : `${store}-${suffixes.right}`}-store`,
    shared: `${store === undefined ? `KSTREAM-OUTERSHARED-${sharedNumber}` : `${store}-${sharedSuffix}`}-store`,
  };
  log.addStore(windowSpec(names.left, known.key, known.left, windows));
  log.addStore(windowSpec(names.right, known.key, rightSerde, windows));
  if (outer.left)
    log.addStore(
      specOf("key-value", {
        name: names.shared,
        key: sideKeyOf(known.key),
        value: sideValuesOf(known.left, rightSerde),
      }),
    );

  const append = (parent: NodeId, operator: ReturnType<typeof joinWindow>, given: string) =>
    log.appendNamed({ kind: "processor", parents: [parent], operator }, given);
  const leftWindow = append(leftNode, joinWindow(names.left), leftWindowName);
  const rightWindow = append(rightNode, joinWindow(names.right), rightWindowName);
  const side = (isLeft: boolean): StreamJoinSide => ({
    role: isLeft ? roles.left : roles.right,
    isLeft,
    own: isLeft ? names.left : names.right,
    other: isLeft ? names.right : names.left,
    unmatched: outer.left ? names.shared : undefined,
    isOuter: isLeft ? outer.left : outer.right,
    windows,
    joiner,
  });
  const leftName = name === undefined ? leftGenerated : `${name}-${suffixes.left}`;
  const rightName = name === undefined ? rightGenerated : `${name}-${suffixes.right}`;
  const parents = [
    append(leftWindow, joinStreams(side(true)), leftName),
    append(rightWindow, joinStreams(side(false)), rightName),
  ];
  return log.appendNamed({ kind: "processor", parents, operator: merge() }, mergeName);
}

/** KStream#join and #leftJoin with a table. @returns the node of the results */
export function joinedWithTable(
  stream: JoinableStream,
  table: JoinableTable,
  joiner: Joiner,
  joined: Joined<never, never> | Joined<unknown, unknown>,
  isLeft: boolean,
): NodeId {
  const { log } = stream;
  refuseOthers(log, table.log);
  const { name, graceMs } = joined;
  const role = isLeft ? "LEFTJOIN" : "JOIN";
  const key = (joined.key as AnySerde | undefined) ?? stream.serdes.key ?? table.key;
  const value = (joined.value as AnySerde | undefined) ?? stream.serdes.value;
  const what = name ?? "a join with a table";
  const needs = log.changedKeys(stream.node) || graceMs !== undefined;
  const parent = needs
    ? behindTopic(log, stream.node, name, needed(what, "key", key), needed(what, "value", value), isLeft)
    : stream.node;
  const given = log.nameFor(role, name);
  const view = table.link.view();
  const buffer = graceMs === undefined ? undefined : { store: `${given}-Buffer`, graceMs };
  if (buffer !== undefined) {
    checkGrace(what, buffer.graceMs, table);
    const options = {
      name: buffer.store,
      key: needed(what, "key", key),
      value: needed(what, "value", value),
    };
    log.addStore(specOf("join-buffer", options));
  }
  const operator = joinTable({ role, table: view, isLeft, joiner, rowKeyOf: undefined, buffer });
  return log.appendNamed({ kind: "processor", parents: [parent], operator }, given);
}

/** KStream#join and #leftJoin with a global table. @returns the node of the results */
export function joinedWithGlobal(
  { log, node }: JoinableStream,
  table: GlobalKTable<never, never>["joinable"],
  rowKeyOf: (key: unknown, value: unknown) => unknown,
  joiner: Joiner,
  { name }: Named,
  isLeft: boolean,
): NodeId {
  refuseOthers(log, table.log);
  // Kafka Streams has one name for both
  const role = "LEFTJOIN";
  const operator = joinTable({ role, table: table.view, isLeft, joiner, rowKeyOf, buffer: undefined });
  return log.append({ kind: "processor", parents: [node], operator }, role, name);
}

function checkGrace(what: string, graceMs: number, { link }: JoinableTable): void {
  if (!(Number.isSafeInteger(graceMs) && graceMs >= 0))
    throw storeMisuse(`${what} has a grace of ${graceMs} ms`, "Give a whole number from 0 on");
  const remedy = "Keep them for as long as records may wait at least: builder.table(…, …, { historyMs: … })";
  if (!link.isVersioned) throw storeMisuse(`${what} has a grace, and its table keeps no versions`, remedy);
  if (link.historyMs !== undefined && link.historyMs < graceMs)
    throw storeMisuse(
      `${what} has a grace of ${graceMs} ms, and its table keeps versions for ${link.historyMs} ms`,
      remedy,
    );
}

/** Where keys may have changed, records go through a topic first. @param isRelaxed those without key, too */
export function behindTopic(
  log: NodeLog,
  node: NodeId,
  name: string | undefined,
  key: AnySerde,
  value: AnySerde,
  isRelaxed: boolean,
): NodeId {
  if (!log.changedKeys(node)) return node;
  return appendRepartition(log, node, {
    name: name ?? log.nameOf(node),
    partitions: undefined,
    partitioner: undefined,
    errors: {},
    key,
    value,
    keepsNullKeys: isRelaxed,
  });
}

/** A side's records. Their changelog is not compacted: they are not each other's versions. */
function windowSpec(name: string, key: AnySerde, value: AnySerde, windows: JoinWindows): StoreSpec {
  const sizeMs = windows.beforeMs + windows.afterMs;
  const spec = specOf("window", { name, key, value, logging: { "cleanup.policy": "delete" } });
  return { ...spec, windows: retentionOf(sizeMs + windows.graceMs, sizeMs, { keepsDuplicates: true }) };
}

export function needed(
  what: string,
  option: "key" | "value" | "otherValue",
  serde: AnySerde | undefined,
): AnySerde {
  if (serde !== undefined) return serde;
  throw new PeridotError("TOPOLOGY_INVALID", {
    problem: `no serde for what ${what} keeps: a function has made it, so its type is not known`,
    remedy: `Give one: { ${option}: … }`,
  });
}
