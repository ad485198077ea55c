import { existsSync, writeFileSync } from "node:fs";
import { isMainThread } from "node:worker_threads";
import { type StreamsBuilder, string } from "../../../host/index.ts";

/**
 * Copies "in" to "out". A value may be an order to the thread that meets it: "poison", "exit", "throw later",
 * "eat memory", or "block MS MARKER", which is obeyed once: the file MARKER tells that it was.
 */
export default function (builder: StreamsBuilder): void {
  builder
    .stream("in", { key: string, value: string })
    .mapValues(obey)
    .to("out", { key: string, value: string });
}

function obey(value: string | null): string | null {
  const [order, ms, marker] = (value ?? "").split(" ");
  if (value === "poison") throw new RangeError("this value is poison");
  if (value === "throw later") setImmediate(() => Promise.reject(new RangeError("thrown later")));
  if (value === "exit" && !isMainThread) process.exit(7);
  if (value === "eat memory") eatMemory();
  if (order === "block" && marker !== undefined && !existsSync(marker)) {
    writeFileSync(marker, "");
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, Number(ms));
  }
  return value;
}

function eatMemory(): void {
  const eaten: number[][] = [];
  for (;;) eaten.push(new Array(100_000).fill(eaten.length));
}
