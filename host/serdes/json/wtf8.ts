/**
 * A string of a row. Rows hold UTF-8, and lone surrogates, which JSON allows as escapes ("\ud800"), as the three
 * bytes that UTF-8 would have for them if it had any (WTF-8): so they survive a round trip.
 */
export function readText(bytes: Buffer, at: number, length: number): string {
  const text = bytes.toString("utf8", at, at + length);
  return text.includes("\ufffd") ? readWtf8(bytes, at, length) : text;
}

/** Slow: only for strings in which something was, or may have been, replaced. */
function readWtf8(bytes: Buffer, begin: number, length: number): string {
  const end = begin + length;
  let text = "";
  let plainFrom = begin;
  for (let at = begin; at < end; at++) {
    const second = bytes[at + 1]!;
    if (bytes[at] !== 0xed || second < 0xa0) continue;
    const unit = 0xd000 | ((second & 0x3f) << 6) | (bytes[at + 2]! & 0x3f);
    text += bytes.toString("utf8", plainFrom, at) + String.fromCharCode(unit);
    at += 2;
    plainFrom = at + 1;
  }
  return text + bytes.toString("utf8", plainFrom, end);
}
