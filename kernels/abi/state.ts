/**
 * STATE: one store's table in linear memory. Buckets grow one at a time (linear hashing), so no call rehashes more than
 * one bucket for each key that it adds.
 *
 *     0        4     8     12     16         20     24        28        32      36         40       44         48
 *     +--------+-----+-----+------+----------+------+---------+---------+-------+----------+--------+----------+
 *     | chunks | top | end | held | bytesMax | used | entries | buckets | open  | closing  | parity | complete |
 *     +--------+-----+-----+------+----------+------+---------+---------+-------+----------+--------+----------+
 *     48          52               56    60        64        68    72          256                512
 *     +-----------+----------------+-----+---------+---------+-----+-----------+------------------+---------------+
 *     | unflushed | unflushedBytes | log | logUsed | logRoom | hand| pending.. | free lists × 64  | segments × 4096|
 *     +-----------+----------------+-----+---------+---------+-----+-----------+------------------+---------------+
 *
 * At 72: pending, pendingCount, pendingRoom (in PENDINGs), pendingLive (of them), pendingBytes.
 *
 * held: bytes taken from the allocator, at most bytesMax. used: bytes of them in blocks that are in use. parity: which
 * of an entry's two befores is the open generation's. complete: 1: a key that is not in memory is nowhere. hand: the bucket at which eviction goes on.
 */
export const STATE_CHUNKS_AT = 0;
export const STATE_TOP_AT = 4;
export const STATE_END_AT = 8;
export const STATE_HELD_AT = 12;
export const STATE_BYTES_MAX_AT = 16;
export const STATE_USED_AT = 20;
export const STATE_ENTRIES_AT = 24;
export const STATE_BUCKETS_AT = 28;
export const STATE_OPEN_AT = 32;
export const STATE_CLOSING_AT = 36;
export const STATE_PARITY_AT = 40;
export const STATE_COMPLETE_AT = 44;
export const STATE_UNFLUSHED_AT = 48;
export const STATE_UNFLUSHED_BYTES_AT = 52;
export const STATE_LOG_AT = 56;
export const STATE_LOG_USED_AT = 60;
export const STATE_LOG_ROOM_AT = 64;
export const STATE_HAND_AT = 68;
export const STATE_PENDING_AT = 72;
export const STATE_PENDING_COUNT_AT = 76;
export const STATE_PENDING_ROOM_AT = 80;
export const STATE_PENDING_LIVE_AT = 84;
export const STATE_PENDING_BYTES_AT = 88;
export const STATE_LISTS_AT = 256;
export const STATE_SEGMENTS_AT = 512;
export const STATE_SEGMENTS_MAX = 4096;
export const STATE_BYTES = 16896;

/**
 * ENTRY: one key. It never moves. A value that outgrows its room gets a block of its own.
 *
 *     0      4      8           12            16        20          24          32      36        40      44
 *     +------+------+-----------+-------------+---------+-----------+-----------+-------+---------+-------+------------+
 *     | next | hash | keyLength | valueLength | valueAt | valueRoom | before ×2 | flags | nextDue | told  | key, value |
 *     +------+------+-----------+-------------+---------+-----------+-----------+-------+---------+-------+------------+
 *
 * valueLength: -1: known to be absent. nextDue: the next entry that is not flushed. told: number, from 1 on, of the PENDING
 * that tells its last change; 0: there is none.
 */
export const ENTRY_NEXT_AT = 0;
export const ENTRY_HASH_AT = 4;
export const ENTRY_KEY_LENGTH_AT = 8;
export const ENTRY_VALUE_LENGTH_AT = 12;
export const ENTRY_VALUE_AT = 16;
export const ENTRY_VALUE_ROOM_AT = 20;
export const ENTRY_BEFORES_AT = 24;
export const ENTRY_FLAGS_AT = 32;
export const ENTRY_NEXT_DUE_AT = 36;
export const ENTRY_TOLD_AT = 40;
export const ENTRY_KEY_AT = 44;

export const ENTRY_UNFLUSHED = 1;
export const ENTRY_REFERENCED = 2;

/**
 * BEFORE: what an entry had when a generation first touched it.
 *
 *     0      4       8        12
 *     +------+-------+--------+-----------+
 *     | next | entry | length | value ... |     length: -1: absent; -2: the key was not in memory
 *     +------+-------+--------+-----------+
 */
export const BEFORE_NEXT_AT = 0;
export const BEFORE_ENTRY_AT = 4;
export const BEFORE_LENGTH_AT = 8;
export const BEFORE_VALUE_AT = 12;

export const VALUE_ABSENT = -1;
export const VALUE_UNKNOWN = -2;

/**
 * LOGGED: one change of the batch that runs; the last one is undone first, so its size stands at its end.
 *
 *     0     4       8        12        16     20                  size - 4
 *     +-----+-------+--------+---------+------+-----------+------+------+
 *     | row | entry | length | isFirst | told | value ... | pad  | size |     told: what the entry had there
 *     +-----+-------+--------+---------+------+-----------+------+------+
 */
export const LOGGED_ROW_AT = 0;
export const LOGGED_ENTRY_AT = 4;
export const LOGGED_LENGTH_AT = 8;
export const LOGGED_FIRST_AT = 12;
export const LOGGED_TOLD_AT = 16;
export const LOGGED_VALUE_AT = 20;
export const LOGGED_OVERHEAD = 24;

/**
 * PENDING: news of an entry that wait in a record cache, in the order of the changes. One that its entry does not name is
 * outdated.
 *
 *     0       4           8
 *     +-------+-----------+---------------+
 *     | entry | headersAt | headersLength |     headersAt: 0: the record had none
 *     +-------+-----------+---------------+
 */
export const PENDING_ENTRY_AT = 0;
export const PENDING_HEADERS_AT = 4;
export const PENDING_HEADERS_LENGTH_AT = 8;
export const PENDING_BYTES = 12;

/**
 * FOUND: the value that a reading call has found.
 *
 *     0        4        8
 *     +--------+--------+
 *     | length | at     |     length: -1: absent; -2: the key is not in memory
 *     +--------+--------+
 */
export const FOUND_LENGTH_AT = 0;
export const FOUND_VALUE_AT = 4;

/**
 * CHANGES: entries of a generation, as it has made them, or entries that are due, as of the last commit: one behind the
 * other, for the host to keep. The instance may be lost before a backend has them.
 *
 *     0           4             8
 *     +-----------+-------------+---------+-----------+
 *     | keyLength | valueLength | key ... | value ... |     valueLength: -1: deleted
 *     +-----------+-------------+---------+-----------+
 */
export const CHANGE_KEY_LENGTH_AT = 0;
export const CHANGE_VALUE_LENGTH_AT = 4;
export const CHANGE_KEY_AT = 8;

/**
 * WRITTEN: where CHANGES are, until the next call, and how many bytes.
 *
 *     0        4    8      12
 *     +--------+----+------+
 *     | length | at | next |     next: the ENTRY with which to go on, 0: none
 *     +--------+----+------+
 */
export const WRITTEN_LENGTH_AT = 0;
export const WRITTEN_AT_AT = 4;
export const WRITTEN_NEXT_AT = 8;
