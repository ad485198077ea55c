import { RUN_TEXTS_AT, TRAP_MEMORY } from "../abi/kernel-output";
import { PAD_BYTES } from "../abi/limits";
import { allocate, release } from "../memory/allocator";
import { encodeString } from "../serdes/json/string-encode";
import { setWord, stop, word } from "./run";

/**
 * The constant strings of a module, once each as UTF-8 and as a member's name in JSON: a kernel has no other strings,
 * since it has no heap, so that an address stands for a text for ever.
 *
 *     TEXTS (open addressing):  CONSTANT × room, a power of two; at most half of them in use
 *
 *     CONSTANT:  0        4        8       12             16      32
 *                +--------+--------+-------+--------------+-------+
 *                | string | UTF-8  | bytes | → ,"text":   | bytes |     string: its address; 0: free
 *                +--------+--------+-------+--------------+-------+
 */
const TEXTS_AT: usize = RUN_TEXTS_AT;
const ROOM_AT: usize = RUN_TEXTS_AT + 4;
const USED_AT: usize = RUN_TEXTS_AT + 8;
const CONSTANT_BYTES: usize = 32;
const ROOM_MIN: u32 = 256;

/**
 * In front of the table, by address: where a call names its text the compiler knows the place.
 *
 *     0        4
 *     +--------+------------+
 *     | string | → CONSTANT |   × 256
 *     +--------+------------+
 */
const FRONT: usize = memory.data(2048, 16);

/** Address of a string's CONSTANT. */
@inline
export function constantOf(text: string): usize {
  const key = <u32>changetype<usize>(text);
  const front = FRONT + <usize>(((key >>> 4) & 255) << 3);
  return load<u32>(front) == key ? <usize>load<u32>(front, 4) : bringForward(text, front);
}

function bringForward(text: string, front: usize): usize {
  const constant = findConstant(text);
  store<u32>(front, <u32>changetype<usize>(text));
  store<u32>(front, <u32>constant, 4);
  return constant;
}

/** Its UTF-8. */
@inline
export function utf8Of(constant: usize): usize {
  return <usize>load<u32>(constant, 4);
}

@inline
export function utf8Bytes(constant: usize): usize {
  return <usize>load<u32>(constant, 8);
}

/** `,"text":`, escaped. */
@inline
export function memberOf(constant: usize): usize {
  return <usize>load<u32>(constant, 12);
}

@inline
export function memberBytes(constant: usize): usize {
  return <usize>load<u32>(constant, 16);
}

function findConstant(text: string): usize {
  if (!word(ROOM_AT)) return addConstant(text);
  const entry = slotFor(<u32>changetype<usize>(text));
  return load<u32>(entry) ? entry : addConstant(text);
}

/** The key's entry, or the free one where it belongs. */
function slotFor(key: u32): usize {
  const texts = <usize>word(TEXTS_AT);
  const room = word(ROOM_AT);
  let slot = (key >>> 4) & (room - 1);
  while (true) {
    const entry = texts + <usize>slot * CONSTANT_BYTES;
    const found = load<u32>(entry);
    if (found == key || found == 0) return entry;
    slot = (slot + 1) & (room - 1);
  }
}

function addConstant(text: string): usize {
  const used = word(USED_AT);
  if (used << 1 >= word(ROOM_AT)) widen();
  const units = <usize>text.length;
  const block = allocate(3 * units + PAD_BYTES + 18 * units + 4 + PAD_BYTES);
  if (!block) stop(TRAP_MEMORY, 0);
  const bytes = writeUtf8(changetype<usize>(text), units, block);
  memory.fill(block + bytes, 0, PAD_BYTES);
  const member = block + bytes + PAD_BYTES;
  store<u16>(member, 0x222c);
  const end = encodeString(block, bytes, member + 2);
  store<u16>(end, 0x3a22);
  const entry = slotFor(<u32>changetype<usize>(text));
  store<u32>(entry, <u32>changetype<usize>(text));
  store<u32>(entry, <u32>block, 4);
  store<u32>(entry, <u32>bytes, 8);
  store<u32>(entry, <u32>member, 12);
  store<u32>(entry, <u32>(end + 2 - member), 16);
  setWord(USED_AT, used + 1);
  return entry;
}

function widen(): void {
  const before = <usize>word(TEXTS_AT);
  const room = word(ROOM_AT);
  const wider = room ? room << 1 : ROOM_MIN;
  const bytes = <usize>wider * CONSTANT_BYTES;
  const texts = allocate(bytes);
  if (!texts) stop(TRAP_MEMORY, 0);
  memory.fill(texts, 0, bytes);
  setWord(TEXTS_AT, <u32>texts);
  setWord(ROOM_AT, wider);
  for (let slot: u32 = 0; slot < room; slot++) {
    const entry = before + <usize>slot * CONSTANT_BYTES;
    if (load<u32>(entry)) memory.copy(slotFor(load<u32>(entry)), entry, CONSTANT_BYTES);
  }
  if (before) release(before);
  memory.fill(FRONT, 0, 2048); // they have moved
}

/** @returns bytes; a lone surrogate is written as three bytes, as in rows (it is not UTF-8, but comes back as it was). */
function writeUtf8(source: usize, units: usize, target: usize): usize {
  let at = target;
  for (let index: usize = 0; index < units; index++) {
    let point = <u32>load<u16>(source + (index << 1));
    if (point < 0x80) {
      store<u8>(at++, <u8>point);
      continue;
    }
    if ((point & 0xfc00) == 0xd800 && index + 1 < units) {
      const low = <u32>load<u16>(source + ((index + 1) << 1));
      if ((low & 0xfc00) == 0xdc00) {
        point = 0x10000 + ((point & 0x3ff) << 10) + (low & 0x3ff);
        index++;
      }
    }
    if (point < 0x800) store<u8>(at++, <u8>(0xc0 | (point >>> 6)));
    else {
      if (point < 0x10000) store<u8>(at++, <u8>(0xe0 | (point >>> 12)));
      else {
        store<u8>(at++, <u8>(0xf0 | (point >>> 18)));
        store<u8>(at++, <u8>(0x80 | ((point >>> 12) & 63)));
      }
      store<u8>(at++, <u8>(0x80 | ((point >>> 6) & 63)));
    }
    store<u8>(at++, <u8>(0x80 | (point & 63)));
  }
  return at - target;
}
