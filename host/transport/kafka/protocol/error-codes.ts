import { BROKER_ERRORS } from "./generated/error-codes.ts";

/** Kafka's name of an error that brokers answer with: "NOT_LEADER_OR_FOLLOWER", … */
export type KafkaErrorName = keyof typeof BROKER_ERRORS;

const rowsByCode = new Map(
  Object.entries(BROKER_ERRORS).map(([name, row]) => [
    row.code as number,
    { name, retriable: row.retriable },
  ]),
);

/** "ERROR_<code>" for a code that is newer than our table. */
export function kafkaErrorName(code: number): KafkaErrorName | `ERROR_${number}` {
  return (rowsByCode.get(code)?.name as KafkaErrorName | undefined) ?? `ERROR_${code}`;
}

/** Whether Kafka's own clients try again after it. An unknown code is not retriable. */
export function isRetriable(code: number): boolean {
  return rowsByCode.get(code)?.retriable ?? false;
}

/** The code of a name, so that no call site holds a bare number. */
export function codeOf(name: KafkaErrorName): number {
  return BROKER_ERRORS[name].code;
}
