import { crc32c } from "../../host/transport/crc32c.ts";
import { encodeRecordBatch, type KafkaRecord, type RecordBatchHead } from "../batch/record-batch.ts";
import type { SeededRandom } from "../sim/seeded-random.ts";

/** Bytes that matter to varints and lengths. */
const TELLING = [0x00, 0x01, 0x02, 0x7f, 0x80, 0x81, 0xfe, 0xff];

function bytesOf(random: SeededRandom, most: number): Buffer {
  const bytes = Buffer.alloc(random.whole(0, random.chance(0.1) ? most * 20 : most));
  for (let at = 0; at < bytes.length; at++) bytes[at] = random.whole(0, 255);
  return bytes;
}

function recordOf(random: SeededRandom, index: number): KafkaRecord {
  const headers = [];
  for (let left = random.chance(0.3) ? random.whole(1, 4) : 0; left > 0; left--) {
    headers.push({
      key: "h".repeat(random.whole(0, 5)),
      value: random.chance(0.3) ? null : bytesOf(random, 8),
    });
  }
  return {
    timestamp: 1_700_000_000_000n + BigInt(random.whole(-100_000, 100_000_000)),
    key: random.chance(0.2) ? null : bytesOf(random, 12),
    value: random.chance(0.1) ? null : bytesOf(random, 30),
    headers,
    offsetDelta: random.chance(0.1) ? index * 3 : index,
  };
}

function batchOf(random: SeededRandom, baseOffset: bigint): Buffer {
  const count = random.whole(0, 6);
  const head: RecordBatchHead = {
    baseOffset,
    control: random.chance(0.05),
    logAppendTime: random.chance(0.2),
    transactional: random.chance(0.3),
    ...(random.chance(0.1) ? { deleteHorizonMs: 1_700_000_050_000n } : {}),
  };
  return encodeRecordBatch(
    Array.from({ length: count }, (_, index) => recordOf(random, index)),
    head,
  );
}

function damage(random: SeededRandom, batch: Buffer): Buffer {
  const at = random.whole(0, Math.max(0, batch.length - 1));
  switch (random.whole(0, 6)) {
    case 0: // a bit
      batch[at] = batch[at]! ^ (1 << random.whole(0, 7));
      return batch;
    case 1: // a telling byte, among the records
      batch[random.whole(Math.min(61, batch.length - 1), batch.length - 1)] = random.pick(TELLING);
      return batch;
    case 2: // a varint bomb
      batch.fill(random.pick([0x80, 0xff]), at, Math.min(batch.length, at + random.whole(1, 12)));
      return batch;
    case 3: // cut off
      return batch.subarray(0, at);
    case 4: // a false length of the batch
      batch.writeInt32BE(
        random.pick([-1, 0, 13, 14, 48, 49, batch.length, batch.length - 13, 0x7fffffff]),
        8,
      );
      return batch;
    case 5: // a false number of records
      batch.writeInt32BE(random.pick([-1, 0, 1, 2, 7, 0x7fffffff]), 57);
      return batch;
    default: {
      // bytes taken out, and the length made to fit
      const cut = Buffer.concat([batch.subarray(0, at), batch.subarray(at + random.whole(1, 3))]);
      if (cut.length > 61) cut.writeInt32BE(cut.length - 12, 8);
      return cut;
    }
  }
}

/** One to three batches, most of them damaged in places; half of the damaged ones have a CRC that fits again. */
export function damagedBatches(random: SeededRandom): Buffer {
  const batches: Buffer[] = [];
  let baseOffset = random.chance(0.05) ? 9_223_372_036_854_775_000n : BigInt(random.whole(0, 1000));
  for (let left = random.whole(1, 3); left > 0; left--) {
    let batch: Buffer = batchOf(random, baseOffset);
    for (let times = random.whole(0, 3); times > 0 && batch.length > 61; times--)
      batch = damage(random, batch);
    if (batch.length > 61 && random.chance(0.9)) batch.writeUInt32BE(crc32c(batch, 21, batch.length), 17);
    batches.push(batch);
    baseOffset += BigInt(random.whole(1, 50));
  }
  return Buffer.concat(batches);
}
