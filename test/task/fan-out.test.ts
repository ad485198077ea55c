import assert from "node:assert/strict";
import { test } from "node:test";
import type { StreamsBuilder } from "../../host/dsl/streams-builder.ts";
import { i64, string } from "../../host/serdes/index.ts";
import { err } from "../../host/topology/result.ts";
import { brief, TopologyRun, type TopologyRunSettings } from "./harness.ts";

const text = { key: string, value: string };
const records = ["a b", "", "c", "d e f"].map((value, index) => ({
  key: `k${index}`,
  value,
  timestamp: 10 + index,
  headers: [["h", `${index}`]] as const,
}));
const words = (value: string) => value.split(" ").filter((word) => word !== "");

/** The outcome must not depend on the size of batches. */
function everySize(
  topology: (builder: StreamsBuilder) => void,
  settings: TopologyRunSettings,
  check: (run: TopologyRun, cut: ReturnType<TopologyRun["cut"]>) => void,
): void {
  for (const batchRowsMax of [1, 2, 3, 1000]) {
    const run = new TopologyRun(topology, { ...settings, batchRowsMax });
    run.add("in", records);
    run.drain();
    check(run, run.cut());
  }
}

test("flatMapValues: key, timestamp and headers on each value, in their order", () => {
  everySize(
    (builder) => builder.stream("in", text).flatMapValues(words).to("out", { value: string }),
    {},
    (_run, { out }) => {
      assert.deepEqual(brief(out), ["k0=a", "k0=b", "k2=c", "k3=d", "k3=e", "k3=f"]);
      assert.deepEqual(
        out!.map(({ timestamp, headers }) => [timestamp, headers[0]![1]]),
        [10, 10, 12, 13, 13, 13].map((time) => [time, `${time - 10}`]),
      );
    },
  );
});

test("flatMap: new keys and values, then functions over what was made", () => {
  everySize(
    (builder) =>
      builder
        .stream("in", text)
        .flatMap((key, value) => words(value).map((word) => [word, key] as const))
        .filter((word) => word !== "e")
        .selectKey((word, key) => `${key}.${word}`)
        .mapValues((key, made) => BigInt(key.length + made.length))
        .to("out", { key: string, value: i64 }),
    {},
    (_run, { out }) => {
      assert.deepEqual(
        out!.map(({ key, value }) => [key, Buffer.from(value!).readBigInt64BE()]),
        ["k0.a", "k0.b", "k2.c", "k3.d", "k3.f"].map((key) => [key, 6n]),
      );
    },
  );
});

test("behind two fan-outs and two branches of one topic, records go out depth first", () => {
  everySize(
    (builder) => {
      const twice = builder
        .stream("in", text)
        .flatMapValues(words)
        .flatMapValues((word) => [`${word}0`, `${word}1`]);
      const f = twice.mapValues((each) => `f${each}`);
      const g = twice.flatMapValues((each) => [`g${each}`, `h${each}`]);
      f.merge(g).to("out", { value: string });
      twice.to("out", { value: string });
    },
    {},
    (_run, { out }) => {
      const expected = ["a", "b", "c", "d", "e", "f"].flatMap((word) =>
        ["0", "1"].flatMap((n) => [`f${word}${n}`, `g${word}${n}`, `h${word}${n}`, `${word}${n}`]),
      );
      assert.deepEqual(
        out!.map(({ value }) => value),
        expected,
      );
    },
  );
});

test("a record refused among those that a fan-out made is a dead letter at its place; the others go on", () => {
  const refusing = (word: string) => (word === "e" ? err({ no: word }) : word);
  for (const place of ["elements", "behind"] as const) {
    everySize(
      (builder) => {
        const stream = builder.stream("in", text);
        const made =
          place === "elements"
            ? stream.flatMapValues((value) => words(value).map(refusing))
            : stream.flatMapValues(words).mapValues(refusing);
        made.to("out", { value: string });
      },
      { errors: { onProcessingError: "deadLetter", deadLetterTopic: "out" } },
      (_run, { out }) => {
        assert.deepEqual(brief(out), ["k0=a", "k0=b", "k2=c", "k3=d", "k3=d e f", "k3=f"]);
        const headers = Object.fromEntries(out![4]!.headers);
        assert.equal(headers["__streams.errors.message"], '{"no":"e"}');
        assert.equal(headers["__streams.errors.exception"], "PeridotError: RECORD_REFUSED");
      },
    );
  }
});

