import assert from "node:assert/strict";
import { afterEach, beforeEach, suite, test } from "node:test";
import type { PeridotConfig } from "../../host/config.ts";
import { selfSigned } from "../transport/kafka/self-signed.ts";
import { Scene } from "./scene.ts";

let scene: Scene;

beforeEach(async () => {
  scene = await Scene.open();
});
afterEach(() => scene.close());

const nothing = () => undefined;

/** What cannot go to a worker, by the option that is to be named. */
const REFUSED: Readonly<Record<string, () => Partial<PeridotConfig>>> = {
  "tls.checkServerIdentity": () => ({ tls: { checkServerIdentity: nothing } }),
  "tls.SNICallback": () => ({ tls: { SNICallback: nothing } }),
  "tls.ca.1": () => ({ tls: { ca: ["pem", nothing as unknown as string] } }),
  "errors.onProcessingError": () => ({ errors: { onProcessingError: () => "fail" } }),
  clock: () => ({ clock: { now: () => 0, timer: () => ({ cancel: nothing }) } }),
};

suite("configuration with threads > 0", () => {
  for (const [option, config] of Object.entries(REFUSED)) {
    test(`${option}, a function, is refused by its name`, async () => {
      const start = async () => scene.app({ threads: 1, ...config() }).start();
      await assert.rejects(start, (error: Error & { code?: string }) => {
        assert.equal(error.code, "CONFIG_INVALID");
        assert.ok(error.message.startsWith(`configuration: ${option} `), error.message);
        return true;
      });
    });
  }

  test("TLS with a certificate authority as bytes", async () => {
    const { key, cert } = selfSigned(["localhost"]);
    const listener = await scene.broker.listen({ tls: { key, cert } });
    scene.writeCount(60);
    const app = await scene.started({
      threads: 1,
      bootstrapServers: listener.bootstrapServers,
      tls: { ca: [Buffer.from(cert)], servername: "localhost" },
    });
    await scene.copied();
    scene.assertExact();
    await app.close();
    await listener.close();
  });

  test("sasl.token is called in the main thread, for each worker too", async () => {
    const listener = await scene.broker.listen({ sasl: { users: {}, tokens: ["mine"] } });
    let calls = 0;
    const token = async () => {
      calls++;
      return { value: "mine" };
    };
    scene.writeCount(60);
    const app = await scene.started({
      threads: 2,
      bootstrapServers: listener.bootstrapServers,
      sasl: { mechanism: "OAUTHBEARER", token },
    });
    const callsOfMain = calls;
    await scene.copied();
    scene.assertExact();
    assert.ok(callsOfMain > 2, `${callsOfMain} calls`);
    await app.close();
    await listener.close();
  });

  test("a token provider that fails in the main thread only after its start: the worker says why", async () => {
    const listener = await scene.broker.listen({ sasl: { users: {}, tokens: ["mine"] } });
    let calls = 0;
    const token = async () => {
      if (calls++ > 0) throw new RangeError("the vault is shut");
      return { value: "mine" };
    };
    const app = scene.app({
      threads: 1,
      bootstrapServers: listener.bootstrapServers,
      bootstrapTimeoutMs: 1_000,
      sasl: { mechanism: "OAUTHBEARER", token },
    });
    await assert.rejects(app.start(), { message: /no token came: the vault is shut/ });
    await listener.close();
  });
});
