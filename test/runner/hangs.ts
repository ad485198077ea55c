import assert from "node:assert/strict";
import { test } from "node:test";

// A fixture: its one test fails, and what it has opened keeps the process alive.
test("fails and leaves a handle open", () => {
  setInterval(() => {}, 1_000_000);
  assert.fail("as it should");
});
