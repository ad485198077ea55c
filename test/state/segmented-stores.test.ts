import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { suite, test } from "node:test";
import { NO_HEADERS } from "../../host/batch/record-header.ts";
import { retentionOf } from "../../host/dsl/stores.ts";
import {
  type KeyValueStore,
  lruStore,
  type SessionStore,
  type StoreSpec,
  sessionStore,
  string,
  timestampedWindowStore,
  type ValueAndTimestamp,
  Windowed,
  type WindowStore,
  windowStore,
} from "../../host/index.ts";
import type { LoggedRecord, StoreAccess } from "../../host/state/store-access.ts";
import { openStore, readStore, restoreRecord } from "../../host/state/stores/open-store.ts";

const SERDES = { key: string, value: string };
const FILE = join(import.meta.dirname, "..", "golden", "bytes", "serdes.json");

/** A store over plain memory, and what went to its changelog. */
class Opened<S> {
  readonly entries = new Map<string, Uint8Array>();
  readonly logged: LoggedRecord[] = [];
  readonly spec: StoreSpec;
  dropped = 0;
  now = 0;

  constructor(spec: StoreSpec<S>) {
    this.spec = spec;
  }

  get access(): StoreAccess {
    const { entries } = this;
    return {
      get: (key) => entries.get(key),
      range: ({ from = "", to = "\uffff", reverse }) => {
        const found = [...entries].filter(([key]) => key >= from && key < to);
        found.sort(([a], [b]) => (a < b ? -1 : 1));
        return reverse === true ? found.reverse() : found;
      },
      get size() {
        return entries.size;
      },
      put: (key, value, logged) => {
        if (value === undefined) entries.delete(key);
        else entries.set(key, value);
        if (logged !== undefined) this.logged.push(logged);
      },
    };
  }

  /** Anew over what lies there, as after a restart. */
  store(): S {
    const writing = { now: () => this.now, drop: () => void this.dropped++, headers: () => NO_HEADERS };
    return openStore(this.spec, this.access, writing) as S;
  }

  /** What lies there, as text, without the stream time that operators keep there. */
  shown(): readonly string[] {
    const entries = Array.from(
      this.entries,
      ([key, bytes]) => `${key}=${Buffer.from(bytes).toString("latin1")}`,
    );
    return entries.filter((entry) => !entry.startsWith("o")).sort();
  }

  /** The entries that its changelog makes. */
  restored(): readonly string[] {
    const other = new Opened<S>(this.spec as StoreSpec<S>);
    for (const record of this.logged) restoreRecord(this.spec, other.access, record);
    return other.shown();
  }
}

