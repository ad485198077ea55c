import type { SegmentedSessionStore, SessionEntry } from "../state/stores/session-store.ts";
import { Change, ChangeForwarder, type SendsOld, type TableProcessing } from "../topology/change.ts";
import type { Operator } from "../topology/operator.ts";
import type { Processor, StreamRecord } from "../topology/processor.ts";
import { accepted } from "../topology/result.ts";
import { Windowed } from "../topology/windowed.ts";
import type { SessionWindows } from "../topology/windows.ts";
import { readsOf } from "./aggregate.ts";
import type { WindowAggregation } from "./aggregate-windows.ts";
import { FinalResults } from "./final-results.ts";
import { tableOperator } from "./table-operator.ts";

export interface SessionAggregation extends WindowAggregation<SessionWindows> {
  /** Of two sessions that a record joins. */
  readonly merger: (key: never, one: never, other: never) => unknown;
}

/**
 * SessionWindowedKStream#aggregate, #reduce and #count (Kafka Streams' KStreamSessionWindowAggregate): a record comes into
 * the session that is near, or makes one of those that are near, which are retracted. Records without key are dropped.
 * A result's timestamp is its session's end.
 */
export function aggregateSessions(
  role: string,
  store: string,
  sends: SendsOld,
  aggregation: SessionAggregation,
): Operator {
  return tableOperator(
    role,
    store,
    () => aggregateSessionsProcessor(store, sends, aggregation),
    readsOf(aggregation),
  );
}

function aggregateSessionsProcessor(
  storeName: string,
  sends: SendsOld,
  { initializer, aggregator, merger, windows, emits, input }: SessionAggregation,
): Processor {
  const add = aggregator as (key: unknown, value: unknown, aggregate: unknown) => unknown;
  const merge = merger as (key: unknown, one: unknown, other: unknown) => unknown;
  const { gapMs, graceMs } = windows;
  let context: TableProcessing;
  let store: SegmentedSessionStore<unknown, unknown>;
  let changes: ChangeForwarder | undefined;
  let final: FinalResults | undefined;

  function tell(
    record: StreamRecord,
    session: Windowed<unknown>,
    newValue: unknown,
    oldValue: unknown,
  ): void {
    const told = record.withKey(session).withTimestamp(session.end).withHeaders([]);
    changes?.forward(told, new Change(newValue, oldValue));
  }

  function close(record: StreamRecord, closeTime: number): void {
    const due = final?.due(closeTime);
    if (due === undefined) return;
    for (const [session, value] of [...store.endingWithin(due.first, due.last)]) {
      const told = record.withKey(session).withTimestamp(session.end);
      context.forward(told.withValue(new Change(value, null)));
    }
    final!.tell(closeTime);
  }

  return {
    init(given) {
      context = given as TableProcessing;
      store = context.store(storeName);
      if (emits === "on-window-update") {
        const isKept = (session: unknown) => store.times.flush((session as Windowed<unknown>).end);
        changes = new ChangeForwarder(context, storeName, sends, isKept);
      } else
        final = new FinalResults(context, storeName, store.times, (told, closeTime) => ({
          first: Math.max(0, told),
          last: closeTime - 1,
        }));
    },
    process(record) {
      const { key, value, timestamp } = record;
      if (key === null) {
        context.drop();
        return;
      }
      const closeTime = store.times.streamTime(input, timestamp) - graceMs - gapMs;
      const near = [...store.findSessions(key, timestamp - gapMs, timestamp + gapMs)];
      let aggregate = initializer();
      for (const [, present] of near) aggregate = accepted(merge(key, aggregate, present));
      const session = mergedWith(key, timestamp, near);
      if (session.end < closeTime) {
        context.drop();
      } else {
        if (session.start !== timestamp || session.end !== timestamp) {
          for (const [old, present] of near) {
            store.remove(old);
            tell(record, old, null, present);
          }
        }
        const newValue = accepted(add(key, value, aggregate));
        store.put(session, newValue);
        tell(record, session, newValue, null);
      }
      close(record, closeTime);
    },
  };
}

function mergedWith(
  key: unknown,
  timestamp: number,
  near: readonly SessionEntry<unknown, unknown>[],
): Windowed<unknown> {
  const start = Math.min(timestamp, ...near.map(([session]) => session.start));
  const end = Math.max(timestamp, ...near.map(([session]) => session.end));
  return new Windowed(key, start, end);
}
