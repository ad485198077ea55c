import { type Api, apiKeyOf, requestHeaderVersion, requireApi, responseHeaderVersion } from "./api.ts";
import { ByteReader } from "./byte-reader.ts";
import { encodeMessage } from "./codec.ts";
import { decodeStruct } from "./decode.ts";
import { MESSAGES } from "./generated/tables.ts";
import { planOf } from "./plan.ts";

/** The head of a request. `bodyAt`: where its body begins in the frame, in bytes. */
export interface RequestHead {
  readonly api: Api;
  readonly version: number;
  readonly correlationId: number;
  readonly clientId: string | null;
  readonly bodyAt: number;
}

export function encodeRequestHeader(head: Omit<RequestHead, "bodyAt">): Buffer[] {
  return encodeMessage(MESSAGES.RequestHeader, requestHeaderVersion(head.api, head.version), {
    requestApiKey: apiKeyOf(head.api),
    requestApiVersion: head.version,
    correlationId: head.correlationId,
    clientId: head.clientId,
  });
}

/** `frame`: without its size. Errors: MESSAGE_MALFORMED. */
export function decodeRequestHeader(frame: Buffer): RequestHead {
  const start = new ByteReader(frame, 0, "RequestHeader");
  const api = requireApi(start.int16());
  const version = start.int16();
  const reader = new ByteReader(frame, 0, "RequestHeader");
  const header = decodeStruct(planOf(MESSAGES.RequestHeader, requestHeaderVersion(api, version)), reader);
  return {
    api,
    version,
    correlationId: header.correlationId as number,
    clientId: header.clientId as string | null,
    bodyAt: reader.byteOffset,
  };
}

export function encodeResponseHeader(api: Api, version: number, correlationId: number): Buffer[] {
  return encodeMessage(MESSAGES.ResponseHeader, responseHeaderVersion(api, version), { correlationId });
}

/** The correlation id stands first in every response header. Errors: MESSAGE_MALFORMED. */
export function readCorrelationId(frame: Buffer): number {
  return new ByteReader(frame, 0, "ResponseHeader").int32();
}

/** Where the body of a response begins, in bytes. Errors: MESSAGE_MALFORMED. */
export function responseBodyAt(api: Api, version: number, frame: Buffer): number {
  const reader = new ByteReader(frame, 0, "ResponseHeader");
  decodeStruct(planOf(MESSAGES.ResponseHeader, responseHeaderVersion(api, version)), reader);
  return reader.byteOffset;
}
