import assert from "node:assert/strict";
import { test } from "node:test";
import type { Api, EmbeddedMessage } from "../../../../host/transport/kafka/protocol/api.ts";
import { ByteReader } from "../../../../host/transport/kafka/protocol/byte-reader.ts";
import {
  decodeRequest,
  decodeResponse,
  decodeVersioned,
  encodeMessage,
  encodeRequest,
  encodeVersioned,
} from "../../../../host/transport/kafka/protocol/codec.ts";
import { decodeStruct } from "../../../../host/transport/kafka/protocol/decode.ts";
import { defaultOf, type Plan, planOf } from "../../../../host/transport/kafka/protocol/plan.ts";
import { bodyOf, type GoldenMessage, goldenCases, goldenFiles, tableOf } from "./golden-messages.ts";

function decode(golden: GoldenMessage): Record<string, unknown> {
  const reader = new ByteReader(Buffer.from(golden.hex, "hex"), 0, golden.api);
  const body = decodeStruct(planOf(tableOf(golden), golden.version), reader);
  assert.equal(reader.bytesLeft, 0);
  return body;
}

/** What a decoder must give: the fixture, with the default for each field that it leaves out. */
function whole(plan: Plan, body: Record<string, unknown>): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const field of plan.fields) {
    const value = body[field.name] === undefined ? defaultOf(field) : body[field.name];
    const fill = (struct: unknown) => whole(field.struct!, struct as Record<string, unknown>);
    if (field.struct === undefined || value === null) result[field.name] = value;
    else result[field.name] = field.array ? (value as unknown[]).map(fill) : fill(value);
  }
  return result;
}

for (const file of goldenFiles) {
  test(`${file}: every version, both ways`, () => {
    const cases = goldenCases(file);
    assert.ok(cases.length > 0);
    for (const golden of cases) {
      const label = `${golden.api} ${golden.kind} ${golden.version}/${golden.instance}`;
      const plan = planOf(tableOf(golden), golden.version);
      const decoded = decode(golden);
      assert.deepEqual(decoded, whole(plan, bodyOf(golden)), label);
      if (golden.unknownTags) continue;
      const fromFixture = Buffer.concat(encodeMessage(tableOf(golden), golden.version, bodyOf(golden)));
      assert.equal(fromFixture.toString("hex"), golden.hex, label);
      const again = Buffer.concat(encodeMessage(tableOf(golden), golden.version, decoded));
      assert.equal(again.toString("hex"), golden.hex, label);
    }
  });
}

for (const data of [
  "ConsumerProtocolSubscription",
  "ConsumerProtocolAssignment",
] satisfies EmbeddedMessage[]) {
  test(`${data} behind its version`, () => {
    for (const golden of goldenCases(`${data}.json`)) {
      const plan = planOf(tableOf(golden), golden.version);
      const bytes = Buffer.from(golden.versionPrefixedHex!, "hex");
      const decoded = decodeVersioned(data, bytes);
      assert.deepEqual(decoded, whole(plan, bodyOf(golden)));
      assert.deepEqual(encodeVersioned(data, golden.version, decoded as never), bytes);
    }
  });
}

test("data of a later version is read as our latest", () => {
  const bytes = encodeVersioned("ConsumerProtocolAssignment", 3, { assignedPartitions: [], userData: null });
  bytes.writeInt16BE(9);
  const later = Buffer.concat([bytes, Buffer.from("of a later version")]);
  assert.deepEqual(decodeVersioned("ConsumerProtocolAssignment", later).assignedPartitions, []);
});

test("records go out without a copy and come in as views", () => {
  const records = Buffer.alloc(900_000, 7);
  const partition = { index: 0, records };
  const pieces = encodeRequest("Produce", 12, {
    acks: -1,
    timeoutMs: 1,
    topicData: [{ name: "t", partitionData: [partition, partition] }],
  });
  assert.equal(pieces.filter((piece) => piece === records).length, 2);
  const bytes = Buffer.concat(pieces);
  const [first] = decodeRequest("Produce", 12, bytes).topicData[0]!.partitionData;
  assert.equal(first!.records!.buffer, bytes.buffer);
});

