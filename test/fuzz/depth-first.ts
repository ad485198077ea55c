import { Err } from "../../host/index.ts";
import { partitionOfKey } from "../../host/testing/partition-of-key.ts";
import {
  type Action,
  internalTopic,
  type Part,
  type Row,
  type Spec,
  type SpecInput,
  type SpecNode,
  type SpecValue,
  type Where,
} from "./topology-spec.ts";

// What a stateless topology means, said in the plainest way: one record at a time, depth first. Knows nothing of
// the runtime: only the user's functions are the same.

export interface PlainOutput extends SpecInput {}

/** A record that is being processed, and what has come of it. */
interface Turn {
  readonly input: SpecInput;
  readonly outputs: PlainOutput[];
  failed: boolean;
}

export class DepthFirst {
  /** By topic-partition. */
  readonly written: Record<string, PlainOutput[]> = {};
  skipped = 0;
  deadLettered = 0;
  stopped = false;
  readonly #spec: Spec;
  readonly #waiting: { readonly topic: string; readonly records: SpecInput[] }[] = [];

  constructor(spec: Spec) {
    this.#spec = spec;
  }

  /** One record from outside, and all that comes of it. */
  run(input: SpecInput): void {
    this.#enqueue(input);
    while (!this.stopped && this.#waiting.length > 0) this.#process(this.#next());
  }

  /** Of the topics that wait: the one with the smallest timestamp; of equals, the one that has waited longer. */
  #next(): SpecInput {
    const times = this.#waiting.map(({ records }) => records[0]!.timestamp);
    const [first] = this.#waiting.splice(times.indexOf(Math.min(...times)), 1);
    const record = first!.records.shift()!;
    if (first!.records.length > 0) this.#waiting.push(first!);
    return record;
  }

