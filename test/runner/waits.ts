import { suite, test } from "node:test";

// A fixture: its second test waits for what never comes.
suite("waiting", () => {
  test("passes", () => {});
  test("never ends", () => new Promise(() => setInterval(() => {}, 1_000_000)));
});
