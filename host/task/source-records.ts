import type { LoggedRecord, StoreAccess } from "../state/store-access.ts";
import type { KeyValueStore, ValueAndTimestamp } from "../state/stores/key-value-store.ts";
import { openStore } from "../state/stores/open-store.ts";
import type { SourceChangelog } from "../topology/source-changelogs.ts";
import type { StoreSpec } from "../topology/store-spec.ts";

/**
 * Brings records of a source topic into the store of its table, as the table itself has done: what has no key, or could not
 * be read, was passed over, else its offset would not be committed.
 */
export function sourceRestorer(
  spec: StoreSpec,
  source: SourceChangelog,
  access: StoreAccess,
): (record: LoggedRecord) => void {
  let time = 0;
  const writing = { now: () => time, drop: () => {}, headers: () => new Uint8Array() };
  const store = openStore(spec, access, writing) as KeyValueStore<unknown, ValueAndTimestamp<unknown>>;
  return (record) => {
    const { timestamp } = record;
    time = timestamp;
    if (timestamp < 0) return;
    try {
      const key: unknown = source.key.deserialize(record.key);
      const value: unknown = record.value === null ? null : source.value.deserialize(record.value);
      if (key !== null) store.put(key, value === null ? null : { value, timestamp });
    } catch {
      // a bad record, which went its way before
    }
  };
}
