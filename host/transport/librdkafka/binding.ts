import { createRequire } from "node:module";
import { isMainThread } from "node:worker_threads";
import { PeridotError } from "../../errors.ts";
import type { TopicPartition } from "../port.ts";

/**
 * What we use of @confluentinc/kafka-javascript: its callback interface, which is librdkafka's own. The package is not
 * there for everybody, so its types are not used here.
 */
export interface Binding {
  // A second argument, of topics' properties alone, would make it pass over all of those in the first.
  readonly Producer: new (
    properties: Properties,
  ) => NativeProducer;
  readonly KafkaConsumer: new (properties: Properties) => NativeConsumer;
}

/** librdkafka's properties by name; functions are callbacks. */
export type Properties = Readonly<Record<string, unknown>>;

/** What a native call ends with. */
export type Done<T = unknown> = (error: NativeError | null | undefined, value: T) => void;

/** `code`: Kafka's own where positive, librdkafka's where negative. */
export interface NativeError {
  readonly code: number;
  readonly message: string;
  readonly isRetriable?: boolean;
}

interface NativeClient {
  connect(options: { readonly allTopics: boolean; readonly timeout: number }, done: Done): void;
  on(event: "event.stats", hear: (stats: { readonly message: string }) => void): void;
  /** Without a listener, an error of the token's provider would be thrown at nobody. */
  on(event: "error", hear: (error: unknown) => void): void;
}

export interface NativeProducer extends NativeClient {
  on(event: "event.stats", hear: (stats: { readonly message: string }) => void): void;
  on(event: "error", hear: (error: unknown) => void): void;
  on(event: "delivery-report", hear: (error: NativeError | null, report: DeliveryReport) => void): void;
  setPollInBackground(isInBackground: boolean): void;
  initTransactions(timeoutMs: number, done: Done): void;
  beginTransaction(done: Done): void;
  commitTransaction(timeoutMs: number, done: Done): void;
  abortTransaction(timeoutMs: number, done: Done): void;
  flush(timeoutMs: number, done: Done): void;
  disconnect(flushMs: number, done: Done): void;
  getClient(): {
    /** Copies. @returns an error's code, or 0. A header without value is an empty buffer of its own, without memory. */
    produce(
      topic: string,
      partition: number,
      value: Buffer | null,
      key: Buffer | null,
      timestamp: number,
      opaque: undefined,
      headers: readonly Readonly<Record<string, Buffer | string>>[] | undefined,
    ): number;
  };
}

export interface DeliveryReport {
  readonly topic: string;
  readonly partition: number;
  /** Bytes of the value. */
  readonly size: number;
}

export interface NativeConsumer extends NativeClient {
  assign(partitions: readonly NativePosition[]): void;
  getWatermarkOffsets(topic: string, partition: number): { readonly highOffset: number };
  pause(partitions: readonly TopicPartition[]): void;
  resume(partitions: readonly TopicPartition[]): void;
  disconnect(done: Done): void;
  getClient(): {
    /** Up to `count` records: waits `waitMs` for the first, and no longer than a millisecond for each further one. */
    consume(
      waitMs: number,
      count: number,
      waitsForFirstOnly: true,
      done: (
        error: NativeError | null,
        records?: readonly NativeRecord[],
        ends?: readonly NativePosition[],
      ) => void,
    ): void;
  };
}

export interface NativePosition {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

/** A record as librdkafka hands it out. A header is an object with one property. */
export interface NativeRecord extends NativePosition {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly timestamp: number;
  readonly headers?: readonly Readonly<Record<string, Buffer>>[];
}

const PACKAGE = "@confluentinc/kafka-javascript";
/** Until librdkafka must have reached a broker. */
export const CONNECT_MS = 10_000;

/**
 * Loads the package, which costs 16 MB and some 50 ms, and nothing where nobody asks for it.
 * Errors: LIBRDKAFKA_UNAVAILABLE, which says how to add it.
 */
export function loadBinding(load: (name: string) => unknown = createRequire(import.meta.url)): Binding {
  if (!isMainThread) {
    const problem = "its addon works in the main thread only";
    throw unavailable(problem, "Start the application there, with threads: 0", undefined);
  }
  try {
    return load(PACKAGE) as Binding;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "MODULE_NOT_FOUND" && message.includes(`'${PACKAGE}'`))
      throw unavailable(
        `the package ${PACKAGE} is not installed`,
        `Add it: npm install ${PACKAGE}. Or use bootstrapServers without librdkafka`,
        error,
      );
    const [problem] = message.split("\n");
    const remedy = `Its install script builds or fetches it: let npm run that (npm approve-scripts ${PACKAGE}, then npm rebuild ${PACKAGE}), with the Node that runs this program`;
    throw unavailable(`the addon of ${PACKAGE} cannot be loaded (${problem})`, remedy, error);
  }
}

function unavailable(problem: string, remedy: string, cause: unknown): PeridotError {
  return new PeridotError("LIBRDKAFKA_UNAVAILABLE", { problem, remedy }, cause);
}

/** The code of an error that librdkafka gave as text alone: it could not make the client. */
const UNMADE = -1;

/**
 * Makes a client of librdkafka's and connects it, by name of the option that its properties came from.
 * Errors: CONFIG_INVALID where it refuses them; NativeError where no broker answers.
 */
export async function connected<Client extends NativeClient>(
  option: "producerProperties" | "consumerProperties",
  make: () => Client,
): Promise<Client> {
  const refused = (error: unknown) =>
    new PeridotError(
      "CONFIG_INVALID",
      {
        option: `${option}, tls or sasl`,
        problem: `is refused by librdkafka (${(error as Error).message})`,
        remedy: "Correct it: librdkafka's CONFIGURATION.md has all properties",
      },
      error,
    );
  let client: Client;
  try {
    client = make();
  } catch (error) {
    throw refused(error);
  }
  client.on("error", () => {}); // of a token's provider: the connection fails of it, and says so
  try {
    await promised((done) => client.connect({ allTopics: false, timeout: CONNECT_MS }, done));
  } catch (error) {
    throw (error as NativeError).code === UNMADE ? refused(error) : error;
  }
  return client;
}

/** A call with a callback, as a promise. */
export function promised<T = unknown>(call: (done: Done<T>) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    call((error, value) => {
      if (error) reject(error);
      else resolve(value);
    });
  });
}
