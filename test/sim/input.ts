import type { Clock } from "../../host/clock.ts";
import type { EmbeddedBroker } from "../../host/transport/memory/embedded-broker.ts";
import { encodeRecords, type PlainRecord } from "../../host/transport/memory/plain-records.ts";
import type { Program } from "./program.ts";
import { INPUT_TOPIC, type Scenario } from "./scenario.ts";
import type { SeededRandom } from "./seeded-random.ts";

const KEYS = 4;
const FIRST_PRODUCER_ID = 900_000n;

/**
 * Writes the input while the schedule lasts: batches of a partition's keys, each with the next numbers of its key;
 * some in transactions that stay open for a while, of which some are aborted. Keeps what must come out of it.
 */
export class Input {
  /** By key: the values that the output must hold, in their order. */
  readonly expected = new Map<string, string[]>();
  /** By partition: the offset after the last record that counts. */
  readonly ends: bigint[];
  readonly #scenario: Scenario;
  readonly #broker: EmbeddedBroker;
  readonly #clock: Clock;
  readonly #random: SeededRandom;
  readonly #outputsOf: Program["outputsOf"];
  readonly #sequences = new Map<string, number>();
  readonly #written: number[];
  readonly #endsAtMs: number;
  #open = 0;

  constructor(
    scenario: Scenario,
    broker: EmbeddedBroker,
    clock: Clock,
    random: SeededRandom,
    outputsOf: Program["outputsOf"],
  ) {
    this.#outputsOf = outputsOf;
    this.#scenario = scenario;
    this.#broker = broker;
    this.#clock = clock;
    this.#random = random;
    this.ends = Array.from({ length: scenario.inputPartitions }, () => 0n);
    this.#written = Array.from({ length: scenario.inputPartitions }, () => 0);
    this.#endsAtMs = clock.now() + scenario.scheduleMs;
  }

  start(): void {
    for (let partition = 0; partition < this.#scenario.inputPartitions; partition++) this.#feed(partition);
  }

  /** All is written, all its transactions are at their end. */
  get isComplete(): boolean {
    return this.#open === 0;
  }

  get records(): number {
    let records = 0;
    for (const sequence of this.#sequences.values()) records += sequence;
    return records;
  }

  #feed(partition: number): void {
    this.#open++;
    this.#clock.timer(this.#random.whole(20, 260), () => {
      this.#open--;
      if (this.#clock.now() >= this.#endsAtMs) return;
      if (this.#random.chance(0.15)) this.#writeTransaction(partition);
      else {
        this.#writeBatch(partition, undefined);
        this.#feed(partition);
      }
    });
  }

  #writeTransaction(partition: number): void {
    const committed = this.#random.chance(0.5);
    this.#writeBatch(partition, committed);
    if (this.#random.chance(0.3)) this.#writeBatch(partition, committed);
    this.#open++;
    this.#clock.timer(this.#random.whole(0, 250), () => {
      this.#open--;
      const marker = {
        producerId: producerIdOf(partition),
        producerEpoch: 0,
        coordinatorEpoch: 0,
        committed,
      };
      this.#broker.cluster.partition(INPUT_TOPIC, partition)?.appendMarker(marker, this.#clock.now());
      this.#feed(partition);
    });
  }

  /** `committed`: of a transaction, whether it will be; undefined: written without one. */
  #writeBatch(partition: number, committed: boolean | undefined): void {
    const records = Array.from({ length: this.#random.whole(1, 8) }, () =>
      this.#record(partition, committed !== false),
    );
    const sequence = this.#written[partition] ?? 0;
    const transactional = committed !== undefined;
    if (transactional) this.#written[partition] = sequence + records.length;
    const producer = { producerId: producerIdOf(partition), epoch: 0, sequence, transactional };
    const batch = encodeRecords(records, this.#clock.now(), transactional ? producer : undefined);
    const first = this.#broker.appendBatches(INPUT_TOPIC, partition, batch);
    if (committed !== false) this.ends[partition] = first + BigInt(records.length);
  }

  #record(partition: number, counts: boolean): PlainRecord {
    const key = `k${partition}.${this.#random.whole(0, KEYS - 1)}`;
    const sequence = this.#sequences.get(key) ?? 0;
    if (!counts) return { key, value: `aborted:${1_000_000 + sequence}` };
    this.#sequences.set(key, sequence + 1);
    const value = `${sequence}:${sequence}`;
    const expected = this.expected.get(key);
    if (expected === undefined) this.expected.set(key, [...this.#outputsOf(key, value)]);
    else expected.push(...this.#outputsOf(key, value));
    return { key, value };
  }
}

function producerIdOf(partition: number): bigint {
  return FIRST_PRODUCER_ID + BigInt(partition);
}
