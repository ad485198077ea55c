/** @throws RangeError unless there are exactly `width` bytes, as Kafka's deserializers of numbers do. */
export function viewOfWidth(bytes: Uint8Array, width: number): DataView {
  if (bytes.byteLength !== width) throw new RangeError(`${width} bytes are needed, not ${bytes.byteLength}`);
  return new DataView(bytes.buffer, bytes.byteOffset, width);
}

/** Room for one number of `width` bytes. */
export function roomOfWidth(width: number): { readonly bytes: Uint8Array; readonly view: DataView } {
  const bytes = new Uint8Array(width);
  return { bytes, view: new DataView(bytes.buffer) };
}
