import { err } from "../../host/index.ts";
import type { SeededRandom } from "../sim/seeded-random.ts";
import type { Action, Part, Spec, SpecInput, SpecNode, SpecOp, SpecValue, Where } from "./topology-spec.ts";

/** A stream that can be gone on with, and what its values are. */
interface Open {
  readonly id: number;
  readonly of: "texts" | "rows" | "projected";
}

const ACTIONS: readonly Action[] = ["fail", "continue", "deadLetter"];
const KEYS = ["a", "b", "c", "ä", "key 5", ""];
const TEXTS = ["x", "yy", "zzz", "", "ünï", "some longer text", "1", "{}"];
const SINKS = ["out", "more", "dead"];
const NODES_MAX = 14;
const INPUTS_MAX = 40;
/** More rows than the first batch of a task that calls user functions may have. */
const MANY_INPUTS = 200;

/** A number that looks random, and is the same for the same texts. */
function mixed(...parts: readonly unknown[]): number {
  let hash = 0x811c9dc5;
  for (const character of parts.map((part) => JSON.stringify(part) ?? "").join("|")) {
    hash = Math.imul(hash ^ character.codePointAt(0)!, 0x01000193);
  }
  return (hash ^ (hash >>> 15)) >>> 0;
}

export function randomSpec(random: SeededRandom): Spec {
  return new SpecMaker(random).make();
}

class SpecMaker {
  readonly #random: SeededRandom;
  readonly #nodes: SpecNode[] = [];
  readonly #open: Open[] = [];
  readonly #sources: { topic: string; of: "texts" | "rows" }[] = [];
  /** One partition of everything: then a record may have no key, and go through topics on its way. */
  readonly #single: boolean;
  #internal = 0;

  constructor(random: SeededRandom) {
    this.#random = random;
    this.#single = random.chance(0.7);
  }

  make(): Spec {
    const random = this.#random;
    for (let count = random.whole(1, 3); count > 0; count--) this.#source();
    for (let count = random.whole(1, NODES_MAX); count > 0; count--) this.#extend(random.pick(this.#open));
    for (const open of this.#open) {
      if (!this.#nodes.some(({ parents }) => parents.includes(open.id)) || random.chance(0.2))
        this.#sink(open);
    }
    const partitions = (least: number) => (this.#single ? 1 : random.whole(least, 3));
    const names = [...this.#sources.map(({ topic }) => topic), ...this.#written()];
    const counts = Object.fromEntries(names.map((topic) => [topic, partitions(1)]));
    const hardly = (): Action => (random.chance(0.2) ? "fail" : random.pick(ACTIONS.slice(1)));
    return {
      nodes: this.#nodes,
      actions: {
        onDeserializationError: hardly(),
        onProcessingError: hardly(),
        onProductionError: hardly(),
      },
      deadLetterTopic: "dead",
      partitions: counts,
      inputs: this.#inputs(counts),
    };
  }

  /** What sinks write, without the dead letter topic. */
  #written(): readonly string[] {
    const sinks = this.#nodes.filter((node) => node.op === "sink");
    const byFunction = sinks.some(({ topic }) => typeof topic === "function");
    return SINKS.slice(0, 2).filter((name) => byFunction || sinks.some(({ topic }) => topic === name));
  }

  #add(op: SpecOp, ...parents: readonly number[]): number {
    const id = this.#nodes.length;
    this.#nodes.push({ ...op, id, parents: [...new Set(parents)].toSorted((a, b) => a - b) });
    return id;
  }

  #source(): void {
    const of = this.#random.chance(0.4) ? "rows" : "texts";
    const topic = `in${this.#sources.length}`;
    this.#sources.push({ topic, of });
    this.#open.push({ id: this.#add({ op: "source", topic, of }), of });
  }

  #extend(from: Open): void {
    const random = this.#random;
    const choice = random.whole(0, 11);
    if (from.of === "rows" && choice < 5) this.#declared(from, choice);
    else if (choice === 5) this.#split(from);
    else if (choice === 6) this.#merge(from);
    else if (choice === 7) this.#sink(from);
    else if (choice === 8 && this.#single && this.#internal < 2 && from.of === "texts")
      this.#repartition(from);
    else this.#call(from);
  }

  #where(): Where {
    const comparator = this.#random.pick(["eq", "ne", "lt", "ge"] as const);
    return this.#random.chance(0.6)
      ? { field: "n", comparator, constant: this.#random.whole(0, 9) }
      : { field: "s", comparator, constant: this.#random.pick(["x", "yy", ""]) };
  }

  #declared(from: Open, choice: number): void {
    if (choice < 3) {
      const keeps = this.#random.chance(0.7);
      this.#open.push({ id: this.#add({ op: "where", keeps, where: this.#where() }, from.id), of: "rows" });
      return;
    }
    const fields = this.#random.pick([{ n: "s" }, { number: "n", text: "s" }, { a: "n", b: "n" }]);
    this.#open.push({ id: this.#add({ op: "project", fields }, from.id), of: "projected" });
  }

