import { test } from "node:test";

// A fixture.
test("passes", () => {});
