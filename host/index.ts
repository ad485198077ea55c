/** The public API: what a program imports from "peridot-streams". */
export { type AppState, Peridot, peridot } from "./app.ts";
export { type Clock, systemClock, type Timer } from "./clock.ts";
export type { Guarantee, PeridotConfig } from "./config.ts";
export {
  type BadRecordsEvent,
  badRecordsChannel,
  type RecordPurgeEvent,
  type RestoreEvent,
  recordPurgeChannel,
  restoreChannel,
  type TaskBatchEvent,
  taskBatchChannel,
} from "./diagnostics/channels.ts";
export type { BranchedKStream, Branches } from "./dsl/branched.ts";
export type {
  CogroupedKStream,
  SessionWindowedCogroupedKStream,
  TimeWindowedCogroupedKStream,
} from "./dsl/cogrouped-kstream.ts";
export type { Consumed } from "./dsl/consumed.ts";
export type { Deduplicated } from "./dsl/deduplicated.ts";
export type {
  Computation,
  Condition,
  FieldAsKey,
  FieldName,
  Projected,
  Projection,
} from "./dsl/fields.ts";
export type { GlobalKTable } from "./dsl/global-ktable.ts";
export type { ExportedArguments, ExportedAs, Imported } from "./dsl/imported.ts";
export type { Joined, StreamJoined } from "./dsl/joined-streams.ts";
export type { KernelOptions } from "./dsl/kernel-options.ts";
export type { Grouped, KGroupedStream, MaterializedAs } from "./dsl/kgrouped-stream.ts";
export type { KGroupedTable } from "./dsl/kgrouped-table.ts";
export type { KStream } from "./dsl/kstream.ts";
export type { KTable, TableGrouped, ValueTransformer } from "./dsl/ktable.ts";
export type { Materialized } from "./dsl/materialized.ts";
export type { Connected, KnownSerdes, Named, Produced } from "./dsl/produced.ts";
export type { Repartitioned } from "./dsl/repartitioned.ts";
export {
  keyValueStore,
  lruStore,
  type StoreOptions,
  sessionStore,
  timestampedKeyValueStore,
  timestampedWindowStore,
  versionedKeyValueStore,
  type WindowStoreOptions,
  windowStore,
} from "./dsl/stores.ts";
export { StreamsBuilder } from "./dsl/streams-builder.ts";
export { type BufferLimits, type Suppressed, untilTimeLimit, untilWindowCloses } from "./dsl/suppressed.ts";
export {
  failOnInvalidTimestamp,
  logAndSkipOnInvalidTimestamp,
  usePartitionTimeOnInvalidTimestamp,
  wallclockTimestamp,
} from "./dsl/timestamp-extractors.ts";
export type { SessionWindowedKStream, TimeWindowedKStream, WindowedTable } from "./dsl/windowed-kstream.ts";
export {
  hoppingWindows,
  joinWindows,
  sessionWindows,
  slidingWindows,
  tumblingWindows,
} from "./dsl/windows.ts";
export { ERRORS, type ErrorKind, type ErrorName, PeridotError } from "./errors.ts";
export type { ImportProgress } from "./import-export/importer.ts";
export { QueryableStore } from "./queryable-store.ts";
export { QueryableSessionStore, QueryableVersionedStore, QueryableWindowStore } from "./queryable-times.ts";
export { runProcess } from "./run-process.ts";
export {
  bytes,
  f64,
  i32,
  i64,
  type JsonSerde,
  type JsonShape,
  type JsonShapeValue,
  json,
  jsonOf,
  nullable,
  type Serde,
  type SerdeType,
  sessionWindowed,
  string,
  timeWindowed,
} from "./serdes/index.ts";
export { lmdb } from "./state/lmdb/lmdb-backend.ts";
export { memory } from "./state/memory-backend.ts";
export type {
  ChangelogPosition,
  KeyRange,
  StateBackend,
  StateBackendType,
  StoreChanges,
} from "./state/state-backend.ts";
export type {
  KeyValueStore,
  ReadOnlyKeyValueStore,
  ValueAndTimestamp,
} from "./state/stores/key-value-store.ts";
export type { ReadOnlySessionStore, SessionEntry, SessionStore } from "./state/stores/session-store.ts";
export type {
  ReadOnlyVersionedStore,
  VersionedKeyValueStore,
  VersionedRecord,
} from "./state/stores/versioned-store.ts";
export type { ReadOnlyWindowStore, WindowStore } from "./state/stores/window-store.ts";
export type { RunnerCounters } from "./task/task.ts";
export type { TaskName, ThreadProgress } from "./task/thread-port.ts";
export type { TopologyTestDriverSettings } from "./testing/driver-settings.ts";
export {
  type PipedRecord,
  type PipeOptions,
  type TestInput,
  TestInputTopic,
} from "./testing/test-input-topic.ts";
export { type TestOutput, TestOutputTopic, type TestRecord } from "./testing/test-output-topic.ts";
export { type TestedTopology, TopologyTestDriver } from "./testing/topology-test-driver.ts";
export type { DescriptionFormat } from "./topology/describe/describe.ts";
export type {
  ErrorAction,
  ErrorHandler,
  ErrorSettings,
  FailureStage,
  RecordFailure,
} from "./topology/error-settings.ts";
export type { Exported, ExportedRecord, ExportOptions } from "./topology/exported.ts";
export type { ImportedRecord, ItemSource, SourceControl } from "./topology/imported.ts";
export type { JoinWindows } from "./topology/join-windows.ts";
export type {
  Cancellable,
  NewRecord,
  Processor,
  ProcessorContext,
  ProcessorSupplier,
  PunctuationType,
  Punctuator,
  RecordHeader,
  RecordMetadata,
  StreamRecord,
} from "./topology/processor.ts";
export { type Accepted, Err, err, type Result } from "./topology/result.ts";
export type { WireFormat } from "./topology/serde.ts";
export type { ExtractTopic, Partitioner, RecordOrigin } from "./topology/sink-choice.ts";
export type { Optimization } from "./topology/source-changelogs.ts";
export type { StoreKind, StoreSpec, WindowRetention } from "./topology/store-spec.ts";
export type {
  ExtractedRecord,
  ExtractTimestamp,
  TimestampExtractor,
} from "./topology/timestamp-extractor.ts";
export { Windowed } from "./topology/windowed.ts";
export type {
  EmitStrategy,
  SessionWindows,
  SlidingWindows,
  TimeWindows,
  Windows,
} from "./topology/windows.ts";
export { type KafkaSettings, kafkaTransport } from "./transport/kafka/kafka-transport.ts";
export type { SaslSettings } from "./transport/kafka/sasl/authentication.ts";
export type { OAuthToken } from "./transport/kafka/sasl/oauth-bearer.ts";
export { type LibrdkafkaSettings, librdkafkaTransport } from "./transport/librdkafka/librdkafka-transport.ts";
export { EmbeddedBroker, type EmbeddedBrokerSettings } from "./transport/memory/embedded-broker.ts";
export type { Listener, ListenSettings } from "./transport/memory/listen.ts";
export { type MemoryTransportSettings, memoryTransport } from "./transport/memory/memory-transport.ts";
export type { PlainHeader, PlainRecord, StoredRecord } from "./transport/memory/plain-records.ts";
export type { SaslListenerSettings } from "./transport/memory/sasl-exchange.ts";
export { VirtualClock } from "./transport/memory/virtual-clock.ts";
export type { Compression, Transport, TransportFactory } from "./transport/port.ts";
