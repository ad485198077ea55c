import type { StoreSpec } from "./store-spec.ts";

/** What a versioned store's changelog keeps beyond the history: windowstore.changelog.additional.retention.ms' default. */
const ADDITIONAL_MS = 86_400_000;

/** The configuration of a store's changelog topic, as Kafka Streams makes it (UnwindowedUnversionedChangelogTopicConfig). */
export function changelogConfigs({
  kind,
  historyMs = 0,
  logging,
}: StoreSpec): Readonly<Record<string, string>> {
  const given = logging === false ? {} : logging;
  const versioned =
    kind === "versioned" ? { "min.compaction.lag.ms": String(historyMs + ADDITIONAL_MS) } : {};
  return { "cleanup.policy": "compact", "message.timestamp.type": "CreateTime", ...versioned, ...given };
}
