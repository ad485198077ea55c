import { keyOf } from "../../state/stores/bytes-of.ts";
import { sessionIn } from "../../state/stores/session-store.ts";
import { STAMP_BYTES } from "../../state/stores/timestamped-layout.ts";
import { windowIn } from "../../state/stores/window-store.ts";
import type { FlushedEntry } from "../../state/task-store.ts";
import type { RowNews } from "../../topology/change.ts";
import type { StoreSpec } from "../../topology/store-spec.ts";
import { Windowed } from "../../topology/windowed.ts";
import { FlowRecord } from "./flow-record.ts";

/** What a record cache tells of an entry of a table's store. */
export function newsOf(spec: StoreSpec, { key: text, before, logged, headers }: FlushedEntry): RowNews {
  const read = (bytes: Uint8Array | null | undefined) =>
    bytes === null || bytes === undefined ? null : (spec.value.deserialize(bytes) as unknown);
  const stampBytes = spec.kind === "session" ? 0 : STAMP_BYTES;
  const { key, timestamp = logged!.timestamp } = rowOf(spec, text);
  const newValue = read(logged!.value);
  const record = new FlowRecord(key, newValue, timestamp, headers);
  return { record, newValue, oldValue: read(before?.subarray(stampBytes)) };
}

/** The row's key; of a session its time, too: it is the session's end. */
function rowOf(spec: StoreSpec, text: string): { readonly key: unknown; readonly timestamp?: number } {
  switch (spec.kind) {
    case "timestamped-window": {
      const { key, start } = windowIn(text);
      return { key: new Windowed(keyOf(spec.key, key), start, start + spec.windows!.sizeMs) };
    }
    case "session": {
      const { key, start, end } = sessionIn(text);
      return { key: new Windowed(keyOf(spec.key, key), start, end), timestamp: end };
    }
    default:
      return { key: keyOf(spec.key, text) };
  }
}
