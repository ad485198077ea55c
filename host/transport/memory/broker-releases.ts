import type { Api, VersionRange } from "../kafka/protocol/api.ts";

/** What a broker of one release of Kafka offers. */
export interface BrokerRelease {
  readonly versions: Readonly<Partial<Record<Api, VersionRange>>>;
  /** Does it know the feature transaction.version, and up to which level? 0: it tells no features. */
  readonly transactionVersionMax: number;
  /** Does OffsetCommit tell that a group is gone (the group coordinator of KIP-848)? */
  readonly tellsMissingGroups: boolean;
  /** Does it ask the coordinator before it takes transactional records (KIP-890, part 1)? */
  readonly verifiesTransactions: boolean;
}

/**
 * Versions by release, from the message definitions of Kafka 3.0.2, 3.7, 3.9.1, 4.0 and 4.3.1 ("validVersions", the stable
 * ones), for the requests that the embedded broker answers.
 */
const ROWS: readonly (readonly [Api, v30: string, v37: string, v39: string, v40: string, v43: string])[] = [
  ["Produce", "0-9", "0-10", "0-11", "3-12", "3-13"],
  ["Fetch", "0-12", "0-16", "0-17", "4-17", "4-18"],
  ["ListOffsets", "0-7", "0-8", "0-9", "1-10", "1-11"],
  ["Metadata", "0-11", "0-12", "0-12", "0-13", "0-13"],
  ["OffsetCommit", "0-8", "0-9", "0-9", "2-9", "2-10"],
  ["OffsetFetch", "0-8", "0-9", "0-9", "1-9", "1-10"],
  ["FindCoordinator", "0-4", "0-4", "0-6", "0-6", "0-6"],
  ["JoinGroup", "0-7", "0-9", "0-9", "0-9", "0-9"],
  ["Heartbeat", "0-4", "0-4", "0-4", "0-4", "0-4"],
  ["LeaveGroup", "0-4", "0-5", "0-5", "0-5", "0-5"],
  ["SyncGroup", "0-5", "0-5", "0-5", "0-5", "0-5"],
  ["DescribeGroups", "0-5", "0-5", "0-5", "0-6", "0-6"],
  ["ListGroups", "0-4", "0-4", "0-5", "0-5", "0-5"],
  ["SaslHandshake", "0-1", "0-1", "0-1", "0-1", "0-1"],
  ["ApiVersions", "0-3", "0-3", "0-4", "0-4", "0-4"],
  ["CreateTopics", "0-7", "0-7", "0-7", "2-7", "2-7"],
  ["DeleteTopics", "0-6", "0-6", "0-6", "1-6", "1-6"],
  ["DeleteRecords", "0-2", "0-2", "0-2", "0-2", "0-2"],
  ["InitProducerId", "0-4", "0-4", "0-5", "0-5", "0-5"],
  ["OffsetForLeaderEpoch", "0-4", "0-4", "0-4", "2-4", "2-4"],
  ["AddPartitionsToTxn", "0-3", "0-4", "0-5", "0-5", "0-5"],
  ["AddOffsetsToTxn", "0-3", "0-3", "0-4", "0-4", "0-4"],
  ["EndTxn", "0-3", "0-3", "0-4", "0-5", "0-5"],
  ["TxnOffsetCommit", "0-3", "0-3", "0-4", "0-5", "0-5"],
  ["DescribeConfigs", "0-4", "0-4", "0-4", "1-4", "1-4"],
  ["SaslAuthenticate", "0-2", "0-2", "0-2", "0-2", "0-2"],
  ["CreatePartitions", "0-3", "0-3", "0-3", "0-3", "0-3"],
  ["DeleteGroups", "0-2", "0-2", "0-2", "0-2", "0-2"],
  ["IncrementalAlterConfigs", "0-1", "0-1", "0-1", "0-1", "0-1"],
  ["OffsetDelete", "0-0", "0-0", "0-0", "0-0", "0-0"],
  ["DescribeCluster", "0-0", "0-1", "0-1", "0-2", "0-2"],
];

export const BROKER_RELEASES = {
  "3.0": release(1, 0, false, false),
  "3.7": release(2, 0, true, false),
  "3.9": release(3, 0, true, false),
  "4.0": release(4, 2, true, true),
  "4.3": release(5, 2, true, true),
} as const satisfies Record<string, BrokerRelease>;

function release(
  column: 1 | 2 | 3 | 4 | 5,
  transactionVersionMax: number,
  verifiesTransactions: boolean,
  tellsMissingGroups: boolean,
): BrokerRelease {
  const versions: Partial<Record<Api, VersionRange>> = {};
  for (const row of ROWS) {
    const [min, max] = row[column].split("-").map(Number);
    versions[row[0]] = { min: min!, max: max! };
  }
  return { versions, transactionVersionMax, verifiesTransactions, tellsMissingGroups };
}
