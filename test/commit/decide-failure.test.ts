import assert from "node:assert/strict";
import { test } from "node:test";
import {
  decideFailure,
  type FailureDecision,
  type FailureFacts,
  type Stage,
} from "../../host/commit/decide-failure.ts";
import type { ErrorKind } from "../../host/errors.ts";

const FIRST: FailureFacts = {
  stage: "produce",
  kind: "retriable",
  code: "REQUEST_NOT_SENT",
  guarantee: "exactly_once_v2",
  failures: 1,
  failingForMs: 0,
  taskTimeoutMs: 300_000,
};

type Act = FailureDecision["act"];

/** What follows the first failure, by stage and kind, under exactly_once_v2. */
const TABLE: Record<Stage, Record<ErrorKind, Act>> = {
  init: { record: "stop", retriable: "settle", abortable: "settle", fatal: "stop", unknown: "settle" },
  fetch: { record: "stop", retriable: "abort", abortable: "abort", fatal: "stop", unknown: "settle" },
  compute: {
    record: "commit-then-stop",
    retriable: "abort",
    abortable: "abort",
    fatal: "stop",
    unknown: "settle",
  },
  produce: { record: "stop", retriable: "abort", abortable: "abort", fatal: "stop", unknown: "settle" },
  offsets: { record: "stop", retriable: "abort", abortable: "abort", fatal: "stop", unknown: "settle" },
  end: { record: "stop", retriable: "settle", abortable: "settle", fatal: "stop", unknown: "settle" },
  abort: { record: "stop", retriable: "settle", abortable: "settle", fatal: "stop", unknown: "settle" },
  settle: { record: "stop", retriable: "settle", abortable: "settle", fatal: "stop", unknown: "settle" },
};

const STAGES = Object.keys(TABLE) as Stage[];
const KINDS: readonly ErrorKind[] = ["record", "retriable", "abortable", "fatal", "unknown"];
const FENCES = ["PRODUCER_FENCED", "GENERATION_FENCED", "MEMBER_UNKNOWN"];

test("decideFailure by stage and kind", async (t) => {
  for (const stage of STAGES) {
    for (const kind of KINDS) {
      await t.test(`${stage}, ${kind}`, () => {
        assert.deepEqual(decideFailure({ ...FIRST, stage, kind }), { act: TABLE[stage][kind] });
      });
    }
  }
});

test("a fence, at whatever stage and under either guarantee, loses the tasks", () => {
  for (const code of FENCES) {
    for (const stage of STAGES) {
      for (const guarantee of ["exactly_once_v2", "at_least_once"] as const) {
        const decision = decideFailure({ ...FIRST, kind: "abortable", code, stage, guarantee });
        assert.deepEqual(decision, { act: "rejoin" }, `${code} at ${stage}, ${guarantee}`);
      }
    }
  }
});

test("at_least_once has no transaction to settle: whatever passes is undone and read again", () => {
  for (const stage of STAGES) {
    for (const kind of ["retriable", "abortable", "unknown"] as const) {
      assert.deepEqual(decideFailure({ ...FIRST, stage, kind, guarantee: "at_least_once" }), {
        act: "abort",
      });
    }
    assert.deepEqual(decideFailure({ ...FIRST, stage, kind: "fatal", guarantee: "at_least_once" }), {
      act: "stop",
    });
  }
});

test("trying again has an end", () => {
  const trying = { ...FIRST, failures: 40, failingForMs: 300_000 };
  assert.deepEqual(decideFailure(trying), { act: "abort" });
  assert.deepEqual(decideFailure({ ...trying, failingForMs: 300_001 }), { act: "stop" });
  assert.deepEqual(decideFailure({ ...trying, kind: "unknown", failingForMs: 300_001 }), { act: "stop" });
});

test("computing that fails on the same input again and again stops at the third time", () => {
  const trap: FailureFacts = { ...FIRST, stage: "compute", kind: "abortable" };
  assert.deepEqual(decideFailure({ ...trap, failures: 2 }), { act: "abort" });
  assert.deepEqual(decideFailure({ ...trap, failures: 3 }), { act: "stop" });
  assert.deepEqual(decideFailure({ ...trap, failures: 3, stage: "produce" }), { act: "abort" });
});

test("every variant stands in a table", () => {
  const all: Record<Act, true> = {
    abort: true,
    settle: true,
    rejoin: true,
    "commit-then-stop": true,
    stop: true,
  };
  const seen = new Set<Act>(STAGES.flatMap((stage) => KINDS.map((kind) => TABLE[stage][kind])));
  assert.deepEqual(seen.add("rejoin"), new Set(Object.keys(all)));
});

test("a trap that has told where it was is another one next time: it is tried again however often", () => {
  const trap = {
    ...FIRST,
    stage: "compute",
    kind: "abortable",
    code: "KERNEL_TRAPPED",
    failures: 3,
  } as const;
  assert.deepEqual(decideFailure(trap), { act: "stop" });
  assert.deepEqual(decideFailure({ ...trap, narrowed: true }), { act: "abort" });
});

test("a topic that is gone stops the thread, unless only a pattern had found it and it was to be read", () => {
  const gone = { ...FIRST, stage: "fetch", kind: "fatal", code: "TOPIC_MISSING" } as const;
  assert.deepEqual(decideFailure(gone), { act: "stop" });
  assert.deepEqual(decideFailure({ ...gone, isMatched: true }), { act: "rejoin" });
  assert.deepEqual(decideFailure({ ...gone, isMatched: true, stage: "produce" }), { act: "stop" });
  assert.deepEqual(decideFailure({ ...gone, isMatched: true, code: "ACCESS_DENIED" }), { act: "stop" });
});
