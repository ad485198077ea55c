import assert from "node:assert/strict";
import { test } from "node:test";
import { Scene, until } from "./scene.ts";

const REBALANCE_TIMEOUT_MS = 1_000;
const COMMIT_DELAY_MS = 2_500;

for (const threads of [0, 2]) {
  test(`a hand-over that takes longer than the rebalance may: lost, not committed twice; threads: ${threads}`, async () => {
    const scene = await Scene.open();
    // Its workers wait for the broker for longer than that too, so that one may be replaced meanwhile.
    const one = await scene.started({ threads, maxPollIntervalMs: REBALANCE_TIMEOUT_MS });
    let delayed = 0;
    scene.broker.faults.onRequest = ({ api }) => {
      if (api !== "TxnOffsetCommit" || delayed > 0) return { kind: "deliver" };
      delayed++;
      return { kind: "delay", requestMs: COMMIT_DELAY_MS, responseMs: 0 };
    };
    scene.writeCount(600);
    await until(() => delayed > 0);
    const two = await scene.started({ maxPollIntervalMs: REBALANCE_TIMEOUT_MS });
    assert.equal(two.tasks.length, 6, "the group went on without the slow one");
    scene.writeCount(600);
    await scene.copied();
    await until(() => one.tasks.length + two.tasks.length === 6 && one.tasks.length > 0);
    scene.writeCount(600);
    await scene.copied();
    scene.assertExact();
    await scene.close();
  });
}
