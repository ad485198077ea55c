import { asPeridotError } from "../../host/commit/commit.ts";
import { DECISIONS } from "../../host/commit/decisions.ts";
import type { PeridotError } from "../../host/errors.ts";
import type { StateBackendType } from "../../host/state/state-backend.ts";
import type { SubTopologySources } from "../../host/task/decide-assignment.ts";
import { Membership, type MembershipParts } from "../../host/task/membership.ts";
import { StateKeeper } from "../../host/task/state-keeper.ts";
import { StreamThread, type StreamThreadParts } from "../../host/task/stream-thread.ts";
import type { TaskRunner } from "../../host/task/task.ts";
import type { TaskStates } from "../../host/task/task-states.ts";
import type { ThreadEvents, ThreadHandle } from "../../host/task/thread-port.ts";
import type { Plan } from "../../host/topology/plan.ts";
import type { ClientTimeouts } from "../../host/transport/kafka/cluster.ts";
import { clusterTransport } from "../../host/transport/kafka/cluster-transport.ts";
import { Connection } from "../../host/transport/kafka/connection.ts";
import { parseServers } from "../../host/transport/kafka/kafka-transport.ts";
import type { EmbeddedBroker } from "../../host/transport/memory/embedded-broker.ts";
import type { Link } from "../../host/transport/memory/link.ts";
import type { MemberSettings, Transport } from "../../host/transport/port.ts";
import type { Defect, Plant } from "./defect.ts";
import { ProcessChannel } from "./process-channel.ts";
import type { ProcessClock } from "./process-clock.ts";
import type { Scenario } from "./scenario.ts";
import type { SeededRandom } from "./seeded-random.ts";

export const GROUP = "app";
/** Below the real ones, in the same relations, so that a seed sees sessions and transactions time out. */
export const TRANSACTION_TIMEOUT_MS = 2_500;
export const SESSION_TIMEOUT_MS = 2_000;
const REBALANCE_TIMEOUT_MS = 3_000;
const HEARTBEAT_INTERVAL_MS = 400;
const PURGE_INTERVAL_MS = 300;
/** Several commits. */
const FLUSH_MS = 350;
const TIMEOUTS: ClientTimeouts = {
  requestMs: 1_000,
  bootstrapMs: 8_000,
  retryMs: 4_000,
  topicMs: 4_000,
  deliveryMs: 3_000,
  metadataMs: 5_000,
};

export interface ProcessSettings {
  /** Its name in the trace and in the clientIds: "p0.1" is the first process's second life. */
  readonly name: string;
  /** Makes the transactional ids: the uuid of a state directory. */
  readonly processId: string;
  readonly instanceId: string | undefined;
  readonly threads: number;
  readonly scenario: Scenario;
  readonly broker: EmbeddedBroker;
  readonly clock: ProcessClock;
  readonly random: SeededRandom;
  readonly plant: Plant;
  readonly subTopologies: readonly SubTopologySources[];
  readonly between: readonly string[];
  readonly makeRunner: (states: TaskStates | undefined) => TaskRunner;
  readonly plan: Plan | undefined;
  readonly disk: StateBackendType;
  readonly traps: () => boolean;
  readonly note: (event: string) => void;
  /** Called once it has ended by itself, with what ended it. */
  readonly onEnd: (error: PeridotError | undefined) => void;
}

/** One process of the application: what host/instance.ts puts together, on a clock and a network of the simulation. */
export class SimProcess {
  readonly settings: ProcessSettings;
  readonly #channels: ProcessChannel[] = [];
  readonly #links: Link[] = [];
  readonly #threads: ThreadHandle[] = [];
  readonly #main: Transport;
  readonly #defect: Defect;
  #membership: Membership | undefined;
  #failure: PeridotError | undefined;

  constructor(settings: ProcessSettings) {
    this.settings = settings;
    this.#defect = settings.plant(settings.broker);
    this.#main = this.#transport("main");
  }

  get name(): string {
    return this.settings.name;
  }

  get isDead(): boolean {
    return this.settings.clock.isDead;
  }

