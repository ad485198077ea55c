import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { sleep } from "../../../host/clock.ts";
import { VirtualClock } from "../../../host/transport/memory/virtual-clock.ts";
import { randomFrom } from "./scene.ts";

suite("virtual clock", () => {
  test("timers fire by time, then in the order of their making; promises settle in between", async () => {
    const clock = new VirtualClock(0);
    const seen: string[] = [];
    clock.timer(20, () => seen.push("c"));
    clock.timer(10, () => {
      seen.push("a");
      void Promise.resolve()
        .then(() => null)
        .then(() => seen.push("a, settled"));
    });
    clock.timer(10, () => seen.push("b"));
    clock.timer(15, () => seen.push("never")).cancel();
    await clock.advance(19);
    assert.deepEqual(seen, ["a", "a, settled", "b"]);
    assert.equal(clock.now(), 19);
    await clock.advance(1);
    assert.deepEqual(seen.at(-1), "c");
  });

  test("a thousand timers in random order fire in order", async () => {
    const clock = new VirtualClock(0);
    const random = randomFrom(5);
    const delays = Array.from({ length: 1000 }, () => Math.floor(random() * 300));
    const fired: number[] = [];
    for (const delay of delays) clock.timer(delay, () => fired.push(delay));
    assert.equal(clock.pending, 1000);
    await clock.advance(300);
    assert.deepEqual(
      fired,
      delays.toSorted((left, right) => left - right),
    );
  });

  test("what runs over it takes its time and no other", async () => {
    const clock = new VirtualClock(0);
    const run = async () => {
      for (let count = 0; count < 24; count++) await sleep(clock, 3_600_000 / 24);
      return "done";
    };
    assert.equal(await clock.runFor(run(), 3_600_000), "done");
    assert.equal(clock.now(), 3_600_000);
  });

  test("waiting for what cannot come fails instead of hanging", async () => {
    const clock = new VirtualClock();
    await assert.rejects(
      clock.runUntil(() => false),
      { code: "CLOCK_STUCK" },
    );
    const tick = () => {
      clock.timer(10, tick);
    };
    tick();
    await assert.rejects(
      clock.runUntil(() => false, 1000),
      { code: "CLOCK_STUCK" },
    );
  });
});
