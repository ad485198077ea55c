import { Change, type SendsOld, type TableProcessing } from "../topology/change.ts";
import type { Operator } from "../topology/operator.ts";
import type { Processor } from "../topology/processor.ts";
import { accepted } from "../topology/result.ts";
import type { TableReader, TableView } from "../topology/table-view.ts";
import { tableOperator } from "./table-operator.ts";

/** Makes a row of two; null: there is none on that side. */
export type RowJoiner = (own: unknown, other: unknown, key: unknown) => unknown;

/** What one side of a join of tables does with a change of its own. */
export interface TableJoinSide {
  readonly role: string;
  /** The rows of the other side. */
  readonly other: TableView;
  /** A result takes a row of this side (of the other one). */
  readonly needsOwn: boolean;
  readonly needsOther: boolean;
  readonly joiner: RowJoiner;
  readonly sends: SendsOld;
  /** Its table keeps versions: what is older than its newest is none of the join's. */
  readonly isVersioned: boolean;
}

/**
 * One side of KTable#join, #leftJoin and #outerJoin (Kafka Streams' KTableKTableInnerJoin, -LeftJoin, -RightJoin and
 * -OuterJoin): each change is joined with what the other table has under the key. The result's timestamp is the later one of
 * both.
 */
export function joinTables(side: TableJoinSide): Operator {
  const made = tableOperator(side.role, undefined, () => joinTablesProcessor(side));
  return { ...made, facts: { ...made.facts, stores: side.other.stores, joins: true } };
}

function joinTablesProcessor({
  other,
  needsOwn,
  needsOther,
  joiner,
  sends,
  isVersioned,
}: TableJoinSide): Processor {
  let context: TableProcessing;
  let rows: TableReader;
  return {
    init(given) {
      context = given as TableProcessing;
      rows = other.open(context);
    },
    process(record) {
      const { key } = record;
      const change = record.value as Change;
      if (key === null || (isVersioned && !change.isLatest)) {
        context.drop();
        return;
      }
      const row = rows.get(key);
      const otherValue = row?.value ?? null;
      if (otherValue === null && (needsOther || (change.newValue === null && change.oldValue === null)))
        return;
      const joined = (value: unknown) => {
        const isNothing = value === null && (needsOwn || otherValue === null);
        return isNothing ? null : accepted(joiner(value, otherValue, key));
      };
      const newValue = joined(change.newValue);
      const oldValue = sends.old ? joined(change.oldValue) : null;
      const timestamp = Math.max(record.timestamp, row?.timestamp ?? record.timestamp);
      context.forward(
        record.withValue(new Change(newValue, oldValue, change.isLatest)).withTimestamp(timestamp),
      );
    },
  };
}

/** Rows of two tables that are joined whenever they are asked for. */
export function joinedView(
  left: TableView,
  right: TableView,
  { needsLeft, needsRight, joiner }: JoinNeeds,
): TableView {
  return {
    stores: [...new Set([...left.stores, ...right.stores])],
    open(context) {
      const [lefts, rights] = [left.open(context), right.open(context)];
      return {
        get(key) {
          const [one, other] = [lefts.get(key), rights.get(key)];
          const [leftValue, rightValue] = [one?.value ?? null, other?.value ?? null];
          if (leftValue === null && (needsLeft || rightValue === null)) return undefined;
          if (rightValue === null && needsRight) return undefined;
          const value = accepted(joiner(leftValue, rightValue, key));
          const timestamp = Math.max(one?.timestamp ?? -1, other?.timestamp ?? -1);
          return value === null ? undefined : { value, timestamp };
        },
        getAsOf: undefined,
      };
    },
  };
}

export interface JoinNeeds {
  /** A result takes a row of the left table (of the right one). */
  readonly needsLeft: boolean;
  readonly needsRight: boolean;
  readonly joiner: RowJoiner;
}
