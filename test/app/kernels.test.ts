import assert from "node:assert/strict";
import { afterEach, beforeEach, suite, test } from "node:test";
import { PeridotError } from "../../host/errors.ts";
import { authorsPath } from "../kernels/user-modules.ts";
import { Scene, topology } from "./scene.ts";

await authorsPath(); // built once, before workers ask for it
let scene: Scene;

beforeEach(async () => {
  scene = await Scene.open();
  scene.broker.createTopic("letters", { partitions: 6 });
});
afterEach(() => scene.close());

/** Dead letters: value, and what their headers say of the error. */
function letters(): { readonly value: string; readonly message: string }[] {
  return scene.broker
    .read("letters")
    .flat()
    .map(({ value, headers }) => ({
      value: String(value),
      message: String(headers?.find(({ key }) => key === "__streams.errors.message")?.value),
    }));
}

/** Every value of the input is in the output or among the dead letters, once. */
async function settled(bad: readonly string[]): Promise<void> {
  await scene.copied(bad.length);
  await scene.until(() => letters().length >= bad.length);
  scene.assertExact(bad);
  assert.deepEqual(
    letters()
      .map(({ value }) => value)
      .sort(),
    [...bad].sort(),
  );
}

for (const threads of [0, 1]) {
  suite(`threads: ${threads}`, () => {
    test("a record at which a kernel traps becomes a dead letter, and nothing else is lost or doubled", async () => {
      scene.writeCount(500);
      scene.writeTo(2, ["assert"]);
      scene.writeCount(500);
      scene.writeTo(2, ["hang"]);
      scene.writeTo(3, ["divide"]);
      scene.writeCount(500);
      const app = await scene.started({ threads, topology: topology("kernels") });
      await settled(["assert", "hang", "divide"]);
      assert.ok(app.progress.aborts >= 3, `${app.progress.aborts} aborts`);
      const said = letters().map(({ message }) => message);
      assert.ok(said.some((message) => /the kernel traps at it: naughty: a mistake at /.test(message)));
      assert.ok(said.some((message) => /used up its fuel, 10000 turns/.test(message)));
      assert.ok(said.some((message) => /divide by zero/.test(message)));
    });

    test("a kernel that cannot say where it traps is searched by halves", async () => {
      scene.writeCount(1200);
      scene.writeTo(4, ["poison"]);
      scene.writeTo(1, ["refused"]);
      scene.writeCount(900);
      const app = await scene.started({ threads, topology: topology("batch-kernels") });
      await settled(["poison", "refused"]);
      assert.ok(app.progress.aborts >= 2, `${app.progress.aborts} aborts`);
      assert.match(letters().find(({ value }) => value === "poison")!.message, /batchNaughty: poison at /);
      assert.match(letters().find(({ value }) => value === "refused")!.message, /not this one/);
      scene.writeCount(100);
      await settled(["poison", "refused"]);
    });

    test("by default a trap stops the application with an error that names the record; all before it is done", async () => {
      scene.writeTo(0, ["a", "b"]);
      scene.writeTo(1, ["c"]);
      const app = await scene.started({ threads, topology: topology("failing-kernel") });
      await scene.copied();
      scene.writeTo(0, ["d", "assert", "e"]);
      const error: unknown = await app.ended.then(
        () => undefined,
        (reason: unknown) => reason,
      );
      assert.ok(error instanceof PeridotError);
      assert.equal(error.code, "RECORD_FAILED");
      assert.match(
        error.message,
        /the record at offset 3 of in-0 failed in shouter \(processing\): the kernel traps at it: naughty: a mistake/,
      );
      scene.assertExact(["assert", "e"]);
    });
  });
}

test("poison at random, one record in a hundred: output and dead letters are the input, once", async () => {
  const bad: string[] = [];
  for (let count = 0; count < 2_000; count++) {
    if (count % 100 === 37) {
      bad.push("assert");
      scene.write(["assert"]);
    } else scene.writeCount(1);
  }
  await scene.started({ threads: 0, topology: topology("kernels") });
  await settled(bad);
});
