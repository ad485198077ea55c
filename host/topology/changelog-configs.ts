import type { StoreSpec } from "./store-spec.ts";

/** What a changelog keeps beyond a store's history or retention: windowstore.changelog.additional.retention.ms' default. */
const ADDITIONAL_MS = 86_400_000;

/**
 * The configuration of a store's changelog topic, as Kafka Streams makes it (UnwindowedUnversionedChangelogTopicConfig,
 * VersionedChangelogTopicConfig, WindowedChangelogTopicConfig).
 */
export function changelogConfigs({
  kind,
  historyMs = 0,
  windows,
  logging,
}: StoreSpec): Readonly<Record<string, string>> {
  const given = logging === false ? {} : logging;
  const policy = { "cleanup.policy": "compact", "message.timestamp.type": "CreateTime" };
  if (kind === "versioned")
    return { ...policy, "min.compaction.lag.ms": String(historyMs + ADDITIONAL_MS), ...given };
  if (windows === undefined) return { ...policy, ...given };
  const retention = { "retention.ms": String(windows.retentionMs + ADDITIONAL_MS) };
  return { ...policy, "cleanup.policy": "compact,delete", ...retention, ...given };
}
