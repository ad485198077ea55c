import {
  RUN_BYTES,
  RUN_FUEL_AT,
  RUN_TRAP_AT,
  RUN_TRAP_TEXT_AT,
  TRAP_FUEL,
} from "../abi/kernel-output";

/** Address of RUN (abi/kernel-output.ts), fixed: what a kernel touches most costs no pointer. */
export const RUN: usize = memory.data(RUN_BYTES, 16);

/** A word of RUN. */
@inline
export function word(at: usize): u32 {
  return load<u32>(RUN + at);
}

@inline
export function setWord(at: usize, value: u32): void {
  store<u32>(RUN + at, value);
}

/** Ends the instance's life; the host reads why. @param text a constant string that belongs to the reason. */
export function stop(reason: i32, text: usize): void {
  setWord(RUN_TRAP_AT, reason);
  setWord(RUN_TRAP_TEXT_AT, <u32>text);
  unreachable();
}

/**
 * Burns one unit of fuel. The build puts a call at the beginning of each loop's body and each function of the user's
 * (host/kernel-build/fuel-points.ts): no kernel runs for ever.
 */
@global
export function __burn(): void {
  const left = load<i64>(RUN, RUN_FUEL_AT) - 1;
  store<i64>(RUN, left, RUN_FUEL_AT);
  if (left < 0) stop(TRAP_FUEL, 0);
}

/** The same for work of ours that a call costs: a unit for each 64 bytes. */
@inline
export function burnBytes(bytes: usize): void {
  if (bytes < 64) return;
  const left = load<i64>(RUN, RUN_FUEL_AT) - <i64>(bytes >>> 6);
  store<i64>(RUN, left, RUN_FUEL_AT);
  if (left < 0) stop(TRAP_FUEL, 0);
}
