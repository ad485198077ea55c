import { unreachable } from "../assert.ts";
import { PeridotError } from "../errors.ts";
import type { CallStep } from "../topology/plan.ts";
import { type Err, refusalIn } from "../topology/result.ts";
import type { BadRows } from "./bad-rows.ts";
import { asError } from "./chunk.ts";
import { fanOver } from "./fan-loop.ts";
import { type FanOut, through } from "./position.ts";
import type { CallProgram } from "./program.ts";
import { chunkRow, itemPath, itemsOf, keyReader, type RowSet, valueReader } from "./row-set.ts";

/** Looks at the clock: false ends the run at the row that it has come to. */
export type MayGoOn = () => boolean;

/** A run looks at the clock once in so many parts of its rows. */
export const LOOKS = 32;

/** Where in the plan a user function stands. */
export interface CallPlace {
  readonly name: string;
  readonly place: number;
}

/**
 * Calls `visit` with each item. What it throws, or refuses with `err`, makes its item a bad one.
 *
 * @param visit says whether the item goes on.
 * @param mayGoOn undefined: the loop may not be cut.
 * @returns the items that go on, rising.
 */
export function eachItem(
  at: CallPlace,
  set: RowSet,
  bad: BadRows,
  mayGoOn: MayGoOn | undefined,
  visit: (item: number) => boolean | Err,
): Uint32Array {
  const items = itemsOf(set);
  const between = Math.max(1, Math.floor(items.length / LOOKS));
  let kept = 0;
  let late = false;
  let rowBefore = -1;
  for (let index = 0; index < items.length; index++) {
    const item = items[index]!;
    const row = chunkRow(set, item);
    if (row >= bad.limit) break;
    if (mayGoOn !== undefined && index > 0 && index % between === 0) late ||= !mayGoOn();
    // A kernel before us makes several items of a row: a run ends between rows only, and never before its first.
    if (late && row > rowBefore) {
      bad.stopAt(row, undefined);
      break;
    }
    rowBefore = row;
    const answer = answerOf(at, item, visit);
    if (answer === true) items[kept++] = item;
    else if (answer !== false) refuse(at, set, bad, item, answer);
  }
  return items.subarray(0, kept);
}

/** What `visit` throws is the item's error; what an error handler throws, asked about it, is not. */
function answerOf(at: CallPlace, item: number, visit: (item: number) => boolean | Err): boolean | Error {
  try {
    const answer = visit(item);
    return typeof answer === "boolean" ? answer : refusalBy(at, answer);
  } catch (thrown) {
    return asError(thrown, at.name);
  }
}

/**
 * The record behind an item is bad: the function refused it.
 *
 * @param made of what a fan-out has made of the item: which of them.
 */
export function refuse(
  { name, place }: CallPlace,
  set: RowSet,
  bad: BadRows,
  item: number,
  error: Error,
  made?: FanOut,
): void {
  const path = itemPath(set, item);
  const row = chunkRow(set, item);
  bad.add({
    row,
    place,
    path: made === undefined ? path : through(path, made),
    node: name,
    stage: "processing",
    error,
  });
}

export function refusalBy({ name }: Pick<CallPlace, "name">, { reason }: Err): PeridotError {
  return new PeridotError("RECORD_REFUSED", { node: name, reason: textOf(reason) });
}

function textOf(reason: unknown): string {
  if (typeof reason === "string") return reason;
  if (reason instanceof Error) return reason.message;
  return (
    JSON.stringify(reason, (_name, part) => (typeof part === "bigint" ? String(part) : part)) ??
    String(reason)
  );
}

/** A user function over the items of a set, and what becomes of the set. */
export function callOver(step: CallProgram, set: RowSet, bad: BadRows, mayGoOn: MayGoOn | undefined): RowSet {
  const { call } = step;
  switch (call.shape) {
    case "flatMap":
    case "flatMapValues":
      return fanOver(step, call, set, bad, mayGoOn);
    case "filter":
    case "peek":
      return { ...set, items: eachItem(step, set, bad, mayGoOn, looker(call, set)), selection: undefined };
    case "selectKey":
    case "map":
    case "mapValues": {
      const made = changer(step, call, set);
      const items = eachItem(step, set, bad, mayGoOn, made.visit);
      return { ...set, ...made.changed, items, selection: undefined };
    }
    default:
      return unreachable(call);
  }
}

type CallOf<Shape> = Extract<CallStep["call"], { readonly shape: Shape }>;
type UserFunction = (first: unknown, second?: unknown) => unknown;

/** Functions that change nothing. */
function looker(call: CallOf<"filter" | "peek">, set: RowSet): (item: number) => boolean | Err {
  const key = keyReader(set);
  const value = valueReader(set);
  const fn = call.fn as UserFunction;
  if (call.shape === "peek") {
    return (item) => refusalIn(fn(key(item), value(item))) ?? true;
  }
  const { keeps } = call;
  return (item) => {
    const answer = fn(key(item), value(item));
    return refusalIn(answer) ?? Boolean(answer) === keeps;
  };
}

/** Functions that make one record of one. */
function changer(
  { name, takesOne }: CallProgram,
  call: CallOf<"selectKey" | "map" | "mapValues">,
  set: RowSet,
): { readonly visit: (item: number) => boolean | Err; readonly changed: Partial<RowSet> } {
  const key = keyReader(set);
  const value = valueReader(set);
  const room = set.fan?.rows.length ?? set.chunk.rowCount;
  const fn = call.fn as UserFunction;
  switch (call.shape) {
    case "selectKey": {
      const keys: unknown[] = new Array(room);
      const visit = (item: number) => {
        const answer = fn(key(item), value(item));
        const refusal = refusalIn(answer);
        if (refusal !== undefined) return refusal;
        keys[item] = answer;
        return true;
      };
      return { visit, changed: { keys } };
    }
    case "map": {
      const keys: unknown[] = new Array(room);
      const values: unknown[] = new Array(room);
      const visit = (item: number) => {
        const answer = fn(key(item), value(item));
        const refusal = refusalIn(answer);
        if (refusal !== undefined) return refusal;
        if (!isPair(answer)) throw noPair(name, answer);
        keys[item] = answer[0];
        values[item] = answer[1];
        return true;
      };
      return { visit, changed: { keys, values, projection: undefined } };
    }
    case "mapValues": {
      const values: unknown[] = new Array(room);
      const visit = (item: number) => {
        const answer = takesOne ? fn(value(item)) : fn(value(item), key(item));
        const refusal = refusalIn(answer);
        if (refusal !== undefined) return refusal;
        values[item] = answer;
        return true;
      };
      return { visit, changed: { values, projection: undefined } };
    }
  }
}

export function isPair(answer: unknown): answer is readonly [unknown, unknown] {
  return Array.isArray(answer) && answer.length === 2;
}

export function noPair(node: string, answer: unknown): PeridotError {
  return new PeridotError("SERDE_REFUSED", {
    serde: node,
    problem: `${Object.prototype.toString.call(answer)}: its function returns [key, value]`,
  });
}
