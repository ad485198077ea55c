import { asPeridotError } from "./commit/commit.ts";
import type { ResolvedConfig } from "./config.ts";
import type { PeridotError } from "./errors.ts";
import { Importer, type ImportProgress } from "./import-export/importer.ts";
import { keepState } from "./task/keep-state.ts";
import { KernelTraps } from "./task/kernel-traps.ts";
import { Membership } from "./task/membership.ts";
import { memberSettings, openThread } from "./task/open-thread.ts";
import { prepareTopics } from "./task/prepare-topics.ts";
import { makeTaskRunner } from "./task/runner.ts";
import { openStateDirectory, type StateDirectory } from "./task/state-directory.ts";
import type { StoreAnswer, StoreQuery } from "./task/store-query.ts";
import type { Queried, TaskName, ThreadEvents, ThreadHandle, ThreadProgress } from "./task/thread-port.ts";
import { readTopicLimits } from "./task/topic-limits.ts";
import { WorkerThread } from "./task/worker-thread.ts";
import { type Plan, sinkTopics } from "./topology/plan.ts";
import type { Transport, TransportFactory } from "./transport/port.ts";
import { checkCrossing, type WorkerStart, workerStart } from "./worker-start.ts";

export interface InstanceSettings {
  readonly config: ResolvedConfig;
  readonly plan: Plan;
  readonly transport: TransportFactory;
  readonly newId: () => string;
  readonly onTasks: (tasks: readonly TaskName[]) => void;
  readonly onProgress: (thread: number, progress: ThreadProgress) => void;
  readonly onImport: (name: string, progress: ImportProgress) => void;
}

/**
 * This process's part in running an application: the locked state directory, the membership of the group, and the
 * stream threads.
 *
 *   new -run-> starting -> member -close, error-> shut down
 *                 |
 *                 +- close, error ---------------> shut down
 */
export class Instance {
  readonly #settings: InstanceSettings;
  readonly #transport: Transport;
  #threads: readonly (ThreadHandle & Queried)[] = [];
  #importers: readonly Importer[] = [];
  #membership: Membership | undefined;
  #isMember = false;
  #isClosing = false;
  #failure: PeridotError | undefined;

