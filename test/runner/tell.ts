import { join } from "node:path";
import { runFile } from "../run-file.ts";

/** Runs a fixture beside this file and prints what the runner told of its tests, and the end. */
const [name = "", msMax = ""] = process.argv.slice(2);
try {
  for await (const { type, data } of runFile(
    join(import.meta.dirname, name),
    import.meta.dirname,
    Number(msMax),
  )) {
    if (type === "test:pass" || type === "test:fail") console.log(`${type} ${data.name}`);
  }
  console.log("ended");
} catch (error) {
  console.log((error as Error).message);
}
process.exit();
