import type { KafkaErrorName } from "../kafka/protocol/error-codes.ts";
import { BROKER_ERRORS } from "../kafka/protocol/generated/error-codes.ts";

/** Error codes by their Kafka names, as the embedded broker answers them; NONE is success. */
export const CODE = Object.fromEntries(
  Object.entries(BROKER_ERRORS).map(([name, { code }]) => [name, code]),
) as Readonly<Record<KafkaErrorName, number>>;
