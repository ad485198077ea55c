import { nameOf } from "../commit/partition-name.ts";
import type { Admin, Consumer } from "../transport/port.ts";
import type { GlobalTables } from "./global-tables.ts";

const POLL_MS = 500;

export interface FeedListener {
  readonly onTurn: () => void;
  readonly onFailure: (error: unknown) => void;
}

/** Reads the topics of a thread's global tables: to their ends before any task runs, and from then on as they grow. */
export class GlobalFeed {
  readonly #tables: GlobalTables;
  readonly #consumer: Consumer;
  readonly #admin: Admin;
  readonly #partitionsOf: ReadonlyMap<string, number>;
  #isClosed = false;
  #ended: Promise<void> = Promise.resolve();

  constructor(
    tables: GlobalTables,
    consumer: Consumer,
    admin: Admin,
    partitionsOf: ReadonlyMap<string, number>,
  ) {
    this.#tables = tables;
    this.#consumer = consumer;
    this.#admin = admin;
    this.#partitionsOf = partitionsOf;
  }

  /**
   * Resolves once the tables hold what their topics held when it was called.
   *
   * @param listen `onTurn` is a sign of life until then; `onFailure` is told once of what ends the reading afterwards.
   */
  async start({ onTurn, onFailure }: FeedListener): Promise<void> {
    const partitions = this.#tables.specs.flatMap(({ topic }) =>
      Array.from({ length: this.#partitionsOf.get(topic) ?? 0 }, (_, partition) => ({ topic, partition })),
    );
    const [begins, ends] = await Promise.all([
      this.#admin.listOffsets(partitions, "earliest"),
      this.#admin.listOffsets(partitions, "latestCommitted"),
    ]);
    const lacking = new Map(ends.map((end) => [nameOf(end), end.offset]));
    for (const begin of begins)
      if (begin.offset >= lacking.get(nameOf(begin))!) lacking.delete(nameOf(begin));
    this.#consumer.assign(begins);
    while (lacking.size > 0 && !this.#isClosed) {
      onTurn();
      for (const fetched of await this.#consumer.poll(POLL_MS)) {
        this.#tables.apply(fetched);
        const end = lacking.get(nameOf(fetched));
        if (end !== undefined && fetched.nextOffset >= end) lacking.delete(nameOf(fetched));
      }
    }
    this.#ended = this.#follow().catch((error) => {
      if (!this.#isClosed) onFailure(error);
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#consumer.wake();
    await this.#ended;
    await this.#consumer.close();
  }

  async #follow(): Promise<void> {
    while (!this.#isClosed)
      for (const fetched of await this.#consumer.poll(POLL_MS)) this.#tables.apply(fetched);
  }
}
