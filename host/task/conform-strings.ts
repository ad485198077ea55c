import type { BatchView, PartPlaces } from "../batch/batch-view.ts";
import type { SinkStep } from "../topology/plan.ts";
import type { AnySerde } from "../topology/serde.ts";
import type { ChunkRoom } from "./chunk.ts";

/** Keys, values. */
export type Part = "key" | "value";

/** Which parts of a source's records reach some sink unread, as the strings that they are. */
export function stringsKept(key: AnySerde, value: AnySerde, sinks: readonly SinkStep[]): readonly Part[] {
  const parts: Part[] = [];
  if (key.format === "string" && sinks.some((sink) => sink.keepsKey)) parts.push("key");
  if (value.format === "string" && sinks.some((sink) => sink.keepsValue)) parts.push("value");
  return parts;
}

/**
 * Makes strings that pass through unread what Java's String serde would have written: U+FFFD for what is not UTF-8.
 *
 * @param view of the room's batch as it is; void where something had to be mended.
 * @returns where the bytes stand that were fetched, for dead letters; undefined: nothing had to be mended.
 */
export function conformStrings(
  { input, selection }: ChunkRoom,
  view: BatchView,
  part: Part,
): PartPlaces | undefined {
  const places = view.placesOf(part);
  const extra = input.extraBytes;
  input.conform(selection, part, "string");
  return input.extraBytes === extra ? undefined : places;
}
