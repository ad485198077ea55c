import { type Decisions, DECISIONS } from "../../host/commit/decisions.ts";
import type { PeridotError } from "../../host/errors.ts";
import type { TaskRunner } from "../../host/task/task.ts";
import { EmbeddedBroker } from "../../host/transport/memory/embedded-broker.ts";
import type { Fault, RequestFacts } from "../../host/transport/memory/faults.ts";
import { HANDLERS, type HandledApi } from "../../host/transport/memory/handlers.ts";
import type { Handler } from "../../host/transport/memory/request-call.ts";
import { VirtualClock } from "../../host/transport/memory/virtual-clock.ts";
import type { Defect } from "./defect.ts";
import { Input } from "./input.ts";
import { isDone } from "./judge.ts";
import { drawNetworkFault, type NetworkFault } from "./network-faults.ts";
import { PlainRunner } from "./plain-runner.ts";
import { ProcessClock } from "./process-clock.ts";
import { type Happening, INPUT_TOPIC, OUTPUT_TOPIC, type RequestTrigger, type Scenario } from "./scenario.ts";
import { SeededRandom } from "./seeded-random.ts";
import { GROUP, SimProcess } from "./sim-process.ts";
import { Trace } from "./trace.ts";

/** Between the last fault and the end of all work: in virtual time. */
const CALM_MS_MAX = 90_000;
const RESTART_MS = 300;
const TRACED_QUIETLY: ReadonlySet<string> = new Set(["Fetch", "ApiVersions", "Metadata", "Heartbeat"]);

/** One place where a process runs, life after life: "p0". */
interface Seat {
  readonly index: number;
  readonly threads: number;
  readonly instanceId: string | undefined;
  processId: string;
  lives: number;
  current: SimProcess | undefined;
  /** A process that joined for a while is not started again. */
  readonly stays: boolean;
}

export interface RunnerChoice {
  (settings: { readonly nowMs: () => number; readonly traps: () => boolean; readonly scenario: Scenario }): TaskRunner;
}

interface NetworkRule {
  readonly share: number;
  readonly apis: readonly string[];
}

/** A whole world of one seed: brokers, processes, input, and what befalls them. */
export class World {
  readonly scenario: Scenario;
  readonly clock = new VirtualClock();
  readonly trace = new Trace(this.clock);
  readonly broker: EmbeddedBroker;
  readonly input: Input;
  readonly #random: SeededRandom;
  readonly #faultRandom: SeededRandom;
  readonly #decisions: Decisions;
  readonly #defect: Defect;
  readonly #chooseRunner: RunnerChoice;
  readonly #seats: Seat[] = [];
  readonly #rules = new Set<NetworkRule>();
  #triggers: { trigger: RequestTrigger; left: number; fire: () => void }[] = [];
  readonly #trapsPending = new Set<string>();
  #slowMarkersMs = 0;
  #calm = false;
  /** What must never happen, whatever befalls: an assertion of ours that failed, or an error outside of the table. */
  readonly flaws: string[] = [];

  constructor(scenario: Scenario, defect: Defect, chooseRunner: RunnerChoice) {
    this.scenario = scenario;
    this.#defect = defect;
    this.#decisions = { ...DECISIONS, ...defect.decisions };
    this.#chooseRunner = chooseRunner;
    this.#random = new SeededRandom(scenario.seed ^ 0x5eed);
    this.#faultRandom = this.#random.fork();
    const latency = this.#random.fork();
    this.broker = new EmbeddedBroker({
      clock: this.clock,
      random: this.#random.fork().next,
      brokers: scenario.brokers,
      release: scenario.release,
      transactionVersion: scenario.transactionVersion,
      sessionTimeoutMsMin: 100,
      latencyMs: () => latency.whole(0, scenario.latencyMsMax),
    });
    this.broker.createTopic(INPUT_TOPIC, { partitions: scenario.inputPartitions });
    this.broker.createTopic(OUTPUT_TOPIC, { partitions: scenario.outputPartitions });
    const markers = this.#random.fork();
    this.broker.faults.delayMarkers(() =>
      this.#calm ? 0 : markers.whole(0, Math.max(scenario.markerDelayMsMax, this.#slowMarkersMs)),
    );
    this.broker.faults.onRequest = (facts) => this.#onRequest(facts);
    this.input = new Input(scenario, this.broker, this.clock, this.#random.fork());
  }

  /** Runs to the end: schedule, calm, all input committed. @throws CLOCK_STUCK */
  async run(): Promise<void> {
    this.input.start();
    for (const [index, { threads, isStatic }] of this.scenario.processes.entries()) {
      this.#addSeat(threads, isStatic ? `static-${index}` : undefined, true);
    }
    for (const { atMs, at, happening } of this.scenario.schedule) {
      this.clock.timer(atMs, () => this.#arm(at, happening));
    }
    await this.clock.advance(this.scenario.scheduleMs);
    this.#calmDown();
    const done = () => this.flaws.length > 0 || isDone(this.broker, this.input);
    await this.clock.runUntil(done, CALM_MS_MAX);
    // Zombies and late requests still have their chance to spoil what is complete.
    await this.clock.advance(1_000);
  }

  // ---- processes

  #addSeat(threads: number, instanceId: string | undefined, stays: boolean): Seat {
    const index = this.#seats.length;
    const seat: Seat = { index, threads, instanceId, processId: `id${index}`, lives: 0, current: undefined, stays };
    this.#seats.push(seat);
    this.#startLife(seat);
    return seat;
  }

  #startLife(seat: Seat): void {
    const name = `p${seat.index}.${seat.lives++}`;
    const clock = new ProcessClock(this.clock);
    this.trace.note(`${name} starts`);
    const process = new SimProcess({
      name,
      processId: seat.processId,
      instanceId: seat.instanceId,
      threads: seat.threads,
      scenario: this.scenario,
      broker: this.broker,
      clock,
      random: this.#random.fork(),
      decisions: this.#decisions,
      defect: this.#defect,
      makeRunner: () => this.#makeRunner(seat),
      note: (event) => {
        if (!clock.isDead) this.trace.note(event);
      },
      onEnd: (error) => this.#ended(seat, process, error),
    });
    seat.current = process;
    void process.run();
  }

