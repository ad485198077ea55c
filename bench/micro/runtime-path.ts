import { systemClock } from "../../host/clock.ts";
import { StreamsBuilder } from "../../host/dsl/streams-builder.ts";
import { makeTaskRunner } from "../../host/task/runner.ts";
import { compile } from "../../host/topology/compile.ts";
import { DEFAULT_ERROR_SETTINGS } from "../../host/topology/error-settings.ts";
import { FLUSH_BYTES, PARTITIONS, type Path } from "./path.ts";

/** A topology in the runtime as a stream thread has it: add, process, cut. It reads "in" and writes "out". */
export function runtimePath(describe: (builder: StreamsBuilder) => void): Path {
  const builder = new StreamsBuilder();
  describe(builder);
  const runner = makeTaskRunner({
    plan: compile(builder.build(), "app"),
    partitionsOf: new Map([
      ["in", 1],
      ["out", PARTITIONS],
    ]),
    errors: DEFAULT_ERROR_SETTINGS,
    clock: systemClock,
  });
  runner.open("0_0");
  let offset = 0n;
  let finished = 0;

  function cut(): void {
    for (const { bytes, release } of runner.cut().batches) {
      finished += bytes.length;
      release?.();
    }
    runner.committed();
  }

  return {
    push(fetched) {
      const records = fetched.readInt32BE(COUNT_AT);
      const fromOffset = offset;
      offset += BigInt(records);
      fetched.writeBigInt64BE(fromOffset, 0); // as the broker would have numbered it
      const range = { fromOffset, nextOffset: offset, endOffset: offset };
      runner.add({ topic: "in", partition: 0, records: fetched, ...range, release() {} });
      let done = 0;
      while (done < records) done += runner.process(() => true);
      if (runner.pendingBytes >= FLUSH_BYTES) cut();
      return records;
    },
    flush() {
      cut();
      const bytes = finished;
      finished = 0;
      return bytes;
    },
  };
}

/** Where a record batch says how many records it has. */
const COUNT_AT = 57;
