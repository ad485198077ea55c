import { assert } from "../../assert.ts";
import { PeridotError } from "../../errors.ts";
import type { Cluster } from "../kafka/cluster.ts";
import { FetchBuffer } from "../kafka/fetch-buffer.ts";
import { listOffsets } from "../kafka/list-offsets.ts";
import { partitionKey } from "../kafka/partitions.ts";
import { kafkaErrorName } from "../kafka/protocol/error-codes.ts";
import type {
  AssignedPartition,
  Consumer,
  ConsumerSettings,
  FetchedRecords,
  TopicPartition,
} from "../port.ts";
import {
  CONNECT_MS,
  type NativeError,
  type NativePosition,
  type NativeRecord,
  type Properties,
} from "./binding.ts";
import { decideConsumeFailure } from "./decide-consume-failure.ts";
import { HeaderReader, hasAmbiguousHeaders } from "./header-reader.ts";
import { NativeConsumerLife } from "./native-consumer.ts";
import type { ProducerParts } from "./producer.ts";
import { batchOfRecords } from "./records-to-batch.ts";

const FETCH_BYTES_MAX = 4 << 20;
const PARTITION_BYTES_MAX = 1 << 20;
const BUFFERED_BYTES_MAX = 8 << 20;
const POLL_BYTES_MAX = 4 << 20;
/** Records of one native call at most, and what one is taken to weigh before any has been seen. */
const RECORDS_MAX = 2_000;
const RECORD_BYTES = 16_384;
const FAILURE_PAUSE_MS = 100;

/** Where we stand in one partition. A new assignment with an offset makes a new one of these. */
interface Place extends TopicPartition {
  /** Next offset to take; undefined: not placed yet. */
  position: bigint | undefined;
  /** librdkafka fetches from here on. */
  isAssigned: boolean;
  /** Something was told of it since it was assigned. */
  isTold: boolean;
  /** Bytes that were handed out, and are not released yet. */
  heldBytes: number;
  /** Nothing of it is wanted from librdkafka for now. */
  isPaused: boolean;
}

/**
 * A consumer whose records come from librdkafka, one by one, and are put into record batches again. It is told each
 * position (librdkafka's own group is never joined), and takes a few records at a time while there is room. Where there is
 * none, it goes on with the partitions of which nothing is held: some task may be waiting for them.
 *
 *   partition: unplaced -ListOffsets-> placed -assign-> assigned -consume-> buffered -poll, release-> gone
 */
export class LibrdkafkaConsumer implements Consumer {
  readonly #cluster: Cluster;
  readonly #settings: Required<ConsumerSettings>;
  readonly #life: NativeConsumerLife;
  readonly #headers: HeaderReader;
  readonly #buffer: FetchBuffer;
  #places = new Map<string, Place>();
  /** librdkafka's assignment is another one than ours. */
  #isStale = false;
  #isRunning = false;
  #recordBytes = RECORD_BYTES;
  #failure: PeridotError | undefined;
  #waiter: (() => void) | undefined;
  /** Ends the wait for room. */
  #onRoom: (() => void) | undefined;
  #isClosed = false;