  async run(): Promise<void> {
    try {
      await this.#start();
      await this.#membership?.run();
    } catch (error) {
      this.#failure ??= asPeridotError(error);
    }
    await Promise.allSettled(this.#threads.map((thread) => thread.close()));
    await this.#main.close();
    this.settings.onEnd(this.#failure);
  }

  /** As on SIGTERM. */
  close(): void {
    this.#membership?.close();
  }

  /** As on kill -9. `hangsUp`: the machine lives and closes its sockets; else the brokers hear no more of it. */
  kill(hangsUp: boolean): void {
    this.settings.clock.kill();
    if (hangsUp) for (const channel of this.#channels) channel.hangUp();
  }

  /** Off the network: what is under way waits. */
  isolate(): void {
    for (const link of this.#links) link.isolate();
  }

  heal(): void {
    for (const link of this.#links) link.heal();
  }

  async #start(): Promise<void> {
    const { threads, subTopologies, between, clock } = this.settings;
    for (let index = 0; index < threads; index++) this.#threads.push(this.#makeThread(index));
    const parts: MembershipParts = {
      admin: this.#main.admin,
      member: this.#main.member(this.#memberSettings()),
      threads: this.#threads,
      subTopologies,
      internalTopics: new Set(between),
      purge: { clock, everyMs: PURGE_INTERVAL_MS },
      onTasks: (tasks) => this.settings.note(`${this.name} has ${tasks.join(" ") || "no tasks"}`),
    };
    this.#membership = new Membership(this.#defect.membership?.(parts) ?? parts);
    await Promise.all(this.#threads.map((thread) => thread.start()));
  }

  #makeThread(index: number): StreamThread {
    const { scenario, name, processId, clock } = this.settings;
    const transport = this.#transport(`t${index}`);
    const once = scenario.guarantee === "exactly_once_v2";
    const state = this.#keeper(transport);
    const parts: StreamThreadParts = {
      clock,
      transport,
      consumer: transport.consumer({ isolation: "read_committed", offsetReset: "earliest" }),
      producer: transport.producer({
        transactionalId: once ? `${GROUP}-${processId}-${index}` : undefined,
        transactionTimeoutMs: TRANSACTION_TIMEOUT_MS,
        requestBytesMax: 1_500,
      }),
      offsets: transport.member(this.#memberSettings()),
      makeRunner: () => this.settings.makeRunner(state?.states),
      state,
      decisions: { ...DECISIONS, ...this.#defect.decisions },
      events: this.#eventsOf(index),
    };
    const incarnation = `${name}-${index}`;
    return new StreamThread(
      {
        guarantee: scenario.guarantee,
        commitIntervalMs: scenario.commitIntervalMs,
        pendingBytesMax: 8_000,
        stepMsMax: 20,
        taskTimeoutMs: 60_000,
        retryBackoffMs: 50,
        incarnation,
      },
      this.#defect.thread?.(parts, { incarnation, traps: this.settings.traps }) ?? parts,
    );
  }

  #keeper(transport: Transport): StateKeeper | undefined {
    const { plan, disk, clock, note } = this.settings;
    if (plan === undefined) return undefined;
    return new StateKeeper({
      plan,
      directory: "",
      backend: disk,
      cacheMaxBytes: 0,
      flushIntervalMs: FLUSH_MS,
      clock,
      transport,
      warn: note,
    });
  }

  #eventsOf(index: number): ThreadEvents {
    const { note, name } = this.settings;
    return {
      lost: (error) => {
        note(`${name}-t${index} lost its tasks: ${error.code}`);
        this.#membership?.threadLost();
      },
      failed: (error) => {
        note(`${name}-t${index} failed: ${error.message}`);
        this.#failure ??= error;
        this.#membership?.close();
      },
      progress: () => {},
    };
  }

  #memberSettings(): MemberSettings {
    return {
      groupId: GROUP,
      instanceId: this.settings.instanceId,
      sessionTimeoutMs: SESSION_TIMEOUT_MS,
      rebalanceTimeoutMs: REBALANCE_TIMEOUT_MS,
      heartbeatIntervalMs: HEARTBEAT_INTERVAL_MS,
      protocol: "peridot",
    };
  }

  #transport(role: string): Transport {
    const { broker, clock, random, name } = this.settings;
    const link = broker.link();
    this.#links.push(link);
    const dial = async (toHost: string, toPort: number) => {
      const channel = new ProcessChannel(await link.dial(toHost, toPort), clock);
      this.#channels.push(channel);
      const settings = { broker: `${toHost}:${toPort}`, clientId: `${name}-${role}`, clock };
      return Connection.open(channel, { ...settings, requestTimeoutMs: TIMEOUTS.requestMs });
    };
    return clusterTransport({
      bootstrapServers: parseServers(broker.bootstrapServers),
      dialer: { dial },
      clock,
      random: random.next,
      timeouts: TIMEOUTS,
    });
  }
}
