import { BATCH_ROWS_MAX } from "../../kernels/abi/limits.ts";
import { assert } from "../assert.ts";
import type { AnySerde } from "../topology/serde.ts";
import type { ExtractTopic, Partitioner, RecordOrigin } from "../topology/sink-choice.ts";
import type { BadRow, BadRows, Origin } from "./bad-rows.ts";
import { readable } from "./bad-rows.ts";
import { asError, type Chunk } from "./chunk.ts";
import { deadLetterHeaders } from "./dead-letter.ts";
import type { Outbox } from "./outbox.ts";
import type { SinkProgram } from "./program.ts";
import {
  chunkRow,
  itemPath,
  itemsOf,
  keyReader,
  type RowReader,
  type RowSet,
  sourceRow,
  valueReader,
} from "./row-set.ts";
import { checkTopicName, missingTopic, partitionsIn, topicIn } from "./sink-answers.ts";
import type { SinkTarget } from "./sink-targets.ts";

/** What JavaScript has made for one topic, as Batches. */
export interface EncodedRecords {
  readonly target: SinkTarget;
  readonly batches: readonly EncodedBatch[];
}

export interface EncodedBatch {
  readonly batch: Uint8Array;
  /** By record: the item that it was made of, never falling. */
  readonly items: Uint32Array;
  /** By record: its partition; -1: by the key. undefined: all are by the key. */
  readonly partitions: Int32Array | undefined;
}

/** Gathers the records of one topic. */
class Gathering {
  readonly target: SinkTarget;
  readonly #done: EncodedBatch[] = [];
  #items: number[] = [];
  #partitions: number[] | undefined;

  constructor(target: SinkTarget) {
    this.target = target;
  }

  /** What was appended to the target's builder last was made of this item. */
  added(item: number, partition: number | undefined): void {
    this.#items.push(item);
    if (partition !== undefined) (this.#partitions ??= []).push(partition);
    if (this.target.builder.rows === BATCH_ROWS_MAX) this.#finish();
  }

  encoded(): EncodedRecords {
    if (this.target.builder.rows > 0) this.#finish();
    return { target: this.target, batches: this.#done };
  }

  #finish(): void {
    const partitions = this.#partitions && Int32Array.from(this.#partitions);
    this.#done.push({
      batch: this.target.builder.finish(),
      items: Uint32Array.from(this.#items),
      partitions,
    });
    this.#items = [];
    this.#partitions = undefined;
  }
}

/**
 * Serializes keys and values, topic by topic. A record whose serde refuses it, and one that has no topic or partition to
 * go to, is a bad record, and left out.
 */
export function encodeArrival(
  sink: SinkProgram,
  set: RowSet,
  bad: BadRows,
  origin: Origin,
  outbox: Outbox,
): readonly EncodedRecords[] {
  const { topic } = sink;
  const routes =
    typeof topic === "string"
      ? routeToOne(sink, topic, set)
      : routeEach(sink, set, bad, outbox, topicChooser(sink, topic, set, origin));
  // Only now: targets are made in linear memory, and readers are void when it grows.
  const append = appender(sink, set);
  const partitionsOf = partitionChooser(sink, set);
  for (let index = 0; index < routes.items.length; index++) {
    const item = routes.items[index]!;
    const row = chunkRow(set, item);
    if (row >= bad.limit) break;
    const gathering = routes.gatherings[routes.ways === undefined ? 0 : routes.ways[index]!]!;
    const { target } = gathering;
    try {
      if (partitionsOf === undefined) {
        append(target, item);
        gathering.added(item, undefined);
        continue;
      }
      const { topic: name, partitions } = target.topic;
      for (const partition of partitionsOf(item, name, partitions)) {
        append(target, item);
        gathering.added(item, partition);
      }
    } catch (thrown) {
      refuse(sink, set, bad, item, thrown);
    }
  }
  return routes.gatherings.map((each) => each.encoded());
}

/** Which topic each item goes to. */
interface Routes {
  readonly items: Uint32Array;
  readonly gatherings: readonly Gathering[];
  /** By item's index: which gathering; undefined: all to the first. */
  readonly ways: readonly number[] | undefined;
}

function routeToOne({ targets }: SinkProgram, topic: string, set: RowSet): Routes {
  const target = targets.of(topic);
  assert(target !== undefined, "a topic that the plan names is known from the start");
  return { items: itemsOf(set), gatherings: [new Gathering(target)], ways: undefined };
}

