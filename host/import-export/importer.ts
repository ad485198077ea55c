import type { ResolvedConfig } from "../config.ts";
import type { PeridotError } from "../errors.ts";
import { Membership, type TopicLooks } from "../task/membership.ts";
import { memberSettings, openThread } from "../task/open-thread.ts";
import type { StreamThread } from "../task/stream-thread.ts";
import type { TopicLimits } from "../task/topic-limits.ts";
import type { Import } from "../topology/imported.ts";
import type { GroupMember, Transport, TransportFactory } from "../transport/port.ts";
import { openKernelInstance } from "../wasm/kernel-instance.ts";
import { kernelModule } from "../wasm/kernel-module.ts";
import { ItemEncoder } from "./encode-item.ts";
import { Feed } from "./feed.ts";
import { FeedRunner } from "./feed-runner.ts";

/** How an import stands in this process. */
export interface ImportProgress {
  /**
   * waiting   another process of the application feeds it, or none does yet
   * feeding   this one does
   * ended     this one has fed all that its source gave
   */
  readonly state: "waiting" | "feeding" | "ended";
  /** Items that this process has taken and passed on; those of an aborted transaction count each time. */
  readonly items: number;
}

export interface ImportSetup {
  readonly config: ResolvedConfig;
  readonly transport: TransportFactory;
  readonly imported: Import;
  /** Exists. */
  readonly topic: string;
  /** Of the topic, and of the dead letter topic. */
  readonly partitionsOf: ReadonlyMap<string, number>;
  /** Of those where it is known what brokers refuse. */
  readonly limitsOf: ReadonlyMap<string, TopicLimits>;
  /** The uuid of the state directory. */
  readonly processId: string;
  /** A uuid of this life of the process. */
  readonly life: string;
  readonly onProgress: (progress: ImportProgress) => void;
}

/**
 * This process's part in feeding one import. All processes of the application are members of a group of its own,
 * `<application id>-import-<name>`, and the one that is given the only task feeds. So its commits are fenced as those
 * of any stream thread are: by the group's generation and by the producer's epoch.
 */
export class Importer {
  readonly #setup: ImportSetup;
  readonly #transport: Transport;
  readonly #thread: StreamThread;
  readonly #membership: Membership;
  #failure: PeridotError | undefined;
  #progress: ImportProgress = { state: "waiting", items: 0 };

  constructor(setup: ImportSetup) {
    this.#setup = setup;
    const { config, imported, topic } = setup;
    const { clock } = config;
    const name = `import-${imported.name}`;
    const groupId = `${config.applicationId}-${name}`;
    this.#transport = setup.transport({ clientId: `${groupId}-main`, clock });
    const feed = new Feed({
      imported,
      encoder: new ItemEncoder({
        imported,
        topic,
        errors: { ...config.errors, ...imported.errors },
        limitsOf: setup.limitsOf,
        clock,
      }),
      clock,
      incarnation: `${setup.life}-${name}`,
      onState: (state) => this.#tell({ state }),
    });
    this.#thread = openThread({
      config,
      transport: setup.transport({ clientId: groupId, clock }), // the thread closes it before the group is left
      index: 0,
      feed: { name, groupId, consumer: feed },
      processId: setup.processId,
      life: setup.life,
      makeRunner: () => this.#makeRunner(feed),
      events: {
        lost: () => this.#membership.threadLost(),
        failed: (error) => {
          this.#failure ??= error;
          this.#membership.close();
        },
        progress: ({ records }) => this.#tell({ items: records }),
      },
    });
    this.#membership = new Membership({
      admin: onePartition(this.#transport.admin),
      member: feedingMember(this.#transport.member(memberSettings(config, groupId)), feed),
      threads: [this.#thread],
      subTopologies: [{ subTopology: 0, sourceTopics: [topic] }],
      onTasks: () => {},
    });
  }

  /** Makes the producer: an older life of this process cannot commit from here on. */
  start(): Promise<void> {
    return this.#thread.start();
  }

  /** Feeds until `close`; rejects, everything closed as well, with what ended it. */
  async run(): Promise<void> {
    await this.#membership.run();
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** While it runs: commits, closes the source and leaves the group; `run` then resolves. */
  close(): void {
    this.#membership.close();
  }

  /** Also where it never ran. */
  async disconnect(): Promise<void> {
    await this.#thread.close();
    await this.#transport.close();
  }

  #makeRunner(feed: Feed): FeedRunner {
    const { config, imported, topic, partitionsOf, limitsOf } = this.#setup;
    const { deadLetterTopic } = { ...config.errors, ...imported.errors };
    return new FeedRunner(
      { feed, partition: { topic, partition: 0 }, partitionsOf, limitsOf, deadLetterTopic },
      openKernelInstance(kernelModule()),
    );
  }

  #tell(change: Partial<ImportProgress>): void {
    this.#progress = { ...this.#progress, ...change };
    this.#setup.onProgress(this.#progress);
  }
}

/** However many partitions the topic has, there is one task: who has partition 0 feeds. */
export function onePartition(admin: TopicLooks): TopicLooks {
  return {
    listTopics: () => admin.listTopics(),
    listOffsets: (partitions, at) => admin.listOffsets(partitions, at),
    deleteRecords: (partitions) => admin.deleteRecords(partitions),
    describeTopics: async (topics) => {
      const described = await admin.describeTopics(topics);
      return new Map([...described].map(([topic, each]) => [topic, { ...each, partitions: 1 }]));
    },
  };
}

/** The feed learns with each generation whether it is its turn, and from which position on, before its thread does. */
export function feedingMember(member: GroupMember, feed: Feed): GroupMember {
  return {
    join: (request) => member.join(request),
    get ended() {
      return member.ended;
    },
    committed: async (partitions) => {
      if (partitions.length === 0) {
        await feed.release();
        return [];
      }
      const found = await member.committed(partitions);
      await feed.found(found[0]);
      return found;
    },
    commitOffsets: (offsets, identity) => member.commitOffsets(offsets, identity),
    leave: () => member.leave(),
    close: () => member.close(),
  };
}