suite("a window store", () => {
  const open = (retentionMs = 1_000, retainDuplicates = false) =>
    new Opened<WindowStore<string, string>>(
      windowStore({ name: "w", ...SERDES, retentionMs, windowSizeMs: 10, retainDuplicates }),
    );

  test("has the keys of Kafka Streams in its changelog (WindowKeySchema)", () => {
    const { cases } = JSON.parse(readFileSync(FILE, "utf8")) as {
      readonly cases: readonly { format: string; input: Record<string, string>; hex: string }[];
    };
    const wanted = cases.filter(
      ({ format, input }) =>
        format === "windowStoreKey" &&
        Number(input.sequence) === 0 &&
        Number.isSafeInteger(Number(input.end)),
    );
    assert.ok(wanted.length >= 16, `${wanted.length} cases`);
    for (const { input, hex } of wanted) {
      const opened = open(Number.MAX_SAFE_INTEGER);
      opened.store().put(input.key!, "v", Number(input.start));
      assert.equal(Buffer.from(opened.logged[0]!.key).toString("hex"), hex);
    }
  });

  test("is made again by its changelog, duplicates too", () => {
    for (const keepsDuplicates of [false, true]) {
      const opened = open(1_000, keepsDuplicates);
      const store = opened.store();
      for (const [key, start] of [
        ["a", 1],
        ["b", 1],
        ["a", 20],
        ["a", 1],
      ] as const)
        store.put(key, `v${start}`, start);
      store.put("b", null, 1);
      assert.deepEqual(opened.restored(), opened.shown());
      assert.equal([...store.all()].length, keepsDuplicates ? 4 : 2);
    }
  });

  test("numbers duplicates on after a restart, and none takes the place of another", () => {
    const opened = open(1_000, true);
    opened.store().put("a", "first", 1);
    opened.store().put("a", "second", 1);
    assert.deepEqual(
      [...opened.store().fetch("a", 0, 10)],
      [
        [1, "first"],
        [1, "second"],
      ],
    );
  });

  test("drops what is late, also after a restart, and sees nothing older than its retention", () => {
    const opened = open(100_000);
    opened.store().put("a", "old", 10);
    opened.store().put("a", "new", 400_000);
    const store = opened.store();
    store.put("b", "late", 20);
    assert.equal(opened.dropped, 1);
    assert.deepEqual(
      [...store.all()].map(([key]) => key),
      [new Windowed("a", 400_000, 400_010)],
    );
    store.put("b", "in a living segment", 300_000);
    assert.equal(store.get("b", 300_000), undefined);
    assert.equal(store.get("a", 400_000), "new");
    assert.deepEqual(opened.logged.length, 3, "what is dropped is not in the changelog");
  });

  test("forgets whole segments, and its index with them", () => {
    const spec = windowStore({ name: "w", ...SERDES, retentionMs: 100_000, windowSizeMs: 10 });
    const opened = new Opened<WindowStore<string, string>>({
      ...spec,
      windows: retentionOf(100_000, 10, { isTimeOrdered: true }),
    } as StoreSpec<WindowStore<string, string>>);
    const store = opened.store();
    for (let start = 0; start < 1_000_000; start += 1_000) store.put(`k${start % 7}`, "v", start);
    // at most the retention and one segment, twice with the index, and the time
    assert.ok(opened.entries.size <= 2 * 161 + 1, `${opened.entries.size} entries`);
    const starts = [...store.fetchAll(950_000, 960_000)].map(([{ start }]) => start);
    assert.deepEqual(
      starts,
      Array.from({ length: 11 }, (_, index) => 950_000 + index * 1_000),
    );
    assert.deepEqual(
      [...store.backwardFetchAll(950_000, 960_000)].map(([{ start }]) => start),
      starts.reverse(),
    );
  });

  test("keys that begin with each other stay apart", () => {
    const store = open().store();
    for (const key of ["a", "a\0", "a\0\0\0\0\0\0\0\0", "aa", ""]) store.put(key, key, 0);
    for (const key of ["a", "a\0", "a\0\0\0\0\0\0\0\0", "aa", ""]) {
      assert.deepEqual([...store.fetch(key, 0, 10)], [[0, key]]);
      assert.deepEqual([...store.backwardFetch(key, 0, 10)], [[0, key]]);
    }
  });

  test("with timestamps: the changelog has the value alone, at its time", () => {
    const opened = new Opened<WindowStore<string, ValueAndTimestamp<string>>>(
      timestampedWindowStore({ name: "w", ...SERDES, retentionMs: 100, windowSizeMs: 10 }),
    );
    opened.store().put("a", { value: "v", timestamp: 17 }, 10);
    const [{ value, timestamp }] = opened.logged as [LoggedRecord];
    assert.deepEqual([String(value), timestamp], ["v", 17]);
    assert.deepEqual(opened.store().get("a", 10), { value: "v", timestamp: 17 });
    assert.deepEqual(opened.restored(), opened.shown());
  });

  test("refuses what makes no sense", () => {
    const misuse = { code: "TOPOLOGY_INVALID" };
    const sizes = { retentionMs: 5, windowSizeMs: 10 };
    assert.throws(() => windowStore({ name: "w", ...SERDES, ...sizes }), misuse);
    assert.throws(() => windowStore({ name: "w", ...SERDES, ...sizes, retentionMs: -1 }), misuse);
    assert.throws(() => windowStore({ name: "w", ...SERDES, retentionMs: 10, windowSizeMs: 0.5 }), misuse);
    for (const start of [-1, 0.5, Number.NaN])
      assert.throws(() => open().store().put("a", "v", start), { code: "SERDE_REFUSED" });
  });
});