  #enqueue(record: SpecInput): void {
    const reads = this.#spec.nodes.some(
      (node) =>
        (node.op === "source" && node.topic === record.topic) ||
        (node.op === "repartition" && internalTopic(node.name) === record.topic),
    );
    if (!reads) return;
    const queue = this.#waiting.find(({ topic }) => topic === record.topic);
    if (queue === undefined) this.#waiting.push({ topic: record.topic, records: [record] });
    else queue.records.push(record);
  }

  /** Nothing comes of a record that stops the application. */
  #process(input: SpecInput): void {
    const before = { skipped: this.skipped, deadLettered: this.deadLettered };
    const turn: Turn = { input, outputs: [], failed: false };
    const source = this.#spec.nodes.find((node) => node.op === "source" && node.topic === input.topic);
    const internal = this.#spec.nodes.find(
      (node) => node.op === "repartition" && internalTopic(node.name) === input.topic,
    );
    const value = source?.op === "source" && source.of === "rows" ? rowOf(input.value) : input.value;
    if (value === undefined) this.#refuse(turn, this.#spec.actions.onDeserializationError);
    else this.#forward(turn, (source ?? internal)!, input.key, value);
    if (turn.failed) {
      Object.assign(this, before);
      this.stopped = true;
      return;
    }
    for (const output of turn.outputs) {
      (this.written[`${output.topic}-${output.partition}`] ??= []).push(output);
      this.#enqueue(output);
    }
  }

  #forward(turn: Turn, from: SpecNode, key: Part, value: SpecValue): void {
    for (const node of this.#spec.nodes)
      if (node.parents.includes(from.id)) this.#visit(turn, node, key, value);
  }

  #visit(turn: Turn, node: SpecNode, key: Part, value: SpecValue): unknown {
    if (turn.failed) return undefined;
    const forward = (newKey: Part, newValue: SpecValue) => this.#forward(turn, node, newKey, newValue);
    const ask = <T>(call: () => T | Err, go: (answer: T) => void) => this.#ask(turn, node, call, go);
    switch (node.op) {
      case "mapValues":
        return ask(
          () => node.fn(key, value),
          (made) => forward(key, made),
        );
      case "map":
        return ask(
          () => node.fn(key, value),
          (made) => forward(...made),
        );
      case "selectKey":
        return ask(
          () => node.fn(key, value),
          (made) => forward(made, value),
        );
      case "flatMap":
        return ask(
          () => node.fn(key, value),
          (all) => this.#each(turn, node, all, (made) => forward(...made)),
        );
      case "flatMapValues":
        return ask(
          () => node.fn(key, value),
          (all) => this.#each(turn, node, all, (made) => forward(key, made)),
        );
      case "filter":
        return ask(
          () => node.fn(key, value),
          (holds) => holds === node.keeps && forward(key, value),
        );
      case "where":
        if (compares(node.where, value as Row | null) === node.keeps) forward(key, value);
        return undefined;
      case "project":
        return forward(key, projected(node.fields, value as Row | null));
      case "peek":
        return ask(
          () => node.fn(key, value),
          () => forward(key, value),
        );
      case "forEach":
        return ask(
          () => node.fn(key, value),
          () => {},
        );
      case "split":
        return ask(
          () => wayOf(node, key, value),
          (index) => {
            const way = this.#spec.nodes.find(
              (each) => each.op === "way" && each.index === index && each.parents[0] === node.id,
            );
            if (way !== undefined) this.#forward(turn, way, key, value);
          },
        );
      case "merge":
        return forward(key, value);
      case "repartition":
        if (key !== null) this.#write(turn, internalTopic(node.name), 0, key, textOf(value));
        return undefined;
      case "sink":
        return ask(
          () => (typeof node.topic === "string" ? node.topic : node.topic(key, value)),
          (topic) => {
            const count = this.#spec.partitions[topic] ?? 1;
            const byKey = partitionOfKey(key === null ? null : Buffer.from(key), count);
            ask(
              () => node.partitioner?.(key, count) ?? byKey,
              (chosen) => {
                for (const each of new Set([chosen].flat()))
                  this.#write(turn, topic, each, key, textOf(value));
              },
            );
          },
        );
      default:
        throw new RangeError(`no record comes to a ${node.op}`);
    }
  }

  /** Gives the answer to `go`, unless the function throws or refuses. */
  #ask<T>(turn: Turn, node: SpecNode, call: () => T | Err, go: (answer: T) => void): void {
    const { onProductionError, onProcessingError } = this.#spec.actions;
    let answer: T | Err;
    try {
      answer = call();
    } catch {
      answer = new Err("thrown");
    }
    if (!(answer instanceof Err)) go(answer);
    else this.#refuse(turn, node.op === "sink" ? onProductionError : onProcessingError);
  }

  /** One element after the other, each all the way; of a list that throws, the rest is gone. */
  #each<T>(turn: Turn, node: SpecNode, list: Iterable<T | Err>, go: (element: T) => void): void {
    const elements = list[Symbol.iterator]();
    for (let goesOn = true; goesOn && !turn.failed; ) {
      goesOn = false;
      this.#ask(
        turn,
        node,
        () => elements.next(),
        ({ done, value }) => {
          if (done === true) return;
          goesOn = true;
          this.#ask(turn, node, () => value, go);
        },
      );
    }
  }

  #write({ input, outputs }: Turn, topic: string, partition: number, key: Part, value: Part): void {
    outputs.push({ topic, partition, key, value, timestamp: input.timestamp, headers: input.headers });
  }

  /** A dead letter has the bytes of the source's record; of its headers, the record's own are compared. */
  #refuse(turn: Turn, action: Action): void {
    if (action === "fail") turn.failed = true;
    if (action === "continue") this.skipped++;
    if (action !== "deadLetter") return;
    this.deadLettered++;
    const { key, value } = turn.input;
    this.#write(turn, this.#spec.deadLetterTopic, 0, key, value);
  }
}

function wayOf(
  { predicates, otherwise }: Extract<SpecNode, { op: "split" }>,
  key: Part,
  value: SpecValue,
): number | Err {
  for (const [index, each] of predicates.entries()) {
    const answer: unknown =
      typeof each === "function" ? each(key, value) : compares(each, value as Row | null);
    if (answer instanceof Err) return answer;
    if (answer === true) return index;
  }
  return otherwise ? predicates.length : -1;
}

function compares({ field, comparator, constant }: Where, row: Row | null): boolean {
  const found = row?.[field] ?? null;
  if (comparator === "eq") return found === constant;
  if (comparator === "ne") return found !== constant;
  if (found === null) return false;
  return comparator === "lt" ? found < constant : found >= constant;
}

function projected(fields: Readonly<Record<string, string>>, row: Row | null): Row | null {
  if (row === null) return null;
  const taken = Object.entries(fields).map(([name, from]) => [name, row[from]] as const);
  return Object.fromEntries(taken.filter(([, field]) => field !== undefined));
}

/** undefined: it cannot be read. */
function rowOf(value: Part): Row | null | undefined {
  if (value === null) return null;
  return /^\{"n":-?\d+(,"s":"[^"]*")?\}$/.test(value) ? (JSON.parse(value) as Row) : undefined;
}

function textOf(value: SpecValue): Part {
  return value === null || typeof value === "string" ? value : JSON.stringify(value);
}
