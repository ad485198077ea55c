import type { PeridotError } from "../../errors.ts";

/**
 * A way to one broker and back, in whole frames (what stands behind the int32 size on a socket): over TCP
 * (tcp-channel.ts), or straight into an embedded broker.
 *
 * Guarantees: frames arrive whole and in order, both ways. `onClose` is called once, after the last `onFrame`,
 * when the channel ends by itself; nothing is called after `close`. No listener is called inside `write`, `start` or `close`.
 */
export interface Channel {
  /** Begins to deliver. Called once, before the first `write`. */
  start(listener: ChannelListener): void;
  /**
   * Takes one frame, in pieces, which are not copied: they stay as they are until the frame is answered or
   * `close` is called. Ignored after the channel has closed.
   */
  write(frame: readonly Buffer[]): void;
  /** Harmless when called again. */
  close(): void;
}

export interface ChannelListener {
  /**
   * One frame. Its bytes stay as they are until `release` is called, which lets the channel use them again; it
   * may also never be called, then they are left to the garbage collector.
   */
  onFrame(frame: Buffer, release: () => void): void;
  /** `reason`: CONNECTION_LOST, or a fatal error when another try cannot end differently. */
  onClose(reason: PeridotError): void;
}

/** Makes connections. A client's other parts know brokers by this alone. */
export interface Dialer<Connection> {
  /**
   * Errors: why no connection came about, each with its remedy; retriable ones may pass by themselves.
   *
   * @param closing the client is closed: give up at once.
   */
  dial(host: string, port: number, closing?: AbortSignal): Promise<Connection>;
}
