import { PeridotError } from "../errors.ts";
import type { CallStep } from "../topology/plan.ts";
import { refusalIn } from "../topology/result.ts";
import type { BadRows } from "./bad-rows.ts";
import { eachItem, isPair, type MayGoOn, noPair, refusalBy, refuse } from "./call-loop.ts";
import { asError } from "./chunk.ts";
import type { CallProgram } from "./program.ts";
import { chunkRow, keyReader, type RowSet, sourceRow, valueReader } from "./row-set.ts";

type FanCall = Extract<CallStep["call"], { readonly shape: "flatMap" | "flatMapValues" }>;

/** Where the records stand that a fan-out makes, as they come. */
class Made {
  readonly keys: unknown[] = [];
  readonly values: unknown[] = [];
  /** Of each: the item that it was made of, and which of that item's it is. */
  readonly parents: number[] = [];
  readonly ordinals: number[] = [];

  add(parent: number, ordinal: number, key: unknown, value: unknown): void {
    this.keys.push(key);
    this.values.push(value);
    this.parents.push(parent);
    this.ordinals.push(ordinal);
  }

  /** Items are numbered anew. */
  asSet({ place, call }: CallProgram, set: RowSet): RowSet {
    const { parents } = this;
    const { fan } = set;
    const above = (column: (parent: number) => number) => Uint32Array.from(parents, column);
    return {
      ...set,
      selection: undefined,
      items: Uint32Array.from(parents.keys()),
      keys: call.shape === "flatMap" || set.keys !== undefined ? this.keys : undefined,
      values: this.values,
      projection: undefined,
      at: above((parent) => sourceRow(set, parent)),
      fan: {
        rows: above((parent) => chunkRow(set, parent)),
        places: [...(fan?.places ?? []), place],
        ordinals: [
          ...(fan?.ordinals ?? []).map((ordinals) => above((parent) => ordinals[parent]!)),
          Uint32Array.from(this.ordinals),
        ],
      },
    };
  }
}

/**
 * KStream#flatMap and #flatMapValues over the items of a set. What a function has given before it throws goes on, as in
 * Kafka Streams, which forwards record by record.
 */
export function fanOver(
  step: CallProgram,
  call: FanCall,
  set: RowSet,
  bad: BadRows,
  mayGoOn: MayGoOn | undefined,
): RowSet {
  const made = new Made();
  const key = keyReader(set);
  const value = valueReader(set);
  const fn = call.fn as (first: unknown, second: unknown) => unknown;
  const ofPairs = call.shape === "flatMap";
  const keepsKeys = !ofPairs && set.keys === undefined;
  eachItem(step, set, bad, mayGoOn, (item) => {
    let ordinal = 0;
    const refuseNext = (error: Error) => refuse(step, set, bad, item, error, [step.place, ordinal]);
    try {
      const answer = ofPairs ? fn(key(item), value(item)) : fn(value(item), key(item));
      const refusal = refusalIn(answer);
      if (refusal !== undefined) return refusal;
      const itemKey = keepsKeys || ofPairs ? undefined : key(item);
      for (const each of iterable(step.name, answer)) {
        const refused = refusalIn(each);
        if (refused !== undefined) refuseNext(refusalBy(step, refused));
        else if (!ofPairs) made.add(item, ordinal, itemKey, each);
        else if (isPair(each)) made.add(item, ordinal, each[0], each[1]);
        else refuseNext(noPair(step.name, each));
        ordinal++;
      }
    } catch (thrown) {
      refuseNext(asError(thrown, step.name));
    }
    return true;
  });
  return made.asSet(step, set);
}

/** A text would be taken apart into its characters: surely not what was meant. */
export function iterable(node: string, answer: unknown): Iterable<unknown> {
  if (typeof answer === "object" && answer !== null && Symbol.iterator in answer) {
    return answer as Iterable<unknown>;
  }
  throw new PeridotError("SERDE_REFUSED", {
    serde: node,
    problem: `${Object.prototype.toString.call(answer)}: its function returns an array, or another iterable`,
  });
}
