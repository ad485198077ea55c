import { PeridotError } from "../../../errors.ts";
import { API_KEYS, MESSAGES } from "./generated/tables.ts";
import type { MessageTypes } from "./generated/types.ts";
import type { MessageTable } from "./table.ts";

/** A request that we speak, by Kafka's name for it: "Fetch", "Produce", … */
export type Api = keyof typeof API_KEYS;

/** A message that stands inside a byte field and carries its version in front. */
export type EmbeddedMessage = "ConsumerProtocolSubscription" | "ConsumerProtocolAssignment";

/** A body to send: fields with a default may be left out, and so may those that only some versions have. */
export type RequestOf<A extends Api> = MessageTypes[`${A}Request`];
export type ResponseToSend<A extends Api> = MessageTypes[`${A}Response`];

/** A decoded body: every field of the message is there. */
export type ResponseOf<A extends Api> = Whole<MessageTypes[`${A}Response`]>;
export type ReceivedRequest<A extends Api> = Whole<MessageTypes[`${A}Request`]>;

export type EmbeddedToSend<D extends EmbeddedMessage> = MessageTypes[D];
export type EmbeddedOf<D extends EmbeddedMessage> = Whole<MessageTypes[D]>;

/** T with no field left out, all the way down. */
export type Whole<T> = T extends Buffer | string | number | bigint | boolean | null
  ? T
  : T extends readonly (infer Element)[]
    ? Whole<Element>[]
    : { -readonly [Key in keyof T]-?: Whole<Exclude<T[Key], undefined>> };

const apisByKey = new Map<number, Api>(Object.entries(API_KEYS).map(([api, key]) => [key, api as Api]));

export function apiKeyOf(api: Api): number {
  return API_KEYS[api];
}

/** undefined: a request that we do not speak. */
export function apiOfKey(apiKey: number): Api | undefined {
  return apisByKey.get(apiKey);
}

/** The versions that we speak and that brokers offer by default, both ends included. */
export function supportedVersions(api: Api): VersionRange {
  const { first, stable } = MESSAGES[`${api}Request`] as MessageTable;
  return { min: first, max: stable };
}

export interface VersionRange {
  readonly min: number;
  readonly max: number;
}

/** Request headers: 2 where the request is flexible (KIP-482), else 1. */
export function requestHeaderVersion(api: Api, version: number): 1 | 2 {
  return version >= MESSAGES[`${api}Request`].flexible ? 2 : 1;
}

/**
 * Response headers: 1 where the response is flexible, else 0. ApiVersions always has 0, since the client reads it
 * before it knows what the broker speaks (KIP-511).
 */
export function responseHeaderVersion(api: Api, version: number): 0 | 1 {
  return api !== "ApiVersions" && version >= MESSAGES[`${api}Response`].flexible ? 1 : 0;
}

/** For a broker's side: the request's name. Errors: MESSAGE_MALFORMED. */
export function requireApi(apiKey: number): Api {
  const api = apisByKey.get(apiKey);
  if (api !== undefined) return api;
  throw new PeridotError("MESSAGE_MALFORMED", {
    message: "RequestHeader",
    byteOffset: 0,
    problem: `request ${apiKey} is not known`,
  });
}
