import { brokerJars, javaCommand, KAFKA_VERSION, toolClasses } from "./jars.ts";
import { finished, type Launched, launch } from "./processes.ts";

/** What `verify` found. `exact` says it all; the rest tells how it was wrong. */
export interface Verdict {
  readonly exact: boolean;
  readonly in: number;
  readonly out: number;
  readonly keys: number;
  readonly missing: number;
  readonly duplicated: number;
  readonly unexpected: number;
  readonly outOfOrder: number;
  readonly splitKeys: number;
  readonly unreadableIn: number;
  readonly unreadableOut: number;
}

/** What `verifyCounts` found. `exact` says it all. */
export interface CountsVerdict {
  readonly exact: boolean;
  readonly in: number;
  readonly out: number;
  readonly keys: number;
  /** Keys whose counts are not 1, 2, 3 …, up to the number of their records. */
  readonly wrongKeys: number;
}

/** What `verifyJoin` found. */
export interface JoinVerdict {
  readonly exact: boolean;
  readonly in: number;
  readonly out: number;
  /** Records of the output that no record of the input stands for, or not in this order. */
  readonly wrong: number;
}

/** What `verifyOrders` found. `exact` says it all. */
export interface OrdersVerdict {
  readonly exact: boolean;
  readonly in: number;
  readonly out: number;
  readonly dead: number;
  readonly missing: number;
  readonly surplus: number;
  /** Keys. */
  readonly outOfOrder: number;
  readonly wrongReasons: number;
  /** Orders of the input by what is wrong with them. */
  readonly kinds: Readonly<Record<string, number>>;
}

/** One measured run. The span runs from the first to the last LogAppendTime of the output. */
export interface Measurement {
  readonly records: number;
  readonly spanSeconds: number;
  readonly recordsPerSecond: number;
  readonly wallSeconds: number;
  /** User and system time of the process from its start to its last output, in seconds. */
  readonly cpuSeconds: number;
  readonly cpuSecondsBeforeOutput: number;
  readonly rssPeakMiB: number;
  readonly brokersCpuSeconds: number;
  /** Offsets of the output: records and transaction markers. */
  readonly offsets: number;
  /** Records above the last stable offset: 0 when the application ended its last transaction. */
  readonly openOffsets: number;
}

export interface SeedOptions {
  readonly codec?: "none" | "gzip" | "snappy" | "lz4" | "zstd";
  readonly seed?: number;
  /** One value in eight is hard to parse. */
  readonly tricky?: boolean;
  /** Default: addresses. */
  readonly what?: "addresses" | "orders";
  /** Events of so many keys instead (java/Events.java): at random, or each key in its turn. */
  readonly keys?: number;
  readonly inOrder?: boolean;
  /** Timestamp of the first record, in milliseconds since the epoch, and how many records have the same; default: the present. */
  readonly base?: number;
  readonly perMs?: number;
}

/** Windows by which counts are verified, in milliseconds: `size` is a session's gap. */
export interface CountedWindows {
  readonly kind: "tumbling" | "hopping" | "session";
  readonly size: number;
  readonly advance: number;
}

/** Kafka's own Java clients against one cluster: what a test needs to prepare it and to judge our output. */
export class Tools {
  readonly bootstrap: string;

  constructor(bootstrap: string) {
    this.bootstrap = bootstrap;
  }

  async awaitBrokers(ids: readonly number[], seconds: number): Promise<void> {
    await this.run("Administer", ["await-brokers", ids.join(","), `${seconds}`]);
  }

  /** Resolves when each partition has its leader and all its replicas. */
  async createTopic(
    name: string,
    partitions: number,
    replicas: number,
    config: Record<string, string> = {},
  ): Promise<void> {
    const settings = Object.entries(config).map(([key, value]) => `${key}=${value}`);
    await this.run("Administer", ["create-topic", name, `${partitions}`, `${replicas}`, ...settings]);
  }

  /** Resolves when all replicas of the topic are in sync again. */
  async awaitInSync(topic: string, replicas: number): Promise<void> {
    await this.run("Administer", ["await-in-sync", topic, `${replicas}`]);
  }

  /** Resolves when the group has committed the end of the topic; rejects after `stallSeconds` without progress. */
  async awaitGroup(group: string, topic: string, stallSeconds: number): Promise<void> {
    await this.run("Administer", ["await-group", group, topic, `${stallSeconds}`]);
  }

  async deleteTopic(name: string): Promise<void> {
    await this.run("Administer", ["delete-topic", name]);
  }

  async scramUser(name: string, password: string): Promise<void> {
    await this.run("Administer", ["scram-user", name, password]);
  }

  async acl(
    user: string,
    operation: string,
    verdict: "ALLOW" | "DENY",
    resource: string,
    name: string,
  ): Promise<void> {
    await this.run("Administer", ["acl", `User:${user}`, operation, verdict, resource, name]);
  }

  /** Writes `records` addresses, orders (java/Orders.java) or events, the same ones for the same seed. */
  async seed(topic: string, records: number, options: SeedOptions = {}): Promise<void> {
    const {
      codec = "none",
      seed = 1,
      tricky = false,
      what = "addresses",
      keys = 0,
      inOrder = false,
    } = options;
    const { base = 0, perMs = 1 } = options;
    await this.run("Seed", [
      topic,
      `${records}`,
      `codec=${codec}`,
      `seed=${seed}`,
      `tricky=${tricky ? "yes" : "no"}`,
      `poison=${what === "orders" ? "yes" : "no"}`,
      `keys=${keys}`,
      `inOrder=${inOrder ? "yes" : "no"}`,
      `base=${base}`,
      `perMs=${perMs}`,
    ]);
  }

