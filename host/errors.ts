/**
 * The one table of errors that the host raises. `kind` says what follows:
 *
 *   record     one record is bad: dead letter, skip or fail, by configuration
 *   retriable  the same call may succeed later, nothing has happened yet
 *   abortable  the transaction must be aborted, then its input is read again
 *   fatal      the application (or this producer, this member) cannot go on
 *   unknown    a transactional request whose outcome nobody knows: settle it before anything else
 *
 * `says` names what was wrong and what to do; {names} are replaced by the error's facts.
 * What a kernel reports (codes in kernels/abi/errors.ts) becomes a `record` error of this table.
 */
export type ErrorKind = "record" | "retriable" | "abortable" | "fatal" | "unknown";

interface ErrorRow {
  readonly kind: ErrorKind;
  readonly says: string;
}

/** Every error by its code: its kind, and what its message says. */
export const ERRORS = {
  ASSERTION_FAILED: {
    kind: "fatal",
    says: "assertion failed: {what}. This is a defect of Peridot: please report it",
  },
  UNEXPECTED: { kind: "fatal", says: "unexpected error: {what}" },
  // Fences: the group or the transaction went on without us (host/commit/decide-failure.ts)
  PRODUCER_FENCED: {
    kind: "abortable",
    says: "the producer of {transactionalId} is fenced: a newer one has its transactional.id, or its transaction timed out",
  },
  GENERATION_FENCED: {
    kind: "abortable",
    says: "group {groupId} went on without this member: generation {generation} is an old one",
  },
  MEMBER_UNKNOWN: {
    kind: "abortable",
    says: "group {groupId} does not know member {memberId}: its session timed out, or it was removed",
  },
  INSTANCE_FENCED: {
    kind: "fatal",
    says: "another process has joined group {groupId} with the instance id {instanceId}. Give each process an instanceId of its own",
  },
  // The wire (host/transport/kafka/)
  MESSAGE_MALFORMED: {
    kind: "fatal",
    says: "{message} cannot be read: at byte {byteOffset}: {problem}. Is the other side a Kafka broker?",
  },
  MESSAGE_UNENCODABLE: { kind: "fatal", says: "{message} cannot be written in version {version}: {problem}" },
  MESSAGE_VERSION_LACKS: {
    kind: "fatal",
    says: "{message} has no field {field} in version {version}, which is the latest that the broker speaks. Use a newer broker, or leave out the feature that needs it",
  },
  MESSAGE_VERSION_UNKNOWN: { kind: "fatal", says: "{message} has versions {first} to {last}, not {version}" },
  BROKER_TOO_OLD: {
    kind: "fatal",
    says: "broker {broker} speaks {api} in versions {offered}, needed are {needed}. Brokers from Kafka 3.0 on are supported",
  },
  BROKER_UNREACHABLE: { kind: "retriable", says: "cannot connect to {broker}: {problem}. {remedy}" },
  HANDSHAKE_FAILED: { kind: "retriable", says: "{broker} was reached, but {problem}. {remedy}" },
  NOT_A_BROKER: { kind: "fatal", says: "{broker} does not answer as a Kafka broker: {problem}. {remedy}" },
  TLS_REFUSED: { kind: "fatal", says: "TLS with {broker} failed: {problem}. {remedy}" },
  AUTHENTICATION_FAILED: {
    kind: "fatal",
    says: "{broker} refused to authenticate us with SASL {mechanism}: {problem}. {remedy}",
  },
  BATCH_CORRUPT: {
    kind: "fatal",
    says: "the record batch at offset {baseOffset} is damaged: {problem}. Check the broker's disks and log; to go on behind it, set the group's offset past it",
  },
  BATCH_FORMAT_OLD: {
    kind: "fatal",
    says: "the record batch at offset {baseOffset} has message format {magic}: only format 2, from Kafka 0.11 on, is read. Copy the topic with a current client",
  },
  RECORDS_TOO_LARGE: {
    kind: "fatal",
    says: "the record batches around offset {baseOffset} come to more than {bytesMax} bytes uncompressed. Let producers write smaller batches, or fetch fewer bytes of a partition at once",
  },
  COMPRESSION_MISSING: {
    kind: "fatal",
    says: "the package {package}, which does this compression, has no binary for {machine}, or was left out of the installation. Install it, or use gzip or zstd",
  },
  COMPRESSION_UNKNOWN: {
    kind: "fatal",
    says: "compression {compression} is not known: Kafka has none, gzip, snappy, lz4 and zstd",
  },
  CONNECTION_LOST: { kind: "retriable", says: "the connection to {broker} ended: {problem}" },
  REQUEST_NOT_SENT: { kind: "retriable", says: "{api} was not sent to {broker}: {problem}" },
  REQUEST_UNANSWERED: {
    kind: "unknown",
    says: "{broker} has not answered {api}: {problem}. Whether it was carried out is not known",
  },
  // librdkafka (host/transport/librdkafka/)
  LIBRDKAFKA_UNAVAILABLE: { kind: "fatal", says: "librdkafka cannot be used: {problem}. {remedy}" },
  RECORD_UNREADABLE: {
    kind: "fatal",
    says: "{topic}-{partition}: the record at offset {offset} has a timestamp that librdkafka's binding cannot hand out exactly ({timestamp}). Read it with bootstrapServers, without librdkafka, or move the group's offset past it",
  },
  // The embedded broker (host/transport/memory/)
  CLOCK_STUCK: { kind: "fatal", says: "what the virtual clock was to wait for does not come: {why}" },
  EMBEDDED_TOPIC: { kind: "fatal", says: "embedded broker: topic {topic}: {problem}" },
  // The client of a cluster (host/transport/kafka/)
  CLIENT_CLOSED: { kind: "fatal", says: "{what} was called after the transport was closed" },
  CLUSTER_UNREACHABLE: {
    kind: "fatal",
    says: "no broker could be reached within {withinMs} ms: {attempts}. Check bootstrapServers, that the brokers run, and that their advertised.listeners can be reached from here",
  },
  CLUSTER_LOST: { kind: "retriable", says: "no broker can be reached any more: {attempts}" },
  BROKER_BUSY: { kind: "retriable", says: "{api} was answered with {error}{detail}" },
  BROKER_REFUSED: { kind: "fatal", says: "{what}: {api} was answered with {error}{detail}" },
  RETRIES_EXHAUSTED: {
    kind: "retriable",
    says: "{what} has not succeeded within {withinMs} ms. The last attempt: {last}",
  },
  ACCESS_DENIED: {
    kind: "fatal",
    says: "not allowed: {what} ({error}). Grant the principal of this client {permission}",
  },
  OFFSET_OUT_OF_RANGE: {
    kind: "fatal",
    says: '{topic}-{partition} has no offset {offset}, and offsetReset is "none". The records were deleted, or the topic was made anew: set offsetReset to earliest or latest, or reset the group\'s offsets',
  },
  LOG_TRUNCATED: {
    kind: "fatal",
    says: '{topic}-{partition} lost the records from offset {endOffset} on, which were read up to {offset} (unclean leader election), and offsetReset is "none". Reset the group\'s offsets',
  },
  PARTITION_UNAVAILABLE: {
    kind: "retriable",
    says: "{topic}-{partition} could not be read for {withinMs} ms: {problem}. Are all brokers up?",
  },
  BATCH_OVER_LIMIT: {
    kind: "fatal",
    says: "{topic}-{partition} refuses a record batch of {bytes} bytes ({error}). Raise max.message.bytes of the topic, or make the batches smaller",
  },
  BATCH_REFUSED: {
    kind: "fatal",
    says: "{topic}-{partition} refuses a record batch: {error}{detail}. {remedy}",
  },
  SEQUENCE_LOST: {
    kind: "abortable",
    says: "{topic}-{partition} does not continue our sequence of record batches ({error}{detail}): what was sent since the last commit must be sent anew",
  },
  DELIVERY_TIMED_OUT: {
    kind: "unknown",
    says: "a record batch for {topic}-{partition} was not acknowledged within {withinMs} ms; the last attempt: {problem}. Are all brokers up, and min.insync.replicas met?",
  },
  TRANSACTION_ABORTABLE: {
    kind: "abortable",
    says: "the transaction of {transactionalId} must be aborted: {api} was answered with {error}{detail}",
  },
  TRANSACTION_OUTCOME_UNKNOWN: {
    kind: "unknown",
    says: "whether {api} of {transactionalId} was carried out is not known: {problem}",
  },
  GROUP_UNSETTLED: {
    kind: "retriable",
    says: "group {groupId} has not settled within {withinMs} ms: its members keep joining and leaving. The last answer: {last}",
  },
  // Kernels and batches (host/wasm/, host/batch/)
  KERNEL_TRAPPED: {
    kind: "abortable",
    says: "a kernel trapped: {what}. Its instance is discarded and the transaction aborted",
  },
  KERNEL_DEAD: { kind: "abortable", says: "a kernel was called after its instance had trapped" },
  KERNEL_MEMORY_FULL: {
    kind: "abortable",
    says: "the kernels' memory has reached its bound of {bytesMax} bytes, and {what} does not fit. Raise that bound, or make batches and fetches smaller",
  },
  KERNEL_MODULE_MISSING: {
    kind: "fatal",
    says: "the kernel module {path} cannot be read. Build it: npx peridot kernel build FILE (the built-in one, in a checkout of Peridot: npm run build:kernels)",
  },
  KERNEL_MODULE_INVALID: {
    kind: "fatal",
    says: "the kernel module {path} cannot be used: {problem}. Build it with npx peridot kernel build, or by kernels/ABI.md",
  },
  KERNEL_ABI_DIFFERS: {
    kind: "fatal",
    says: "the kernel module {module} speaks ABI version {found}, this code {expected}. Build it anew: npx peridot kernel build FILE (in a checkout of Peridot: npm run build:kernels)",
  },
  KERNEL_MISSING: {
    kind: "fatal",
    says: "the kernel module {module} has no kernel {kernel}. It has: {kernels}. Export a function of that name, and run npx peridot kernel build",
  },
  KERNEL_FIELD_INVALID: {
    kind: "fatal",
    says: 'the kernel {kernel} asks for the field "{field}", {problem}. Correct the kernel, or the schema of its input',
  },
  KERNEL_BUILD_FAILED: { kind: "fatal", says: "kernel build:\n{problems}" },
  KERNEL_COMPILER_MISSING: {
    kind: "fatal",
    says: "kernels are compiled by the package assemblyscript, which is not installed. Add it to your project: npm install --save-dev assemblyscript@{version}",
  },
  RECORD_BATCH_INVALID: {
    kind: "fatal",
    says: "{topic}-{partition}: the record batch at offset {baseOffset} cannot be read: {problem} (byte {byteAt} of the fetched records). The log or the network damaged it: check the broker's disk, or move the group's offset past it",
  },
  CONFIG_INVALID: { kind: "fatal", says: "configuration: {option} {problem}. {remedy}" },
  APP_USED: {
    kind: "fatal",
    says: "an application is started once, and this one is {state}. Make another: peridot(config)",
  },
  APP_IN_WORKER: {
    kind: "fatal",
    says: "an application is started in stream thread {thread}: the topology module {topology} starts it, or imports a module that does. Keep the topology in a module of its own, and start the application in another",
  },
  TOPOLOGY_DIFFERS: {
    kind: "fatal",
    says: "the topology module {topology} built another topology in a worker than in the main thread. Let it depend on nothing that differs between them (time, randomness, module state)",
  },
  TOPIC_MISSING: {
    kind: "fatal",
    says: "the cluster has no topic {topics}. Create it before the application starts (kafka-topics --create), or correct its name",
  },
  CHANGELOG_DIFFERS: {
    kind: "fatal",
    says: 'the changelog {topic} has {option} "{found}", and must have "{wanted}": a store could not be restored from it. Correct the topic, or delete it together with the application\'s state and reset the application',
  },
  INTERNAL_TOPIC_DIFFERS: {
    kind: "fatal",
    says: "the internal topic {topic} has {found} partitions, and {wantedBy} {wanted}. Give its repartition partitions: {found} to keep it as it is; or, once all records in it are consumed, stop every instance and delete it (kafka-topics --delete)",
  },
  WORKER_LATE: {
    kind: "abortable",
    says: "stream thread {thread} has made no progress for {lateMs} ms (maxPollIntervalMs): it was ended and replaced. A user function may hang, or block for too long",
  },
  WORKER_DIED: { kind: "fatal", says: "stream thread {thread} died: {problem}" },
  STATE_DIRECTORY_LOCKED: {
    kind: "fatal",
    says: "another process uses the state directory {path}. Give each process of an application a stateDir of its own",
  },
  STORE_UNKNOWN: {
    kind: "fatal",
    says: "the store {store} cannot be asked: once the application has started, those that can are {known}",
  },
  STORE_UNAVAILABLE: {
    kind: "retriable",
    says: "this process has no task with the store {store} now: it is starting, restoring, or others have them. Ask again later, or the process that has",
  },
  STATE_BACKEND_FAILED: { kind: "fatal", says: "the state backend {backend} failed: {problem}. {remedy}" },
  STATE_DIRECTORY_BROKEN: {
    kind: "fatal",
    says: "the state directory {path} cannot be used: {problem}. Mend or delete it, or name another stateDir",
  },
  // Records (host/task/, host/serdes/)
  USER_CODE_THREW: { kind: "record", says: "{where} threw {what}, which is no Error" },
  OUTPUT_REFUSED: {
    kind: "fatal",
    says: 'the record that {node} made of offset {offset} cannot be written to {topic}: {problem}. The transaction is not committed. {remedy}, or set onProductionError to "continue" or "deadLetter"',
  },
  OUTPUT_UNSENDABLE: {
    kind: "record",
    says: "the record of {node} cannot be written to {topic}: {problem}. {remedy}",
  },
  DEAD_LETTER_REFUSED: {
    kind: "fatal",
    says: "the dead letter of offset {offset} cannot be written to {topic}: {problem}. The transaction is not committed. {remedy}",
  },
  HANDLER_FAILED: {
    kind: "fatal",
    says: '{option} {problem} when asked about {record}, which failed in {node}. The transaction is not committed. Let it return "fail", "continue" or "deadLetter": "fail" stops',
  },
  ARITHMETIC_FAILED: { kind: "record", says: "{where}: {left} {sign} {right}: {problem}" },
  RECORD_REFUSED: { kind: "record", says: "{reason}" },
  SERDE_REFUSED: { kind: "record", says: "the serde {serde} refuses {problem}" },
  BUFFER_FULL: {
    kind: "record",
    says: 'the buffer "{store}" is full: {records} of {recordsMax} records, {bytes} of {bytesMax} bytes. Give it more room, or let windows close earlier',
  },
  RECORD_TRAPPED: { kind: "record", says: "the kernel traps at it: {what}" },
  PUNCTUATION_FAILED: {
    kind: "record",
    says: '{node} failed while no record was processed, in a punctuator or behind a record cache ({stage}): {problem}. All before it is done. Mend the code, or set {option} to "continue"',
  },
  RECORD_FAILED: {
    kind: "record",
    says: 'the record at offset {offset} of {topic}-{partition} failed in {node} ({stage}): {problem}. All before it is done. Mend its producer or the code, or set {option} to "continue" or "deadLetter"',
  },
  TIMESTAMP_INVALID: {
    kind: "record",
    says: "the record at offset {offset} of {topic}-{partition} has no valid timestamp: {problem}. All before it is done. Use another timestampExtractor, such as logAndSkipOnInvalidTimestamp",
  },
  // Import and export (host/import-export/)
  IMPORT_SOURCE_INVALID: {
    kind: "record",
    says: "the source of import {name} gave {what}, which is not iterable. Return an async iterable, a Web ReadableStream, a Node Readable or an array",
  },
  IMPORT_SOURCE_FAILED: {
    kind: "record",
    says: "the source of import {name} failed at item {number}: {problem}. All before it is committed. Mend the source and start the application again: it goes on behind the last position",
  },
  IMPORT_ITEM_INVALID: { kind: "record", says: "{problem}. {remedy}" },
  IMPORT_ITEM_FAILED: {
    kind: "record",
    says: 'item {number} of import {name} failed ({stage}): {problem}. All before it is committed. Mend the source or the code, or set {option} to "continue" or "deadLetter"',
  },
  IMPORT_POSITION_INVALID: {
    kind: "record",
    says: "the position that import {name} gives with item {number} {problem}. All before it is committed. Give a value that JSON holds, in at most {bytesMax} bytes",
  },
  EXPORT_POSITION_GONE: {
    kind: "fatal",
    says: "export {name} is to be read from offset {offset} of {topic}-{partition}, which is not there: records were deleted before they were read (the topic's retention), or the topic was made anew. Begin with an offset that is there, and keep records for longer",
  },
  EXPORT_RECORD_INVALID: {
    kind: "record",
    says: "export {name}: the record at offset {offset} of {topic}-{partition} cannot be read: {problem}. Give the serdes that it was written with, or begin behind it by `from`",
  },
  TOPOLOGY_INVALID: { kind: "fatal", says: "topology: {problem}. {remedy}" },
  TEST_DRIVER_MISUSED: { kind: "fatal", says: "test driver: {problem}. {remedy}" },
} as const satisfies Record<string, ErrorRow>;

/** The code of an error, such as "TOPIC_MISSING". */
export type ErrorName = keyof typeof ERRORS;
export type ErrorFacts = Readonly<Record<string, unknown>>;

/** Every error that Peridot raises. `code` is a name of the table above; `facts` holds what filled its text. */
export class PeridotError extends Error {
  override readonly name = "PeridotError";
  readonly code: ErrorName;
  readonly kind: ErrorKind;
  readonly facts: ErrorFacts;

  constructor(code: ErrorName, facts: ErrorFacts = {}, cause?: unknown) {
    super(textOf(code, facts), cause === undefined ? undefined : { cause });
    this.code = code;
    this.kind = ERRORS[code].kind;
    this.facts = facts;
  }
}

function textOf(code: ErrorName, facts: ErrorFacts): string {
  return ERRORS[code].says.replace(/\{(\w+)\}/g, (whole, name: string) =>
    name in facts ? String(facts[name]) : whole,
  );
}
