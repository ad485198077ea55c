import { assert } from "../assert.ts";
import type { Clock } from "../clock.ts";
import { attempt, commitOffsets, commitTransaction, type StageFailure } from "../commit/commit.ts";
import type { Decisions } from "../commit/decisions.ts";
import type { CommitPermit } from "../commit/permit.ts";
import { PeridotError } from "../errors.ts";
import type {
  Consumer,
  FetchedRecords,
  GroupMember,
  MemberIdentity,
  OutgoingBatch,
  Producer,
} from "../transport/port.ts";
import { Positions } from "./positions.ts";
import type { StateKeeper } from "./state-keeper.ts";
import type { TaskRunner } from "./task.ts";
import type { TaskToOpen, ThreadAssignment } from "./thread-port.ts";

interface CycleSettings {
  readonly guarantee: "exactly_once_v2" | "at_least_once";
  readonly incarnation: string;
}

interface CycleParts {
  readonly clock: Clock;
  readonly consumer: Consumer;
  readonly producer: Producer;
  readonly offsets: GroupMember;
  readonly makeRunner: () => TaskRunner;
  readonly decisions: Decisions;
  /** undefined: no task has stores. */
  readonly state?: StateKeeper | undefined;
}

/**
 * The transactions of one stream thread, one after the other, and what belongs to them: the task set, its
 * positions, and two generations of what was computed.
 *
 *   open -computed-> dirty -cut-> ending -+- committed: positions move on
 *    ^                                    +- failed: the thread decides: abort() | settle() | abandon()
 *    +-- the next generation is computed while this one ends
 *
 * at_least_once runs the same cycle: outputs acknowledged, then the offsets, no transaction around them.
 */
export class TransactionCycle {
  /** When the first row since the last cut was computed, in milliseconds. */
  firstRowAt: number | undefined;
  transactions = 0;
  aborts = 0;

  readonly #settings: CycleSettings;
  readonly #parts: CycleParts;
  readonly #onEnd: () => void;
  readonly #positions = new Positions();
  #runner: TaskRunner;
  /** The runner's last call failed in a way that leaves it worth nothing (a trap). */
  #spoiled = false;
  #tasks: readonly TaskToOpen[] = [];
  #identity: MemberIdentity | undefined;
  #batches = 0;
  #number = 1;
  #mustInit = false;

  /** The transaction whose end is not known to be good: under way, or failed and not yet recovered. */
  #permit: CommitPermit | undefined;
  #ending: Promise<void> | undefined;
  #failure: StageFailure | undefined;

  constructor(settings: CycleSettings, parts: CycleParts, onEnd: () => void) {
    this.#settings = settings;
    this.#parts = parts;
    this.#onEnd = onEnd;
    this.#runner = parts.makeRunner();
  }

  /** Changes when a spoiled runner is replaced. */
  get runner(): TaskRunner {
    return this.#runner;
  }

  /** The runner trapped: the next rollback makes a new one. */
  spoil(): void {
    this.#spoiled = true;
  }

  get ending(): boolean {
    return this.#ending !== undefined;
  }

  /** Resolves when no transaction is on its way to its end. */
  async ended(): Promise<void> {
    await this.#ending;
  }

  /** Something was computed since the last cut. */
  get dirty(): boolean {
    return this.firstRowAt !== undefined;
  }

  /** How the last ending failed, once. */
  takeFailure(): StageFailure | undefined {
    const failure = this.#failure;
    this.#failure = undefined;
    return failure;
  }

  // ---- the task set