/** Ends the run before a record whose topic nothing is known of: it goes on there when the topic was looked up. */
function routeEach(
  sink: SinkProgram,
  set: RowSet,
  bad: BadRows,
  outbox: Outbox,
  topicOf: (item: number) => string,
): Routes {
  const items = itemsOf(set);
  const topics = new Map<string, number>();
  const ways: number[] = [];
  let kept = 0;
  for (const item of items) {
    const row = chunkRow(set, item);
    if (row >= bad.limit) break;
    try {
      const topic = topicOf(item);
      if (!topics.has(topic)) {
        checkTopicName(sink.name, topic);
        if (!outbox.knows(topic)) {
          if (outbox.isMissing(topic)) throw missingTopic(topic);
          outbox.ask(topic);
          bad.stopAt(row, undefined);
          break;
        }
        topics.set(topic, topics.size);
      }
      ways.push(topics.get(topic)!);
      items[kept++] = item;
    } catch (thrown) {
      refuse(sink, set, bad, item, thrown);
    }
  }
  const gatherings = [...topics.keys()].map((topic) => new Gathering(sink.targets.of(topic)!));
  return { items: items.subarray(0, kept), gatherings, ways };
}

function refuse(
  { name, place }: SinkProgram,
  set: RowSet,
  bad: BadRows,
  item: number,
  thrown: unknown,
): void {
  const error = asError(thrown, name);
  const row = chunkRow(set, item);
  bad.add({ row, place, path: itemPath(set, item), node: name, stage: "production", error });
}

/** Which partitions an item goes to: -1 is by the key. undefined: all are by the key. */
function partitionChooser(
  { partitioner, name }: SinkProgram,
  set: RowSet,
): ((item: number, topic: string, partitions: number) => readonly number[]) | undefined {
  if (partitioner === undefined) return undefined;
  const choose = partitioner as Partitioner<unknown, unknown>;
  const key = keyReader(set);
  const value = valueReader(set);
  return (item, topic, partitions) => {
    return partitionsIn(name, choose(topic, key(item), value(item), partitions), topic, partitions);
  };
}

function topicChooser(
  { name }: SinkProgram,
  extract: ExtractTopic,
  set: RowSet,
  origin: Origin,
): (item: number) => string {
  const choose = extract as ExtractTopic<unknown, unknown>;
  const key = keyReader(set);
  const value = valueReader(set);
  return (item) => {
    return topicIn(name, choose(key(item), value(item), originOf(set, item, origin)));
  };
}

function originOf(set: RowSet, item: number, origin: Origin): RecordOrigin {
  const at = sourceRow(set, item);
  const { view } = set.source;
  return {
    ...origin,
    offset: set.chunk.view.offset(chunkRow(set, item)),
    timestamp: view.timestamp(at),
    headers: view.headers(at),
  };
}

/** What appends one item to a target's builder, chosen by what has to be made for it. */
function appender(sink: SinkProgram, set: RowSet): (target: SinkTarget, item: number) => void {
  const { write } = sink;
  const { view } = set.source;
  const key = set.keys === undefined && sink.keepsKey ? undefined : serializer(sink.key, keyReader(set));
  if (set.values === undefined && sink.keepsValue) {
    return ({ builder }, item) => {
      const row = sourceRow(set, item);
      const keyBytes = key === undefined ? view.key(row) : key(item);
      builder.append(keyBytes, view.value(row), view.timestampBigint(row), view.rawHeaders(row));
    };
  }
  const value = valueReader(set);
  return ({ builder }, item) => {
    const row = sourceRow(set, item);
    const made = value(item);
    const keyBytes = key?.(item);
    if (write !== undefined && builder.appendWritten(view, row, keyBytes, made, write)) return;
    const valueBytes = serialized(sink.value, made);
    if (keyBytes === undefined) builder.appendValue(view, row, valueBytes);
    else builder.append(keyBytes, valueBytes, view.timestampBigint(row), view.rawHeaders(row));
  };
}

function serializer(serde: AnySerde, read: RowReader): (item: number) => Uint8Array | string | null {
  return (item) => serialized(serde, read(item));
}

function serialized(serde: AnySerde, value: unknown): Uint8Array | string | null {
  return value === null ? null : serde.serialize(value);
}

/** The records as they were read, with their errors as headers (KIP-1034). At most BATCH_ROWS_MAX. */
export function encodeDeadLetters(
  letters: readonly BadRow[],
  chunk: Chunk,
  origin: Origin,
  { builder }: SinkTarget,
): Uint8Array {
  assert(letters.length <= BATCH_ROWS_MAX, "dead letters fit into a batch");
  for (const letter of letters) {
    const { key, value } = readable(chunk, letter.row);
    const headers = deadLetterHeaders(chunk, letter, origin);
    builder.append(key, value, chunk.view.timestampBigint(letter.row), headers);
  }
  return builder.finish();
}
