import type { Api } from "../kafka/protocol/api.ts";
import {
  handleApiVersions,
  handleDescribeCluster,
  handleFindCoordinator,
  handleSaslAuthenticate,
  handleSaslHandshake,
} from "./handle-cluster.ts";
import { handleOffsetCommit, handleOffsetFetch, handleTxnOffsetCommit } from "./handle-committed.ts";
import { handleFetch } from "./handle-fetch.ts";
import {
  handleDeleteGroups,
  handleDescribeGroups,
  handleHeartbeat,
  handleJoinGroup,
  handleLeaveGroup,
  handleListGroups,
  handleOffsetDelete,
  handleSyncGroup,
} from "./handle-groups.ts";
import { handleDeleteRecords, handleListOffsets, handleOffsetForLeaderEpoch } from "./handle-log.ts";
import { handleProduce } from "./handle-produce.ts";
import {
  handleCreatePartitions,
  handleCreateTopics,
  handleDeleteTopics,
  handleDescribeConfigs,
  handleIncrementalAlterConfigs,
  handleMetadata,
} from "./handle-topics.ts";
import {
  handleAddOffsetsToTxn,
  handleAddPartitionsToTxn,
  handleEndTxn,
  handleInitProducerId,
} from "./handle-transactions.ts";
import type { Handler } from "./request-call.ts";

/** Everything that the embedded broker answers. */
export const HANDLERS = {
  Produce: handleProduce,
  Fetch: handleFetch,
  ListOffsets: handleListOffsets,
  Metadata: handleMetadata,
  OffsetCommit: handleOffsetCommit,
  OffsetFetch: handleOffsetFetch,
  FindCoordinator: handleFindCoordinator,
  JoinGroup: handleJoinGroup,
  Heartbeat: handleHeartbeat,
  LeaveGroup: handleLeaveGroup,
  SyncGroup: handleSyncGroup,
  DescribeGroups: handleDescribeGroups,
  ListGroups: handleListGroups,
  SaslHandshake: handleSaslHandshake,
  ApiVersions: handleApiVersions,
  CreateTopics: handleCreateTopics,
  DeleteTopics: handleDeleteTopics,
  DeleteRecords: handleDeleteRecords,
  InitProducerId: handleInitProducerId,
  OffsetForLeaderEpoch: handleOffsetForLeaderEpoch,
  AddPartitionsToTxn: handleAddPartitionsToTxn,
  AddOffsetsToTxn: handleAddOffsetsToTxn,
  EndTxn: handleEndTxn,
  TxnOffsetCommit: handleTxnOffsetCommit,
  DescribeConfigs: handleDescribeConfigs,
  SaslAuthenticate: handleSaslAuthenticate,
  CreatePartitions: handleCreatePartitions,
  DeleteGroups: handleDeleteGroups,
  IncrementalAlterConfigs: handleIncrementalAlterConfigs,
  OffsetDelete: handleOffsetDelete,
  DescribeCluster: handleDescribeCluster,
} satisfies { [A in Api]?: Handler<A> };

export type HandledApi = keyof typeof HANDLERS;
