import { PeridotError } from "../errors.ts";
import type { AnySerde, Serde } from "../topology/serde.ts";

/** What a row asks of the row that it points to (Kafka Streams' SubscriptionWrapper.Instruction), by its byte. */
export const INSTRUCTIONS = ["delete", "delete-and-answer", "answer-always", "answer-if-there"] as const;
export type Instruction = (typeof INSTRUCTIONS)[number];

/** A row's subscription to the changes of the row that it points to (SubscriptionWrapper). */
export interface Subscription {
  /** Of the row's value, 16 bytes; null: it is deleted. */
  readonly hash: Uint8Array | null;
  readonly instruction: Instruction;
  readonly primaryKey: unknown;
  /** Where the row's task is; undefined: an older version has not said. */
  readonly primaryPartition: number | undefined;
}

/** What comes back (SubscriptionResponseWrapper). The partition is not written: it is where the answer goes. */
export interface SubscriptionAnswer {
  readonly hash: Uint8Array | null;
  readonly foreignValue: unknown;
  readonly primaryPartition: number | undefined;
}

/** A foreign key and the primary key of a row that has it. */
export interface CombinedKey {
  readonly foreignKey: unknown;
  readonly primaryKey: unknown;
}

const NO_HASH = 0x80;
const VERSION_BITS = 0x7f;
const HASH_BYTES = 16;
const PARTITION_BYTES = 4;
const LENGTH_BYTES = 4;

function bytesOf(serde: AnySerde, value: unknown): Buffer {
  return Buffer.from(serde.serialize(value) as Uint8Array);
}

/** A byte for version and whether there is a hash, one for the instruction, the hash, the key, the partition. */
export function subscriptionOf(primaryKey: AnySerde): Serde<Subscription> {
  const name = `subscription(${primaryKey.name})`;
  const version = 1;
  return {
    name,
    format: "custom",
    serialize({ hash, instruction, primaryKey: key, primaryPartition }) {
      const head = Buffer.of(hash === null ? version | NO_HASH : version, INSTRUCTIONS.indexOf(instruction));
      const partition = Buffer.allocUnsafe(PARTITION_BYTES);
      partition.writeInt32BE(primaryPartition ?? 0);
      return Buffer.concat([head, hash ?? new Uint8Array(), bytesOf(primaryKey, key), partition]);
    },
    deserialize(bytes) {
      const { hash, version: found, at } = headOf(name, bytes, version, 2);
      const instruction = INSTRUCTIONS[bytes[1]!];
      if (instruction === undefined) throw unreadable(name, `there is no instruction ${bytes[1]}`);
      const end = found === 0 ? bytes.length : bytes.length - PARTITION_BYTES;
      if (end < at) throw unreadable(name, `${bytes.length} bytes are too few`);
      const key = primaryKey.deserialize(bytes.subarray(at, end)) as unknown;
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
      return {
        hash,
        instruction,
        primaryKey: key,
        primaryPartition: found === 0 ? undefined : view.getInt32(end),
      };
    },
  };
}

/** A byte for version and whether there is a hash, the hash, the value: an empty one is read as none, as in Kafka Streams. */
export function subscriptionAnswerOf(foreignValue: AnySerde): Serde<SubscriptionAnswer> {
  const name = `subscriptionAnswer(${foreignValue.name})`;
  const version = 0;
  return {
    name,
    format: "custom",
    serialize({ hash, foreignValue: value }) {
      const head = Buffer.of(hash === null ? version | NO_HASH : version);
      const bytes = value === null ? new Uint8Array() : bytesOf(foreignValue, value);
      return Buffer.concat([head, hash ?? new Uint8Array(), bytes]);
    },
    deserialize(bytes) {
      const { hash, at } = headOf(name, bytes, version, 1);
      const value = at === bytes.length ? null : (foreignValue.deserialize(bytes.subarray(at)) as unknown);
      return { hash, foreignValue: value, primaryPartition: undefined };
    },
  };
}

/** Keys of the store of subscriptions (CombinedKeySchema): the foreign key with its length before it, then the primary key. */
export function combinedKeyOf(foreignKey: AnySerde, primaryKey: AnySerde): Serde<CombinedKey> {
  return {
    name: `combinedKey(${foreignKey.name}, ${primaryKey.name})`,
    format: "custom",
    serialize: (key) =>
      Buffer.concat([foreignPrefix(foreignKey, key.foreignKey), bytesOf(primaryKey, key.primaryKey)]),
    deserialize(bytes) {
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
      const end = LENGTH_BYTES + view.getInt32(0);
      return {
        foreignKey: foreignKey.deserialize(bytes.subarray(LENGTH_BYTES, end)) as unknown,
        primaryKey: primaryKey.deserialize(bytes.subarray(end)) as unknown,
      };
    },
  };
}

/** What the combined keys of a foreign key begin with. */
export function foreignPrefix(serde: AnySerde, foreignKey: unknown): Buffer {
  const bytes = bytesOf(serde, foreignKey);
  const length = Buffer.allocUnsafe(LENGTH_BYTES);
  length.writeInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

/** @param headBytes before the hash. */
function headOf(name: string, bytes: Uint8Array, latest: number, headBytes: number) {
  const version = (bytes[0] ?? 0) & VERSION_BITS;
  if (version > latest) throw unreadable(name, `its version ${version} is newer than ${latest}`);
  const hasHash = ((bytes[0] ?? 0) & NO_HASH) === 0;
  const at = headBytes + (hasHash ? HASH_BYTES : 0);
  if (bytes.length < at) throw unreadable(name, `${bytes.length} bytes are too few`);
  return { version, hash: hasHash ? Buffer.from(bytes.subarray(headBytes, at)) : null, at };
}

function unreadable(serde: string, problem: string): PeridotError {
  return new PeridotError("SERDE_REFUSED", { serde, problem });
}