  /**
   * Takes over a task set; generation and tasks come together. Their stores are restored first.
   *
   * @param mayGoOn false: the thread is wanted for something else. Then it has the task set, and does nothing with it.
   */
  async open(assignment: ThreadAssignment, mayGoOn: () => boolean): Promise<StageFailure | undefined> {
    assert(this.#identity === undefined, "tasks are assigned to a thread that owns none");
    assert(this.#permit === undefined, "no transaction is open when tasks are assigned");
    this.#identity = assignment.identity;
    this.#positions.open(
      assignment.tasks.flatMap((each) => each.partitions),
      assignment,
    );
    const names = assignment.tasks.map(({ task }) => task);
    const { state } = this.#parts;
    const isOpen = state === undefined || (await state.open(names, assignment.committed, mayGoOn));
    if (!isOpen) return undefined;
    this.#tasks = assignment.tasks;
    this.#openTasks();
    if (this.#mustInit) {
      const failure = await attempt("init", () => this.#parts.producer.init());
      if (failure !== undefined) return failure;
      this.#mustInit = false;
    }
    this.#parts.consumer.assign(this.#positions.resume);
    return undefined;
  }

  #openTasks(): void {
    for (const { task, partitions } of this.#tasks) {
      this.#runner.open(task, this.#positions.resumeOf(partitions));
    }
  }

  /** Gives up all tasks. Whatever was computed and not committed is gone. */
  async giveUp(): Promise<void> {
    this.#tasks = [];
    this.#undo();
    this.#runner.closeAll();
    await this.#parts.state?.close();
    this.#identity = undefined;
    this.#positions.open([], { committed: new Map() });
    this.#parts.consumer.assign([]);
  }

  /**
   * The tasks are others' already: ends what is open as aborted, as well as it can, so that their new owner need
   * not wait for its time-out, and gives up all tasks. A producer that could not even do that is made anew, but
   * only after joining again.
   */
  async abandon(): Promise<void> {
    await this.#ending;
    if (this.#settings.guarantee === "exactly_once_v2" && (this.#batches > 0 || this.#permit !== undefined)) {
      const failure = await attempt("abort", () => this.#parts.producer.abort());
      this.#mustInit ||= failure !== undefined;
    }
    this.#mustInit ||= this.#settings.guarantee === "at_least_once";
    this.#failure = undefined;
    this.#permit = undefined;
    await this.giveUp();
  }

  // ---- computing

  add(records: FetchedRecords): void {
    this.#positions.began(records);
    this.#runner.add(records);
  }

  /** Rows were computed; what is full already is sent, unless a transaction is ending. */
  computed(rows: number): void {
    if (rows > 0 || this.#runner.isDirty) this.firstRowAt ??= this.#parts.clock.now();
    if (this.#permit === undefined) this.#send(this.#runner.takeFull());
  }

  #send(batches: readonly OutgoingBatch[]): void {
    for (const batch of batches) this.#parts.producer.send(batch);
    this.#batches += batches.length;
  }

  // ---- ending

  /** Cuts a commit point and lets the transaction end beside the computing of the next. */
  cut(): void {
    assert(this.#permit === undefined, "one transaction ends at a time");
    const cut = this.#runner.cut();
    this.#parts.state?.states.cut();
    this.#send(cut.batches);
    const decision = this.#parts.decisions.cut({
      offsets: cut.offsets,
      batches: this.#batches,
      owned: this.#positions.owned,
      identity: this.#identity,
      tag: { incarnation: this.#settings.incarnation, number: this.#number },
    });
    this.firstRowAt = undefined;
    this.#batches = 0;
    switch (decision.cut) {
      case "nothing":
        this.#runner.committed();
        this.#parts.state?.states.commit();
        return;
      case "refuse":
        throw new PeridotError("ASSERTION_FAILED", { what: `a commit without permit: ${decision.reason}` });
      case "commit":
        this.#permit = decision.permit;
        this.#ending = this.#end(decision.permit);
    }
  }

  async #end(permit: CommitPermit): Promise<void> {
    const { producer, offsets } = this.#parts;
    const failure =
      this.#settings.guarantee === "exactly_once_v2"
        ? await commitTransaction(producer, permit)
        : await commitOffsets(producer, offsets, permit);
    this.#ending = undefined;
    if (failure === undefined) this.#promote(permit);
    else this.#failure = failure;
    this.#onEnd();
  }

  #promote(permit: CommitPermit): void {
    this.#permit = undefined;
    this.#positions.commit(permit.offsets);
    if (!this.#spoiled) this.#runner.committed();
    this.#parts.state?.states.commit();
    this.#parts.state?.flushIfDue();
    this.#number++;
    this.transactions++;
  }

  // ---- recovering

  /** Ends the open transaction as aborted and reads its input again. */
  async abort(): Promise<StageFailure | undefined> {
    const failure =
      this.#settings.guarantee === "exactly_once_v2"
        ? await attempt("abort", () => this.#parts.producer.abort())
        : await attempt("init", () => this.#parts.producer.init());
    if (failure !== undefined) return failure;
    this.#permit = undefined;
    this.#rollback();
    return undefined;
  }

  /**
   * After an unknown outcome: InitProducerId puts an end to the old transaction, then the stable committed
   * offsets tell which end it was.
   */
  async settle(): Promise<StageFailure | undefined> {
    const failure = await attempt("settle", () => this.#parts.producer.init());
    if (failure !== undefined) return failure;
    const permit = this.#permit;
    if (permit !== undefined) {
      const unsettled = await attempt("settle", async () => {
        const found = await this.#parts.offsets.committed(permit.offsets);
        this.#readOutcome(permit, found);
      });
      if (unsettled !== undefined) return unsettled;
    }
    this.#rollback();
    return undefined;
  }

  #readOutcome(permit: CommitPermit, found: Awaited<ReturnType<GroupMember["committed"]>>): void {
    const before = this.#positions.committed;
    const decision = this.#parts.decisions.settled({ tag: permit.tag, held: permit.offsets, before, found });
    switch (decision.outcome) {
      case "committed":
        this.#promote(permit);
        return;
      case "aborted":
        this.#permit = undefined;
        return;
      case "lost":
        throw new PeridotError("GENERATION_FENCED", { ...permit.identity });
    }
  }

  /** Undoes what is not committed, both generations of it, and reads on from what is. */
  #rollback(): void {
    this.aborts++;
    this.#undo();
    this.#parts.consumer.assign(this.#positions.resume);
  }

  #undo(): void {
    this.#parts.state?.states.rollback();
    if (this.#spoiled) {
      this.#spoiled = false;
      this.#runner = this.#parts.makeRunner();
      this.#openTasks();
    } else {
      this.#runner.rollback();
    }
    this.firstRowAt = undefined;
    this.#batches = 0;
    this.#number++; // a tag names one transaction, ended well or not
  }
}
