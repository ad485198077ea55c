import { PeridotError } from "../../../errors.ts";
import type {
  Api,
  EmbeddedMessage,
  EmbeddedOf,
  EmbeddedToSend,
  ReceivedRequest,
  RequestOf,
  ResponseOf,
  ResponseToSend,
} from "./api.ts";
import { ByteReader } from "./byte-reader.ts";
import { ByteWriter } from "./byte-writer.ts";
import { decodeStruct } from "./decode.ts";
import { encodeStruct } from "./encode.ts";
import { MESSAGES } from "./generated/tables.ts";
import { planOf } from "./plan.ts";
import type { MessageTable } from "./table.ts";

/**
 * Bodies of requests and responses in every version, both ways. On the way out `records` fields are handed on
 * without a copy, so a message is a list of buffers; on the way in they are views of the bytes given.
 * int64 is bigint; uuids are 32 lower-case hex digits.
 *
 * Errors: MESSAGE_VERSION_UNKNOWN; encoding: MESSAGE_UNENCODABLE, MESSAGE_VERSION_LACKS; decoding: MESSAGE_MALFORMED.
 */
export function encodeRequest<A extends Api>(api: A, version: number, body: RequestOf<A>): Buffer[] {
  return encodeMessage(MESSAGES[`${api}Request`], version, body);
}

export function decodeRequest<A extends Api>(
  api: A,
  version: number,
  bytes: Buffer,
  byteOffset = 0,
): ReceivedRequest<A> {
  return decodeMessage(MESSAGES[`${api}Request`], version, bytes, byteOffset) as ReceivedRequest<A>;
}

export function encodeResponse<A extends Api>(api: A, version: number, body: ResponseToSend<A>): Buffer[] {
  return encodeMessage(MESSAGES[`${api}Response`], version, body);
}

export function decodeResponse<A extends Api>(
  api: A,
  version: number,
  bytes: Buffer,
  byteOffset = 0,
): ResponseOf<A> {
  return decodeMessage(MESSAGES[`${api}Response`], version, bytes, byteOffset) as ResponseOf<A>;
}

/** What JoinGroup and SyncGroup carry: an int16 version, then the message in that version. */
export function encodeVersioned<D extends EmbeddedMessage>(
  data: D,
  version: number,
  body: EmbeddedToSend<D>,
): Buffer {
  const prefix = Buffer.alloc(2);
  prefix.writeInt16BE(version);
  return Buffer.concat([prefix, ...encodeMessage(MESSAGES[data], version, body)]);
}

/**
 * A version later than ours is read as our latest: later ones only add fields at the end, which are left unread
 * (as in Kafka's ConsumerProtocol).
 */
export function decodeVersioned<D extends EmbeddedMessage>(data: D, bytes: Buffer): EmbeddedOf<D> {
  const table: MessageTable = MESSAGES[data];
  const reader = new ByteReader(bytes, 0, data);
  const version = Math.min(reader.int16(), table.last);
  if (version < table.first) throw reader.malformed(`version ${version}`);
  return decodeStruct(planOf(table, version), reader) as EmbeddedOf<D>;
}

/** Errors: as above. Exported for headers.ts. */
export function encodeMessage(table: MessageTable, version: number, body: object): Buffer[] {
  const plan = planOf(table, version);
  const writer = new ByteWriter();
  try {
    encodeStruct(plan, body as Record<string, unknown>, writer);
  } catch (cause) {
    if (cause instanceof PeridotError && cause.code === "MESSAGE_VERSION_LACKS") throw cause;
    const problem = cause instanceof Error ? cause.message : String(cause);
    throw new PeridotError("MESSAGE_UNENCODABLE", { message: table.name, version, problem }, cause);
  }
  return writer.finish();
}

function decodeMessage(table: MessageTable, version: number, bytes: Buffer, byteOffset: number): object {
  const plan = planOf(table, version);
  const reader = new ByteReader(bytes, byteOffset, `${table.name} ${version}`);
  const body = decodeStruct(plan, reader);
  if (reader.bytesLeft > 0) throw reader.malformed(`${reader.bytesLeft} bytes too many`);
  return body;
}
