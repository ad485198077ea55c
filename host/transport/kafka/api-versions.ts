import { PeridotError } from "../../errors.ts";
import {
  type Api,
  apiOfKey,
  type RequestOf,
  type ResponseOf,
  supportedVersions,
  type VersionRange,
} from "./protocol/api.ts";
import { decodeResponse } from "./protocol/codec.ts";
import { codeOf, kafkaErrorName } from "./protocol/error-codes.ts";
import { responseBodyAt } from "./protocol/headers.ts";

const UNSUPPORTED_VERSION = codeOf("UNSUPPORTED_VERSION");
/** Kafka allows letters, digits, "-" and "." in both. */
const CLIENT_SOFTWARE = { clientSoftwareName: "peridot-streams", clientSoftwareVersion: "0.1.0" };

/** What both sides speak, and the features that the cluster has finalized. */
export interface Offer {
  readonly versions: ReadonlyMap<Api, VersionRange>;
  readonly finalizedFeatures: ReadonlyMap<string, number>;
}

type AskApiVersions = (version: number, body: RequestOf<"ApiVersions">) => Promise<ResponseOf<"ApiVersions">>;

/**
 * Asks a broker what it speaks, in our latest version first. A broker that is too old for that answers in
 * version 0, naming the versions of ApiVersions that it has (KIP-511). Errors: HANDSHAKE_FAILED.
 */
export async function negotiate(broker: string, ask: AskApiVersions): Promise<Offer> {
  const ours = supportedVersions("ApiVersions");
  let answer = await ask(ours.max, CLIENT_SOFTWARE);
  if (answer.errorCode === UNSUPPORTED_VERSION) {
    const theirs = rangesOf(answer).get("ApiVersions");
    const version = theirs === undefined ? 0 : Math.min(ours.max, theirs.max);
    answer = await ask(version, version < 3 ? {} : CLIENT_SOFTWARE);
  }
  if (answer.errorCode !== 0) {
    throw new PeridotError("HANDSHAKE_FAILED", {
      broker,
      problem: `it answered ApiVersions with ${kafkaErrorName(answer.errorCode)}`,
      remedy: "Brokers from Kafka 3.0 on are supported",
    });
  }
  const features = answer.finalizedFeatures.map(
    ({ name, maxVersionLevel }) => [name, maxVersionLevel] as const,
  );
  return { versions: rangesOf(answer), finalizedFeatures: new Map(features) };
}

/** An answer that refuses the version is written in version 0, whatever was asked. */
export function decodeApiVersions(version: number, frame: Buffer): ResponseOf<"ApiVersions"> {
  const bodyAt = responseBodyAt("ApiVersions", version, frame);
  const refused = frame.length >= bodyAt + 2 && frame.readInt16BE(bodyAt) === UNSUPPORTED_VERSION;
  return decodeResponse("ApiVersions", refused ? 0 : version, frame, bodyAt);
}

function rangesOf(answer: ResponseOf<"ApiVersions">): Map<Api, VersionRange> {
  const ranges = new Map<Api, VersionRange>();
  for (const { apiKey, minVersion, maxVersion } of answer.apiKeys) {
    const api = apiOfKey(apiKey);
    if (api !== undefined) ranges.set(api, { min: minVersion, max: maxVersion });
  }
  return ranges;
}