  #makeRunner(seat: Seat): TaskRunner {
    const traps = () => this.#trapsPending.delete(`p${seat.index}`);
    return this.#chooseRunner({ nowMs: () => this.clock.now(), traps, scenario: this.scenario });
  }

  /** A process that ended by itself is started again, as a supervisor would. */
  #ended(seat: Seat, process: SimProcess, error: PeridotError | undefined): void {
    if (process.isDead) return;
    this.trace.note(`${process.name} ended: ${error?.message ?? "closed"}`);
    if (error?.code === "ASSERTION_FAILED" || error?.code === "UNEXPECTED") {
      this.flaws.push(`${process.name}: ${error.message}`);
    }
    process.settings.clock.kill();
    if (seat.current !== process) return;
    seat.current = undefined;
    if (error !== undefined) this.#restartIn(seat, RESTART_MS);
  }

  #restartIn(seat: Seat, delayMs: number): void {
    if (!seat.stays) return;
    this.clock.timer(delayMs, () => {
      if (seat.current === undefined) this.#startLife(seat);
    });
  }

  #seatOf(process: number): Seat {
    const seat = this.#seats[process];
    if (seat === undefined) throw new RangeError(`no process ${process}`);
    return seat;
  }

  // ---- what befalls them

  #arm(trigger: RequestTrigger | undefined, happening: Happening): void {
    if (trigger === undefined) {
      this.#happen(happening);
      return;
    }
    this.#triggers.push({ trigger, left: trigger.skips, fire: () => this.#happen(happening) });
  }

  #happen(happening: Happening): void {
    if (this.#calm) return;
    this.trace.note(`! ${JSON.stringify(happening)}`);
    const { faults } = this.broker;
    switch (happening.kind) {
      case "crash":
        return this.#crash(this.#seatOf(happening.process), happening);
      case "pause":
        return this.#pause(this.#seatOf(happening.process), happening);
      case "close":
        return this.#close(this.#seatOf(happening.process), happening.downMs);
      case "isolate":
        return this.#isolate(this.#seatOf(happening.process), happening.forMs);
      case "join": {
        const guest = this.#addSeat(1, undefined, false);
        this.clock.timer(happening.forMs, () => guest.current?.close());
        return;
      }
      case "trap":
        this.#trapsPending.add(`p${happening.process}`);
        return;
      case "network": {
        const rule = { share: happening.share, apis: happening.apis };
        this.#rules.add(rule);
        this.clock.timer(happening.forMs, () => this.#rules.delete(rule));
        return;
      }
      case "move-leader":
        return faults.moveLeader(happening.topic, happening.partition);
      case "move-coordinator": {
        const { processId } = this.#seatOf(happening.process);
        const key = happening.of === "group" ? GROUP : `${GROUP}-${processId}-0`;
        return faults.moveCoordinator(happening.of, key, { loadingMs: happening.loadingMs });
      }
      case "stop-broker":
        if (!this.broker.cluster.nodes[happening.node]?.isUp) return;
        faults.stopBroker(happening.node, happening.loadingMs);
        this.clock.timer(happening.forMs, () => faults.startBroker(happening.node, happening.loadingMs));
        return;
      case "slow-markers":
        this.#slowMarkersMs = happening.mostMs;
        this.clock.timer(happening.forMs, () => {
          this.#slowMarkersMs = 0;
        });
        return;
      case "transaction-version":
        return faults.setTransactionVersion(happening.to);
    }
  }

  #crash(seat: Seat, { hangsUp, sameId, downMs }: Happening & { kind: "crash" }): void {
    const { current } = seat;
    if (current === undefined) return;
    current.kill(hangsUp);
    seat.current = undefined;
    if (!sameId) seat.processId = `id${seat.index}.${seat.lives}`;
    this.#restartIn(seat, downMs);
  }

  /** While it sleeps another may be started in its place: when it wakes it is a zombie. */
  #pause(seat: Seat, { forMs, replaced }: Happening & { kind: "pause" }): void {
    const { current } = seat;
    if (current === undefined) return;
    const { clock } = current.settings;
    clock.pause();
    this.clock.timer(forMs, () => {
      this.trace.note(`${current.name} wakes`);
      clock.resume();
    });
    if (replaced === "no" || !seat.stays) return;
    if (replaced === "new id") seat.processId = `id${seat.index}.${seat.lives}`;
    seat.current = undefined;
    this.#restartIn(seat, Math.floor(forMs / 3));
    // Two of a kind are one too many: the zombie ends once it has had its chance.
    this.clock.timer(forMs + 2_000, () => current.close());
  }

  #close(seat: Seat, downMs: number): void {
    const { current } = seat;
    if (current === undefined) return;
    current.close();
    seat.current = undefined;
    this.#restartIn(seat, downMs);
  }

  #isolate(seat: Seat, forMs: number): void {
    const { current } = seat;
    if (current === undefined) return;
    current.isolate();
    this.clock.timer(forMs, () => current.heal());
  }

  #calmDown(): void {
    this.trace.note("! the faults cease");
    this.#calm = true;
    this.#rules.clear();
    this.#triggers = [];
    this.#trapsPending.clear();
  }

  // ---- the network

  #onRequest(facts: RequestFacts): Fault {
    const fault = this.#calm ? ({ kind: "deliver" } as const) : this.#faultFor(facts);
    if (fault.kind !== "deliver" || !TRACED_QUIETLY.has(facts.api)) {
      const says = fault.kind === "deliver" ? "" : ` ${JSON.stringify(fault)}`;
      this.trace.note(`${facts.clientId} ${facts.api}${facts.version}@${facts.node}${detailOf(facts)}${says}`);
    }
    if (fault.kind !== "late") return fault;
    this.#carryOutLate(facts, fault.afterMs);
    return { kind: "loseRequest" };
  }

  #faultFor(facts: RequestFacts): NetworkFault {
    const armed = this.#triggers.find(({ trigger }) => trigger.api === facts.api);
    if (armed !== undefined && armed.left-- <= 0) {
      this.#triggers = this.#triggers.filter((each) => each !== armed);
      armed.fire();
      return this.#allowed(facts, armed.trigger.fault);
    }
    for (const { apis, share } of this.#rules) {
      if (apis.includes(facts.api) && this.#faultRandom.chance(share)) {
        return this.#allowed(facts, drawNetworkFault(this.#faultRandom, facts.api));
      }
    }
    return { kind: "deliver" };
  }

  /**
   * Before brokers asked the coordinator about each batch (KIP-890, part 1), a batch that came after its
   * transaction's end blocked the partition's readers for ever: no client can help that.
   */
  #allowed(facts: RequestFacts, fault: NetworkFault): NetworkFault {
    const isVerified = this.broker.cluster.release.verifiesTransactions;
    if (fault.kind === "late" && facts.api === "Produce" && !isVerified) return { kind: "loseRequest" };
    return fault;
  }

  /** What a broker has read it carries out, though the client has hung up long since. */
  #carryOutLate({ api, request, node, version, clientId }: RequestFacts, afterMs: number): void {
    const { cluster } = this.broker;
    this.clock.timer(afterMs, () => {
      if (!cluster.nodes[node]?.isUp) return;
      this.trace.note(`${clientId} ${api}: its late request is carried out`);
      const handler = HANDLERS[api as HandledApi] as Handler<typeof api>;
      const addressOf = (id: number) => ({ host: "embedded", port: id });
      void handler(request as Parameters<typeof handler>[0], { cluster, node, version, clientId, addressOf });
    });
  }
}

export const plainRunner: RunnerChoice = ({ nowMs, traps, scenario }) =>
  new PlainRunner({
    outputTopic: OUTPUT_TOPIC,
    outputPartitions: scenario.outputPartitions,
    batchRecordsMax: scenario.batchRecordsMax,
    nowMs,
    traps,
  });

function detailOf({ request }: RequestFacts): string {
  const facts = request as Record<string, unknown>;
  const told = ["producerEpoch", "committed", "generationId", "memberId"].filter((name) => name in facts);
  return told.map((name) => ` ${name}=${String(facts[name])}`).join("");
}