  constructor(
    { binding, cluster, onMade }: ProducerParts,
    properties: Properties,
    settings: ConsumerSettings,
  ) {
    this.#cluster = cluster;
    this.#settings = {
      ...settings,
      fetchBytesMax: settings.fetchBytesMax ?? FETCH_BYTES_MAX,
      partitionBytesMax: settings.partitionBytesMax ?? PARTITION_BYTES_MAX,
      bufferedBytesMax: settings.bufferedBytesMax ?? BUFFERED_BYTES_MAX,
      tellsEnds: settings.tellsEnds ?? false,
    };
    this.#life = new NativeConsumerLife(binding, { ...properties, ...consumerProperties(this.#settings) });
    this.#headers = new HeaderReader(cluster);
    this.#buffer = new FetchBuffer(() => this.#onRoom?.());
    onMade(() => this.close());
  }

  assign(partitions: readonly AssignedPartition[]): void {
    const before = this.#places;
    this.#places = new Map();
    for (const { topic, partition, offset } of partitions) {
      const key = partitionKey({ topic, partition });
      const known = offset === undefined ? before.get(key) : undefined;
      if (known !== undefined) known.isTold = false;
      this.#places.set(key, known ?? newPlace({ topic, partition }, offset));
    }
    this.#buffer.drop((fetched) => {
      const key = partitionKey(fetched);
      return before.get(key) === undefined || before.get(key) !== this.#places.get(key);
    });
    this.#failure = undefined;
    this.#isStale = true;
    this.#onRoom?.();
    if (!this.#isRunning) void this.#run();
  }

  async poll(waitMs: number): Promise<readonly FetchedRecords[]> {
    if (this.#buffer.isEmpty && this.#failure === undefined && !this.#isClosed) await this.#wait(waitMs);
    if (!this.#buffer.isEmpty) return this.#buffer.take(POLL_BYTES_MAX);
    if (this.#failure !== undefined) throw this.#failure;
    return [];
  }

  wake(): void {
    this.#waiter?.();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#places.clear();
    this.#buffer.drop(() => true);
    this.#onRoom?.();
    this.wake();
    await Promise.all([this.#life.close(), this.#headers.close()]);
  }

  #wait(waitMs: number): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        this.#waiter = undefined;
        timer.cancel();
        resolve();
      };
      const timer = this.#cluster.clock.timer(waitMs, done);
      this.#waiter = done;
    });
  }

  // ---- the loop

  /** Assigns and consumes until there is nothing to do, or a failure that librdkafka does not mend. */
  async #run(): Promise<void> {
    this.#isRunning = true;
    try {
      while (!this.#isClosed && this.#failure === undefined) {
        if (this.#isStale) await this.#assignNatively();
        else if (this.#places.size === 0) break;
        else if (this.#pauseHeld()) await this.#room();
        else await this.#consume();
      }
    } catch (error) {
      if (!this.#isStale) this.#fail(error as PeridotError);
    }
    this.#isRunning = false;
    // A failure of an assignment that is over is none.
    if (this.#isStale && !this.#isClosed) void this.#run();
  }

  async #assignNatively(): Promise<void> {
    this.#isStale = false;
    const places = [...this.#places.values()];
    for (const topic of new Set(places.map((each) => each.topic))) await this.#cluster.requireTopic(topic);
    await this.#place(places.filter((each) => each.position === undefined));
    await this.#connect();
    if (this.#isStale || this.#isClosed) return;
    this.#life.resume(places.filter(({ isPaused }) => isPaused));
    this.#life.assign(places.map(nativePosition));
    for (const place of places) {
      place.isAssigned = true;
      place.isPaused = false;
    }
  }

  /** Errors: CONFIG_INVALID, RETRIES_EXHAUSTED. */
  async #connect(): Promise<void> {
    try {
      await this.#life.connect();
    } catch (error) {
      if (error instanceof PeridotError) throw error;
      const { message: last } = error as NativeError;
      throw new PeridotError("RETRIES_EXHAUSTED", {
        what: "connecting librdkafka",
        withinMs: CONNECT_MS,
        last,
      });
    }
  }

  /** Gives a position to those without one. */
  async #place(unplaced: readonly Place[]): Promise<void> {
    if (unplaced.length === 0) return;
    const { offsetReset, isolation } = this.#settings;
    if (offsetReset === "none") {
      const { topic, partition } = unplaced[0]!;
      throw new PeridotError("OFFSET_OUT_OF_RANGE", { topic, partition, offset: "committed yet" });
    }
    const latest = isolation === "read_committed" ? "latestCommitted" : "latest";
    const located = await listOffsets(
      this.#cluster,
      unplaced,
      offsetReset === "earliest" ? "earliest" : latest,
    );
    for (const [index, { offset }] of located.entries()) unplaced[index]!.position = offset;
  }

  async #consume(): Promise<void> {
    const room = Math.max(0, this.#settings.bufferedBytesMax - this.#buffer.heldBytes);
    const count = Math.min(RECORDS_MAX, 1 + Math.floor(room / this.#recordBytes));
    try {
      const { records, ends } = await this.#life.consume(count);
      for (const [key, share] of Map.groupBy(records, partitionKey)) await this.#take(key, share);
      for (const end of ends) this.#takeEnd(end);
    } catch (error) {
      if (this.#isStale || this.#isClosed) return; // of an assignment that is over
      if (error instanceof PeridotError) throw error;
      await this.#afterFailure(error as NativeError);
    }
    if (!this.#buffer.isEmpty) this.wake();
  }

  async #take(key: string, taken: readonly NativeRecord[]): Promise<void> {
    const place = this.#places.get(key);
    if (place === undefined || !place.isAssigned) return; // assigned anew, or given up, meanwhile
    const records = taken.filter(({ offset }) => BigInt(offset) >= place.position!);
    if (records.length === 0) return;
    const exact = records.some(hasAmbiguousHeaders) ? await this.#headers.mend(records) : undefined;
    if (this.#places.get(key) !== place || this.#isClosed) return;
    const batch = batchOfRecords(records, exact);
    this.#recordBytes = Math.ceil(batch.length / records.length);
    this.#put(place, batch, BigInt(records.at(-1)!.offset) + 1n);
  }

  /** The end of a partition, behind control records and aborted ones that librdkafka has passed over. */
  #takeEnd(end: NativePosition): void {
    const place = this.#places.get(partitionKey(end));
    if (place === undefined || !place.isAssigned) return;
    const isNews = this.#settings.tellsEnds && !place.isTold && BigInt(end.offset) === place.position!;
    if (isNews || BigInt(end.offset) > place.position!) this.#put(place, Buffer.alloc(0), BigInt(end.offset));
  }

  #put(place: Place, records: Buffer, nextOffset: bigint): void {
    const { topic, partition, position } = place;
    assert(nextOffset >= position!, "offsets only rise");
    place.isTold = true;
    const highWatermark = BigInt(this.#life.highWatermark(place));
    const endOffset = highWatermark > nextOffset ? highWatermark : nextOffset;
    place.position = nextOffset;
    place.heldBytes += records.length;
    this.#buffer.put({ topic, partition, records, fromOffset: position!, nextOffset, endOffset }, () => {
      place.heldBytes -= records.length;
    });
  }

  /** Where there is no room, those of which something is held have to wait. @returns whether nobody is left. */
  #pauseHeld(): boolean {
    const places = [...this.#places.values()];
    const isFull = this.#buffer.heldBytes > this.#settings.bufferedBytesMax;
    const isStarved = (place: Place) =>
      place.heldBytes === 0 && (!place.isTold || this.#life.highWatermark(place) > Number(place.position));
    if (isFull && !places.some(isStarved)) return true;
    const change = (wanted: boolean) => {
      const changed = places.filter(
        (each) => (isFull && each.heldBytes > 0) === wanted && each.isPaused !== wanted,
      );
      for (const place of changed) place.isPaused = wanted;
      return changed;
    };
    this.#life.pause(change(true));
    this.#life.resume(change(false));
    return false;
  }

  #room(): Promise<void> {
    return new Promise((resolve) => {
      this.#onRoom = () => {
        this.#onRoom = undefined;
        resolve();
      };
    });
  }

  // ---- failures

  async #afterFailure({ code, message }: NativeError): Promise<void> {
    const decision = decideConsumeFailure({ code });
    switch (decision.act) {
      case "go-on":
        await this.#cluster.pause(FAILURE_PAUSE_MS);
        return;
      case "find-who-is-out-of-range":
        return this.#resetWhoIsOutOfRange();
      case "fail": {
        const what = `reading ${[...this.#places.values()].map((each) => `${each.topic}-${each.partition}`).join(", ")}`;
        const error = code > 0 ? kafkaErrorName(code) : `librdkafka's error ${code}`;
        const permission = "READ and DESCRIBE on the topics that are read";
        throw new PeridotError(decision.as, {
          what,
          api: "Fetch",
          error,
          detail: ` (${message})`,
          permission,
        });
      }
    }
  }

  /** librdkafka does not say which partition it means, and resets none by itself. Errors: OFFSET_OUT_OF_RANGE. */
  async #resetWhoIsOutOfRange(): Promise<void> {
    const places = [...this.#places.values()];
    const first = await listOffsets(this.#cluster, places, "earliest");
    const last = await listOffsets(this.#cluster, places, "latest");
    for (const [index, place] of places.entries()) {
      const { topic, partition, position: offset } = place;
      if (offset! >= first[index]!.offset && offset! <= last[index]!.offset) continue;
      if (this.#settings.offsetReset === "none")
        throw new PeridotError("OFFSET_OUT_OF_RANGE", { topic, partition, offset });
      place.position = undefined;
    }
    for (const place of places) place.isAssigned = false;
    this.#isStale = true;
  }

  #fail(error: PeridotError): void {
    if (this.#isClosed || this.#cluster.isClosed) return;
    this.#failure ??= error;
    this.wake();
  }
}

function newPlace({ topic, partition }: TopicPartition, position: bigint | undefined): Place {
  return { topic, partition, position, isAssigned: false, isTold: false, heldBytes: 0, isPaused: false };
}

function nativePosition({ topic, partition, position }: Place): NativePosition {
  const offset = Number(position);
  assert(Number.isSafeInteger(offset), "an offset is below 2^53");
  return { topic, partition, offset };
}

function consumerProperties(settings: Required<ConsumerSettings>): Properties {
  const { isolation, fetchBytesMax, partitionBytesMax, bufferedBytesMax } = settings;
  return {
    "enable.auto.commit": false,
    "enable.auto.offset.store": false,
    "enable.partition.eof": true,
    "check.crcs": true,
    "isolation.level": isolation,
    "auto.offset.reset": "error",
    "message.max.bytes": Math.min(partitionBytesMax, fetchBytesMax),
    "fetch.message.max.bytes": partitionBytesMax,
    "fetch.max.bytes": fetchBytesMax,
    "receive.message.max.bytes": Math.max(100_000_000, 2 * fetchBytesMax),
    "queued.max.messages.kbytes": Math.max(1, Math.floor(bufferedBytesMax / 1024)),
    "fetch.queue.backoff.ms": 10,
  };
}
