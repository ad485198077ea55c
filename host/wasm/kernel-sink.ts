import {
  BATCH_BYTES_DEFAULT,
  BATCH_BYTES_MAX,
  BATCH_RECORDS_MAX,
  PARTITIONS_MAX,
  RECORD_BYTES_DEFAULT,
} from "../../kernels/abi/limits.ts";
import {
  BLOCK_BATCH_AT,
  BLOCK_BYTES_AT,
  BLOCK_PARTITION_AT,
  BLOCK_RECORDS_AT,
  SINK_OPEN_BYTES_AT,
  SINK_REFUSED_AT,
  SINK_SEALED_BYTES_AT,
} from "../../kernels/abi/sink.ts";
import { assert } from "../assert.ts";
import type { BufferPool } from "./buffer-pool.ts";
import type { KernelSink, SealedBatch, SinkSettings } from "./kernel-instance.ts";
import type { LinearMemory } from "./linear-memory.ts";

/** See KernelSink. */
export function openSink(memory: LinearMemory, pool: BufferPool, settings: SinkSettings): KernelSink {
  const { partitions, batchBytesMax = BATCH_BYTES_DEFAULT, batchRecordsMax = BATCH_RECORDS_MAX } = settings;
  const { recordBytesMax = RECORD_BYTES_DEFAULT, keysRequired = false } = settings;
  assert(partitions > 0 && partitions <= PARTITIONS_MAX, "a sink has 1 to PARTITIONS_MAX partitions");
  assert(batchBytesMax <= BATCH_BYTES_MAX, "batchBytesMax is at most BATCH_BYTES_MAX");
  const sink = memory.fitted(
    memory.call((kernels) =>
      kernels.sinkNew(partitions, batchBytesMax, batchRecordsMax, recordBytesMax, keysRequired ? 1 : 0),
    ),
    "a sink",
  );
  /** Taken out of linear memory to make room there, oldest first. */
  const taken: SealedBatch[] = [];
  let takenBytes = 0;

  function drain(): void {
    for (let batch = copyOut(memory, pool, sink); batch !== undefined; batch = copyOut(memory, pool, sink)) {
      taken.push(batch);
      takenBytes += batch.bytes.length;
    }
  }

  return {
    append(from, selection, form, rows, chosen) {
      const batch = from.batchAddress;
      const rowsAddress = rows?.address ?? 0;
      assert(!form.needsRows || rowsAddress !== 0, "this form needs rows");
      if (chosen !== undefined) writeColumn(memory, sink, chosen, from.batch.rows);
      const kept = selection.count;
      let done = 0;
      let refused = 0;
      let sealed = false;
      while (done < kept) {
        const start = done;
        done = memory.call((kernels) =>
          kernels.sinkAppend(
            sink,
            form.address,
            batch,
            selection.address,
            rowsAddress,
            start,
            chosen ? 1 : 0,
          ),
        );
        refused += memory.wordAt(sink + SINK_REFUSED_AT);
        if (done === kept) break;
        const held = memory.wordAt(sink + SINK_SEALED_BYTES_AT);
        drain();
        if (done > start || held > 0) continue;
        if (sealed) throw memory.full("a record");
        memory.call((kernels) => kernels.sinkSeal(sink)); // what is open gives its memory back
        sealed = true;
      }
      return kept - refused;
    },
    take() {
      const oldest = taken.shift();
      if (oldest === undefined) return copyOut(memory, pool, sink);
      takenBytes -= oldest.bytes.length;
      return oldest;
    },
    seal() {
      memory.call((kernels) => kernels.sinkSeal(sink));
    },
    get pendingBytes() {
      return (
        takenBytes + memory.wordAt(sink + SINK_OPEN_BYTES_AT) + memory.wordAt(sink + SINK_SEALED_BYTES_AT)
      );
    },
    drop() {
      for (const batch of taken.splice(0)) batch.release();
      takenBytes = 0;
      memory.call((kernels) => kernels.sinkDrop(sink));
    },
    close() {
      for (const batch of taken.splice(0)) batch.release();
      if (!memory.dead) memory.call((kernels) => kernels.sinkFree(sink));
    },
  };
}

/** Copies the oldest finished batch into a pooled buffer, and gives its linear memory back. */
function copyOut(memory: LinearMemory, pool: BufferPool, sink: number): SealedBatch | undefined {
  const block = memory.call((kernels) => kernels.sinkNext(sink));
  if (block === 0) return undefined;
  const length = memory.wordAt(block + BLOCK_BYTES_AT);
  const buffer = pool.take(length);
  const start = block + BLOCK_BATCH_AT;
  memory.bytes.copy(buffer, 0, start, start + length);
  const batch = {
    partition: memory.wordAt(block + BLOCK_PARTITION_AT),
    bytes: buffer.subarray(0, length),
    records: memory.wordAt(block + BLOCK_RECORDS_AT),
    release: () => pool.giveBack(buffer),
  };
  memory.call((kernels) => kernels.sinkDone(sink));
  return batch;
}

function writeColumn(memory: LinearMemory, sink: number, chosen: Int32Array, rows: number): void {
  assert(chosen.length >= rows, "a partition for each row of the batch");
  const column = memory.fitted(
    memory.call((kernels) => kernels.sinkColumn(sink, rows)),
    "a column of partitions",
  );
  memory.words.set(chosen.subarray(0, rows), column >> 2);
}
