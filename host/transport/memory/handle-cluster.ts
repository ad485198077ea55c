import {
  type Api,
  apiKeyOf,
  type ReceivedRequest,
  type ResponseToSend,
  type VersionRange,
} from "../kafka/protocol/api.ts";
import type { Call } from "./request-call.ts";
import { CODE } from "./response-codes.ts";

/** FindCoordinator from this version on asks for several keys at once. */
const SEVERAL_KEYS_FROM = 4;
/** ApiVersions tells features from this version on; a level of 0 from the next one on (KIP-584, KIP-1022). */
const FEATURES_FROM = 3;
const ZERO_LEVEL_FROM = 4;

export function handleApiVersions(
  _request: ReceivedRequest<"ApiVersions">,
  call: Call,
): ResponseToSend<"ApiVersions"> {
  const { release, transactionVersion } = call.cluster;
  const apiKeys = (Object.entries(release.versions) as [Api, VersionRange][]).map(([api, { min, max }]) => ({
    apiKey: apiKeyOf(api),
    minVersion: min,
    maxVersion: max,
  }));
  const answer = { errorCode: CODE.NONE, apiKeys };
  if (call.version < FEATURES_FROM || release.transactionVersionMax === 0) return answer;
  const level = {
    name: "transaction.version",
    maxVersionLevel: transactionVersion,
    minVersionLevel: transactionVersion,
  };
  const supported = { name: "transaction.version", minVersion: 0, maxVersion: release.transactionVersionMax };
  return {
    ...answer,
    supportedFeatures: call.version >= ZERO_LEVEL_FROM ? [supported] : [],
    finalizedFeaturesEpoch: call.cluster.featuresEpoch,
    finalizedFeatures: transactionVersion > 0 ? [level] : [],
  };
}

/** Kafka: KafkaApis.handleFindCoordinatorRequest. */
export function handleFindCoordinator(
  request: ReceivedRequest<"FindCoordinator">,
  call: Call,
): ResponseToSend<"FindCoordinator"> {
  if (call.version >= SEVERAL_KEYS_FROM) {
    return {
      coordinators: request.coordinatorKeys.map((key) => ({ key, ...find(key, request.keyType, call) })),
    };
  }
  return find(request.key, request.keyType, call);
}

function find(key: string, keyType: number, { cluster, addressOf }: Call) {
  const nowhere = { nodeId: -1, host: "", port: -1, errorMessage: null };
  if (keyType !== 0 && keyType !== 1) return { ...nowhere, errorCode: CODE.INVALID_REQUEST };
  const { node } = cluster.seatOf(keyType === 0 ? "group" : "transaction", key);
  if (node === -1) return { ...nowhere, errorCode: CODE.COORDINATOR_NOT_AVAILABLE };
  return { nodeId: node, ...addressOf(node), errorCode: CODE.NONE, errorMessage: null };
}

export function handleDescribeCluster(
  request: ReceivedRequest<"DescribeCluster">,
  call: Call,
): ResponseToSend<"DescribeCluster"> {
  const up = call.cluster.nodes.filter((node) => node.isUp);
  return {
    throttleTimeMs: 0,
    errorCode: CODE.NONE,
    errorMessage: null,
    endpointType: request.endpointType,
    clusterId: call.cluster.clusterId,
    controllerId: up[0]?.id ?? -1,
    brokers: up.map(({ id }) => ({ brokerId: id, ...call.addressOf(id), rack: null })),
  };
}

export function handleSaslHandshake(
  request: ReceivedRequest<"SaslHandshake">,
  call: Call,
): ResponseToSend<"SaslHandshake"> {
  return (
    call.authenticate?.handshake(request.mechanism) ?? { errorCode: CODE.ILLEGAL_SASL_STATE, mechanisms: [] }
  );
}

export function handleSaslAuthenticate(
  request: ReceivedRequest<"SaslAuthenticate">,
  call: Call,
): ResponseToSend<"SaslAuthenticate"> {
  const problem = "SaslAuthenticate request received after successful authentication";
  return (
    call.authenticate?.step(request.authBytes) ?? {
      errorCode: CODE.ILLEGAL_SASL_STATE,
      errorMessage: problem,
      authBytes: Buffer.alloc(0),
    }
  );
}
