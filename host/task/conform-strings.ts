import type { BatchView, PartPlaces } from "../batch/batch-view.ts";
import type { AnySerde } from "../topology/serde.ts";
import type { ChunkRoom } from "./chunk.ts";

/** Keys, values. */
export type Part = "key" | "value";

/** Which parts of a source's records are strings. */
export function stringParts(key: AnySerde, value: AnySerde): readonly Part[] {
  const parts: Part[] = [];
  if (key.format === "string") parts.push("key");
  if (value.format === "string") parts.push("value");
  return parts;
}

/**
 * Makes strings what Java's String serde reads and writes: U+FFFD for what is not UTF-8. So they are the same for
 * kernels that pass them on and for functions that read them (Node's own decoder puts three U+FFFD where Java, for a
 * surrogate in three bytes, puts one).
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
