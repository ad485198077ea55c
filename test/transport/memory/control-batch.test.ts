import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { controlBatch } from "../../../host/transport/memory/control-batch.ts";
import { stampPosition } from "../../../host/transport/memory/stored-batch.ts";
import { golden } from "../kafka/golden-batches.ts";

suite("transaction markers are Kafka's, byte for byte", () => {
  for (const outcome of ["COMMIT", "ABORT"]) {
    for (const coordinatorEpoch of [0, 3, 2147483647]) {
      const name = `control/${outcome} coordinator epoch ${coordinatorEpoch}`;
      test(name, () => {
        const { hex, batches } = golden(name);
        const marker = {
          producerId: 4000n,
          producerEpoch: 2,
          coordinatorEpoch,
          committed: outcome === "COMMIT",
        };
        const made = controlBatch(marker, Number(batches[0]!.baseTimestamp));
        stampPosition(made, Number(batches[0]!.baseOffset), 4);
        assert.equal(made.toString("hex"), hex);
      });
    }
  }
});
