import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { type Deduplicated, string, TopologyTestDriver } from "../../host/index.ts";
import { SeededRandom } from "../sim/seeded-random.ts";

const TEXTS = { key: string, value: string };
const BY_VALUE = { id: (_key: string, value: string) => value || null, idSerde: string };

type Within = Deduplicated<string, string, string>;

/** Pipes "key:value@time", and gives what passes. */
function passing(within: Within, records: string, cacheMaxBytes = 0): { passed: string; dropped: number } {
  const driver = new TopologyTestDriver(
    (builder) => builder.stream("in", TEXTS).deduplicate(within).to("out"),
    { cacheMaxBytes },
  );
  const input = driver.input("in", TEXTS);
  for (const record of records.split(" ").filter(Boolean)) {
    const [, key, value, time] = /^(.*):(.*)@(.*)$/.exec(record)!;
    input.pipe(key === "" ? (null as never) : key!, value!, { timestamp: Number(time) });
  }
  const passed = driver.output("out", TEXTS).readAll();
  return {
    passed: passed.map(({ key, value, timestamp }) => `${key ?? ""}:${value}@${timestamp}`).join(" "),
    dropped: driver.counters.skipped,
  };
}

suite("deduplicate", () => {
  test("the first record of a key within the interval passes, before and behind it", () => {
    const { passed, dropped } = passing(
      { intervalMs: 10 },
      "a:1@20 a:2@30 b:3@30 a:4@31 a:5@41 a:6@42 a:7@32 a:8@33",
    );
    assert.equal(passed, "a:1@20 b:3@30 a:4@31 a:6@42");
    assert.equal(dropped, 0);
  });

  test("what came before what has passed is a duplicate too; a duplicate makes none", () => {
    assert.equal(passing({ intervalMs: 10 }, "a:1@20 a:2@15 a:3@28 a:4@31").passed, "a:1@20 a:4@31");
  });

  test("ids tell records apart; one without passes, and so does one without key", () => {
    const records = "a:x@1 b:x@2 b:y@3 a:@4 a:@4 :z@5 :z@6";
    assert.equal(passing({ ...BY_VALUE, intervalMs: 10 }, records).passed, "a:x@1 b:y@3 a:@4 a:@4 :z@5");
    assert.equal(passing({ intervalMs: 10 }, ":z@5 :z@6").passed, ":z@5 :z@6");
  });

  test("what comes later than the grace is dropped and counted", () => {
    const late = passing({ intervalMs: 10, graceMs: 5 }, "a:1@100 b:2@95 c:3@94 d:4@99");
    assert.deepEqual(late, { passed: "a:1@100 b:2@95 d:4@99", dropped: 1 });
    const byDefault = passing({ intervalMs: 10 }, "a:1@100 b:2@90 c:3@89");
    assert.deepEqual(byDefault, { passed: "a:1@100 b:2@90", dropped: 1 });
  });

  test("random records: as a search through all that has passed says", () => {
    for (let seed = 1; seed <= 40; seed++) {
      const random = new SeededRandom(seed);
      const intervalMs = random.whole(0, 30);
      const graceMs = random.whole(0, 60);
      const records = Array.from({ length: 200 }, (_, at) => {
        return { key: random.pick(["a", "b", "c"]), time: Math.max(0, 3 * at + random.whole(-50, 50)) };
      });
      let streamTime = -1;
      const passed: typeof records = [];
      for (const record of records) {
        const { key, time } = record;
        streamTime = Math.max(streamTime, time);
        const isSeen = passed.some((each) => each.key === key && Math.abs(each.time - time) <= intervalMs);
        if (time >= streamTime - graceMs && !isSeen) passed.push(record);
      }
      const texts = (all: typeof records) => all.map(({ key, time }) => `${key}:v@${time}`).join(" ");
      assert.equal(
        passing({ intervalMs, graceMs }, texts(records), random.pick([0, 10_000])).passed,
        texts(passed),
        `seed ${seed}`,
      );
    }
  });

  test("what cannot be is refused", () => {
    assert.throws(() => passing({ intervalMs: -1 }, ""), /a deduplication has intervalMs -1/);
    assert.throws(() => passing({ intervalMs: 1, graceMs: 0.5 }, ""), /graceMs 0.5/);
    assert.throws(
      () =>
        new TopologyTestDriver((builder) => {
          builder
            .stream("in", TEXTS)
            .selectKey((_key, value) => value.length)
            .deduplicate({ intervalMs: 5, store: "seen" })
            .to("out", { key: string, value: string } as never);
        }),
      /no serde for what seen keeps.*Give one: \{ key:/s,
    );
  });

  test("behind a change of keys, records go through a topic first", () => {
    const driver = new TopologyTestDriver((builder) => {
      builder
        .stream("in", TEXTS)
        .selectKey((_key, value) => value.slice(0, 1))
        .deduplicate({ intervalMs: 5, name: "seen", store: "seen", key: string })
        .to("out", TEXTS);
    });
    const input = driver.input("in", TEXTS);
    for (const value of ["ab", "ac", "ba"]) input.pipe("k", value, { timestamp: 1 });
    assert.deepEqual(
      driver
        .output("out", TEXTS)
        .readAll()
        .map(({ value }) => value),
      ["ab", "ba"],
    );
  });
});
