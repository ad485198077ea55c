import type { Clock } from "../../clock.ts";
import { PeridotError } from "../../errors.ts";
import { backoffMs, RECONNECT_BACKOFF } from "./backoff.ts";
import type { Dialer } from "./channel.ts";
import type { Connection } from "./connection.ts";

/**
 * What a connection is for. A broker answers the requests of one connection one after the other, so a fetch that
 * waits for records, or a join that waits for members, must not stand before other requests.
 */
export type Purpose = "control" | "fetch" | "produce" | "transaction" | "group";

export interface BrokerAddress {
  readonly host: string;
  readonly port: number;
}

interface Line {
  connection?: Connection;
  dialing?: Promise<Connection>;
  failures: number;
  notBefore: number;
  problem?: PeridotError;
}

export interface ConnectionsSettings {
  readonly dialer: Dialer<Connection>;
  readonly clock: Clock;
  readonly random: () => number;
}

/** At most one connection for each broker and purpose, made when it is first asked for and made anew after it ended. */
export class BrokerConnections {
  readonly #settings: ConnectionsSettings;
  readonly #lines = new Map<string, Line>();
  readonly #closing = new AbortController();
  #closed = false;

  constructor(settings: ConnectionsSettings) {
    this.#settings = settings;
  }

  /** The connection that is open already, if any. */
  open(address: BrokerAddress, purpose: Purpose): Connection | undefined {
    const connection = this.#lines.get(keyOf(address, purpose))?.connection;
    return connection?.isOpen ? connection : undefined;
  }

  /**
   * After failures, rejects with the last one until the backoff is over (the caller's own retry paces itself).
   * Errors: those of dialling; CLIENT_CLOSED.
   */
  async to(address: BrokerAddress, purpose: Purpose): Promise<Connection> {
    if (this.#closed) throw new PeridotError("CLIENT_CLOSED", { what: "a connection" });
    const key = keyOf(address, purpose);
    const line = this.#lines.get(key) ?? { failures: 0, notBefore: 0 };
    this.#lines.set(key, line);
    if (line.connection?.isOpen) return line.connection;
    if (line.dialing !== undefined) return line.dialing;
    if (line.problem !== undefined && this.#settings.clock.now() < line.notBefore) throw line.problem;
    line.dialing = this.#dial(line, address).finally(() => {
      delete line.dialing;
    });
    return line.dialing;
  }

  close(): void {
    this.#closed = true;
    this.#closing.abort();
    for (const line of this.#lines.values()) line.connection?.close();
    this.#lines.clear();
  }

  async #dial(line: Line, address: BrokerAddress): Promise<Connection> {
    try {
      const connection = await this.#settings.dialer.dial(address.host, address.port, this.#closing.signal);
      if (this.#closed) {
        connection.close();
        throw new PeridotError("CLIENT_CLOSED", { what: "a connection" });
      }
      line.connection = connection;
      line.failures = 0;
      delete line.problem;
      return connection;
    } catch (error) {
      line.failures++;
      line.problem = error as PeridotError;
      line.notBefore =
        this.#settings.clock.now() + backoffMs(line.failures, RECONNECT_BACKOFF, this.#settings.random);
      throw error;
    }
  }
}

function keyOf(address: BrokerAddress, purpose: Purpose): string {
  return `${address.host}:${address.port} ${purpose}`;
}
