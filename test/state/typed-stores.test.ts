import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { NO_HEADERS } from "../../host/batch/record-header.ts";
import {
  type KeyValueStore,
  string,
  timestampedKeyValueStore,
  type ValueAndTimestamp,
  type VersionedKeyValueStore,
  versionedKeyValueStore,
} from "../../host/index.ts";
import type { StoreAccess } from "../../host/state/store-access.ts";
import { openStore } from "../../host/state/stores/open-store.ts";
import type { StoreSpec } from "../../host/topology/store-spec.ts";

const REFUSED = { code: "SERDE_REFUSED" };
const SERDES = { key: string, value: string };

/** A store over plain memory; `keys`: what lies there. */
function opened<S>(spec: StoreSpec<S>): { readonly store: S; readonly keys: () => string[] } {
  const entries = new Map<string, Uint8Array>();
  const access: StoreAccess = {
    get: (key) => entries.get(key),
    range: ({ from = "", to = "\uffff" }) =>
      [...entries].filter(([key]) => key >= from && key < to).sort(([a], [b]) => (a < b ? -1 : 1)),
    get size() {
      return entries.size;
    },
    put: (key, value) => void (value === undefined ? entries.delete(key) : entries.set(key, value)),
  };
  const store = openStore(spec, access, { now: () => 0, drop: () => {}, headers: () => NO_HEADERS }) as S;
  return { store, keys: () => [...entries.keys()].sort() };
}

suite("a timestamped store", () => {
  const { store } = opened<KeyValueStore<string, ValueAndTimestamp<string>>>(
    timestampedKeyValueStore({ name: "stamped", ...SERDES }),
  );
  for (const timestamp of [-1, 1.5, Number.NaN, 2 ** 53]) {
    test(`refuses the timestamp ${timestamp}`, () => {
      assert.throws(() => store.put("a", { value: "v", timestamp }), REFUSED);
      assert.equal(store.get("a"), undefined);
    });
  }
  test("keeps the timestamps from 0 on", () => {
    for (const timestamp of [0, 1, 2 ** 32, Number.MAX_SAFE_INTEGER]) {
      store.put("b", { value: "v", timestamp });
      assert.deepEqual(store.get("b"), { value: "v", timestamp });
    }
  });
});

suite("a versioned store", () => {
  const open = () =>
    opened<VersionedKeyValueStore<string, string>>(
      versionedKeyValueStore({ name: "versions", historyMs: 100, ...SERDES }),
    );

  test("refuses what is no timestamp, and no key", () => {
    const { store, keys } = open();
    for (const timestamp of [-1, 1.5, Number.NaN]) {
      assert.throws(() => store.put("a", "v", timestamp), REFUSED);
      assert.throws(() => store.delete("a", timestamp), REFUSED);
    }
    assert.throws(() => store.put(null as unknown as string, "v", 1), REFUSED);
    assert.throws(() => store.get(undefined as unknown as string), REFUSED);
    assert.deepEqual(keys(), []);
  });

  test("keys that are deleted leave nothing behind once their past is gone", () => {
    const { store, keys } = open();
    for (let id = 0; id < 500; id++) {
      store.put(`key-${id}`, "v", 10 * id);
      store.delete(`key-${id}`, 10 * id + 5);
      assert.ok(keys().length <= 50, `${keys().length} entries after ${id} keys`);
    }
    store.put("last", "v", 1_000_000);
    assert.deepEqual(keys(), ["klast", "t"]);
  });

  test("their past is there as long as it can be asked for", () => {
    const { store } = open();
    store.put("a", "v", 10);
    store.delete("a", 20);
    store.put("other", "v", 120);
    assert.equal(store.getAsOf("a", 20), undefined);
    store.put("b", "v", 50);
    store.delete("b", 60);
    assert.equal(store.getAsOf("b", 55)?.value, "v");
    assert.equal(store.get("b"), undefined);
  });

  test("a key that came back is kept", () => {
    const { store } = open();
    store.put("a", "first", 10);
    store.delete("a", 20);
    store.put("a", "second", 30);
    store.put("other", "v", 10_000);
    assert.equal(store.get("a")?.value, "second");
  });
});
