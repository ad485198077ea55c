/**
 * CRC-32C (Castagnoli) at memory speed without carry-less multiplication.
 *
 * Q = x^209 + x^144 + x^54 + x^39 + x^14 + 1 is a multiple of CRC-32C's polynomial (found by search: the sparsest
 * of low degree), and over GF(2) so is Q(x^128) = Q(x)^128. So a 16-byte word may be cancelled by adding it (XOR)
 * to the words 65, 155, 170, 195 and 209 places further on, which SIMD does in passing. What remains are the last
 * 209 words; Q(x^32) folds them once more, to 848 bytes, and tables do the rest.
 *
 * The tables below are filled by `crc32cStart` and constant from then on; the scratch space is zero between calls
 * where the algorithm needs it to be.
 *
 *     TABLES     8 × 256 u32     tables[t][i]: byte i followed by t zero bytes (slicing by 8)
 *     LANE_SHIFT 4 × 256 u32     a state followed by LANE zero bytes, by byte of the state
 */
const TABLES: usize = memory.data(8 * 1024, 64);
const LANE_SHIFT: usize = memory.data(4 * 1024, 64);
const POLYNOMIAL: u32 = 0x82f63b78; // bits reversed, without x^32
const LANE: usize = 512;

/** The first fold: words of 16 bytes, in chunks that stay in the cache. */
const FOLD: usize = 3344; // 209 * 16
const CHUNK: usize = 65536;
const WORDS: usize = memory.data(3344 + 65536, 64); // its first FOLD bytes stay zero
const REST: usize = memory.data(3344, 64);
/** The second fold: words of 4 bytes. */
const FOLD_NARROW: usize = 848;
const NARROW: usize = memory.data(848 + 3344, 64); // its first FOLD_NARROW bytes and its last ones stay zero
const NARROW_REST: usize = memory.data(848, 64);
const NARROW_FOLDED: usize = 2496; // bytes of REST that the second fold cancels: FOLD - FOLD_NARROW

/** Fills the tables: once, when the module starts. */
export function crc32cStart(): void {
  for (let byte: u32 = 0; byte < 256; byte++) {
    let state = byte;
    for (let bit = 0; bit < 8; bit++) state = state & 1 ? (state >>> 1) ^ POLYNOMIAL : state >>> 1;
    store<u32>(TABLES + (<usize>byte << 2), state);
  }
  for (let byte: usize = 0; byte < 256; byte++) {
    let state = load<u32>(TABLES + (byte << 2));
    for (let zeros: usize = 1; zeros < 8; zeros++) {
      state = load<u32>(TABLES + ((<usize>state & 255) << 2)) ^ (state >>> 8);
      store<u32>(TABLES + (zeros << 10) + (byte << 2), state);
    }
  }
  fillLaneShift();
}

function fillLaneShift(): void {
  for (let bit: u32 = 0; bit < 32; bit++) {
    let state: u32 = 1 << bit;
    for (let bytes: usize = 0; bytes < LANE; bytes += 8) state = step8(state, 0);
    store<u32>(LANE_SHIFT + (<usize>(bit >>> 3) << 10) + (<usize>(1 << (bit & 7)) << 2), state);
  }
  for (let table: usize = 0; table < 4; table++) {
    const base = LANE_SHIFT + (table << 10);
    for (let byte: usize = 1; byte < 256; byte++) {
      const low = byte & (0 - byte);
      if (low == byte) continue;
      store<u32>(base + (byte << 2), load<u32>(base + (low << 2)) ^ load<u32>(base + ((byte ^ low) << 2)));
    }
  }
}

/** CRC-32C of these bytes, as Kafka and iSCSI write it. */
export function crc32c(bytes: usize, length: usize): u32 {
  let state: u32 = -1;
  let at = bytes;
  let left = length;
  while (left >= 2 * FOLD) {
    const part = left > CHUNK ? CHUNK : left & ~15;
    state = foldChunk(state, at, part);
    at += part;
    left -= part;
  }
  return ~byTables(state, at, left);
}

