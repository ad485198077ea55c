import { loadBinding } from "../../../host/transport/librdkafka/binding.ts";

/** Why there is no librdkafka here; undefined: there is. Tests say it in their skip, and CI lets none pass. */
export function librdkafkaMissing(): string | undefined {
  try {
    loadBinding();
    return undefined;
  } catch (error) {
    return `${(error as Error).message} (npm run build:librdkafka)`;
  }
}
