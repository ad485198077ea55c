import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import {
  type Api,
  requestHeaderVersion,
  responseHeaderVersion,
  supportedVersions,
} from "../../../../host/transport/kafka/protocol/api.ts";
import {
  decodeRequest,
  decodeResponse,
  encodeRequest,
  encodeResponse,
} from "../../../../host/transport/kafka/protocol/codec.ts";
import {
  decodeRequestHeader,
  encodeRequestHeader,
  encodeResponseHeader,
  readCorrelationId,
  responseBodyAt,
} from "../../../../host/transport/kafka/protocol/headers.ts";
import { bodyOf, type GoldenFrame, goldenCases, goldenFiles } from "./golden-messages.ts";

test("whole frames, both ways", () => {
  for (const golden of goldenCases<GoldenFrame>("frames.json")) {
    const api = golden.api as Api;
    const bytes = Buffer.from(golden.hex, "hex");
    const frame = bytes.subarray(4);
    assert.equal(bytes.readInt32BE(), frame.length);
    if (golden.kind === "request") checkRequest(api, golden, frame);
    else checkResponse(api, golden, frame);
  }
});

function checkRequest(api: Api, golden: GoldenFrame, frame: Buffer): void {
  const { bodyAt, ...head } = decodeRequestHeader(frame);
  const { version, correlationId } = golden;
  assert.deepEqual(head, { api, version, correlationId, clientId: golden.clientId ?? null });
  decodeRequest(api, version, frame, bodyAt);
  const pieces = [...encodeRequestHeader(head), ...encodeRequest(api, version, bodyOf(golden) as never)];
  assert.equal(Buffer.concat(pieces).toString("hex"), frame.toString("hex"));
}

function checkResponse(api: Api, golden: GoldenFrame, frame: Buffer): void {
  const { version, correlationId } = golden;
  assert.equal(readCorrelationId(frame), correlationId);
  decodeResponse(api, version, frame, responseBodyAt(api, version, frame));
  const head = encodeResponseHeader(api, version, correlationId);
  const pieces = [...head, ...encodeResponse(api, version, bodyOf(golden) as never)];
  assert.equal(Buffer.concat(pieces).toString("hex"), frame.toString("hex"));
}

test("header versions and offered versions are Kafka's", () => {
  for (const file of goldenFiles) {
    const url = new URL(`../../../golden/bytes/messages/${file}`, import.meta.url);
    const { api, oldestVersion, latestStableVersion, headerVersions } = JSON.parse(readFileSync(url, "utf8"));
    if (headerVersions === undefined) continue;
    assert.deepEqual(supportedVersions(api), { min: oldestVersion, max: latestStableVersion });
    for (const { version, request, response } of headerVersions) {
      assert.equal(requestHeaderVersion(api, version), request);
      assert.equal(responseHeaderVersion(api, version), response);
    }
  }
});

test("a request that we do not know is malformed", () => {
  assert.throws(() => decodeRequestHeader(Buffer.from("7fff00000000000000000000", "hex")), {
    code: "MESSAGE_MALFORMED",
    message: /request 32767/,
  });
});
