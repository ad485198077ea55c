import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { NO_HEADERS } from "../../host/batch/record-header.ts";
import { specOf } from "../../host/dsl/stores.ts";
import {
  StreamsBuilder,
  string,
  TopologyTestDriver,
  untilTimeLimit,
  untilWindowCloses,
} from "../../host/index.ts";
import type { LoggedRecord, StoreAccess } from "../../host/state/store-access.ts";
import { openStore, restoreRecord } from "../../host/state/stores/open-store.ts";
import type { SuppressBuffer } from "../../host/state/stores/suppress-buffer.ts";

const TEXTS = { key: string, value: string };
const SPEC = specOf("suppress-buffer", { name: "held", ...TEXTS });

class Memory {
  readonly entries = new Map<string, Uint8Array>();
  readonly logged: LoggedRecord[] = [];

  get access(): StoreAccess {
    return {
      get: (key) => this.entries.get(key),
      range: ({ from = "", to = "\uffff" }) =>
        [...this.entries].filter(([key]) => key >= from && key < to).sort(([a], [b]) => (a < b ? -1 : 1)),
      size: 0,
      put: (key, value, logged) => {
        if (value === undefined) this.entries.delete(key);
        else this.entries.set(key, value);
        if (logged !== undefined) this.logged.push(logged);
      },
    };
  }

  open(): SuppressBuffer {
    return openStore(SPEC, this.access, {
      now: () => 0,
      drop() {},
      headers: () => NO_HEADERS,
    }) as SuppressBuffer;
  }

  shown(): string[] {
    const texts = Array.from(
      this.entries,
      ([key, bytes]) => `${key}=${Buffer.from(bytes).toString("latin1")}`,
    );
    return texts.sort();
  }
}

const change = (key: string, newValue: string | null, timestamp: number, oldValue: string | null = null) => ({
  key,
  newValue,
  oldValue,
  origin: {
    timestamp,
    topic: "in",
    partition: 0,
    offset: 7n,
    headers: [{ key: "h", value: Buffer.from("x") }],
  },
});

suite("what a suppression keeps back", () => {
  test("leaves in the order of first changes, as it was last", () => {
    const buffer = new Memory().open();
    buffer.hold(5, change("b", "1", 5));
    buffer.hold(3, change("c", "2", 3));
    buffer.hold(5, change("a", "3", 5));
    buffer.hold(9, change("b", "4", 9, "1"));
    assert.deepEqual(buffer.size.records, 3);
    assert.equal(buffer.size.earliest, 3);
    const left = [buffer.take(), buffer.take(), buffer.take()].map((each) => `${each!.key}${each!.newValue}`);
    assert.deepEqual(left, ["c2", "a3", "b4"]);
    assert.equal(buffer.take(), undefined);
    assert.deepEqual(buffer.size, { records: 0, bytes: 0, earliest: Number.POSITIVE_INFINITY });
  });

  test("remembers what a row was before any of it", () => {
    const buffer = new Memory().open();
    buffer.hold(1, change("a", "2", 1, "1"));
    buffer.hold(2, change("a", "3", 2, "2"));
    assert.deepEqual(buffer.prior("a"), { value: "1" });
    assert.equal(buffer.prior("b"), undefined);
  });

  test("is counted as Kafka Streams counts it: times, offset, partition, topic, headers, key, values", () => {
    const buffer = new Memory().open();
    buffer.hold(1, change("key", "new", 1, "old"));
    assert.equal(buffer.size.bytes, 28 + 2 + 2 + 3 + 3 + 3);
    buffer.hold(1, change("key", "newer", 1, "new"));
    assert.equal(buffer.size.bytes, 28 + 2 + 2 + 3 + 3 + 3 + 5);
  });

  test("is made again by its changelog", () => {
    const memory = new Memory();
    const buffer = memory.open();
    for (const [key, time] of [
      ["a", 1],
      ["b", 2],
      ["a", 3],
      ["c", 4],
    ] as const) {
      buffer.hold(time, change(key, `${time}`, time));
      buffer.streamTime(time);
    }
    buffer.take();
    const restored = new Memory();
    for (const record of memory.logged) restoreRecord(SPEC, restored.access, record);
    assert.deepEqual(restored.shown(), memory.shown());
  });

  test("goes early, or stops the application, where there are too many bytes", () => {
    const piped = (whenFull: "emit-early" | "shut-down") => {
      const driver = new TopologyTestDriver((builder) =>
        builder
          .table("in", TEXTS)
          .suppress(untilTimeLimit(1_000, { maxBytes: 80, whenFull }))
          .toStream()
          .to("out", TEXTS),
      );
      const input = driver.input("in", TEXTS);
      for (const [index, key] of ["a", "b", "c"].entries()) input.pipe(key, "value", index);
      return driver
        .output("out", TEXTS)
        .readAll()
        .map(({ key }) => key);
    };
    assert.deepEqual(piped("emit-early"), ["a"]);
    assert.throws(() => piped("shut-down"), {
      code: "RECORD_FAILED",
      message: /the buffer .* is full: 3 of Infinity records/,
    });
  });

  test("needs windows to close, a table without versions, and sense", () => {
    const misuse = { code: "TOPOLOGY_INVALID" };
    const table = (historyMs?: number) =>
      new StreamsBuilder().table("in", TEXTS, historyMs === undefined ? {} : { historyMs });
    assert.throws(() => table().suppress(untilWindowCloses()), misuse);
    assert.throws(() => table(5).suppress(untilTimeLimit(5)), misuse);
    for (const limit of [-1, 1.5]) assert.throws(() => untilTimeLimit(5, { maxRecords: limit }), misuse);
    assert.throws(() => untilTimeLimit(-1), misuse);
  });
});
