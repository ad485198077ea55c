import assert from "node:assert/strict";
import { test } from "node:test";
import { ImportScene, LETTERS, TOPIC } from "./import-scene.ts";

test("what its topic would refuse is a dead letter; a letter that would be refused too ends the import", async () => {
  const errors = { onProductionError: "deadLetter", deadLetterTopic: LETTERS } as const;
  const source = () => [
    { key: "a", value: "1" },
    { key: null, value: "2" },
    { key: "c", value: "x".repeat(500) },
    { key: "d", value: "4" },
  ];
  const configure = (scene: ImportScene, topic: string) => {
    const found = scene.broker.cluster.topics.get(topic)!;
    found.setConfig("cleanup.policy", "compact");
    found.setConfig("max.message.bytes", "400");
  };
  const scene = new ImportScene(1);
  configure(scene, TOPIC);
  const life = await scene.life({ source, errors }).run();
  await life.close();
  assert.equal(life.error, undefined);
  assert.deepEqual(scene.values, ["1", "4"]);
  assert.equal(scene.broker.read(LETTERS).flat().length, 2);

  const strict = new ImportScene(1);
  configure(strict, TOPIC);
  configure(strict, LETTERS);
  const stopped = await strict.life({ source, errors }).run();
  await stopped.close();
  assert.equal(stopped.error?.code, "IMPORT_ITEM_INVALID");
  assert.match(stopped.error.message, /a record without key, and the topic is compacted/);
  assert.deepEqual(strict.values, ["1"]);
});
