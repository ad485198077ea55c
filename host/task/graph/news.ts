import { keyOf } from "../../state/stores/bytes-of.ts";
import { valueIn } from "../../state/stores/timestamped-layout.ts";
import type { FlushedEntry } from "../../state/task-store.ts";
import type { RowNews } from "../../topology/change.ts";
import type { StoreSpec } from "../../topology/store-spec.ts";
import { FlowRecord } from "./flow-record.ts";

/** What a record cache tells of an entry of a timestamped store. */
export function newsOf(spec: StoreSpec, { key, value, before, logged, headers }: FlushedEntry): RowNews {
  const read = (stored: Uint8Array | undefined) =>
    stored === undefined ? null : (spec.value.deserialize(valueIn(stored)) as unknown);
  const newValue = read(value);
  const record = new FlowRecord(keyOf(spec.key, key), newValue, logged!.timestamp, headers);
  return { record, newValue, oldValue: read(before) };
}
