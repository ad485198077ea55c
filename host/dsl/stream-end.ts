import { PeridotError } from "../errors.ts";
import type { Exported } from "../topology/exported.ts";
import type { NodeId } from "../topology/node.ts";
import type { Operator } from "../topology/operator.ts";
import type { AnySerde } from "../topology/serde.ts";
import type { ExtractTopic } from "../topology/sink-choice.ts";
import { checkName, checkPartitions, type ExportedArguments, type ExportedAs } from "./imported.ts";
import type { NodeLog } from "./node-log.ts";
import type { KnownSerdes, Produced, ProducedArguments } from "./produced.ts";

/** The serdes that a stream knows by itself. */
export interface StreamSerdes {
  readonly key: AnySerde | undefined;
  readonly value: AnySerde | undefined;
}

/** What a stream ends in: topics, and readers outside of the topology. */
export class StreamEnd<K, V, Known extends KnownSerdes> {
  protected readonly log: NodeLog;
  protected readonly node: NodeId;
  protected readonly serdes: StreamSerdes;
  /** Tells streams of other types apart; there is nothing here at run time. A stream that knows more may stand in. */
  declare readonly types: { readonly key: K; readonly value: V; readonly known: (serdes: Known) => void };

  /** Streams come from a StreamsBuilder, not from here. */
  constructor(log: NodeLog, node: NodeId, serdes: StreamSerdes) {
    this.log = log;
    this.node = node;
    this.serdes = serdes;
  }

  /**
   * Writes the records to a topic, which must exist, with their timestamps and headers. A null value is written as null.
   *
   * @param topic or a function that chooses one for each record.
   * @throws TOPOLOGY_INVALID if the topic has no name or a serde is missing
   */
  to(topic: string | ExtractTopic<K, V>, ...[produced]: ProducedArguments<K, V, Known>): void {
    const given: Partial<Produced<K, V, never>> = produced ?? {};
    if (topic === "") throw misuse("a sink without a topic", 'Name one: stream.to("orders")');
    const { key, value } = this.serdesFor(typeof topic === "string" ? topic : "…", given);
    const { partitioner } = given;
    this.log.append(
      { kind: "sink", parents: [this.node], topic, internal: false, key, value, partitioner },
      "SINK",
      given.name,
    );
  }

  /**
   * Writes the records to a topic of the application's own, for `app.exported(…)` to read outside of the topology:
   * record by record, and only what is committed.
   *
   * @param name names the topic (unless one is given) and the group that holds the readers' positions.
   * @throws TOPOLOGY_INVALID if the name is none for a topic, or taken; if a serde is missing
   *
   * @example
   *   const adults = clients.filter({ Age: { ge: 18 } }).export("adults");
   */
  export(name: string, ...[exported]: ExportedArguments<K, V, Known>): Exported<K, V> {
    const given: Partial<ExportedAs<K, V, never>> = exported ?? {};
    checkName("export", name);
    checkPartitions("export", name, given);
    const { topic, partitions = 1, partitioner } = given;
    const written = topic ?? `${name}-export`;
    const { key, value } = this.serdesFor(written, given);
    const internal = topic === undefined;
    this.log.append(
      {
        kind: "sink",
        parents: [this.node],
        topic: written,
        internal,
        partitions: internal ? partitions : undefined,
        key,
        value,
        partitioner,
      },
      "SINK",
      given.name ?? `${name}-export`,
    );
    return Object.freeze({ name, topic, key, value });
  }

  protected serdesFor(
    topic: string,
    given: Partial<Pick<Produced<K, V, never>, "key" | "value">>,
  ): { readonly key: AnySerde; readonly value: AnySerde } {
    const key = given.key ?? this.serdes.key;
    const value = given.value ?? this.serdes.value;
    if (key === undefined) throw serdeMissing(topic, "key");
    if (value === undefined) throw serdeMissing(topic, "value");
    return { key, value };
  }

  protected append(
    parents: readonly NodeId[],
    operator: Operator,
    given: string | undefined,
  ): { readonly node: NodeId; readonly name: string } {
    const node = this.log.append({ kind: "processor", parents, operator }, operator.role, given);
    return { node, name: this.log.nameOf(node) };
  }
}

function serdeMissing(topic: string, part: "key" | "value"): PeridotError {
  return misuse(
    `no serde for the ${part}s of "${topic}": a function or a kernel has made them, so their type is not known`,
    `Give one: to("${topic}", { ${part}: … }), or where a kernel makes them: kernel(name, { module, ${part}: … })`,
  );
}

function misuse(problem: string, remedy: string): PeridotError {
  return new PeridotError("TOPOLOGY_INVALID", { problem, remedy });
}
