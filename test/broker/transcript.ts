import type { Connection } from "../../host/transport/kafka/connection.ts";
import { Asker } from "./asker.ts";
import { GroupQuestions } from "./questions-groups.ts";
import { LogQuestions } from "./questions-log.ts";
import { TransactionQuestions } from "./questions-transactions.ts";

/**
 * Asks a broker many things, most of them wrong, and writes down its answers by name: two brokers that mean the same
 * give the same transcript. Where brokers take their time (markers, moves), it asks again until that is over.
 * `levels`: of transaction.version, which the broker knows.
 */
export async function transcriptOf(
  connect: () => Promise<Connection>,
  levels: readonly (1 | 2)[],
): Promise<readonly string[]> {
  const connection = await connect();
  const asker = new Asker(connect, connection);
  await new LogQuestions(asker).ask();
  await new TransactionQuestions(asker).ask(levels);
  await new GroupQuestions(asker).ask();
  connection.close();
  return asker.lines;
}
