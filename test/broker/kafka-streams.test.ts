import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { askKafkaStreams } from "../golden/kafka-streams/ask.ts";
import { differencesFrom, heldOut } from "../golden/kafka-streams/held-out.ts";
import {
  areasIn,
  HELD_OUT_FOLDER,
  readScenarios,
  SCENARIO_FOLDER,
  type Scenario,
} from "../golden/scenario.ts";

// Kafka Streams itself, in its test driver: ../golden/kafka-streams/. Random inputs: INPUT_SEEDS of them for each topology,
// from INPUT_SEED on.

const SEEDS = Number(process.env.INPUT_SEEDS ?? 2);
const FIRST = Number(process.env.INPUT_SEED ?? 1);

suite("Kafka Streams", () => {
  test("gives again what is recorded of it", async () => {
    const recorded = [SCENARIO_FOLDER, HELD_OUT_FOLDER].flatMap((folder) =>
      areasIn(folder).flatMap((area) => readScenarios(folder, area)),
    );
    const answers = await askKafkaStreams(recorded);
    assert.equal(answers.length, recorded.length);
    for (const [index, scenario] of recorded.entries())
      assert.deepEqual(outcome(answers[index]!), outcome(scenario));
  });

  test("gives for random inputs what we give", async () => {
    const seeds = Array.from({ length: SEEDS }, (_, index) => FIRST + index);
    const asked = heldOut(areasIn(SCENARIO_FOLDER), seeds);
    assert.ok(asked.length > 390 * SEEDS, "nearly each topology has inputs");
    const found = await differencesFrom(asked);
    assert.deepEqual(
      found.map(({ scenario, because }) => [scenario.name, ...because]),
      [],
    );
  });
});

function outcome({ name, inputs, expected, stores, dropped, buildError }: Scenario) {
  return { name, inputs, expected, stores: stores ?? {}, dropped, buildError };
}
