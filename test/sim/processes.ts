import type { PeridotError } from "../../host/errors.ts";
import type { SubTopologySources } from "../../host/task/decide-assignment.ts";
import type { TaskRunner } from "../../host/task/task.ts";
import type { TaskStates } from "../../host/task/task-states.ts";
import type { Plan } from "../../host/topology/plan.ts";
import type { EmbeddedBroker } from "../../host/transport/memory/embedded-broker.ts";
import type { VirtualClock } from "../../host/transport/memory/virtual-clock.ts";
import type { Plant } from "./defect.ts";
import type { Disks } from "./disks.ts";
import { ProcessClock } from "./process-clock.ts";
import type { Happening, Scenario } from "./scenario.ts";
import type { SeededRandom } from "./seeded-random.ts";
import { SimProcess } from "./sim-process.ts";
import type { Trace } from "./trace.ts";

const RESTART_MS = 300;
/** A zombie is asked to close so long after it woke. */
const ZOMBIE_MS = 2_000;

/** Where a process runs, life after life: "p0.0", "p0.1". */
interface Seat {
  readonly index: number;
  readonly threads: number;
  readonly instanceId: string | undefined;
  /** false: it joins for a while, and is not started again. */
  readonly stays: boolean;
  processId: string;
  lives: number;
  current: SimProcess | undefined;
}

export interface ProcessesSettings {
  readonly scenario: Scenario;
  readonly broker: EmbeddedBroker;
  readonly clock: VirtualClock;
  readonly random: SeededRandom;
  readonly trace: Trace;
  readonly plant: Plant;
  readonly subTopologies: readonly SubTopologySources[];
  /** Topics between them. */
  readonly between: readonly string[];
  /** `traps`: asked before each batch of rows. */
  readonly makeRunner: (traps: () => boolean, states: TaskStates | undefined) => TaskRunner;
  readonly plan: Plan | undefined;
  readonly disks: Disks;
  /** Called with each error that no process may ever end by. */
  readonly onFlaw: (flaw: string) => void;
}

/** The application's processes, with a supervisor that starts again what has ended by itself. */
export class Processes {
  readonly #settings: ProcessesSettings;
  readonly #seats: Seat[] = [];
  readonly #trapsPending = new Set<Seat>();

  constructor(settings: ProcessesSettings) {
    this.#settings = settings;
  }

  start(threads: number, instanceId: string | undefined): void {
    this.#seat(threads, instanceId, true);
  }

  /** One more, for a while: the group rebalances twice. */
  visit(forMs: number): void {
    const guest = this.#seat(1, undefined, false);
    this.#settings.clock.timer(forMs, () => guest.current?.close());
  }

  processId(index: number): string {
    return this.#at(index).processId;
  }

  crash({ process, hangsUp, sameId, downMs }: Happening & { kind: "crash" }): void {
    const seat = this.#at(process);
    seat.current?.kill(hangsUp);
    seat.current = undefined;
    if (!sameId) this.#moveAway(seat);
    this.#restartIn(seat, downMs);
  }

  /** While it sleeps another may be started in its place: when it wakes it is a zombie. */
  pause({ process, forMs, replaced }: Happening & { kind: "pause" }): void {
    const seat = this.#at(process);
    const { clock, trace } = this.#settings;
    const { current } = seat;
    if (current === undefined) return;
    current.settings.clock.pause();
    clock.timer(forMs, () => {
      trace.note(`${current.name} wakes`);
      current.settings.clock.resume();
    });
    if (replaced === "no") return;
    if (replaced === "new id") this.#moveAway(seat);
    seat.current = undefined;
    this.#restartIn(seat, Math.floor(forMs / 3));
    clock.timer(forMs + ZOMBIE_MS, () => current.close());
  }

  close(index: number, downMs: number): void {
    const seat = this.#at(index);
    seat.current?.close();
    seat.current = undefined;
    this.#restartIn(seat, downMs);
  }

  isolate(index: number, forMs: number): void {
    const { current } = this.#at(index);
    current?.isolate();
    this.#settings.clock.timer(forMs, () => current?.heal());
  }

  /** The next batch of rows traps. */
  trap(index: number): void {
    this.#trapsPending.add(this.#at(index));
  }

  calmDown(): void {
    this.#trapsPending.clear();
  }

  #at(index: number): Seat {
    const seat = this.#seats[index];
    if (seat === undefined) throw new RangeError(`there is no process ${index}`);
    return seat;
  }

  #seat(threads: number, instanceId: string | undefined, stays: boolean): Seat {
    const index = this.#seats.length;
    const processId = `id${index}`;
    const seat: Seat = { index, threads, instanceId, stays, processId, lives: 0, current: undefined };
    this.#seats.push(seat);
    this.#begin(seat);
    return seat;
  }

  /** Its next life is on another machine, with a state directory of its own. */
  #moveAway(seat: Seat): void {
    seat.processId = `id${seat.index}.${seat.lives}`;
  }

  #begin(seat: Seat): void {
    const { scenario, broker, random, trace, plant, subTopologies, between, makeRunner, plan, disks } =
      this.#settings;
    const clock = new ProcessClock(this.#settings.clock);
    const traps = () => this.#trapsPending.delete(seat);
    const process = new SimProcess({
      name: `p${seat.index}.${seat.lives++}`,
      processId: seat.processId,
      instanceId: seat.instanceId,
      threads: seat.threads,
      scenario,
      broker,
      clock,
      random: random.fork(),
      plant,
      subTopologies,
      between,
      makeRunner: (states) => makeRunner(traps, states),
      plan,
      disk: disks.of(seat.processId, () => !clock.isDead),
      traps,
      note: (event) => {
        if (!clock.isDead) trace.note(event);
      },
      onEnd: (error) => this.#ended(seat, process, error),
    });
    seat.current = process;
    trace.note(`${process.name} starts`);
    void process.run();
  }

  #ended(seat: Seat, process: SimProcess, error: PeridotError | undefined): void {
    if (process.isDead) return;
    this.#settings.trace.note(`${process.name} ended: ${error?.message ?? "closed"}`);
    if (error?.code === "ASSERTION_FAILED" || error?.code === "UNEXPECTED") {
      this.#settings.onFlaw(`${process.name}: ${error.message}`);
    }
    process.settings.clock.kill();
    if (seat.current !== process) return;
    seat.current = undefined;
    if (error !== undefined) this.#restartIn(seat, RESTART_MS);
  }

  #restartIn(seat: Seat, delayMs: number): void {
    if (!seat.stays) return;
    this.#settings.clock.timer(delayMs, () => {
      if (seat.current === undefined) this.#begin(seat);
    });
  }
}
