/** Partitions of __consumer_offsets and of __transaction_state: each is the seat of one coordinator. */
export const SEATS = 50;

export type SeatKind = "group" | "transaction";

export interface Seat {
  /** Node id of the broker that coordinates; -1: none does. */
  node: number;
  /** Rises with each move: markers of an older coordinator are refused. */
  epoch: number;
  /** Until then the coordinator reads its log, and answers COORDINATOR_LOAD_IN_PROGRESS. */
  loadingUntilMs: number;
}

export function makeSeats(nodeCount: number): Seat[] {
  return Array.from({ length: SEATS }, (_, index) => ({
    node: index % nodeCount,
    epoch: 0,
    loadingUntilMs: 0,
  }));
}

/** Which seat a group id or transactional.id belongs to: Java's String.hashCode, as in Kafka's partitionFor. */
export function seatIndexOf(key: string): number {
  let hash = 0;
  for (let index = 0; index < key.length; index++) hash = (Math.imul(31, hash) + key.charCodeAt(index)) | 0;
  return (hash & 0x7fff_ffff) % SEATS;
}
