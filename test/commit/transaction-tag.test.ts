import assert from "node:assert/strict";
import { test } from "node:test";
import { parseNote, parseTag, tagText } from "../../host/commit/transaction-tag.ts";

test("a tag comes back from its text", () => {
  for (const number of [1, 2, 9_007_199_254_740_991]) {
    const tag = { incarnation: "0d7f4a5e-0", number };
    assert.deepEqual(parseTag(tagText(tag)), tag);
  }
});

test("what somebody else wrote is no tag", () => {
  const texts = ["", "peridot1", "peridot1 life", "peridot1 life 0", "peridot1 life -1", "peridot1 life 1.5"];
  const more = [
    "peridot1 life 1x",
    "peridot1 life 1 ",
    "peridot2 life 1",
    "peridot1  1",
    "AgAAAYyF",
    "peridot1 life 12345678901234567",
  ];
  for (const text of [...texts, ...more]) assert.equal(parseTag(text), undefined, JSON.stringify(text));
});

test("a note stands behind the tag, whatever is in it", () => {
  const tag = { incarnation: "0d7f4a5e-0", number: 12 };
  for (const note of ["2", "{}", '{"line 1":\n"ä"}', " "]) {
    assert.deepEqual(parseTag(tagText(tag, note)), tag, note);
    assert.equal(parseNote(tagText(tag, note)), note);
  }
  for (const text of [tagText(tag), "", "somebody's", "peridot1 life"]) assert.equal(parseNote(text), "");
});