suite("a session store", () => {
  const open = () =>
    new Opened<SessionStore<string, string>>(sessionStore({ name: "s", ...SERDES, retentionMs: 100_000 }));

  test("has the keys of Kafka Streams in its changelog (SessionKeySchema), which makes it again", () => {
    const opened = open();
    const store = opened.store();
    store.put(new Windowed("key-1", 0, 10), "v");
    assert.equal(
      Buffer.from(opened.logged[0]!.key).toString("hex"),
      "6b65792d31000000000000000a0000000000000000",
    );
    store.put(new Windowed("key-1", 20, 30), "w");
    store.remove(new Windowed("key-1", 0, 10));
    assert.deepEqual(opened.restored(), opened.shown());
    assert.deepEqual([...store.all()], [[new Windowed("key-1", 20, 30), "w"]]);
  });

  test("drops what is late, also after a restart", () => {
    const opened = open();
    opened.store().put(new Windowed("a", 0, 400_000), "long");
    opened.store().put(new Windowed("a", 0, 10), "late");
    assert.equal(opened.dropped, 1);
    assert.deepEqual([...opened.store().fetch("a")], [[new Windowed("a", 0, 400_000), "long"]]);
  });

  test("finds by end and start, in the segments that there are", () => {
    const store = open().store();
    const sessions = [
      [0, 5],
      [10, 70_000],
      [80_000, 90_000],
    ] as const;
    for (const [start, end] of sessions) store.put(new Windowed("a", start, end), `${start}`);
    const found = (earliestEnd: number, latestStart: number) =>
      [...store.findSessions("a", earliestEnd, latestStart)].map(([{ start }]) => start);
    assert.deepEqual(found(0, 100_000), [0, 10, 80_000]);
    assert.deepEqual(found(6, 79_999), [10]);
    assert.deepEqual(found(70_001, 80_000), [80_000]);
  });
});

suite("an LRU store", () => {
  const open = (entriesMax: number) =>
    new Opened<KeyValueStore<string, string>>(lruStore({ name: "lru", ...SERDES, entriesMax }));

  test("lets the one go that was not used for the longest time, and tells its changelog", () => {
    const opened = open(2);
    const store = opened.store();
    store.put("a", "1");
    store.put("b", "2");
    store.get("a");
    opened.store().put("c", "3"); // the order outlasts a restart
    assert.deepEqual(
      [...store.all()],
      [
        ["a", "1"],
        ["c", "3"],
      ],
    );
    assert.deepEqual(
      opened.logged.map(({ key, value }) => [String(key), value && String(value)]),
      [
        ["a", "1"],
        ["b", "2"],
        ["b", null],
        ["c", "3"],
      ],
    );
    assert.equal(store.approximateNumEntries(), 2);
    assert.equal(store.delete("a"), "1");
    assert.equal(store.delete("a"), undefined);
    assert.equal(store.approximateNumEntries(), 1);
    assert.match(opened.restored().join(), /kc=.{8}3/s);
    assert.doesNotMatch(opened.restored().join(), /k[ab]=/);
  });

  test("is read from outside without being used", () => {
    const opened = open(2);
    const store = opened.store();
    store.put("a", "1");
    store.put("b", "2");
    const reader = readStore(opened.spec, opened.access) as KeyValueStore<string, string>;
    assert.equal(reader.get("a"), "1");
    assert.deepEqual(
      [...reader.reverseRange("a", "b")],
      [
        ["b", "2"],
        ["a", "1"],
      ],
    );
    store.put("c", "3");
    assert.equal(store.get("a"), undefined);
  });

  test("has room for something", () => assert.throws(() => open(0), { code: "TOPOLOGY_INVALID" }));
});