test("a fan-out that throws midway keeps what it has given before", () => {
  everySize(
    (builder) =>
      builder
        .stream("in", text)
        .flatMapValues(function* (value) {
          for (const word of words(value)) {
            if (word === "e") throw new RangeError("enough");
            yield word;
          }
        })
        .to("out", { value: string }),
    { errors: { onProcessingError: "deadLetter", deadLetterTopic: "out" } },
    (run, { out }) => {
      assert.deepEqual(brief(out), ["k0=a", "k0=b", "k2=c", "k3=d", "k3=d e f"]);
      assert.equal(run.runner.counters.deadLettered, 1);
    },
  );
});

test("under fail nothing of the record remains, and everything before it is there", () => {
  for (const batchRowsMax of [1, 2, 1000]) {
    const run = new TopologyRun(
      (builder) =>
        builder
          .stream("in", text)
          .flatMapValues(words)
          .mapValues((word) => (word === "e" ? err("no e") : word))
          .to("out", { value: string }),
      { batchRowsMax },
    );
    run.add("in", records);
    assert.throws(() => run.drain(), { code: "RECORD_FAILED", message: /offset 3 of in-0 .*no e/s });
    assert.deepEqual(brief(run.cut().out), ["k0=a", "k0=b", "k2=c"]);
  }
});

test("what is no list of pairs, and no list, is refused with a word on what it should be", () => {
  const answers = ["a text", 7, null, [["only a key"]]] as const;
  for (const answer of answers) {
    const run = new TopologyRun((builder) =>
      builder
        .stream("in", text)
        .flatMap(() => answer as never)
        .to("out", text),
    );
    run.add("in", records.slice(0, 1));
    assert.throws(() => run.drain(), {
      code: "RECORD_FAILED",
      message: /returns (an array, or another iterable|\[key, value\])/,
    });
  }
});

test("more records than one batch has room for", () => {
  const each = 40_000;
  const run = new TopologyRun((builder) =>
    builder
      .stream("in", text)
      .flatMapValues((value) => Array.from({ length: each }, (_, index) => `${value}${index}`))
      .to("out", { value: string }),
  );
  run.add("in", records);
  run.drain();
  const { out } = run.cut();
  assert.equal(out!.length, 4 * each);
  assert.deepEqual(
    [out![0]!.value, out![each]!.value, out!.at(-1)!.value],
    ["a b0", "0", `d e f${each - 1}`],
  );
});

test("a function that only looks sees the records behind a merge in the order in which they go out", () => {
  for (const end of ["peek", "forEach"] as const) {
    const seen: string[] = [];
    everySize(
      (builder) => {
        const each = builder.stream("in", text).flatMapValues(words);
        const merged = each.mapValues((word) => `f${word}`).merge(each.mapValues((word) => `g${word}`));
        const look = (_key: string, value: string) => seen.push(value);
        if (end === "peek") merged.peek(look).to("out", { value: string });
        else {
          merged.forEach(look);
          merged.to("out", { value: string });
        }
      },
      {},
      (_run, { out }) => {
        assert.deepEqual(
          seen.splice(0),
          out!.map(({ value }) => value),
        );
        assert.equal(out!.length, 12);
      },
    );
  }
});

test("more refusals of one record than a call takes arguments", () => {
  const count = 130_000;
  const run = new TopologyRun(
    (builder) =>
      builder
        .stream("in", { key: string, value: string })
        .flatMapValues(() => Array.from({ length: count }, () => err("no")))
        .to("out", { value: string as never }),
    { errors: { onProcessingError: "continue" } },
  );
  run.add("in", [{ key: "k", value: "1" }]);
  run.drain();
  assert.deepEqual(run.runner.counters, { processed: 1, skipped: count, deadLettered: 0 });
});

test("depth first, many records of one row reach their sinks in order, filtered or refused or not", () => {
  const count = 8_000;
  const topology = (builder: StreamsBuilder) => {
    const made = builder
      .stream("in", { key: string, value: string })
      .flatMapValues((value) => Array.from({ length: count }, (_, index) => `${value}${index}`));
    made.filterNot((_key, value) => value.endsWith("7")).to("out", { value: string });
    made
      .flatMap((key, value) => [
        [`${key}1`, value],
        [`${key}2`, value.endsWith("3") ? (err("no") as never) : value],
      ])
      .to("pairs", { key: string, value: string });
    made.mapValues((value) => (value.endsWith("3") ? err("no") : `${value}!`)).to("out", { value: string });
  };
  const errors = { onProcessingError: "continue", onProductionError: "continue" } as const;
  const [whole, strict] = [false, true].map((strictOrder) => {
    const run = new TopologyRun(topology, { errors, strictOrder });
    run.add("in", [
      { key: "a", value: "x" },
      { key: "b", value: "y" },
    ]);
    run.drain();
    const { out, pairs } = run.cut();
    return { out: brief(out), pairs: brief(pairs), counters: run.runner.counters };
  });
  assert.equal(whole!.out.length, 2 * 1.8 * count);
  assert.deepEqual(strict, whole);
});
