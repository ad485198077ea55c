import assert from "node:assert/strict";
import { suite, test } from "node:test";
import type { Api } from "../../host/transport/kafka/protocol/api.ts";
import type { Fault } from "../../host/transport/memory/faults.ts";
import { memoryTransport } from "../../host/transport/memory/memory-transport.ts";
import { ImportScene, numbers, TOPIC } from "./import-scene.ts";

const ITEMS = 120;
const STEPS: readonly Api[] = [
  "InitProducerId",
  "JoinGroup",
  "SyncGroup",
  "OffsetFetch",
  "Produce",
  "TxnOffsetCommit",
  "EndTxn",
];
/** Steps that are not taken so often. */
const SKIPS: Partial<Record<Api, readonly number[]>> = { InitProducerId: [0], OffsetFetch: [0, 1] };
/** What befalls the request of that step, and whether the process is never heard of again from then on. */
const FATES: readonly { readonly says: string; readonly fault: Fault; readonly dies: boolean }[] = [
  { says: "dies before it", fault: { kind: "loseRequest" }, dies: true },
  { says: "dies after it", fault: { kind: "loseResponse" }, dies: true },
  { says: "loses the request", fault: { kind: "loseRequest" }, dies: false },
  { says: "loses the answer", fault: { kind: "loseResponse" }, dies: false },
  { says: "loses the connection after it", fault: { kind: "cut", carriedOut: true }, dies: false },
];

/** Items that come one by one, so that several transactions hold them. */
const source = (scene: ImportScene) =>
  async function* (position: number | undefined) {
    for await (const each of numbers(ITEMS, position)) {
      await new Promise<void>((resolve) => scene.clock.timer(10, resolve));
      yield each;
    }
  };

for (const step of STEPS) {
  suite(`a feeder at ${step}`, () => {
    for (const { says, fault, dies } of FATES) {
      for (const skips of SKIPS[step] ?? [0, 2]) {
        test(`${says}, the ${skips + 1}. time`, async () => {
          const scene = new ImportScene();
          const link = scene.broker.link();
          const transport = memoryTransport(scene.broker, { link });
          let left = skips;
          scene.broker.faults.onRequest = ({ api, clientId }) => {
            if (api !== step || left-- !== 0 || !clientId.startsWith("app-import"))
              return { kind: "deliver" };
            if (dies) scene.clock.timer(0, () => link.isolate());
            return fault;
          };
          const first = scene.life({ source: source(scene) }, { transport });
          void first.begin();
          await scene.clock.advance(2_500);
          // Whether the first one lives or not: its successor joins.
          const second = scene.life({ source: source(scene) });
          void second.begin();
          const all = () => scene.values.length >= ITEMS;
          await scene.clock.runUntil(all, 200_000);
          await scene.clock.advance(30_000);
          assert(left < 0, "the fate has struck");
          const byKey = Map.groupBy(scene.broker.read(TOPIC).flat(), ({ key }) => String(key));
          for (const key of [0, 1, 2]) {
            const found = byKey.get(`k${key}`)?.map(({ value }) => Number(value));
            const expected = Array.from({ length: ITEMS / 3 }, (_, index) => 3 * index + key);
            assert.deepEqual(found, expected);
          }
          assert.equal(scene.values.length, ITEMS);
          if (!dies) await first.close();
          await second.close();
        });
      }
    }
  });
}
