import { JSON_BIG_BYTES } from "../../abi/json-descriptor";

/**
 * Unsigned big integers for the rare number that needs exact arithmetic, in the descriptor's scratch.
 *
 *     0        4                JSON_BIG_BYTES
 *     +--------+----------------+
 *     | limbs  | limb u32 × 159 |     least significant first, the last one in use not 0
 *     +--------+----------------+
 *
 * 159 limbs are 5088 bits. The largest number made here is below 770 digits x 5^1100 on one side: 2558 + 2555 bits
 * would be the product of both bounds, but a number with many digits has as many fewer zeros to make up, which
 * keeps both sides below 3700 bits.
 */
const LIMB_FIRST_AT: usize = 4;
const LIMBS_MAX: u32 = (JSON_BIG_BYTES >>> 2) - 1;

@inline
function limbAt(big: usize, index: u32): usize {
  return big + LIMB_FIRST_AT + (<usize>index << 2);
}

export function bigSet(big: usize, number: u64): void {
  store<u32>(limbAt(big, 0), <u32>number);
  store<u32>(limbAt(big, 1), <u32>(number >>> 32));
  store<u32>(big, number >>> 32 ? 2 : number ? 1 : 0);
}

/** big = big x factor + addend. */
export function bigMultiplyAdd(big: usize, factor: u32, addend: u32): void {
  const limbs = load<u32>(big);
  let carry: u64 = addend;
  for (let index: u32 = 0; index < limbs; index++) {
    const at = limbAt(big, index);
    carry += <u64>load<u32>(at) * <u64>factor;
    store<u32>(at, <u32>carry);
    carry >>>= 32;
  }
  if (carry) {
    assert(limbs < LIMBS_MAX);
    store<u32>(limbAt(big, limbs), <u32>carry);
    store<u32>(big, limbs + 1);
  }
}

/** big = big x 5^power. */
export function bigMultiplyFives(big: usize, power: i32): void {
  for (; power >= 13; power -= 13) bigMultiplyAdd(big, 1220703125, 0);
  let factor: u32 = 1;
  for (; power > 0; power--) factor *= 5;
  bigMultiplyAdd(big, factor, 0);
}

/** big = big x 2^bits. */
export function bigShift(big: usize, bits: u32): void {
  const limbs = load<u32>(big);
  if (limbs == 0 || bits == 0) return;
  bigMultiplyAdd(big, 1 << (bits & 31), 0);
  const whole = bits >>> 5;
  if (whole == 0) return;
  const grown = load<u32>(big);
  assert(grown + whole <= LIMBS_MAX);
  memory.copy(limbAt(big, whole), limbAt(big, 0), <usize>grown << 2);
  memory.fill(limbAt(big, 0), 0, <usize>whole << 2);
  store<u32>(big, grown + whole);
}

/** Below 0, 0 or above 0, as left is smaller, equal or larger. */
export function bigCompare(left: usize, right: usize): i32 {
  const limbs = load<u32>(left);
  if (limbs != load<u32>(right)) return limbs < load<u32>(right) ? -1 : 1;
  for (let index = limbs; index > 0; index--) {
    const mine = load<u32>(limbAt(left, index - 1));
    const other = load<u32>(limbAt(right, index - 1));
    if (mine != other) return mine < other ? -1 : 1;
  }
  return 0;
}
