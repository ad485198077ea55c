import { EmbeddedBroker } from "../../host/transport/memory/embedded-broker.ts";
import { VirtualClock } from "../../host/transport/memory/virtual-clock.ts";
import type { Plant } from "./defect.ts";
import { Disks } from "./disks.ts";
import { Input } from "./input.ts";
import { isDone, judgeOpen } from "./judge.ts";
import { Network } from "./network.ts";
import { Processes } from "./processes.ts";
import type { Program } from "./program.ts";
import { type Happening, INPUT_TOPIC, OUTPUT_TOPIC, type Scenario } from "./scenario.ts";
import { SeededRandom } from "./seeded-random.ts";
import { GROUP } from "./sim-process.ts";
import { Trace } from "./trace.ts";

/** From the last fault to the end of all work, in virtual time. */
const CALM_MS_MAX = 90_000;
/** Zombies and late requests still have their chance to spoil what is complete. */
const AFTERMATH_MS = 1_000;

/** The whole world of one seed: brokers, processes, input, and what befalls them. */
export class World {
  readonly clock = new VirtualClock();
  readonly trace = new Trace(this.clock);
  readonly broker: EmbeddedBroker;
  readonly input: Input;
  readonly disks = new Disks();
  /** What must not happen, whatever befalls: assertions of ours that failed, errors outside of the table. */
  readonly flaws: string[] = [];
  readonly #scenario: Scenario;
  readonly #program: Program;
  readonly #network: Network;
  readonly #processes: Processes;
  #slowMarkersMs = 0;
  #calm = false;

  constructor(scenario: Scenario, plant: Plant, program: Program) {
    const { clock, trace } = this;
    const random = new SeededRandom(scenario.seed ^ 0x5eed);
    const latency = random.fork();
    this.#scenario = scenario;
    this.#program = program;
    this.broker = new EmbeddedBroker({
      clock,
      random: random.fork().next,
      brokers: scenario.brokers,
      release: scenario.release,
      transactionVersion: scenario.transactionVersion,
      sessionTimeoutMsMin: 100,
      latencyMs: () => latency.whole(0, scenario.latencyMsMax),
    });
    this.broker.createTopic(INPUT_TOPIC, { partitions: scenario.inputPartitions });
    for (const topic of [OUTPUT_TOPIC, ...program.between])
      this.broker.createTopic(topic, { partitions: scenario.outputPartitions });
    for (const topic of program.changelogs ?? [])
      this.broker.createTopic(topic, { partitions: scenario.inputPartitions });
    this.#delayMarkers(random.fork());
    this.#network = new Network(this.broker, clock, random.fork(), trace);
    this.input = new Input(scenario, this.broker, clock, random.fork(), program.outputsOf);
    this.#processes = new Processes({
      scenario,
      broker: this.broker,
      clock,
      random: random.fork(),
      trace,
      plant,
      subTopologies: program.subTopologies,
      between: program.between,
      plan: program.plan,
      disks: this.disks,
      makeRunner: (traps, states) =>
        program.makeRunner({ scenario, nowMs: () => clock.now(), traps, states }),
      onFlaw: (flaw) => this.flaws.push(flaw),
    });
  }

  /** Schedule, calm, and all input committed. @throws CLOCK_STUCK: the world does not come to its end. */
  async run(): Promise<void> {
    this.input.start();
    for (const [index, { threads, isStatic }] of this.#scenario.processes.entries()) {
      this.#processes.start(threads, isStatic ? `static-${index}` : undefined);
    }
    for (const { atMs, at, happening } of this.#scenario.schedule) {
      this.clock.timer(atMs, () => {
        if (at === undefined) this.#befall(happening);
        else this.#network.arm(at, () => this.#befall(happening));
      });
    }
    await this.clock.advance(this.#scenario.scheduleMs);
    this.#calmDown();
    const isOver = () =>
      this.flaws.length > 0 || isDone(this.#scenario, this.broker, this.input, this.#program);
    await this.clock.runUntil(isOver, CALM_MS_MAX);
    await this.clock.advance(AFTERMATH_MS);
    // A late batch may have opened a transaction, which must come to its end as well.
    await this.clock.runUntil(() => judgeOpen(this.broker) === undefined, CALM_MS_MAX);
  }

  #delayMarkers(random: SeededRandom): void {
    const { markerDelayMsMax } = this.#scenario;
    this.broker.faults.delayMarkers(() =>
      this.#calm ? 0 : random.whole(0, Math.max(markerDelayMsMax, this.#slowMarkersMs)),
    );
  }

  #calmDown(): void {
    this.trace.note("! the faults cease");
    this.#calm = true;
    this.#network.calmDown();
    this.#processes.calmDown();
  }

  #befall(happening: Happening): void {
    this.trace.note(`! ${JSON.stringify(happening)}`);
    const { faults } = this.broker;
    switch (happening.kind) {
      case "crash":
        this.#processes.crash(happening);
        break;
      case "pause":
        this.#processes.pause(happening);
        break;
      case "close":
        this.#processes.close(happening.process, happening.downMs);
        break;
      case "isolate":
        this.#processes.isolate(happening.process, happening.forMs);
        break;
      case "join":
        this.#processes.visit(happening.forMs);
        break;
      case "trap":
        this.#processes.trap(happening.process);
        break;
      case "network":
        this.#network.disturb(happening, happening.forMs);
        break;
      case "move-leader":
        faults.moveLeader(happening.topic, happening.partition);
        break;
      case "move-coordinator":
        faults.moveCoordinator(happening.of, this.#keyOf(happening), { loadingMs: happening.loadingMs });
        break;
      case "stop-broker":
        this.#stopBroker(happening);
        break;
      case "slow-markers":
        this.#slowMarkers(happening);
        break;
      case "transaction-version":
        faults.setTransactionVersion(happening.to);
        break;
    }
  }

  #keyOf({ of, process }: Happening & { kind: "move-coordinator" }): string {
    return of === "group" ? GROUP : `${GROUP}-${this.#processes.processId(process)}-0`;
  }

  #stopBroker({ node, forMs, loadingMs }: Happening & { kind: "stop-broker" }): void {
    const { faults, cluster } = this.broker;
    if (!cluster.nodes[node]?.isUp) return;
    faults.stopBroker(node, loadingMs);
    this.clock.timer(forMs, () => faults.startBroker(node, loadingMs));
  }

  #slowMarkers({ forMs, mostMs }: Happening & { kind: "slow-markers" }): void {
    this.#slowMarkersMs = mostMs;
    this.clock.timer(forMs, () => {
      this.#slowMarkersMs = 0;
    });
  }
}
