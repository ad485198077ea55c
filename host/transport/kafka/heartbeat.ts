import type { Timer } from "../../clock.ts";
import { PeridotError } from "../../errors.ts";
import type { MemberIdentity, MemberSettings } from "../port.ts";
import type { Cluster } from "./cluster.ts";
import { decideGroup, type GroupFailure } from "./decide-group.ts";
import type { GroupProtocol } from "./group-protocol.ts";

/** How soon a heartbeat that failed is repeated, in milliseconds. */
const REPEAT_MS = 100;

/**
 * The heartbeats of one generation, from its beginning until `stop`. They go on after the group has called for a
 * rebalance: what is being handed over must not be taken from us meanwhile.
 */
export class Heartbeat {
  readonly #cluster: Cluster;
  readonly #protocol: GroupProtocol;
  readonly #settings: MemberSettings;
  readonly #identity: MemberIdentity;
  readonly #ended = Promise.withResolvers<"rebalance" | "lost">();
  #timer: Timer;
  #aliveAt: number;
  #stopped = false;

  constructor(cluster: Cluster, protocol: GroupProtocol, settings: MemberSettings, identity: MemberIdentity) {
    this.#cluster = cluster;
    this.#protocol = protocol;
    this.#settings = settings;
    this.#identity = identity;
    this.#aliveAt = cluster.clock.now();
    this.#ended.promise.catch(() => {}); // nobody need wait for it; whoever does still gets the error
    this.#timer = this.#in(settings.heartbeatIntervalMs);
  }

  get ended(): Promise<"rebalance" | "lost"> {
    return this.#ended.promise;
  }

  stop(): void {
    this.#stopped = true;
    this.#timer.cancel();
  }

  #in(delayMs: number): Timer {
    return this.#cluster.clock.timer(delayMs, () => this.#beat());
  }

  async #beat(): Promise<void> {
    const sentAt = this.#cluster.clock.now();
    const { sessionTimeoutMs, heartbeatIntervalMs } = this.#settings;
    const expiry = this.#cluster.clock.timer(this.#aliveAt + sessionTimeoutMs - sentAt, () => this.#expire());
    const isAlive = await this.#ask();
    expiry.cancel();
    if (this.#stopped) return;
    if (isAlive) this.#aliveAt = sentAt;
    else if (this.#cluster.clock.now() - this.#aliveAt >= sessionTimeoutMs) this.#expire();
    if (!this.#stopped)
      this.#timer = this.#in(isAlive ? heartbeatIntervalMs : Math.min(REPEAT_MS, heartbeatIntervalMs));
  }

  /** By our own clock: the coordinator has waited in vain, and has given what we had to others. */
  #expire(): void {
    this.stop();
    this.#ended.resolve("lost");
  }

  /** @returns whether the coordinator has taken note of us. */
  async #ask(): Promise<boolean> {
    try {
      const connection = await this.#protocol.coordinator();
      const { groupId, generation, memberId, instanceId } = this.#identity;
      const answer = await connection.request(
        "Heartbeat",
        { groupId, generationId: generation, memberId, groupInstanceId: instanceId ?? null },
        { timeoutMs: Math.min(this.#settings.sessionTimeoutMs, this.#cluster.timeouts.requestMs) },
      );
      return this.#judge(answer.errorCode);
    } catch (error) {
      if (error instanceof PeridotError && error.kind === "fatal") this.#fail(error);
      return false;
    }
  }

  #judge(errorCode: number): boolean {
    const decision = decideGroup({ api: "Heartbeat", errorCode });
    switch (decision.act) {
      case "proceed":
        return true;
      case "rejoin":
        this.#ended.resolve("rebalance");
        return true;
      case "lost":
      case "adopt-member-id":
        this.#expire();
        return false;
      case "retry":
        if (decision.find) this.#protocol.forgetCoordinator();
        return false;
      case "fail":
        this.#fail(this.#errorOf(decision.as, errorCode));
        return false;
    }
  }

  #errorOf(failure: GroupFailure, errorCode: number): PeridotError {
    return this.#protocol.errorOf(failure, "Heartbeat", errorCode);
  }

  #fail(error: PeridotError): void {
    if (this.#stopped) return;
    this.stop();
    this.#ended.reject(error);
  }
}