  /** SHA-256 of the first `count` tricky addresses as Java makes them. */
  async addressesDigest(count: number, seed: number): Promise<string> {
    const launched = await this.start("Addresses", [`${count}`, `${seed}`]);
    await finished(launched);
    return lastLineOf<{ sha256: string }>(launched).sha256;
  }

  /**
   * Resolves once addresses (or orders, some of them poisonous: java/Orders.java) flow, `rate` a second, until `end`
   * is called, which resolves to their number.
   */
  async seedSteadily(
    topic: string,
    rate: number,
    seed = 1,
    what: "addresses" | "orders" = "addresses",
  ): Promise<{ end(): Promise<number> }> {
    const launched = await this.start("Seed", [
      topic,
      `${Number.MAX_SAFE_INTEGER}`,
      `rate=${rate}`,
      `seed=${seed}`,
      `poison=${what === "orders" ? "yes" : "no"}`,
    ]);
    await launched.says("flowing");
    return {
      async end() {
        launched.child.stdin?.end();
        await finished(launched);
        return lastLineOf<{ records: number }>(launched).records;
      },
    };
  }

  /** Compares the output with the input: see java/Verify.java. */
  async verify(input: string, output: string): Promise<Verdict> {
    return this.#verdict<Verdict>("Verify", [input, output]);
  }

  /** Compares the output of a count by key, or by key and window, with the input: see java/VerifyCounts.java. */
  async verifyCounts(input: string, output: string, windows?: CountedWindows): Promise<CountsVerdict> {
    const options = Object.entries(windows ?? {}).map(([name, value]) => `${name}=${value}`);
    return this.#verdict<CountsVerdict>("VerifyCounts", [input, output, ...options]);
  }

  /** Compares the output of a join with what was joined: see java/VerifyJoin.java. */
  async verifyJoin(input: string, other: string, output: string): Promise<JoinVerdict> {
    return this.#verdict<JoinVerdict>("VerifyJoin", [input, other, output]);
  }

  async #verdict<V>(main: string, args: readonly string[]): Promise<V> {
    const launched = await this.start(main, args);
    const status = await launched.ended;
    if (status !== 0 && status !== 1) throw new Error(`${main} ended with ${status}:\n${launched.said()}`);
    return lastLineOf<V>(launched);
  }

  /** Compares output and dead letters with the orders that went in: see java/VerifyOrders.java. */
  async verifyOrders(input: string, output: string, dead: string): Promise<OrdersVerdict & { said: string }> {
    const launched = await this.start("VerifyOrders", [input, output, dead]);
    const status = await launched.ended;
    if (status !== 0 && status !== 1)
      throw new Error(`VerifyOrders ended with ${status}:\n${launched.said()}`);
    return { ...lastLineOf<OrdersVerdict>(launched), said: launched.said() };
  }

  /**
   * Starts a process by `start` and watches `output` until it holds `records` records. Rejects when there are more, or
   * no progress for `stallSeconds`. The process is the caller's to stop.
   */
  async measure(
    output: string,
    records: number,
    start: () => Promise<Launched>,
    { brokers = [], stallSeconds = 120 }: { brokers?: readonly number[]; stallSeconds?: number } = {},
  ): Promise<{ app: Launched; measurement: Measurement }> {
    const options = [`brokers=${brokers.join(",")}`, `stall=${stallSeconds}`];
    const launched = await this.start("Measure", [output, `${records}`, ...options]);
    await launched.says("ready");
    const app = await start();
    launched.child.stdin?.write(`${app.pid}\n`);
    const status = await Promise.race([
      launched.ended,
      app.ended.then((ended) => `the application ended with ${ended}`),
    ]);
    if (status === 0) return { app, measurement: lastLineOf<Measurement>(launched) };
    await app.stop();
    const what = status === 2 ? "stalled" : status === 1 ? "too many records" : status;
    throw new Error(`${output}, ${records} records expected: ${what}\n${launched.said()}\n${app.said()}`);
  }

  /** Starts the Kafka Streams peer (java/StreamsPeer.java). `settings`: its configuration beyond the main job's own. */
  async streamsPeer(
    run: { input: string; output: string; applicationId: string; stateDirectory: string; log: string },
    settings: Record<string, string> = {},
  ): Promise<Launched> {
    const pairs = Object.entries(settings).map(([name, value]) => `${name}=${value}`);
    const args = [run.input, run.output, run.applicationId, run.stateDirectory, ...pairs];
    return launch(await this.argv(["-Xmx2g"], "StreamsPeer", args), { log: run.log });
  }

  private async run(main: string, args: readonly string[]): Promise<string> {
    return finished(await this.start(main, args));
  }

  private async start(main: string, args: readonly string[]): Promise<Launched> {
    const quick = ["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx2g", "-Dlevel=ERROR"];
    return launch(await this.argv(quick, main, args));
  }

  private async argv(
    flags: readonly string[],
    main: string,
    args: readonly string[],
  ): Promise<[string, ...string[]]> {
    const classes = await toolClasses();
    const path = `${classes}:${await brokerJars(KAFKA_VERSION)}`;
    const rest = [...flags, `-Dbootstrap=${this.bootstrap}`, "-cp", path, main, ...args];
    return javaCommand(rest) as [string, ...string[]];
  }
}

function lastLineOf<T>(launched: Launched): T {
  const lines = launched.said().trimEnd().split("\n");
  const line = lines.findLast((text) => text.startsWith("{"));
  if (line === undefined) throw new Error(`no answer:\n${launched.said()}`);
  return JSON.parse(line) as T;
}
