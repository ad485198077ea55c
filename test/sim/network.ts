import type { Api } from "../../host/transport/kafka/protocol/api.ts";
import type { EmbeddedBroker } from "../../host/transport/memory/embedded-broker.ts";
import type { Fault, RequestFacts } from "../../host/transport/memory/faults.ts";
import { HANDLERS, type HandledApi } from "../../host/transport/memory/handlers.ts";
import type { Handler } from "../../host/transport/memory/request-call.ts";
import type { VirtualClock } from "../../host/transport/memory/virtual-clock.ts";
import { drawNetworkFault, type NetworkFault } from "./network-faults.ts";
import type { RequestTrigger } from "./scenario.ts";
import type { SeededRandom } from "./seeded-random.ts";
import type { Trace } from "./trace.ts";

/** Too many to tell of, unless something befalls them. */
const UNTOLD: ReadonlySet<string> = new Set(["Fetch", "ApiVersions", "Metadata", "Heartbeat"]);

/** So great a share of these requests meets a fault. */
export interface NetworkRule {
  readonly share: number;
  readonly apis: readonly Api[];
}

interface Armed {
  readonly trigger: RequestTrigger;
  skips: number;
  readonly fire: () => void;
}

/** What becomes of each request on its way to a broker. */
export class Network {
  readonly #broker: EmbeddedBroker;
  readonly #clock: VirtualClock;
  readonly #random: SeededRandom;
  readonly #trace: Trace;
  readonly #rules = new Set<NetworkRule>();
  #armed: readonly Armed[] = [];

  constructor(broker: EmbeddedBroker, clock: VirtualClock, random: SeededRandom, trace: Trace) {
    this.#broker = broker;
    this.#clock = clock;
    this.#random = random;
    this.#trace = trace;
    broker.faults.onRequest = (facts) => this.#decide(facts);
  }

  /** Calls `fire` just before the request that the trigger names is carried out, or lost. */
  arm(trigger: RequestTrigger, fire: () => void): void {
    this.#armed = [...this.#armed, { trigger, skips: trigger.skips, fire }];
  }

  disturb(rule: NetworkRule, forMs: number): void {
    this.#rules.add(rule);
    this.#clock.timer(forMs, () => this.#rules.delete(rule));
  }

  calmDown(): void {
    this.#rules.clear();
    this.#armed = [];
  }

  #decide(facts: RequestFacts): Fault {
    const fault = this.#faultFor(facts);
    if (fault.kind !== "deliver" || !UNTOLD.has(facts.api)) this.#tell(facts, fault);
    if (fault.kind !== "late") return fault;
    this.#carryOutLate(facts, fault.afterMs);
    return { kind: "loseRequest" };
  }

  #faultFor(facts: RequestFacts): NetworkFault {
    const armed = this.#armed.find(({ trigger }) => trigger.api === facts.api);
    if (armed !== undefined && armed.skips-- <= 0) {
      this.#armed = this.#armed.filter((each) => each !== armed);
      armed.fire();
      return armed.trigger.fault;
    }
    for (const { apis, share } of this.#rules) {
      if (apis.includes(facts.api) && this.#random.chance(share)) {
        return drawNetworkFault(this.#random, facts.api);
      }
    }
    return { kind: "deliver" };
  }

  /** What a broker has read it carries out, though the client has hung up long since. */
  #carryOutLate({ api, request, node, version, clientId }: RequestFacts, afterMs: number): void {
    const { cluster } = this.#broker;
    this.#clock.timer(afterMs, () => {
      if (!cluster.nodes[node]?.isUp) return;
      this.#trace.note(`${clientId} ${api}: its late request is carried out`);
      const handler = HANDLERS[api as HandledApi] as Handler<typeof api>;
      const addressOf = (id: number) => ({ host: "embedded", port: id });
      void handler(request as Parameters<typeof handler>[0], { cluster, node, version, clientId, addressOf });
    });
  }

  #tell(facts: RequestFacts, fault: NetworkFault): void {
    const says = fault.kind === "deliver" ? "" : ` ${JSON.stringify(fault)}`;
    this.#trace.note(`${facts.clientId} ${facts.api}${facts.version}@${facts.node}${detailOf(facts)}${says}`);
  }
}

function detailOf({ request }: RequestFacts): string {
  const facts = request as Record<string, unknown>;
  const told = ["producerEpoch", "committed", "generationId", "memberId"].filter((name) => name in facts);
  return told.map((name) => ` ${name}=${String(facts[name])}`).join("");
}
