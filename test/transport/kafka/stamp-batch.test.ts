import assert from "node:assert/strict";
import { test } from "node:test";
import { crc32c } from "../../../host/transport/crc32c.ts";
import { stampBatch } from "../../../host/transport/kafka/stamp-batch.ts";
import { bytesOf, golden } from "./golden-batches.ts";

/** Leader epoch is the broker's: it is outside the checksum. */
function stampOf(name: string) {
  const { producerId, producerEpoch, baseSequence, transactional } = golden(name).batches[0]!;
  return { producerId: BigInt(producerId), epoch: producerEpoch, baseSequence, transactional };
}

test("a stamped batch is the one that Kafka's producer writes", () => {
  for (const name of ["none/idempotent", "none/transactional"]) {
    const batch = bytesOf("none/nulls, headers, out-of-order timestamps");
    stampBatch(batch, stampOf(name));
    assert.equal(batch.toString("hex"), golden(name).hex, name);
  }
});

test("stamped again and again, the checksum still holds", () => {
  const batch = bytesOf("none/500 records");
  for (let round = 0; round < 100; round++) {
    stampBatch(batch, {
      producerId: 10n ** 15n + BigInt(round),
      epoch: round,
      baseSequence: 2 ** 31 - 1 - round,
      transactional: round % 2 === 0,
    });
    assert.equal(batch.readUInt32BE(17), crc32c(batch, 21));
  }
});