  constructor(settings: InstanceSettings) {
    this.#settings = settings;
    this.#transport = settings.transport({
      clientId: `${settings.config.applicationId}-main`,
      clock: settings.config.clock,
    });
  }

  /** Resolves when the instance has closed; rejects, everything closed as well, with what ended it. */
  async run(): Promise<void> {
    const { config, newId } = this.#settings;
    if (config.threads > 0) checkCrossing(config);
    const directory = await openStateDirectory(config.stateDir, config.applicationId, newId);
    try {
      await this.#start(directory);
    } catch (error) {
      // What fails because it was closed under way is no failure.
      if (!this.#isClosing) this.#failure ??= asPeridotError(error);
    }
    try {
      if (this.#failure === undefined) await this.#beMember();
    } catch (error) {
      this.#failure ??= asPeridotError(error);
    }
    await this.#disconnect();
    await directory.unlock();
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Before the group is joined there is nothing to hand over: what is under way is given up. */
  close(): void {
    this.#isClosing = true;
    if (this.#isMember) this.#endMembership();
    else void this.#disconnect();
  }

  /** Asks all threads; of a global table each has the same, and one is enough. */
  query(query: StoreQuery): Promise<readonly StoreAnswer[]> {
    const isGlobal = this.#settings.plan.globals.some(({ store }) => store.name === query.store);
    const asked = isGlobal ? this.#threads.slice(0, 1) : this.#threads;
    return Promise.all(asked.map((thread) => thread.query(query)));
  }

  /** Makes every producer, so that older lives of this process are fenced before any offset is read. */
  async #start({ processId, path: stateDirectory }: StateDirectory): Promise<void> {
    const { config, plan, onTasks } = this.#settings;
    const { admin } = this.#transport;
    const subTopologies = plan.subTopologies.map((each) => ({
      subTopology: each.id,
      sourceTopics: each.sources.flatMap((source) => source.topics),
      patterns: each.sources.flatMap(({ pattern }) => (pattern === undefined ? [] : [pattern])),
    }));
    const { deadLetterTopic } = config.errors;
    const partitionsOf = await prepareTopics({ admin, plan, subTopologies, deadLetterTopic });
    const limitsOf = await readTopicLimits(admin, writtenTopics(plan, deadLetterTopic));
    if (this.#isClosing) return;
    this.#threads = this.#makeThreads({ partitionsOf, limitsOf, processId, stateDirectory });
    this.#membership = new Membership({
      admin,
      member: this.#transport.member(memberSettings(config)),
      threads: this.#threads,
      subTopologies,
      onTasks,
      watch: { clock: config.clock, everyMs: config.metadataMaxAgeMs },
      internalTopics: new Set(plan.internalTopics.map(({ topic }) => topic)),
      purge: { clock: config.clock, everyMs: config.repartitionPurgeIntervalMs },
    });
    this.#importers = this.#makeImporters({ partitionsOf, limitsOf, processId });
    await Promise.all([...this.#threads, ...this.#importers].map((each) => each.start()));
  }

  async #beMember(): Promise<void> {
    if (this.#isClosing) return;
    this.#isMember = true;
    await Promise.all(
      [this.#membership, ...this.#importers].map((each) => each?.run().catch((error) => this.#fail(error))),
    );
  }

  /** Each group is left in its own time; `run` goes on when all are. */
  #endMembership(): void {
    this.#membership?.close();
    for (const importer of this.#importers) importer.close();
  }

  #fail(error: unknown): void {
    this.#failure ??= asPeridotError(error);
    this.#endMembership();
  }

  async #disconnect(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.close()));
    await Promise.all(this.#importers.map((importer) => importer.disconnect()));
    await this.#transport.close();
  }

  #makeThreads(
    known: Pick<WorkerStart, "partitionsOf" | "limitsOf" | "processId" | "stateDirectory">,
  ): (ThreadHandle & Queried)[] {
    const { partitionsOf, limitsOf, processId, stateDirectory } = known;
    const { config, plan, transport, newId } = this.#settings;
    const life = newId();
    if (config.threads === 0) {
      const traps = new KernelTraps();
      const connected = transport({ clientId: `${config.applicationId}-0`, clock: config.clock });
      const state = keepState(plan, config, stateDirectory, connected);
      return [
        openThread({
          config,
          transport: connected,
          state,
          partitionsOf,
          index: 0,
          processId,
          life,
          makeRunner: () =>
            makeTaskRunner({
              plan,
              partitionsOf,
              limitsOf,
              errors: config.errors,
              clock: config.clock,
              strictOrder: config.strictOrder,
              traps,
              states: state.states,
              applicationId: config.applicationId,
              cacheBytesMax: config.cacheMaxBytes,
              emitIntervalMs: config.emitIntervalMs,
              maxTaskIdleMs: config.maxTaskIdleMs,
            }),
          events: this.#eventsOf(0),
        }),
      ];
    }
    const starts = Array.from({ length: config.threads }, (_, index) =>
      workerStart({ config, planHash: plan.hash, ...known, index, life }),
    );
    return starts.map(
      (start, index) =>
        new WorkerThread({
          index,
          clock: config.clock,
          maxPollIntervalMs: config.maxPollIntervalMs,
          events: this.#eventsOf(index),
          ...start,
        }),
    );
  }

  #makeImporters(known: Pick<WorkerStart, "partitionsOf" | "limitsOf" | "processId">): Importer[] {
    const { config, plan, transport, newId, onImport } = this.#settings;
    return plan.imports.map(
      ({ imported, topic }) =>
        new Importer({
          config,
          transport,
          imported,
          topic,
          ...known,
          life: newId(),
          onProgress: (progress) => onImport(imported.name, progress),
        }),
    );
  }

  #eventsOf(thread: number): ThreadEvents {
    return {
      lost: () => this.#membership?.threadLost(),
      failed: (error) => this.#fail(error),
      progress: (progress) => this.#settings.onProgress(thread, progress),
    };
  }
}

function writtenTopics(plan: Plan, deadLetterTopic: string | undefined): readonly string[] {
  const imports = plan.imports.flatMap(({ imported, topic }) => [topic, imported.errors?.deadLetterTopic]);
  const named = [...sinkTopics(plan), ...imports, deadLetterTopic];
  return [...new Set(named.filter((topic) => topic !== undefined))];
}
