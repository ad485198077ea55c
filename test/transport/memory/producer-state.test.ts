import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { codeOf } from "../../../host/transport/kafka/protocol/error-codes.ts";
import { ProducerStates } from "../../../host/transport/memory/producer-state.ts";
import { readBatchHead } from "../../../host/transport/memory/stored-batch.ts";
import { batchOf, type Client, NONE, Scene } from "./scene.ts";

const OUT_OF_ORDER = codeOf("OUT_OF_ORDER_SEQUENCE_NUMBER");
const STALE = codeOf("INVALID_PRODUCER_EPOCH");

const PRODUCER_ID = 77n;

async function begin(): Promise<{ scene: Scene; client: Client; send: Send }> {
  const scene = new Scene();
  scene.broker.createTopic("t");
  const client = await scene.connect();
  const send: Send = async (sequence, values = ["v"], epoch = 0) => {
    const producer = { producerId: PRODUCER_ID, epoch, sequence, transactional: false };
    const { errorCode, baseOffset } = await client.produce("t", 0, batchOf(values, producer));
    return [errorCode, baseOffset];
  };
  return { scene, client, send };
}
type Send = (sequence: number, values?: readonly string[], epoch?: number) => Promise<[number, bigint]>;

suite("idempotent producers", () => {
  test("a batch sent again is answered with its first offset, for the last five batches", async () => {
    const { scene, send } = await begin();
    for (let sequence = 0; sequence < 6; sequence++) {
      assert.deepEqual(await send(sequence), [NONE, BigInt(sequence)]);
    }
    for (let sequence = 1; sequence < 6; sequence++) {
      assert.deepEqual(await send(sequence), [NONE, BigInt(sequence)]);
    }
    assert.deepEqual(await send(0), [OUT_OF_ORDER, -1n]);
    assert.equal(scene.values("t")[0]!.length, 6);
  });

  test("a gap is refused, and so is the same sequence with another length", async () => {
    const { send } = await begin();
    assert.deepEqual(await send(0, ["a", "b"]), [NONE, 0n]);
    assert.deepEqual(await send(3), [OUT_OF_ORDER, -1n]);
    assert.deepEqual(await send(0, ["a"]), [OUT_OF_ORDER, -1n]);
    assert.deepEqual(await send(2), [NONE, 2n]);
  });

  test("a producer that the partition does not know may begin anywhere, a new epoch only at 0", async () => {
    const { send } = await begin();
    assert.deepEqual(await send(41), [NONE, 0n]);
    assert.deepEqual(await send(42, ["v"], 1), [OUT_OF_ORDER, -1n]);
    assert.deepEqual(await send(0, ["v"], 1), [NONE, 1n]);
    assert.deepEqual(await send(42, ["v"], 0), [STALE, -1n]);
  });

  test("sequences wrap at 2^31", () => {
    const states = new ProducerStates();
    const head = (sequence: number, values: readonly string[]) =>
      readBatchHead(
        batchOf(values, { producerId: PRODUCER_ID, epoch: 0, sequence, transactional: false }),
        0,
      );
    states.note(head(0x7fffffff, ["a", "b"]), 0, 0);
    assert.deepEqual(states.judge(head(1, ["c"]), false), { kind: "append" });
    assert.deepEqual(states.judge(head(0, ["c"]), false), { kind: "refuse", code: OUT_OF_ORDER });
  });

  test("transaction version 2: a producer begins at 0 in each partition", async () => {
    const { client } = await begin();
    const init = await client.ask("InitProducerId", { transactionalId: "x", transactionTimeoutMs: 1000 });
    const at = (sequence: number) =>
      batchOf(["v"], {
        producerId: init.producerId,
        epoch: init.producerEpoch,
        sequence,
        transactional: true,
      });
    assert.equal((await client.produce("t", 0, at(3), "x")).errorCode, OUT_OF_ORDER);
    assert.equal((await client.produce("t", 0, at(0), "x")).errorCode, NONE);
  });
});