  /** Throws, or refuses, for some records. */
  #failing<T>(make: (key: Part, value: SpecValue) => T): (key: Part, value: SpecValue) => T {
    const salt = this.#random.whole(0, 1e6);
    const one = this.#random.pick([0, 0, 4, 12]);
    const throws = this.#random.chance(0.5);
    return (key, value) => {
      if (one === 0 || mixed(salt, key, value) % one !== 0) return make(key, value);
      if (throws) throw new RangeError(`no ${salt}`);
      return err(`not ${salt}`) as T;
    };
  }

  /** The same for the elements of a list; or it ends in an error. */
  #failingList<T>(
    make: (key: Part, value: SpecValue) => readonly T[],
  ): (key: Part, value: SpecValue) => Iterable<T> {
    const salt = this.#random.whole(0, 1e6);
    const one = this.#random.pick([0, 0, 5]);
    const throws = this.#random.chance(0.5);
    return this.#failing(function* (key: Part, value: SpecValue) {
      for (const [index, each] of make(key, value).entries()) {
        const fails = one > 0 && mixed(salt, key, value, index) % one === 0;
        if (fails && throws) throw new RangeError(`no more ${salt}`);
        yield fails ? (err(`not this ${salt}`) as T) : each;
      }
    });
  }

  #call(from: Open): void {
    const random = this.#random;
    const salt = random.whole(0, 1e6);
    const tag = random.pick(["!", "?", "~"]);
    const text = (value: SpecValue): Part => {
      if (mixed(salt, value) % 11 === 0) return null;
      return `${value === null ? "null" : typeof value === "string" ? value : mixed(value) % 100}${tag}`;
    };
    const key = (old: Part, value: SpecValue): Part => {
      if (this.#single && mixed(salt, old) % 9 === 0) return null;
      return `${old}${mixed(salt, value) % 3}`;
    };
    const some = (value: SpecValue) => Array.from({ length: mixed(salt, value) % 4 }, (_, index) => index);
    const texts = (op: SpecOp) => this.#open.push({ id: this.#add(op, from.id), of: "texts" });
    const same = (op: SpecOp) => this.#open.push({ id: this.#add(op, from.id), of: from.of });
    switch (random.whole(0, 8)) {
      case 0:
        texts({ op: "mapValues", fn: this.#failing((_key, value) => text(value)) });
        return;
      case 1:
        texts({ op: "map", fn: this.#failing((old, value) => [key(old, value), text(value)] as const) });
        return;
      case 2:
        same({ op: "selectKey", fn: this.#failing(key) });
        return;
      case 3:
        texts({
          op: "flatMap",
          fn: this.#failingList((old, value) =>
            some(value).map((index) => [`${key(old, value)}`, `${text(value)}${index}`] as const),
          ),
        });
        return;
      case 4:
      case 5:
        texts({
          op: "flatMapValues",
          fn: this.#failingList((_key, value) => some(value).map((index) => `${text(value)}/${index}`)),
        });
        return;
      case 6:
        same({
          op: "filter",
          keeps: random.chance(0.7),
          fn: this.#failing((old, value) => mixed(salt, old, value) % 3 !== 0),
        });
        return;
      case 7:
        same({ op: "peek", fn: this.#failing(() => {}) });
        return;
      default:
        this.#add({ op: "forEach", fn: this.#failing(() => {}) }, from.id);
    }
  }

  #split(from: Open): void {
    const random = this.#random;
    const declared = from.of === "rows" && random.chance(0.5);
    const predicates = Array.from({ length: random.whole(1, 3) }, () => {
      const salt = random.whole(0, 1e6);
      return declared ? this.#where() : this.#failing((key, value) => mixed(salt, key, value) % 3 === 0);
    });
    const otherwise = random.chance(0.5);
    const id = this.#add({ op: "split", predicates, otherwise }, from.id);
    for (let index = 0; index < predicates.length + Number(otherwise); index++) {
      this.#open.push({ id: this.#add({ op: "way", index }, id), of: from.of });
    }
  }

  #merge(from: Open): void {
    const other = this.#random.pick(this.#open.filter(({ of }) => of === from.of));
    this.#open.push({ id: this.#add({ op: "merge" }, from.id, other.id), of: from.of });
  }

  #repartition(from: Open): void {
    const name = `r${this.#internal++}`;
    this.#open.push({ id: this.#add({ op: "repartition", name }, from.id), of: "texts" });
  }

  #sink(from: Open): void {
    const random = this.#random;
    const topic = random.pick(SINKS);
    const byKey = this.#failing((key: Part) => (mixed(key) % 2 === 0 ? "out" : "more"));
    const spread = (key: Part, count: number) =>
      [undefined, mixed(key) % count, [0, count - 1], []][mixed(key) % 4];
    this.#add(
      {
        op: "sink",
        of: from.of,
        topic: random.chance(0.2) ? byKey : topic,
        partitioner: topic !== "dead" && random.chance(0.2) ? spread : undefined,
      },
      from.id,
    );
  }

  #inputs(counts: Readonly<Record<string, number>>): readonly SpecInput[] {
    const random = this.#random;
    const most = random.chance(0.1) ? MANY_INPUTS : INPUTS_MAX;
    return Array.from({ length: random.whole(0, most) }, () => {
      const { topic, of } = random.pick(this.#sources);
      return {
        topic,
        partition: random.whole(0, counts[topic]! - 1),
        key: this.#single && random.chance(0.15) ? null : random.pick(KEYS),
        value: random.chance(0.1) ? null : of === "rows" ? this.#row() : random.pick(TEXTS),
        timestamp: random.whole(0, 20),
        headers: random.chance(0.8) ? [] : [{ key: "h", value: String(random.whole(0, 9)) }],
      };
    });
  }

  /** As its serde writes it; or nothing that could be read. */
  #row(): string {
    const random = this.#random;
    if (random.chance(0.1)) return random.pick(["{oops", "", '{"n":"one"}', "[]"]);
    const n = random.whole(-3, 9);
    return JSON.stringify(random.chance(0.2) ? { n } : { n, s: random.pick(["x", "yy", "", "ü"]) });
  }
}
