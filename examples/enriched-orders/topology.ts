import { json, type StreamsBuilder, string } from "peridot-streams";
import { z } from "zod";

const Customer = z.object({ name: z.string(), city: z.string() });
const Order = z.object({ customer: z.string(), cents: z.int() });
const Shipment = z.object({ name: z.string(), city: z.string(), cents: z.int() });

export default function (builder: StreamsBuilder): void {
  const customers = builder.table(
    "customers",
    { key: string, value: json(Customer) },
    { store: "customers" },
  );

  // a stream of payments under customers' keys: each goes out once, with the customer as he was then
  builder
    .stream("payments", { key: string, value: json(z.int()) })
    .leftJoin(
      customers,
      (cents, customer) => `${cents} cents from ${customer?.name ?? "nobody that we know"}`,
    )
    .to("receipts", { value: string });

  // a table of orders, which point to customers: a customer who moves changes all his orders
  builder
    .table("orders", { key: string, value: json(Order) }, { store: "orders" })
    .joinOnForeignKey(
      customers,
      ({ customer }) => customer,
      ({ cents }, { name, city }) => ({ name, city, cents }),
      { store: "shipments", value: json(Shipment) },
    )
    .toStream()
    .mapValues((shipment) =>
      shipment === null ? "is not shipped" : `to ${shipment.name} in ${shipment.city}`,
    )
    .to("shipments", { key: string, value: string });
}
