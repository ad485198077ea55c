import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { Worker } from "node:worker_threads";
import { PeridotError } from "../../../host/errors.ts";
import { connected, loadBinding } from "../../../host/transport/librdkafka/binding.ts";

const PACKAGE = "@confluentinc/kafka-javascript";

/** What `require` throws. */
function throwing(code: string, message: string) {
  return (): never => {
    throw Object.assign(new Error(message), { code });
  };
}

function refusal(load: (name: string) => unknown): PeridotError {
  try {
    loadBinding(load);
  } catch (error) {
    assert.ok(error instanceof PeridotError);
    return error;
  }
  throw new assert.AssertionError({ message: "it was loaded" });
}

suite("the package of librdkafka", () => {
  test("that is missing: the error tells how to add it", () => {
    const error = refusal(
      throwing("MODULE_NOT_FOUND", `Cannot find module '${PACKAGE}'\nRequire stack:\n- a`),
    );
    assert.deepEqual([error.code, error.kind], ["LIBRDKAFKA_UNAVAILABLE", "fatal"]);
    assert.match(error.message, /is not installed\. Add it: npm install @confluentinc\/kafka-javascript\./);
  });

  test("whose addon is not built: the error tells how to build it", () => {
    const error = refusal(throwing("", "Could not locate the bindings file. Tried:\n → a\n → b"));
    assert.match(error.message, /cannot be loaded \(Could not locate the bindings file\. Tried:\)/);
    assert.match(error.message, /npm approve-scripts @confluentinc\/kafka-javascript, then npm rebuild/);
  });

  test("of which something else is missing is not said to be missing itself", () => {
    const error = refusal(throwing("MODULE_NOT_FOUND", "Cannot find module 'bindings'"));
    assert.match(error.message, /cannot be loaded \(Cannot find module 'bindings'\)/);
  });

  test("a property that it does not know is refused by the option's name", async () => {
    const make = throwing("", 'No such configuration property: "linger"');
    await assert.rejects(connected("producerProperties", make), {
      code: "CONFIG_INVALID",
      message:
        /producerProperties, tls or sasl is refused by librdkafka \(No such configuration property: "linger"\)/,
    });
  });

  test("in a worker is refused before it is loaded: its callbacks would come in the main thread", async () => {
    const url = new URL("../../../host/transport/librdkafka/binding.ts", import.meta.url).href;
    const code = `
      const { parentPort } = require("node:worker_threads");
      import(${JSON.stringify(url)}).then(({ loadBinding }) => {
        try { loadBinding(() => parentPort.postMessage("loaded")); }
        catch (error) { parentPort.postMessage(error.message); }
      });`;
    const worker = new Worker(code, { eval: true });
    const said = await new Promise((resolve) => worker.once("message", resolve));
    await worker.terminate();
    assert.match(
      String(said),
      /works in the main thread only\. Start the application there, with threads: 0/,
    );
  });
});
