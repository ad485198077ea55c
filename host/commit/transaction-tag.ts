/**
 * What Peridot writes as the metadata of a committed offset, so that the outcome of a transaction can be read
 * back from the offsets themselves (DESIGN: after anything doubtful, never guess).
 *
 *   peridot1 <incarnation> <number>
 *
 * incarnation  names one life of one stream thread: no two lives share it
 * number       the thread's transactions, counted from 1
 *
 * Kafka keeps up to 4096 bytes of metadata (offset.metadata.max.bytes); a tag stays below 80.
 */
export interface TransactionTag {
  readonly incarnation: string;
  readonly number: number;
}

const VERSION = "peridot1";

export function tagText(tag: TransactionTag): string {
  return `${VERSION} ${tag.incarnation} ${tag.number}`;
}

/** The tag in an offset's metadata, or undefined where somebody else wrote it (a reset tool, a JVM application). */
export function parseTag(metadata: string): TransactionTag | undefined {
  const [version, incarnation, number, ...rest] = metadata.split(" ");
  if (version !== VERSION || !incarnation || !number || rest.length > 0) return undefined;
  if (!/^[1-9]\d{0,15}$/.test(number)) return undefined;
  return { incarnation, number: Number(number) };
}
