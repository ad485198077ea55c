/** One compression of Kafka's. Both directions throw what their library throws: compress-batches.ts names the batch. */
export interface Codec {
  compress(bytes: Buffer): Buffer;
  /** Throws an OutputTooLarge rather than give more than `bytesMax` bytes. */
  decompress(bytes: Buffer, bytesMax: number): Buffer;
}
