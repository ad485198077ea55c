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

/** Room for one number of `width` bytes: of a Buffer's pool, which costs a tenth of a buffer of its own. */
export function roomOfWidth(width: number): { readonly bytes: Buffer; readonly view: DataView } {
  const bytes = Buffer.allocUnsafe(width);
  return { bytes, view: new DataView(bytes.buffer, bytes.byteOffset, width) };
}
