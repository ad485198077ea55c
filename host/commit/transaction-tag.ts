/**
 * What Peridot writes as the metadata of a committed offset, so that the outcome of a transaction can be read
 * back from the offsets themselves (DESIGN: after anything doubtful, never guess).
 *
 *   peridot1 <incarnation> <number>[ <note>]
 *
 * incarnation  names one life of one stream thread: no two lives share it
 * number       the thread's transactions, counted from 1
 * note         what else is to be read back with the offset, up to the end: the position of an import, as JSON
 *
 * Kafka keeps up to 4096 bytes of metadata (offset.metadata.max.bytes); without its note a tag stays below 80.
 */
export interface TransactionTag {
  readonly incarnation: string;
  readonly number: number;
}

const VERSION = "peridot1";
const TAG = new RegExp(`^${VERSION} ([^ ]+) ([1-9]\\d{0,15})(?: (.+))?$`, "s");

/** The longest note that fits beside a tag, in bytes of UTF-8. */
export const NOTE_BYTES_MAX = 4_000;

export function tagText(tag: TransactionTag, note = ""): string {
  const text = `${VERSION} ${tag.incarnation} ${tag.number}`;
  return note === "" ? text : `${text} ${note}`;
}

/** The tag in an offset's metadata, or undefined where somebody else wrote it (a reset tool, a JVM application). */
export function parseTag(metadata: string): TransactionTag | undefined {
  const match = TAG.exec(metadata);
  return match === null ? undefined : { incarnation: match[1]!, number: Number(match[2]) };
}

/** The note beside the tag; "": there is none, or somebody else wrote the metadata. */
export function parseNote(metadata: string): string {
  return TAG.exec(metadata)?.[3] ?? "";
}
