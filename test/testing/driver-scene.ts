import assert from "node:assert/strict";
import { PeridotError, type StreamsBuilder, string } from "../../host/index.ts";

export const TEXTS = { key: string, value: string };

/** Words from "words", in capitals to "shouts". */
export function shouting(builder: StreamsBuilder): void {
  builder
    .stream("words", TEXTS)
    .mapValues((word) => word.toUpperCase())
    .to("shouts", { value: string });
}

/** For assert.throws: the error's code, and what its message must have. */
export function throwsWith(code: string, pattern: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof PeridotError, String(error));
    assert.equal(error.code, code);
    assert.match(error.message, pattern);
    return true;
  };
}
