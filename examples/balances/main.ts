import { EmbeddedBroker, f64, json, memoryTransport, peridot, string, systemClock } from "peridot-streams";
import { z } from "zod";
import { fill, print, runOver } from "../lines.ts";

/**
 * Payments become a table of accounts, and that a table of cities: an account that moves leaves its old city before it comes
 * into the new one. Both tables are stores with changelogs, and commit with what they have read.
 */
const Payment = z.object({ account: z.string(), city: z.string(), cents: z.number() });
const Account = z.object({ city: z.string(), cents: z.number() });

const broker = new EmbeddedBroker({ clock: systemClock, random: Math.random });
const records = fill(broker, "payments", new URL("./input.txt", import.meta.url));
for (const topic of ["accounts", "cities"]) broker.createTopic(topic);

const app = peridot({
  applicationId: "balances-example",
  transport: memoryTransport(broker),
  stateBackend: "memory",
  cacheMaxBytes: 0, // each update is told
});
const accounts = app
  .stream("payments", { key: string, value: json(Payment) })
  .groupByKey()
  .aggregate(
    () => ({ city: "", cents: 0 }),
    (_account, payment, account) => ({ city: payment.city, cents: account.cents + payment.cents }),
    { store: "accounts", value: json(Account) },
  );
accounts.toStream().to("accounts");
accounts
  // what an account is before its first payment has no city: it belongs to no group
  .groupBy((_account, { city, cents }) => [city || null, cents], { key: string, value: f64 })
  .reduce(
    (sum, cents) => sum + cents,
    (sum, cents) => sum - cents,
    { store: "cities" },
  )
  .toStream()
  .mapValues((sum) => `${sum}`)
  .to("cities", { value: string });

/** What goes between the two tables: a change of an account that stays is one record, of one that moves two. */
const CHANGES = 6;
await runOver(app, records + CHANGES);
print(broker, "accounts");
print(broker, "cities");
