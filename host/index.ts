/** The public API: what a program imports from "peridot-streams". */
export { type AppState, Peridot, peridot } from "./app.ts";
export { type Clock, systemClock, type Timer } from "./clock.ts";
export type { Guarantee, PeridotConfig } from "./config.ts";
export type { Consumed } from "./dsl/consumed.ts";
export type { KStream } from "./dsl/kstream.ts";
export type { Produced } from "./dsl/produced.ts";
export { StreamsBuilder } from "./dsl/streams-builder.ts";
export * from "./dsl/timestamp-extractors.ts";
export { ERRORS, type ErrorKind, type ErrorName, PeridotError } from "./errors.ts";
export { bytes, f64, i32, i64, json, nullable, type Serde, type SerdeType, string } from "./serdes/index.ts";
export type { ThreadProgress } from "./task/thread-port.ts";
export type {
  ErrorAction,
  ErrorHandler,
  ErrorSettings,
  FailureStage,
  RecordFailure,
} from "./topology/error-settings.ts";
export type { TimestampExtractor } from "./topology/timestamp-extractor.ts";
export { type KafkaSettings, kafkaTransport } from "./transport/kafka/kafka-transport.ts";
export { EmbeddedBroker, type EmbeddedBrokerSettings } from "./transport/memory/embedded-broker.ts";
export { type MemoryTransportSettings, memoryTransport } from "./transport/memory/memory-transport.ts";
export type { Compression, Transport, TransportFactory } from "./transport/port.ts";
