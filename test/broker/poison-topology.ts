import { z } from "zod";
import { err, json, type StreamsBuilder, string } from "../../host/index.ts";

const Order = z.object({ id: z.number(), kind: z.string() });
/** More than OUTPUT takes of one record. */
const SWOLLEN_BYTES = 40_000;

/** INPUT's orders (bench/cluster/java/Orders.java) by their ids to OUTPUT; what is poisonous fails in a way of its own. */
export default function (builder: StreamsBuilder): void {
  builder
    .stream(process.env.INPUT!, { key: string, value: json(Order) })
    .mapValues(({ id, kind }) => {
      if (kind === "throws") throw new RangeError(`cannot bear ${id}`);
      if (kind === "refused") return err(`refuses ${id}`);
      return kind === "swells" ? "x".repeat(SWOLLEN_BYTES) : String(id);
    })
    .to(process.env.OUTPUT!, { value: string });
}
