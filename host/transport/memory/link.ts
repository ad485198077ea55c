import type { Clock } from "../../clock.ts";
import { PeridotError } from "../../errors.ts";
import type { Channel } from "../kafka/channel.ts";
import { ResponseBuffers } from "../kafka/response-buffers.ts";
import { MemoryChannel } from "./memory-channel.ts";
import type { ServedConnection, ServedConnectionSettings } from "./served-connection.ts";
import { Wire } from "./wire.ts";

export interface LinkSettings {
  readonly clock: Clock;
  /** Each way of each frame; undefined: as fast as may be. */
  readonly latencyMs: (() => number) | undefined;
  /** undefined: no broker answers at this address. */
  readonly nodeAt: (host: string, port: number) => number | undefined;
  readonly serve: (node: number, ends: Pick<ServedConnectionSettings, "send" | "cut">) => ServedConnection;
}

/**
 * The network between one client and the embedded brokers. A test can take this client off it, and put it back:
 * what is under way then waits, as TCP has it, and arrives late.
 */
export class Link {
  readonly #settings: LinkSettings;
  readonly #open = new Map<MemoryChannel, { readonly node: number; readonly wires: readonly Wire[] }>();
  readonly #buffers = new ResponseBuffers();
  #isolated = false;
  #waiting: (() => void)[] = [];

  constructor(settings: LinkSettings) {
    this.#settings = settings;
  }

  /** Errors: BROKER_UNREACHABLE. While the client is isolated, waits. */
  dial(host: string, port: number): Promise<Channel> {
    return new Promise((resolve, reject) => {
      const attempt = () => {
        try {
          resolve(this.#connect(host, port));
        } catch (error) {
          reject(error as PeridotError);
        }
      };
      const { clock, latencyMs } = this.#settings;
      new Wire(clock, latencyMs).send(() => {
        if (this.#isolated) this.#waiting.push(attempt);
        else attempt();
      });
    });
  }

  isolate(): void {
    this.#isolated = true;
    for (const { wires } of this.#open.values()) for (const wire of wires) wire.hold();
  }

  heal(): void {
    this.#isolated = false;
    for (const { wires } of [...this.#open.values()]) for (const wire of wires) wire.resume();
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const attempt of waiting) attempt();
  }

  /** Breaks this client's connections: to one broker, or all. */
  cut(node?: number): void {
    for (const [channel, open] of [...this.#open]) {
      if (node === undefined || open.node === node) channel.cut("it was cut");
    }
  }

  #connect(host: string, port: number): Channel {
    const { clock, latencyMs, nodeAt, serve } = this.#settings;
    const node = nodeAt(host, port);
    if (node === undefined) {
      const problem = "no embedded broker is up there";
      const remedy = "Use its bootstrapServers, and start the broker";
      throw new PeridotError("BROKER_UNREACHABLE", { broker: `${host}:${port}`, problem, remedy });
    }
    const wires = [new Wire(clock, latencyMs), new Wire(clock, latencyMs)] as const;
    const channel = new MemoryChannel({
      broker: `${host}:${port}`,
      up: wires[0],
      down: wires[1],
      buffers: this.#buffers,
      serve: (ends) => serve(node, ends),
      ended: () => this.#open.delete(channel),
    });
    this.#open.set(channel, { node, wires });
    return channel;
  }
}
