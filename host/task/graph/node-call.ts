import type { GraphWork } from "../../topology/plan.ts";
import { refusalIn } from "../../topology/result.ts";
import { isPair, noPair, refusalBy } from "../call-loop.ts";
import { iterable } from "../fan-loop.ts";
import type { FlowRecord } from "./flow-record.ts";

export type StatelessWork = Exclude<GraphWork, { readonly shape: "process" | "sink" }>;
/** Hands a record to all children, or to the one with this index. */
export type Forward = (record: FlowRecord, child?: number) => void;

type UserFunction = (first: unknown, second: unknown) => unknown;

/**
 * A stateless operator over one record.
 *
 * @param refuse is told of one of several records that a fan-out makes; the others go on.
 * @returns what does it, and throws what the function throws or refuses.
 */
export function nodeCall(
  name: string,
  work: StatelessWork,
  forward: Forward,
  refuse: (error: Error) => void,
): (record: FlowRecord) => void {
  const call = calling(name);
  switch (work.shape) {
    case "pass":
      return (record) => forward(record);
    case "filter": {
      const { keeps } = work;
      const fn = call(work.fn);
      return (record) => {
        if (Boolean(fn(record.key, record.value)) === keeps) forward(record);
      };
    }
    case "peek": {
      const fn = call(work.fn);
      return (record) => {
        fn(record.key, record.value);
        forward(record);
      };
    }
    case "selectKey": {
      const fn = call(work.fn);
      return (record) => forward(record.withKey(fn(record.key, record.value)));
    }
    case "mapValues": {
      const fn = call(work.fn);
      return (record) => forward(record.withValue(fn(record.value, record.key)));
    }
    case "map": {
      const fn = call(work.fn);
      return (record) => forward(paired(name, record, fn(record.key, record.value)));
    }
    case "flatMap": {
      const fn = call(work.fn);
      return (record) => {
        for (const pair of iterable(name, fn(record.key, record.value))) {
          const refusal = refusalIn(pair);
          if (refusal !== undefined) refuse(refusalBy({ name }, refusal));
          else if (isPair(pair)) forward(record.withKey(pair[0]).withValue(pair[1]));
          else refuse(noPair(name, pair));
        }
      };
    }
    case "flatMapValues": {
      const fn = call(work.fn);
      return (record) => {
        for (const value of iterable(name, fn(record.value, record.key))) {
          const refusal = refusalIn(value);
          if (refusal === undefined) forward(record.withValue(value));
          else refuse(refusalBy({ name }, refusal));
        }
      };
    }
    case "branch": {
      const predicates = work.predicates.map((predicate) => call(predicate));
      return (record) => {
        const way = predicates.findIndex((holds) => holds(record.key, record.value));
        if (way >= 0) forward(record, way);
      };
    }
  }
}

function paired(name: string, record: FlowRecord, pair: unknown): FlowRecord {
  if (!isPair(pair)) throw noPair(name, pair);
  return record.withKey(pair[0]).withValue(pair[1]);
}

/** A user function whose refusal by value is thrown. */
function calling(name: string): (fn: (first: never, second: never) => unknown) => UserFunction {
  return (given) => {
    const fn = given as UserFunction;
    return (first, second) => {
      const answer = fn(first, second);
      throwRefusal(name, answer);
      return answer;
    };
  };
}

function throwRefusal(name: string, answer: unknown): void {
  const refusal = refusalIn(answer);
  if (refusal !== undefined) throw refusalBy({ name }, refusal);
}
