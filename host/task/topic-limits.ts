import { BATCH_BYTES_DEFAULT, BATCH_BYTES_MAX } from "../../kernels/abi/limits.ts";
import { RECORDS_AT } from "../../kernels/abi/record-batch-v2.ts";
import { type ErrorName, PeridotError } from "../errors.ts";
import type { Admin } from "../transport/port.ts";

/** What a topic's brokers refuse, so that a record which they would not take is known before it is sent. */
export interface TopicLimits {
  /** Batches of several records stay below it, in bytes. */
  readonly batchBytesMax: number;
  /** Of one record, uncompressed, in bytes: alone in its batch it is the largest that the topic takes. */
  readonly recordBytesMax: number;
  /** A compacted topic takes no record without key. */
  readonly keysRequired: boolean;
}

/** One 32nd of a batch is left free: brokers measure it again after a compression of their own (compression.type). */
const MARGIN = 32;

/** @param configs of the topic, as brokers tell them. undefined: it names no limit of its own. */
export function limitsOfConfigs(configs: ReadonlyMap<string, string>): TopicLimits | undefined {
  const bytesMax = Number(configs.get("max.message.bytes"));
  if (!(bytesMax > 0)) return undefined;
  const most = Math.max(RECORDS_AT + 1, Math.min(bytesMax, BATCH_BYTES_MAX));
  return {
    batchBytesMax: Math.max(RECORDS_AT + 1, Math.min(BATCH_BYTES_DEFAULT, most - Math.floor(most / MARGIN))),
    recordBytesMax: most - RECORDS_AT,
    keysRequired: (configs.get("cleanup.policy") ?? "").split(",").includes("compact"),
  };
}

/** Brokers that do not tell, and topics that are gone: what they refuse is found out when it is sent. */
const UNTOLD: ReadonlySet<ErrorName> = new Set([
  "ACCESS_DENIED",
  "BROKER_REFUSED",
  "BROKER_TOO_OLD",
  "TOPIC_MISSING",
]);

/** Limits by topic. Topics whose configuration may not be read are absent: the defaults hold for them. */
export async function readTopicLimits(
  admin: Pick<Admin, "topicConfigs">,
  topics: readonly string[],
): Promise<Map<string, TopicLimits>> {
  const read = async (topic: string): Promise<readonly [string, TopicLimits | undefined]> => {
    try {
      return [topic, limitsOfConfigs(await admin.topicConfigs(topic))];
    } catch (error) {
      if (error instanceof PeridotError && UNTOLD.has(error.code)) return [topic, undefined];
      throw error;
    }
  };
  const found = await Promise.all(topics.map(read));
  return new Map(found.flatMap(([topic, limits]) => (limits === undefined ? [] : [[topic, limits]])));
}