/** `part` bytes, at least 2 * FOLD and at most CHUNK, divisible by 16. */
function foldChunk(state: u32, bytes: usize, part: usize): u32 {
  let at = bytes;
  let word = WORDS + FOLD;
  const rest = bytes + part - FOLD;
  v128.store(word, folded(word, v128.xor(v128.load(at), i32x4.replace_lane(i32x4.splat(0), 0, state))));
  word += 16;
  at += 16;
  const unrolled = rest - 48;
  while (at < unrolled) {
    v128.store(word, folded(word, v128.load(at)));
    v128.store(word, folded(word + 16, v128.load(at, 16)), 16);
    v128.store(word, folded(word + 32, v128.load(at, 32)), 32);
    v128.store(word, folded(word + 48, v128.load(at, 48)), 48);
    word += 64;
    at += 64;
  }
  for (; at < rest; at += 16, word += 16) v128.store(word, folded(word, v128.load(at)));
  const behind = WORDS + FOLD + CHUNK - word;
  memory.fill(word, 0, FOLD < behind ? FOLD : behind);
  for (let index: usize = 0; index < FOLD; index += 16) {
    v128.store(REST + index, folded(word + index, v128.load(at + index)));
  }
  return foldNarrow();
}

@inline
function folded(word: usize, value: v128): v128 {
  return v128.xor(
    v128.xor(v128.xor(value, v128.load(word - 1040)), v128.xor(v128.load(word - 2480), v128.load(word - 2720))),
    v128.xor(v128.load(word - 3120), v128.load(word - 3344)),
  );
}

function foldNarrow(): u32 {
  const words = NARROW + FOLD_NARROW;
  for (let index: usize = 0; index < NARROW_FOLDED; index += 16) {
    v128.store(words + index, foldedNarrow(words + index, v128.load(REST + index)));
  }
  for (let index: usize = 0; index < FOLD_NARROW; index += 16) {
    const word = words + NARROW_FOLDED + index;
    v128.store(NARROW_REST + index, foldedNarrow(word, v128.load(REST + NARROW_FOLDED + index)));
  }
  return byTables(0, NARROW_REST, FOLD_NARROW);
}

@inline
function foldedNarrow(word: usize, value: v128): v128 {
  return v128.xor(
    v128.xor(v128.xor(value, v128.load(word - 260)), v128.xor(v128.load(word - 620), v128.load(word - 680))),
    v128.xor(v128.load(word - 780), v128.load(word - 836)),
  );
}

/** Three independent lanes hide the latency of load, XOR, load; then 8 bytes at a time, then single bytes. */
function byTables(start: u32, bytes: usize, length: usize): u32 {
  let state = start;
  let at = bytes;
  let left = length;
  while (left >= 3 * LANE) {
    let second: u32 = 0;
    let third: u32 = 0;
    const end = at + LANE;
    for (; at != end; at += 8) {
      state = step8(state ^ load<u32>(at), load<u32>(at, 4));
      second = step8(second ^ load<u32>(at + LANE), load<u32>(at + LANE, 4));
      third = step8(third ^ load<u32>(at + 2 * LANE), load<u32>(at + 2 * LANE, 4));
    }
    state = shiftLane(shiftLane(state) ^ second) ^ third;
    at += 2 * LANE;
    left -= 3 * LANE;
  }
  for (; left >= 8; at += 8, left -= 8) state = step8(state ^ load<u32>(at), load<u32>(at, 4));
  for (; left; at++, left--) state = load<u32>(TABLES + ((<usize>(state ^ load<u8>(at)) & 255) << 2)) ^ (state >>> 8);
  return state;
}

/** Eight bytes: the first four come already combined with the state. */
@inline
function step8(low: u32, high: u32): u32 {
  return (
    load<u32>(TABLES + 7168 + ((<usize>low & 255) << 2)) ^
    load<u32>(TABLES + 6144 + ((<usize>low >>> 6) & 0x3fc)) ^
    load<u32>(TABLES + 5120 + ((<usize>low >>> 14) & 0x3fc)) ^
    load<u32>(TABLES + 4096 + ((<usize>low >>> 24) << 2)) ^
    load<u32>(TABLES + 3072 + ((<usize>high & 255) << 2)) ^
    load<u32>(TABLES + 2048 + ((<usize>high >>> 6) & 0x3fc)) ^
    load<u32>(TABLES + 1024 + ((<usize>high >>> 14) & 0x3fc)) ^
    load<u32>(TABLES + ((<usize>high >>> 24) << 2))
  );
}

@inline
function shiftLane(state: u32): u32 {
  return (
    load<u32>(LANE_SHIFT + ((<usize>state & 255) << 2)) ^
    load<u32>(LANE_SHIFT + 1024 + ((<usize>state >>> 6) & 0x3fc)) ^
    load<u32>(LANE_SHIFT + 2048 + ((<usize>state >>> 14) & 0x3fc)) ^
    load<u32>(LANE_SHIFT + 3072 + ((<usize>state >>> 24) << 2))
  );
}
