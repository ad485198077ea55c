import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, suite, test } from "node:test";
import type {
  ChangelogPosition,
  KeyRange,
  StateBackend,
  StateBackendType,
} from "../../host/state/state-backend.ts";

/** Each guarantee of the port, against one implementation. */
export function backendConformance(type: StateBackendType): void {
  suite(`state backend ${type.name}`, () => {
    let directory: string;
    let backend: StateBackend;

    beforeEach(async () => {
      directory = mkdtempSync(join(tmpdir(), "peridot-backend-"));
      backend = await type.open(directory, assert.fail);
    });

    afterEach(async () => {
      await backend.close();
      rmSync(directory, { recursive: true });
    });

    const put = (entries: Readonly<Record<string, string | undefined>>, store = "s", position = undefined) =>
      backend.commit([{ store, entries: Object.entries(entries).map(toBytes), position }]);
    const range = (keys: KeyRange, store = "s") =>
      [...backend.range(store, keys)].map(([key, value]) => `${Buffer.from(key)}=${Buffer.from(value)}`);
    const get = (key: Uint8Array, store = "s") => {
      const found = backend.get(store, key);
      return found && Buffer.from(found).toString();
    };

    test("a store that nobody has written to is empty, and has no position", () => {
      assert.equal(get(bytes("a")), undefined);
      assert.deepEqual(range({}), []);
      assert.equal(backend.size("s"), 0);
      assert.equal(backend.position("s"), undefined);
    });

    test("the last entry of a key counts, and undefined deletes", () => {
      const entries = [
        ["a", "1"],
        ["b", "1"],
        ["a", "2"],
        ["b", undefined],
        ["none", undefined],
        ["c", undefined],
        ["c", "3"],
      ] as const;
      backend.commit([{ store: "s", entries: entries.map(toBytes), position: undefined }]);
      assert.deepEqual(range({}), ["a=2", "c=3"]);
      assert.equal(backend.size("s"), 2);
      put({ a: undefined, c: "4" });
      assert.deepEqual(range({}), ["c=4"]);
      assert.equal(backend.size("s"), 1);
    });

    test("keys and values may be empty, and of any bytes and length", () => {
      const keys = [bytes(""), Buffer.of(0), Buffer.of(0, 0), Buffer.of(0x6c), Buffer.alloc(5000, 0xff)];
      const values = [bytes(""), Buffer.of(0), Buffer.alloc(100_000, 7), bytes("x"), bytes("")];
      const entries = keys.map((key, index) => [key, values[index]!] as const);
      backend.commit([{ store: "s", entries, position: undefined }]);
      for (const [key, value] of entries) assert.ok(value.equals(backend.get("s", key)!));
      assert.deepEqual(
        Array.from(backend.range("s", {}), ([key]) => Buffer.from(key)),
        keys,
      );
    });

    test("a range is from its start on, without its end, in the order of unsigned bytes, either way", () => {
      put({ a: "1", ab: "2", b: "3", é: "4", "": "0" });
      assert.deepEqual(range({}), ["=0", "a=1", "ab=2", "b=3", "é=4"]);
      assert.deepEqual(range({ from: bytes("a"), to: bytes("b") }), ["a=1", "ab=2"]);
      assert.deepEqual(range({ from: bytes("aa") }), ["ab=2", "b=3", "é=4"]);
      assert.deepEqual(range({ to: bytes("ab") }), ["=0", "a=1"]);
      assert.deepEqual(range({ reverse: true }), ["é=4", "b=3", "ab=2", "a=1", "=0"]);
      assert.deepEqual(range({ from: bytes("a"), to: bytes("b"), reverse: true }), ["ab=2", "a=1"]);
      assert.deepEqual(range({ from: bytes("aa"), to: bytes("aaa"), reverse: true }), []);
      for (const reverse of [false, true]) {
        assert.deepEqual(range({ from: bytes("b"), to: bytes("a"), reverse }), []);
        assert.deepEqual(range({ from: bytes("a"), to: bytes("a"), reverse }), []);
        assert.deepEqual(range({ to: bytes(""), reverse }), []);
      }
    });

    test("keys that differ only far behind lie in their order among each other", () => {
      const shared = "k".repeat(1900);
      const long = Array.from({ length: 300 }, (_, index) => shared + String(index * 7919).padStart(9, "0"));
      const keys = [
        shared.slice(1),
        `${shared.slice(1)}a`,
        shared,
        ...long,
        `${shared}~`,
        `${shared}~~`,
        "l",
      ];
      keys.sort();
      put(Object.fromEntries(keys.map((key) => [key, "v"])));
      const found = (keyRange: KeyRange) =>
        Array.from(backend.range("s", keyRange), ([key]) => String(Buffer.from(key)));
      assert.deepEqual(found({}), keys);
      assert.deepEqual(found({ reverse: true }), keys.toReversed());
      for (const [from, to] of [
        [2, 290],
        [0, 7],
        [100, 305],
        [150, 151],
      ] as const) {
        const part = { from: bytes(keys[from]!), to: bytes(keys[to]!) };
        assert.deepEqual(found(part), keys.slice(from, to));
        assert.deepEqual(found({ ...part, reverse: true }), keys.slice(from, to).reverse());
      }
      put({ [long[3]!]: undefined });
      assert.equal(get(bytes(long[3]!)), undefined);
      assert.equal(get(bytes(long[4]!)), "v");
      assert.equal(backend.size("s"), keys.length - 1);
    });

    test("what is read may be kept: later reads and commits do not change it", () => {
      put({ a: "first", b: "other" });
      const kept = backend.get("s", bytes("a"))!;
      const [entry] = backend.range("s", {});
      backend.get("s", bytes("b"));
      put({ a: "later", b: "again" });
      backend.get("s", bytes("a"));
      assert.equal(Buffer.from(kept).toString(), "first");
      assert.deepEqual(
        entry!.map(String),
        [bytes("a"), bytes("first")].map((part) => String(part)),
      );
    });

    test("a range goes on across commits, in order, with all that stays", () => {
      const names = Array.from({ length: 1000 }, (_, index) => String(index).padStart(4, "0"));
      put(Object.fromEntries(names.map((name) => [name, "v"])));
      for (const reverse of [false, true]) {
        const seen: string[] = [];
        for (const [key] of backend.range("s", { reverse })) {
          seen.push(String(Buffer.from(key)));
          if (seen.length % 100 === 50) put({ [`${seen.at(-1)}x`]: "new", "0500": "changed" });
        }
        assert.deepEqual(seen, reverse ? seen.toSorted().reverse() : seen.toSorted());
        assert.equal(new Set(seen).size, seen.length);
        assert.deepEqual(seen.filter((key) => key.length === 4).sort(), names);
      }
    });

    test("a position stays until another one comes with a commit", () => {
      backend.commit([{ store: "s", entries: [], position: at(5n) }]);
      assert.deepEqual(backend.position("s"), at(5n));
      put({ a: "1" });
      assert.deepEqual(backend.position("s"), at(5n));
      backend.commit([{ store: "s", entries: [["b", "2"] as const].map(toBytes), position: at(2n ** 60n) }]);
      assert.deepEqual(backend.position("s"), at(2n ** 60n));
      assert.equal(backend.position("other"), undefined);
    });

    test("stores are apart from each other, and each is cleared alone", () => {
      const names = ["s", "s2", "", "a store-with.name_", "ü"];
      const entriesOf = (name: string) => [["a", name] as const, ["b", "1"] as const].map(toBytes);
      backend.commit(names.map((store) => ({ store, entries: entriesOf(store), position: at(1n) })));
      backend.clear("s");
      assert.deepEqual([range({}), backend.size("s"), backend.position("s")], [[], 0, undefined]);
      for (const name of names.slice(1)) {
        assert.deepEqual(range({}, name), [`a=${name}`, "b=1"]);
        assert.deepEqual(backend.position(name), at(1n));
      }
      put({ c: "3" });
      assert.deepEqual(range({}), ["c=3"]);
    });

    if (type.persistent) {
      test("what was committed is there when it is opened again", async () => {
        backend.commit([{ store: "s", entries: [["a", "1"] as const].map(toBytes), position: at(1n) }]);
        await backend.close();
        backend = await type.open(directory, assert.fail);
        assert.deepEqual([range({}), backend.position("s"), backend.size("s")], [["a=1"], at(1n), 1]);
        backend.clear("s");
        await backend.close();
        backend = await type.open(directory, assert.fail);
        assert.deepEqual([range({}), backend.position("s"), backend.size("s")], [[], undefined, 0]);
      });

      test("a commit that fails in its midst has changed nothing, and the next one works", () => {
        put({ a: "1" });
        function* failing() {
          yield toBytes(["a", "2"]);
          throw new RangeError("no more");
        }
        assert.throws(() =>
          backend.commit([
            { store: "new", entries: [["x", "1"] as const].map(toBytes), position: at(9n) },
            { store: "s", entries: failing(), position: at(9n) },
          ]),
        );
        assert.deepEqual([range({}), range({}, "new"), backend.position("s")], [["a=1"], [], undefined]);
        put({ b: "2" });
        put({ y: "3" }, "new");
        assert.deepEqual([range({}), range({}, "new")], [["a=1", "b=2"], ["y=3"]]);
      });
    }
  });
}

function bytes(text: string): Buffer {
  return Buffer.from(text);
}

function toBytes([key, value]: readonly [string, string | undefined]) {
  return [bytes(key), value === undefined ? undefined : bytes(value)] as const;
}

function at(offset: bigint): ChangelogPosition {
  return { topicId: "0123456789abcdef".repeat(2), offset, at: 1_700_000_000_123 };
}
