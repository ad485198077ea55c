import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { askKafkaStreams } from "../golden/kafka-streams/ask.ts";
import { areasIn, readScenarios, SCENARIO_FOLDER, type Scenario } from "../golden/scenario.ts";

// Kafka Streams itself, in its test driver: ../golden/kafka-streams/.

const AREAS = areasIn(SCENARIO_FOLDER);

suite("Kafka Streams", () => {
  test("gives again what is recorded of it", async () => {
    const recorded = AREAS.flatMap((area) => readScenarios(SCENARIO_FOLDER, area));
    const answers = await askKafkaStreams(recorded);
    assert.equal(answers.length, recorded.length);
    for (const [index, scenario] of recorded.entries())
      assert.deepEqual(outcome(answers[index]!), outcome(scenario));
  });
});

function outcome({ name, inputs, expected, stores, dropped, buildError }: Scenario) {
  return { name, inputs, expected, stores: stores ?? {}, dropped, buildError };
}
