import { PeridotError } from "../errors.ts";

/** @throws SERDE_REFUSED unless there are exactly `width` bytes, as Kafka's deserializers of numbers do. */
export function viewOfWidth(serde: string, bytes: Uint8Array, width: number): DataView {
  if (bytes.byteLength !== width) {
    throw new PeridotError("SERDE_REFUSED", {
      serde,
      problem: `${bytes.byteLength} bytes: it reads ${width}`,
    });
  }
  return new DataView(bytes.buffer, bytes.byteOffset, width);
}

/** Room for one number of `width` bytes. */
export function roomOfWidth(width: number): { readonly bytes: Uint8Array; readonly view: DataView } {
  const bytes = new Uint8Array(width);
  return { bytes, view: new DataView(bytes.buffer) };
}
