import type { ResolvedConfig } from "../config.ts";
import { PeridotError } from "../errors.ts";
import type { Exported, ExportOptions } from "../topology/exported.ts";
import type { TransportFactory } from "../transport/port.ts";
import { ExportIterator } from "./export-iterator.ts";

/**
 * The readings of an application's exports that are open now.
 *
 *   waiting -begin-> running -end-> over;  waiting -end-> over
 */
export class OpenExports {
  readonly #config: ResolvedConfig;
  readonly #transport: () => TransportFactory;
  readonly #open = new Set<{ end(failure?: PeridotError): Promise<void> }>();
  readonly #started = Promise.withResolvers<void>();
  #over: { readonly failure: PeridotError | undefined } | undefined;

  constructor(config: ResolvedConfig, transport: () => TransportFactory) {
    this.#config = config;
    this.#transport = transport;
  }

  /** See Peridot#exported. */
  read<K, V>(exported: Exported<K, V>, options: ExportOptions): ExportIterator<K, V> {
    const { applicationId, clock } = this.#config;
    const { name } = exported;
    if (typeof name !== "string" || name === "") {
      throw new PeridotError("TOPOLOGY_INVALID", {
        problem: "an export without a name is to be read",
        remedy: "Give what KStream#export gave, or { name, key, value } with the name that was given there",
      });
    }
    if (options.from !== undefined && !(options.from instanceof Map)) {
      throw new PeridotError("TOPOLOGY_INVALID", {
        problem: `the export ${name} is to be read from positions that are no Map`,
        remedy: "Give the offset to begin with by partition: new Map([[0, 12n]])",
      });
    }
    const iterator: ExportIterator<K, V> = new ExportIterator({
      config: this.#config,
      exported,
      topic: exported.topic ?? `${applicationId}-${name}-export`,
      options,
      openTransport: () => this.#transport()({ clientId: `${applicationId}-export-${name}`, clock }),
      started: this.#started.promise,
      onClosed: () => this.#open.delete(iterator),
    });
    this.#open.add(iterator);
    if (this.#over !== undefined) void iterator.end(this.#over.failure);
    return iterator;
  }

  /** The application runs: its topics are there. */
  begin(): void {
    this.#started.resolve();
  }

  /** The application has ended, by an error or not: so do the readings, once each is asked for its next record. */
  async end(failure: PeridotError | undefined): Promise<void> {
    this.#over ??= { failure };
    await Promise.all([...this.#open].map((each) => each.end(failure)));
  }
}
