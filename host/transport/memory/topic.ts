import type { AppendRules } from "./partition.ts";
import { Partition } from "./partition.ts";

/** Configurations of a topic which the broker heeds, and their defaults in Kafka; others are kept and told. */
export const TOPIC_DEFAULTS: Readonly<Record<string, string>> = {
  "cleanup.policy": "delete",
  "compression.type": "producer",
  "delete.retention.ms": "86400000",
  "max.message.bytes": "1048588",
  "message.timestamp.type": "CreateTime",
  "min.insync.replicas": "1",
  "retention.bytes": "-1",
  "retention.ms": "604800000",
  "segment.bytes": "1073741824",
};

const NAME_LENGTH_MAX = 249;

export class Topic {
  readonly name: string;
  /** 32 lower-case hex digits. */
  readonly id: string;
  readonly partitions: Partition[] = [];
  readonly configs = new Map<string, string>();
  /** Metadata does not show it before this time. */
  readonly visibleAtMs: number;
  #rules: AppendRules;
  readonly #checksums: boolean;

  constructor(
    name: string,
    id: string,
    configs: ReadonlyMap<string, string>,
    visibleAtMs: number,
    checksums: boolean,
  ) {
    this.name = name;
    this.id = id;
    this.visibleAtMs = visibleAtMs;
    this.#checksums = checksums;
    for (const [key, value] of configs) this.configs.set(key, value);
    this.#rules = this.#readRules();
  }

  /** `leaderOf`: which node leads a new partition. */
  grow(count: number, leaderOf: (index: number) => number): void {
    for (let index = this.partitions.length; index < count; index++) {
      this.partitions.push(new Partition(this.name, index, leaderOf(index)));
    }
  }

  get rules(): AppendRules {
    return this.#rules;
  }

  /** undefined: back to the default. */
  setConfig(name: string, value: string | undefined): void {
    if (value === undefined) this.configs.delete(name);
    else this.configs.set(name, value);
    this.#rules = this.#readRules();
  }

  config(name: string): string | undefined {
    return this.configs.get(name) ?? TOPIC_DEFAULTS[name];
  }

  #readRules(): AppendRules {
    return {
      logAppendTime: this.config("message.timestamp.type") === "LogAppendTime",
      batchBytesMax: Number(this.config("max.message.bytes")),
      keysRequired: this.config("cleanup.policy")!.split(",").includes("compact"),
      timestampBeforeMaxMs: millisecondsOf(this.config("message.timestamp.before.max.ms")),
      timestampAfterMaxMs: millisecondsOf(this.config("message.timestamp.after.max.ms")),
      checksums: this.#checksums,
    };
  }
}

/** A bound that is not set is none: a virtual clock is not that of the data (Kafka 4 allows an hour after its own). */
function millisecondsOf(text: string | undefined): number {
  return text === undefined ? Number.POSITIVE_INFINITY : Number(text);
}

/** What Kafka's Topic.validate refuses, or undefined. */
export function problemOfTopicName(name: string): string | undefined {
  if (name === "" || name === "." || name === "..") return 'the name is empty, "." or ".."';
  if (name.length > NAME_LENGTH_MAX) return `the name is longer than ${NAME_LENGTH_MAX} characters`;
  return /^[a-zA-Z0-9._-]+$/.test(name)
    ? undefined
    : "the name holds other characters than letters, digits, . _ -";
}

/** What a broker refuses of the configurations it heeds, or undefined. */
export function problemOfConfig(name: string, value: string | undefined): string | undefined {
  if (!(name in TOPIC_DEFAULTS) && !/^[a-z][a-z.]*$/.test(name)) return `Unknown topic config name: ${name}`;
  if (
    name === "message.timestamp.type" &&
    value !== undefined &&
    !/^(CreateTime|LogAppendTime)$/.test(value)
  ) {
    return `Invalid value ${value} for configuration ${name}`;
  }
  if (name === "max.message.bytes" && value !== undefined && !/^\d+$/.test(value)) {
    return `Invalid value ${value} for configuration ${name}`;
  }
  return undefined;
}
