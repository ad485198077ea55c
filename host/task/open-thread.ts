import { DECISIONS } from "../commit/decisions.ts";
import type { ResolvedConfig } from "../config.ts";
import type { Consumer, MemberSettings, Transport } from "../transport/port.ts";
import { GlobalFeed } from "./global-feed.ts";
import type { StateKeeper } from "./state-keeper.ts";
import { StreamThread } from "./stream-thread.ts";
import type { TaskRunner } from "./task.ts";
import type { ThreadEvents } from "./thread-port.ts";

/** Computed ahead of the broker at most: some 150,000 records of 100 bytes. */
const PENDING_BYTES_MAX = 16 << 20;
const STEP_MS_MAX = 20;
const RETRY_BACKOFF_MS = 100;

export interface ThreadSetup {
  readonly config: ResolvedConfig;
  readonly transport: Transport;
  readonly index: number;
  /** The uuid of the state directory: with the index it makes the transactional.id. */
  readonly processId: string;
  /** A uuid of this life of the process. */
  readonly life: string;
  readonly makeRunner: () => TaskRunner;
  readonly events: ThreadEvents;
  /** Has made the runner's states; undefined: no task has stores. */
  readonly state?: StateKeeper | undefined;
  /** Partitions by topic: of global tables too. */
  readonly partitionsOf?: ReadonlyMap<string, number>;
  /** What it reads in place of topics, and the group whose offsets say how far it has come: an import. */
  readonly feed?: { readonly name: string; readonly groupId: string; readonly consumer: Consumer };
  readonly onTurn?: () => void;
}

/** A stream thread with its own consumer and producer, not started yet. */
export function openThread(setup: ThreadSetup): StreamThread {
  const { config, transport, feed } = setup;
  const name = feed?.name ?? `${setup.index}`;
  const globals = setup.state?.states.globals;
  const once = config.guarantee === "exactly_once_v2";
  return new StreamThread(
    {
      guarantee: config.guarantee,
      commitIntervalMs: config.commitIntervalMs,
      pendingBytesMax: PENDING_BYTES_MAX,
      stepMsMax: Math.min(STEP_MS_MAX, config.commitIntervalMs / 2),
      taskTimeoutMs: config.taskTimeoutMs,
      retryBackoffMs: RETRY_BACKOFF_MS,
      incarnation: `${setup.life}-${name}`,
    },
    {
      clock: config.clock,
      transport,
      consumer:
        feed?.consumer ??
        transport.consumer({
          isolation: "read_committed",
          offsetReset: config.offsetReset,
          tellsEnds: config.maxTaskIdleMs >= 0,
        }),
      producer: transport.producer({
        transactionalId: once ? `${config.applicationId}-${setup.processId}-${name}` : undefined,
        transactionTimeoutMs: config.transactionTimeoutMs,
        compression: config.compression,
      }),
      offsets: transport.member(memberSettings(config, feed?.groupId)),
      makeRunner: setup.makeRunner,
      decisions: DECISIONS,
      events: setup.events,
      state: setup.state,
      globals:
        globals &&
        new GlobalFeed(
          globals,
          transport.consumer({ isolation: "read_committed", offsetReset: "earliest" }),
          transport.admin,
          setup.partitionsOf ?? new Map(),
        ),
      ...(setup.onTurn === undefined ? {} : { onTurn: setup.onTurn }),
    },
  );
}

/** One process is one member, whatever its number of threads. */
export function memberSettings(config: ResolvedConfig, groupId = config.applicationId): MemberSettings {
  return {
    groupId,
    instanceId: config.instanceId,
    sessionTimeoutMs: config.sessionTimeoutMs,
    rebalanceTimeoutMs: config.maxPollIntervalMs,
    heartbeatIntervalMs: config.heartbeatIntervalMs,
    protocol: "peridot",
  };
}