test("bytes cut off anywhere are malformed", () => {
  for (const api of ["Fetch", "Metadata", "JoinGroup", "ApiVersions"] satisfies Api[]) {
    for (const golden of goldenCases(`${api}.json`).filter((each) => each.instance === 1)) {
      const bytes = Buffer.from(golden.hex, "hex");
      const read = golden.kind === "request" ? decodeRequest : decodeResponse;
      for (let length = 0; length < bytes.length; length++)
        assert.throws(() => read(api, golden.version, bytes.subarray(0, length)), {
          code: "MESSAGE_MALFORMED",
        });
    }
  }
});

test("bytes changed anywhere decode or are malformed, nothing else", () => {
  let malformed = 0;
  for (const golden of goldenCases("Fetch.json").filter((each) => each.instance === 1)) {
    const read = golden.kind === "request" ? decodeRequest : decodeResponse;
    for (let at = 0; at < golden.hex.length / 2; at++) {
      for (const flip of [0x01, 0x80, 0xff]) {
        const bytes = Buffer.from(golden.hex, "hex");
        bytes[at]! ^= flip;
        try {
          read("Fetch", golden.version, bytes);
        } catch (error) {
          assert.equal((error as { code: string }).code, "MESSAGE_MALFORMED");
          malformed++;
        }
      }
    }
  }
  assert.ok(malformed > 0);
});

test("a length beyond the bytes that are left takes no memory", () => {
  const bytes = Buffer.from("7fffffff", "hex");
  assert.throws(() => decodeRequest("Metadata", 1, bytes), {
    code: "MESSAGE_MALFORMED",
    message: /2147483647/,
  });
});

test("a varint without end is malformed", () => {
  assert.throws(() => decodeRequest("ApiVersions", 3, Buffer.alloc(9, 0xff)), { code: "MESSAGE_MALFORMED" });
});

test("bytes left over are malformed", () => {
  const golden = goldenCases("Heartbeat.json")[0]!;
  const bytes = Buffer.from(`${golden.hex}00`, "hex");
  assert.throws(() => decodeRequest("Heartbeat", golden.version, bytes), { message: /1 bytes too many/ });
});

test("null where the version does not allow it is malformed", () => {
  const bytes = Buffer.from("ffff", "hex");
  assert.throws(() => decodeRequest("Heartbeat", 0, bytes), {
    code: "MESSAGE_MALFORMED",
    message: /groupId is null/,
  });
});

test("a tagged field longer than its size is malformed", () => {
  const bytes = Buffer.concat(
    encodeRequest("Fetch", 12, {
      maxWaitMs: 1,
      minBytes: 1,
      clusterId: "c",
      topics: [],
      forgottenTopicsData: [],
    }),
  );
  const sizeAt = bytes.length - 3;
  assert.equal(bytes[sizeAt], 2);
  bytes[sizeAt] = 1;
  assert.throws(() => decodeRequest("Fetch", 12, bytes), {
    code: "MESSAGE_MALFORMED",
    message: /clusterId is not 1 bytes/,
  });
});

test("a value that the version has no field for is refused, unless Kafka says that it may be dropped", () => {
  const body = { groupId: "g", generationId: 1, memberId: "m", groupInstanceId: "i" };
  assert.throws(() => encodeRequest("Heartbeat", 2, body), {
    code: "MESSAGE_VERSION_LACKS",
    message: /groupInstanceId/,
  });
  encodeRequest("Fetch", 4, { maxWaitMs: 1, minBytes: 1, rackId: "r", topics: [], forgottenTopicsData: [] });
});

test("what does not fit its type cannot be written", () => {
  const body = { groupId: "g", generationId: 2 ** 31, memberId: "m" };
  assert.throws(() => encodeRequest("Heartbeat", 4, body), { code: "MESSAGE_UNENCODABLE" });
  assert.throws(() => encodeRequest("Heartbeat", 4, { ...body, generationId: 1, memberId: null as never }), {
    code: "MESSAGE_UNENCODABLE",
  });
  assert.throws(
    () => encodeRequest("Heartbeat", 4, { ...body, generationId: 1, groupId: "x".repeat(40_000) }),
    {
      code: "MESSAGE_UNENCODABLE",
    },
  );
});

test("an unknown version is refused", () => {
  assert.throws(() => encodeRequest("Fetch", 3, {} as never), { code: "MESSAGE_VERSION_UNKNOWN" });
  assert.throws(() => decodeResponse("Fetch", 99, Buffer.alloc(0)), { code: "MESSAGE_VERSION_UNKNOWN" });
});
