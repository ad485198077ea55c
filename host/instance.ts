import { asPeridotError } from "./commit/commit.ts";
import type { ResolvedConfig } from "./config.ts";
import { PeridotError } from "./errors.ts";
import { Membership } from "./task/membership.ts";
import { memberSettings, openThread } from "./task/open-thread.ts";
import { makeTaskRunner } from "./task/runner.ts";
import { openStateDirectory, type StateDirectory } from "./task/state-directory.ts";
import type { TaskName, ThreadEvents, ThreadHandle, ThreadProgress } from "./task/thread-port.ts";
import { WorkerThread } from "./task/worker-thread.ts";
import { type Plan, sinkTopics, sourceTopics } from "./topology/plan.ts";
import type { Transport, TransportFactory } from "./transport/port.ts";
import { workerStart } from "./worker-start.ts";

export interface InstanceSettings {
  readonly config: ResolvedConfig;
  readonly plan: Plan;
  readonly transport: TransportFactory;
  readonly newId: () => string;
  readonly onTasks: (tasks: readonly TaskName[]) => void;
  readonly onProgress: (thread: number, progress: ThreadProgress) => void;
}

/**
 * This process's part in running an application: the locked state directory, the membership of the group, and the
 * stream threads.
 */
export class Instance {
  readonly #settings: InstanceSettings;
  readonly #transport: Transport;
  readonly #directory: StateDirectory;
  #threads: readonly ThreadHandle[] = [];
  #membership: Membership | undefined;
  #failure: PeridotError | undefined;

  private constructor(settings: InstanceSettings, directory: StateDirectory) {
    this.#settings = settings;
    this.#directory = directory;
    this.#transport = settings.transport({
      clientId: `${settings.config.applicationId}-main`,
      clock: settings.config.clock,
    });
  }

  /**
   * Connects and makes every producer, so that older lives of this process are fenced before any offset is read.
   *
   * @throws what is wrong with configuration, topics or brokers; nothing is left open then.
   */
  static async launch(settings: InstanceSettings): Promise<Instance> {
    const { config, newId } = settings;
    const directory = await openStateDirectory(config.stateDir, config.applicationId, newId);
    const instance = new Instance(settings, directory);
    try {
      await instance.#start();
    } catch (error) {
      await instance.#shutDown();
      throw error;
    }
    return instance;
  }

  /** Resolves when the instance has closed; rejects, everything closed as well, with what ended it. */
  async run(): Promise<void> {
    try {
      await this.#membership?.run();
    } catch (error) {
      this.#failure ??= asPeridotError(error);
    }
    await this.#shutDown();
    if (this.#failure !== undefined) throw this.#failure;
  }

  close(): void {
    this.#membership?.close();
  }

  async #start(): Promise<void> {
    const { config, plan, onTasks } = this.#settings;
    const partitionsOf = await this.#partitionCounts();
    this.#threads = this.#makeThreads(partitionsOf);
    this.#membership = new Membership({
      admin: this.#transport.admin,
      member: this.#transport.member(memberSettings(config)),
      threads: this.#threads,
      subTopologies: plan.subTopologies.map((each) => ({
        subTopology: each.id,
        sourceTopics: each.sources.flatMap((source) => source.topics),
      })),
      onTasks,
    });
    await Promise.all(this.#threads.map((thread) => thread.start()));
  }

  async #shutDown(): Promise<void> {
    await Promise.allSettled(this.#threads.map((thread) => thread.close()));
    await this.#transport.close();
    await this.#directory.unlock();
  }

  /** Of every topic that is read or written; all must exist. */
  async #partitionCounts(): Promise<ReadonlyMap<string, number>> {
    const { config, plan } = this.#settings;
    const deadLetters = config.errors.deadLetterTopic;
    const topics = new Set([
      ...sourceTopics(plan),
      ...sinkTopics(plan),
      ...(deadLetters ? [deadLetters] : []),
    ]);
    const described = await this.#transport.admin.describeTopics([...topics]);
    const missing = [...topics].filter((topic) => !described.has(topic));
    if (missing.length > 0) throw new PeridotError("TOPIC_MISSING", { topics: missing.join(", ") });
    return new Map([...described].map(([topic, each]) => [topic, each.partitions]));
  }

  #makeThreads(partitionsOf: ReadonlyMap<string, number>): ThreadHandle[] {
    const { config, plan, transport, newId } = this.#settings;
    const { processId } = this.#directory;
    const life = newId();
    if (config.threads === 0) {
      return [
        openThread({
          config,
          transport: transport({ clientId: `${config.applicationId}-0`, clock: config.clock }),
          index: 0,
          processId,
          life,
          makeRunner: () =>
            makeTaskRunner({ plan, partitionsOf, errors: config.errors, clock: config.clock }),
          events: this.#eventsOf(0),
        }),
      ];
    }
    return Array.from(
      { length: config.threads },
      (_, index) =>
        new WorkerThread({
          index,
          clock: config.clock,
          maxPollIntervalMs: config.maxPollIntervalMs,
          events: this.#eventsOf(index),
          ...workerStart({ config, planHash: plan.hash, partitionsOf, index, processId, life }),
        }),
    );
  }

  #eventsOf(thread: number): ThreadEvents {
    return {
      lost: () => this.#membership?.threadLost(),
      failed: (error) => {
        this.#failure ??= error;
        this.#membership?.close();
      },
      progress: (progress) => this.#settings.onProgress(thread, progress),
    };
  }
}
