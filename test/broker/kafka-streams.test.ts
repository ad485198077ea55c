import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { askKafkaStreams } from "../golden/kafka-streams/ask.ts";
import {
  areasIn,
  HELD_OUT_FOLDER,
  readScenarios,
  SCENARIO_FOLDER,
  type Scenario,
} from "../golden/scenario.ts";

// Kafka Streams itself, in its test driver: ../golden/kafka-streams/.

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
});

function outcome({ name, inputs, expected, stores, dropped, buildError }: Scenario) {
  return { name, inputs, expected, stores: stores ?? {}, dropped, buildError };
}
