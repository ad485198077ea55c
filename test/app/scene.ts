import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { type Launched, launch } from "../../bench/cluster/processes.ts";
import { type Peridot, peridot } from "../../host/app.ts";
import { systemClock } from "../../host/clock.ts";
import type { PeridotConfig } from "../../host/config.ts";
import { EmbeddedBroker, type EmbeddedBrokerSettings } from "../../host/transport/memory/embedded-broker.ts";
import type { Listener } from "../../host/transport/memory/listen.ts";

export const APPLICATION = "app";
const PARTITIONS = 6;
const POLL_MS = 20;
const CHILD = join(import.meta.dirname, "child-app.ts");

/** A module of test/app/topologies/. */
export function topology(name: string): URL {
  return new URL(`./topologies/${name}.ts`, import.meta.url);
}

/** An embedded broker on a TCP port with the topics "in" and "out", and applications that copy the one to the other. */
export class Scene {
  readonly broker: EmbeddedBroker;
  readonly directory = mkdtempSync(join(tmpdir(), "peridot-app-"));
  readonly #listener: Listener;
  readonly #apps: Peridot[] = [];
  readonly #children: Launched[] = [];
  /** Values by partition, in the order of their offsets. */
  readonly #written: string[][] = Array.from({ length: PARTITIONS }, () => []);
  #next = 0;
  #lives = 0;

  private constructor(broker: EmbeddedBroker, listener: Listener) {
    this.broker = broker;
    this.#listener = listener;
  }

  static async open(settings: Partial<EmbeddedBrokerSettings> = {}): Promise<Scene> {
    const broker = new EmbeddedBroker({
      clock: systemClock,
      random: Math.random,
      sessionTimeoutMsMin: 100,
      ...settings,
    });
    for (const topic of ["in", "out"]) broker.createTopic(topic, { partitions: PARTITIONS });
    return new Scene(broker, await broker.listen());
  }

  get bootstrapServers(): string {
    return this.#listener.bootstrapServers;
  }

  /** Writes values to the input's partitions in turn; the key names the partition. */
  write(values: readonly string[]): void {
    for (const value of values) this.writeTo(this.#next++ % PARTITIONS, [value]);
  }

  writeTo(partition: number, values: readonly string[]): void {
    const written = (this.#written[partition] ??= []);
    written.push(...values);
    this.broker.append(
      "in",
      partition,
      values.map((value) => ({ key: `key-${partition}`, value })),
    );
  }

  /** So many values that no other call has given. */
  writeCount(count: number): void {
    this.write(Array.from({ length: count }, (_, index) => `${this.#next + index}`));
  }

  config(changes: Partial<PeridotConfig> = {}): PeridotConfig {
    return {
      applicationId: APPLICATION,
      bootstrapServers: this.bootstrapServers,
      topology: topology("steered"),
      stateDir: join(this.directory, `state-${this.#lives++}`),
      commitIntervalMs: 50,
      sessionTimeoutMs: 3_000,
      heartbeatIntervalMs: 100,
      ...changes,
    };
  }

  app(changes: Partial<PeridotConfig> = {}): Peridot {
    const app = peridot(this.config(changes));
    this.#apps.push(app);
    return app;
  }

  async started(changes: Partial<PeridotConfig> = {}): Promise<Peridot> {
    const app = this.app(changes);
    await app.start();
    return app;
  }

  /** The same in a process of its own, see test/app/child-app.ts. */
  child(changes: Partial<PeridotConfig> = {}, flags: readonly string[] = []): Launched {
    const { topology: module, ...config } = this.config(changes);
    const child = launch([process.execPath, ...flags, CHILD], {
      env: { CONFIG: JSON.stringify(config), ...(module === undefined ? {} : { TOPOLOGY: module.href }) },
    });
    this.#children.push(child);
    return child;
  }

  /** Resolves once as many records are committed in "out" as were written to "in", less `missing`. */
  async copied(missing = 0): Promise<void> {
    const written = this.#written.flat().length - missing;
    await this.until(() => this.#outputs().length >= written);
  }

  /** Resolves once it holds. @throws what the last application of the scene has failed with, once all have ended */
  async until(holds: () => boolean): Promise<void> {
    let running = this.#apps.length + this.#children.length;
    let failure: Error | undefined;
    const over = (error?: Error) => {
      running--;
      failure = error ?? failure;
    };
    for (const app of this.#apps) app.ended.then(() => over(), over);
    for (const child of this.#children) {
      void child.ended.then((status) =>
        over(new Error(`a child has ended with ${status}:\n${child.said()}`)),
      );
    }
    await until(() => holds() || (running <= 0 && failure !== undefined));
    if (!holds()) throw failure;
  }

  /** "out" holds each written value once, and those of one key in their order. `dropped`: values that are not there. */
  assertExact(dropped: readonly string[] = []): void {
    const outputs = Map.groupBy(this.#outputs(), ({ key }) => key);
    for (const [partition, written] of this.#written.entries()) {
      const expected = written.filter((value) => !dropped.includes(value));
      const found = (outputs.get(`key-${partition}`) ?? []).map(({ value }) => value);
      assert.deepEqual(found, expected, `the output of partition ${partition}`);
    }
  }

  grow(topic: string, partitions: number): void {
    this.broker.cluster.growTopic(this.broker.cluster.topics.get(topic)!, partitions);
  }

  drop(topic: string): void {
    this.broker.cluster.deleteTopic(this.broker.cluster.topics.get(topic)!);
  }

  /** Of the members that the coordinator counts now. */
  get memberIds(): readonly string[] {
    return [...(this.broker.cluster.groups.get(APPLICATION)?.members.keys() ?? [])];
  }

  get members(): number {
    return this.memberIds.length;
  }

  get generation(): number {
    return this.broker.cluster.groups.get(APPLICATION)?.generation ?? 0;
  }

  async close(): Promise<void> {
    await Promise.all(this.#children.map((child) => child.kill()));
    await Promise.all(this.#apps.map((app) => app.close()));
    await this.#listener.close();
    rmSync(this.directory, { recursive: true, force: true });
  }

  #outputs(): { readonly key: string; readonly value: string }[] {
    return this.broker
      .read("out")
      .flat()
      .map(({ key, value }) => ({ key: String(key), value: String(value) }));
  }
}

/** Resolves once it holds; a test whose condition never comes hangs, and its file fails. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await pause(POLL_MS);
}
