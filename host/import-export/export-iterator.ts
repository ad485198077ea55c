import { asPeridotError } from "../commit/commit.ts";
import type { ResolvedConfig } from "../config.ts";
import { PeridotError } from "../errors.ts";
import { Membership } from "../task/membership.ts";
import { memberSettings } from "../task/open-thread.ts";
import type { Exported, ExportedRecord, ExportOptions } from "../topology/exported.ts";
import type { Consumer, Transport } from "../transport/port.ts";
import { openKernelInstance } from "../wasm/kernel-instance.ts";
import { kernelModule } from "../wasm/kernel-module.ts";
import { ExportShare, type HandedOut } from "./export-share.ts";
import { RecordReader } from "./record-reader.ts";

/** Fetched ahead of who asks, in bytes at most, and at once. */
const AHEAD_BYTES_MAX = 1 << 20;
const POLL_MS = 500;

export interface ExportSetup<K, V> {
  readonly config: ResolvedConfig;
  readonly exported: Exported<K, V>;
  readonly topic: string;
  readonly options: ExportOptions;
  /** Opens a transport of its own, once the first record is asked for. */
  readonly openTransport: () => Transport;
  /** Resolves when the application runs, and so its topics exist; rejects if it never will. */
  readonly started: Promise<void>;
  /** Called when nothing is open any more. */
  readonly onClosed: () => void;
}

interface OpenExport<K, V> {
  readonly consumer: Consumer;
  readonly reader: RecordReader<K, V>;
  /** undefined: who reads keeps the positions. */
  readonly share: ExportShare | undefined;
  readonly membership: Membership | undefined;
  readonly joined: Promise<void>;
}

/**
 * One reading of an export, record by record. Asking for a record says that the one before has been dealt with.
 *
 *   new -next-> open -next-> open;   any -return, end of the application, failure-> closed
 */
