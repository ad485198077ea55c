/** The high 64 bits of a 64 x 64 bit product; the low ones are what `*` gives. */
@inline
export function multiplyHigh(left: u64, right: u64): u64 {
  const leftLow = left & 0xffffffff;
  const leftHigh = left >>> 32;
  const rightLow = right & 0xffffffff;
  const rightHigh = right >>> 32;
  const middle = leftHigh * rightLow + ((leftLow * rightLow) >>> 32);
  const other = leftLow * rightHigh + (middle & 0xffffffff);
  return leftHigh * rightHigh + (middle >>> 32) + (other >>> 32);
}
