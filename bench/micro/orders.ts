import { z } from "zod";
import { json, type StreamsBuilder, string } from "../../host/index.ts";

const Order = z.object({ Id: z.string(), Price: z.number(), Quantity: z.int(), State: z.string() });

/** Orders with prices of two decimals, of which both forms below make the same bytes. */
export class Orders {
  #number = 0;

  next(): { key: string; value: string } {
    const number = this.#number++;
    const price = ((number * 7919) % 100_000) / 100;
    const value = `{"Id":"order-${number}","Price":${price},"Quantity":${1 + (number % 9)},"State":"QLD"}`;
    return { key: `customer-${number % 1000}`, value };
  }
}

/** Two products, a sum and a constant, declared: it runs in kernels. */
export function ordersDeclared(builder: StreamsBuilder): void {
  builder
    .stream("in", { key: string, value: json(Order) })
    .mapValues({
      id: "Id",
      total: { multiply: ["Price", "Quantity"] },
      withTax: { add: [{ multiply: ["Price", 1.1] }, 5] },
      source: { constant: "web" },
    })
    .to("out");
}

/** The same as a TypeScript function. */
export function ordersByFunction(builder: StreamsBuilder): void {
  builder
    .stream("in", { key: string, value: json(Order) })
    .mapValues(({ Id, Price, Quantity }) => ({
      id: Id,
      total: Price * Quantity,
      withTax: Price * 1.1 + 5,
      source: "web",
    }))
    .to("out", { value: json() });
}
