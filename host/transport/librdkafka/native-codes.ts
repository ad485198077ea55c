/** librdkafka's own errors that are told apart here (rd_kafka_resp_err_t); Kafka's are positive. */
export const NATIVE_CODES = {
  BAD_MESSAGE: -199,
  DESTROYED: -197,
  MESSAGE_TIMED_OUT: -192,
  UNKNOWN_PARTITION: -190,
  UNKNOWN_TOPIC: -188,
  TIMED_OUT: -185,
  QUEUE_FULL: -184,
  PURGED_IN_QUEUE: -152,
  PURGED_IN_FLIGHT: -151,
  FATAL: -150,
  FENCED: -144,
  NO_OFFSET_TO_RESET_TO: -140,
  LOG_TRUNCATED: -139,
} as const;

/** Kafka's codes that librdkafka hands through, as far as they are told apart here. */
export const KAFKA_CODES = {
  UNKNOWN_TOPIC_OR_PARTITION: 3,
  TOPIC_AUTHORIZATION_FAILED: 29,
  GROUP_AUTHORIZATION_FAILED: 30,
  CLUSTER_AUTHORIZATION_FAILED: 31,
  INVALID_PRODUCER_EPOCH: 47,
  INVALID_TRANSACTION_TIMEOUT: 50,
  TRANSACTIONAL_ID_AUTHORIZATION_FAILED: 53,
  PRODUCER_FENCED: 90,
} as const;
