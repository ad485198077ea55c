import type { JoinBuffer, WaitingRecord } from "../state/stores/join-buffer.ts";
import type { TableProcessing } from "../topology/change.ts";
import type { Operator } from "../topology/operator.ts";
import type { Processor, StreamRecord } from "../topology/processor.ts";
import { accepted } from "../topology/result.ts";
import type { TableReader, TableView } from "../topology/table-view.ts";

/** How the records of a stream are joined with the rows of a table. */
export interface TableJoin {
  readonly role: string;
  readonly table: TableView;
  /** A record to which the table has no row is joined with null. */
  readonly isLeft: boolean;
  readonly joiner: (value: unknown, row: unknown, key: unknown) => unknown;
  /** Under which key a global table is to have the row; undefined: the record's own. */
  readonly rowKeyOf: ((key: unknown, value: unknown) => unknown) | undefined;
  /** Records wait so long, in stream time, for rows that come late: in this store. undefined: they do not wait. */
  readonly buffer: { readonly store: string; readonly graceMs: number } | undefined;
}

/**
 * KStream#join and #leftJoin with a table (Kafka Streams' KStreamKTableJoinProcessor): each record is joined with the row that
 * is there under its key, of a versioned table with the one that was valid at its time. Records without value are dropped, and
 * without key too, unless they are joined with null.
 */
export function joinTable(join: TableJoin): Operator {
  const { role, table, buffer } = join;
  const stores = buffer === undefined ? table.stores : [...table.stores, buffer.store];
  const facts = { changesKey: false, changesValue: true, terminal: false, stores, needsStreamTime: false };
  const supplier = () => joinTableProcessor(join);
  return {
    role,
    facts: { ...facts, joins: join.rowKeyOf === undefined },
    call: { shape: "process", supplier, punctuates: false, keepsKey: false },
  };
}

function joinTableProcessor({ table, isLeft, joiner, rowKeyOf, buffer }: TableJoin): Processor {
  let context: TableProcessing;
  let rows: TableReader;
  let waiting: JoinBuffer | undefined;
  const join = (record: StreamRecord) => {
    const { key, value, timestamp } = record;
    const rowKey = rowKeyIn(record);
    const row = rowKey === null ? undefined : (rows.getAsOf?.(rowKey, timestamp) ?? latest(rowKey));
    if (row === undefined && !isLeft) return;
    context.forward(record.withValue(accepted(joiner(value, row?.value ?? null, key)) as never));
  };
  const rowKeyIn = ({ key, value }: StreamRecord) =>
    rowKeyOf === undefined ? key : accepted(rowKeyOf(key, value));
  const latest = (key: unknown) => (rows.getAsOf === undefined ? rows.get(key) : undefined);
  return {
    init(given) {
      context = given as TableProcessing;
      rows = table.open(context);
      if (buffer !== undefined) waiting = context.store(buffer.store);
    },
    process(record) {
      const { key, value } = record;
      if (value === null || (!isLeft && rowKeyIn(record) === null)) {
        context.drop();
        return;
      }
      const graceMs = buffer?.graceMs ?? 0;
      if (waiting === undefined || key === null || !waiting.add(waitingOf(context, record), graceMs))
        join(record);
      else for (const due of waiting.takeDue(graceMs)) join(recordOf(record, due));
    },
  };
}

function waitingOf({ recordMetadata }: TableProcessing, record: StreamRecord): WaitingRecord {
  const { key, value, timestamp, headers } = record;
  const { topic, partition, offset } = recordMetadata ?? { topic: "", partition: -1, offset: -1n };
  return { key, value, origin: { topic, partition, offset, timestamp, headers } };
}

/** @param like any record. */
function recordOf(
  like: StreamRecord,
  { key, value, origin: { timestamp, headers } }: WaitingRecord,
): StreamRecord {
  return like.withKey(key).withValue(value).withTimestamp(timestamp).withHeaders(headers);
}
