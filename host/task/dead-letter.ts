import { writeHeaders } from "../batch/headers.ts";
import type { RecordHeader } from "../batch/record-header.ts";
import { PeridotError } from "../errors.ts";
import { type BadRow, hasHeaders, type Origin } from "./bad-rows.ts";
import type { Chunk } from "./chunk.ts";

// KIP-1034's names: ExceptionHandlerUtils in org.apache.kafka.streams.errors.internals
const EXCEPTION = "__streams.errors.exception";
const MESSAGE = "__streams.errors.message";
const STACKTRACE = "__streams.errors.stacktrace";
const TOPIC = "__streams.errors.topic";
const PARTITION = "__streams.errors.partition";
const OFFSET = "__streams.errors.offset";

/** The headers of a dead letter: the record's own, then what went wrong and where the record lies. Raw, as in a record. */
export function deadLetterHeaders(chunk: Chunk, bad: BadRow, origin: Origin): Uint8Array {
  const own = hasHeaders(chunk, bad.row) ? chunk.view.headers(bad.row) : [];
  const { error } = bad;
  const failure: readonly (readonly [string, string])[] = [
    [EXCEPTION, error instanceof PeridotError ? `${error.name}: ${error.code}` : error.name],
    [MESSAGE, error.message],
    [STACKTRACE, error.stack ?? ""],
    [TOPIC, origin.topic],
    [PARTITION, String(origin.partition)],
    [OFFSET, String(chunk.view.offset(bad.row))],
  ];
  const added = failure.map(([key, text]): RecordHeader => ({ key, value: Buffer.from(text) }));
  return writeHeaders([...own, ...added]);
}
