import { PeridotError } from "../errors.ts";
import { type JoinNeeds, joinedView, joinTables } from "../operators/join-tables.ts";
import { mergeJoins } from "../operators/merge-joins.ts";
import type { NodeId } from "../topology/node.ts";
import type { AnySerde } from "../topology/serde.ts";
import { type Materialized, materializedSpec } from "./materialized.ts";
import type { NodeLog } from "./node-log.ts";
import { joinedLink, type TableLink } from "./table-link.ts";

/** A table as joins see it. */
export interface JoinableTable {
  readonly log: NodeLog;
  readonly node: NodeId;
  readonly key: AnySerde | undefined;
  readonly link: TableLink;
}

/** KTable#join, #leftJoin and #outerJoin: a node for the changes of each table, and one for the results of both. */
export function joinedTables(
  left: JoinableTable,
  right: JoinableTable,
  materialized: Materialized<never, never> | Materialized<unknown, unknown>,
  needs: JoinNeeds,
): { readonly node: NodeId; readonly link: TableLink } {
  const { log } = left;
  refuseOthers(log, right.log);
  const { needsLeft, needsRight, joiner } = needs;
  const { name, store } = materialized;
  const mergeName = log.nameFor("KTABLE-MERGE", name);
  // what has had no row and has none now is not told, where the other side has none either
  if (!needsRight) left.link.enable(true);
  if (!needsLeft) right.link.enable(true);
  const [leftView, rightView] = [left.link.view(), right.link.view()];
  const [sendsLeft, sendsRight, sends] = [{ old: false }, { old: false }, { old: false }];
  const leftName = log.nameFor("KTABLE-JOINTHIS", name && `${name}-join-this`);
  const rightName = log.nameFor("KTABLE-JOINOTHER", name && `${name}-join-other`);
  const leftNode = log.appendNamed(
    {
      kind: "processor",
      parents: [left.node],
      operator: joinTables({
        role: "KTABLE-JOINTHIS",
        other: rightView,
        needsOwn: needsLeft,
        needsOther: needsRight,
        joiner,
        sends: sendsLeft,
        isVersioned: left.link.isVersioned,
      }),
    },
    leftName,
  );
  const rightNode = log.appendNamed(
    {
      kind: "processor",
      parents: [right.node],
      operator: joinTables({
        role: "KTABLE-JOINOTHER",
        other: leftView,
        needsOwn: needsRight,
        needsOther: needsLeft,
        joiner: (own, other, key) => joiner(other, own, key),
        sends: sendsRight,
        isVersioned: right.link.isVersioned,
      }),
    },
    rightName,
  );
  const spec =
    store === undefined
      ? undefined
      : materializedSpec(store, materialized, { key: left.key ?? right.key, value: undefined });
  const node = log.appendLate([leftNode, rightNode], mergeName, () => ({
    operator: mergeJoins("KTABLE-MERGE", spec?.name, sends),
    store: spec,
  }));
  const join = (one: Parameters<typeof joinedView>[0], other: Parameters<typeof joinedView>[1]) =>
    joinedView(one, other, needs);
  return { node, link: joinedLink([sends, sendsLeft, sendsRight], spec, [left.link, right.link], join) };
}

/** @throws TOPOLOGY_INVALID */
export function refuseOthers(log: NodeLog, other: NodeLog): void {
  if (log === other) return;
  throw new PeridotError("TOPOLOGY_INVALID", {
    problem: "a join of two builders' streams or tables",
    remedy: "Make both from the same builder",
  });
}
