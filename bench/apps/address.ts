import { z } from "zod";

/** The main job's input: see bench/lib/addresses.ts. */
export const Address = z.object({
  Address: z.string(),
  City: z.string(),
  State: z.string(),
  Postcode: z.string(),
});

/** The main job itself: the same fields under names in lower case. New field: taken from. */
export const LOWER_CASE = { address: "Address", city: "City", state: "State", postcode: "Postcode" } as const;