export class ExportIterator<K, V> implements AsyncIterableIterator<ExportedRecord<K, V>> {
  readonly #setup: ExportSetup<K, V>;
  readonly #over = Promise.withResolvers<undefined>();
  #opening: Promise<OpenExport<K, V> | undefined> | undefined;
  #transport: Transport | undefined;
  #consumer: Consumer | undefined;
  #handedOut: HandedOut | undefined;
  #failure: PeridotError | undefined;
  #isOver = false;
  #closing: Promise<void> | undefined;
  /** Calls of `next` wait for each other. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(setup: ExportSetup<K, V>) {
    this.#setup = setup;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<ExportedRecord<K, V>, undefined>> {
    const next = this.#turn.then(() => this.#next());
    this.#turn = next.catch(() => {});
    return next;
  }

  async return(): Promise<IteratorResult<ExportedRecord<K, V>, undefined>> {
    await this.end();
    return { done: true, value: undefined };
  }

  /** Commits what was taken and closes; `failure`: what the reader is told instead of the end. */
  end(failure?: PeridotError): Promise<void> {
    this.#isOver = true;
    this.#over.resolve(undefined);
    this.#failure ??= failure;
    this.#consumer?.wake();
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #next(): Promise<IteratorResult<ExportedRecord<K, V>, undefined>> {
    try {
      if (!this.#isOver) this.#opening ??= this.#open();
      const open = await this.#opening;
      if (open !== undefined && !this.#isOver) {
        const record = await this.#read(open);
        if (record !== undefined) return { done: false, value: record };
      }
    } catch (error) {
      if (!this.#isOver) this.#failure ??= this.#told(error); // what fails because it was closed is no failure
    }
    await this.end();
    const failure = this.#failure;
    this.#failure = undefined; // told once, as iterators do
    if (failure !== undefined) throw failure;
    return { done: true, value: undefined };
  }

  async #read({ consumer, reader, share }: OpenExport<K, V>): Promise<ExportedRecord<K, V> | undefined> {
    if (this.#handedOut !== undefined) share?.take(this.#handedOut);
    this.#handedOut = undefined;
    while (!this.#isOver) {
      const record = reader.next();
      const epoch = share?.epoch ?? 0;
      if (record !== undefined) {
        const { topic, partition, offset } = record;
        this.#handedOut = { topic, partition, offset, epoch };
        return record;
      }
      const fetched = await consumer.poll(POLL_MS);
      if (epoch === (share?.epoch ?? 0)) reader.add(fetched);
      else for (const each of fetched) each.release();
    }
    return undefined;
  }

  /** undefined: closed before the application ran. */
  async #open(): Promise<OpenExport<K, V> | undefined> {
    const { exported, started, openTransport } = this.#setup;
    const { from } = this.#setup.options;
    await Promise.race([started, this.#over.promise]);
    if (this.#isOver) return undefined;
    const transport = openTransport();
    this.#transport = transport;
    const consumer = transport.consumer({
      isolation: "read_committed",
      offsetReset: from === undefined ? "earliest" : "none", // what a reader counts on is not passed over in silence
      fetchBytesMax: AHEAD_BYTES_MAX,
      partitionBytesMax: AHEAD_BYTES_MAX,
      bufferedBytesMax: AHEAD_BYTES_MAX,
    });
    this.#consumer = consumer;
    const reader = new RecordReader(exported, openKernelInstance(kernelModule()));
    if (from === undefined) return { consumer, reader, ...this.#join(transport, consumer, reader) };
    await this.#assignAll(transport, consumer, from);
    return { consumer, reader, share: undefined, membership: undefined, joined: Promise.resolve() };
  }

  async #assignAll(
    transport: Transport,
    consumer: Consumer,
    from: ReadonlyMap<number, bigint>,
  ): Promise<void> {
    const { topic } = this.#setup;
    const described = await transport.admin.describeTopics([topic]);
    const { partitions } = described.get(topic) ?? {};
    if (partitions === undefined) throw new PeridotError("TOPIC_MISSING", { topics: topic });
    const all = Array.from({ length: partitions }, (_, partition) => ({ topic, partition }));
    const starts = await transport.admin.listOffsets(all, "earliest");
    consumer.assign(starts.map((start) => ({ ...start, offset: from.get(start.partition) ?? start.offset })));
  }

  #join(
    transport: Transport,
    consumer: Consumer,
    reader: RecordReader<K, V>,
  ): Pick<OpenExport<K, V>, "share" | "membership" | "joined"> {
    const { config, exported, topic } = this.#setup;
    const groupId = `${config.applicationId}-export-${exported.name}`;
    // Readings come and go, several in one process: none of them is a static member.
    const member = transport.member({ ...memberSettings(config, groupId), instanceId: undefined });
    const share = new ExportShare({
      clock: config.clock,
      consumer,
      member,
      commitIntervalMs: config.commitIntervalMs,
      onChange: () => reader.clear(),
      onFailure: (error) => void this.end(error),
    });
    const membership = new Membership({
      admin: transport.admin,
      member,
      threads: [share],
      subTopologies: [{ subTopology: 0, sourceTopics: [topic] }],
      onTasks: () => {},
      watch: { clock: config.clock, everyMs: config.metadataMaxAgeMs },
    });
    const joined = membership.run();
    joined.catch((error: unknown) => void this.end(asPeridotError(error)));
    return { share, membership, joined };
  }

  #told(error: unknown): PeridotError {
    const told = asPeridotError(error);
    if (told.code !== "OFFSET_OUT_OF_RANGE") return told;
    return new PeridotError("EXPORT_POSITION_GONE", { ...told.facts, name: this.#setup.exported.name }, told);
  }

  async #close(): Promise<void> {
    const open = await this.#opening?.catch(() => undefined);
    open?.membership?.close();
    await open?.joined.catch(() => {});
    open?.reader.clear();
    await open?.consumer.close();
    await this.#transport?.close();
    this.#setup.onClosed();
  }
}
