import assert from "node:assert/strict";
import { test } from "node:test";
import type { Fault, RequestFacts } from "../../../host/transport/memory/faults.ts";
import { HANDLERS } from "../../../host/transport/memory/handlers.ts";
import type { Handler } from "../../../host/transport/memory/request-call.ts";
import type { Producer } from "../../../host/transport/port.ts";
import { batchOf, ClientScene, numbers } from "./client-scene.ts";

const DELIVER: Fault = { kind: "deliver" };

async function ready(scene: ClientScene): Promise<Producer> {
  scene.broker.createTopic("out", { partitions: 1 });
  const producer = scene.client().producer({ transactionalId: "tx" });
  await scene.run(producer.init());
  return producer;
}

async function transact(scene: ClientScene, producer: Producer, from: number, to: number): Promise<void> {
  producer.send(batchOf("out", 0, numbers(from, to)));
  await scene.run(producer.flush());
  await scene.run(producer.commit());
}

/** What a broker has read it carries out, though the client has hung up long since. */
function carryOut(scene: ClientScene, { request, node, version, clientId }: RequestFacts): void {
  const handler = HANDLERS.Produce as Handler<"Produce">;
  const addressOf = (id: number) => ({ host: "embedded", port: id });
  const { cluster } = scene.broker;
  void handler(request as Parameters<typeof handler>[0], { cluster, node, version, clientId, addressOf });
}

for (const release of ["3.0", "3.9", "4.3"] as const)
  test(`a batch of an aborted transaction that comes after its end is not written by the next (${release})`, async () => {
    const scene = new ClientScene({ release });
    const producer = await ready(scene);
    await transact(scene, producer, 0, 5);
    let late: RequestFacts | undefined;
    let count = 0;
    scene.broker.faults.onRequest = (facts) => {
      if (facts.api !== "Produce" || ++count !== 2) return DELIVER;
      late = facts;
      return { kind: "cut", carriedOut: false };
    };
    producer.send(batchOf("out", 0, numbers(500, 505)));
    await scene.run(producer.flush());
    producer.send(batchOf("out", 0, numbers(505, 510)));
    await scene.clock.advance(4);
    await scene.run(producer.abort());
    assert.ok(late !== undefined);
    carryOut(scene, late);
    await scene.clock.advance(100);
    await transact(scene, producer, 5, 10);
    await scene.clock.advance(20_000);
    assert.deepEqual(scene.stored("out"), [numbers(0, 10)]);
  });

for (const transactionVersion of [1, 2])
  test(`a producer whose init failed aborts nothing, and goes on after the next init (transaction.version ${transactionVersion})`, async () => {
    const scene = new ClientScene({ transactionVersion });
    const producer = await ready(scene);
    await transact(scene, producer, 0, 5);
    producer.send(batchOf("out", 0, numbers(500, 505)));
    await scene.run(producer.flush());
    const away: Fault = { kind: "answer", code: 15, carriedOut: false };
    scene.broker.faults.onRequest = ({ api }) => (api === "InitProducerId" ? away : DELIVER);
    const error = await scene.refusalOf(producer.init());
    assert.equal(error.code, "RETRIES_EXHAUSTED");
    scene.broker.faults.onRequest = undefined;
    assert.equal((await scene.refusalOf(producer.abort())).code, "RETRIES_EXHAUSTED");
    await scene.run(producer.init());
    await transact(scene, producer, 5, 10);
    await scene.clock.advance(20_000);
    assert.deepEqual(scene.stored("out"), [numbers(0, 10)]);
  });

test("an abort waits for a partition that is being added: the coordinator has no transaction open after it", async () => {
  const scene = new ClientScene({ transactionVersion: 1 });
  const producer = await ready(scene);
  await transact(scene, producer, 0, 5);
  await scene.clock.advance(1_000);
  const apis: string[] = [];
  scene.broker.faults.onRequest = ({ api }) => {
    apis.push(api);
    const isFirst = apis.filter((each) => each === "AddPartitionsToTxn").length === 1;
    return api === "AddPartitionsToTxn" && isFirst ? { kind: "cut", carriedOut: true } : DELIVER;
  };
  producer.send(batchOf("out", 0, numbers(500, 505)));
  await scene.clock.advance(1);
  await scene.run(producer.abort());
  await scene.clock.advance(2_000);
  const last = apis.filter((api) => api === "AddPartitionsToTxn" || api === "EndTxn").at(-1);
  assert.equal(last, "EndTxn");
});
