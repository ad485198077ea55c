/**
 * The main job's input, record for record as bench/cluster/java/Addresses.java makes it: about 20,000 keys (a first
 * name with a number), an address in JSON of about 75 bytes each. `tricky` makes one value in eight hard to parse
 * (escapes, non-ASCII text, white space, another order of fields).
 */
export class Addresses {
  readonly #tricky: boolean;
  #state: number;

  constructor(seed = 1, tricky = false) {
    this.#state = seed;
    this.#tricky = tricky;
  }

  next(): { key: string; value: string } {
    const key = this.#pick(FIRST_NAMES) + this.#below(NUMBERS);
    const value = this.#tricky && this.#below(8) === 0 ? this.#trickyValue() : this.#plainValue();
    return { key, value };
  }

  #plainValue(): string {
    let street = `${1 + this.#below(400)} ${String.fromCharCode(A + this.#below(26))}`;
    for (let left = 1 + this.#below(7); left > 0; left--)
      street += String.fromCharCode(A + 32 + this.#below(26));
    street += ` ${this.#pick(WAYS)}`;
    const city = this.#pick(CITY_STARTS) + this.#pick(CITY_ENDS);
    const state = this.#pick(STATES);
    return `{"Address":"${street}","City":"${city}","State":"${state}","Postcode":"${1000 + this.#below(9000)}"}`;
  }

  #trickyValue(): string {
    const names = ["Address", "City", "State", "Postcode"];
    for (let i = 3; i > 0; i--) {
      const j = this.#below(i + 1);
      [names[i], names[j]] = [names[j]!, names[i]!];
    }
    const space = this.#pick(SPACES);
    const fields = names.map((name) => `"${name}"${space}:${space}"${this.#pick(ODD)}"`);
    return `${space}{${space}${fields.join(`${space},${space}`)}${space}}${space}`;
  }

  #pick(words: readonly string[]): string {
    return words[this.#below(words.length)]!;
  }

  /** SplitMix32, scaled to [0, bound). */
  #below(bound: number): number {
    this.#state = (this.#state + 0x9e3779b9) | 0;
    let z = this.#state;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    z ^= z >>> 15;
    return Math.floor(((z >>> 0) * bound) / 0x1_0000_0000);
  }
}

const NUMBERS = 69;
const A = 65;
const SPACES = ["", "", " ", "\r\n\t "];
const ODD = [
  'a \\"quoted\\" name',
  "back\\\\slash",
  "tab\\tnew\\nline",
  "caf\\u00e9",
  "caf\u00e9",
  "\u6771\u4eac",
  "\\u6771\\u4eac",
  "\ud83d\ude80 pad",
  "\\ud83d\\ude80 pad",
  "a\\/b",
  "",
  "\\u0000\\u001f",
  '{\\"City\\":\\"x\\"}',
  "\u00df\u0416\u0905",
  "very long ".repeat(60),
];
const WAYS = ["St", "Rd", "Ave", "Ln", "Ct", "Pl", "Dr", "Way", "Tce", "Cres"];
const STATES = ["QLD", "NSW", "VIC", "TAS", "SA", "WA", "NT", "ACT"];
const CITY_STARTS = [
  "Fake",
  "North",
  "Spring",
  "River",
  "Oak",
  "Ash",
  "Clear",
  "Stone",
  "West",
  "Lake",
  "Mill",
  "Fair",
];
const CITY_ENDS = ["ville", "ton", "field", "bury", "port", "haven", "dale", "ford", "wood", "mouth"];
const FIRST_NAMES = (
  "Aaren Aaron Abby Abel Ada Adam Adele Adrian Agnes Ahmed Aida Aiko Alan Albert Alec Alice " +
  "Alma Alvin Amara Amber Amina Amir Amos Amy Ana Andre Angela Anita Anna Anton Anya April Ari Ariel Arlo Arthur " +
  "Asha Astrid Audrey August Aurora Axel Ayla Barry Basil Beatrix Bella Ben Berta Bianca Bjorn Blair Blake Bo Boris " +
  "Brenda Brian Bridget Bruno Bryce Caleb Cara Carl Carmen Casey Cecil Celia Chad Chloe Clara Claude Clive Colin " +
  "Conor Cora Cyril Daisy Dale Dana Daniel Daphne Dario David Dawn Dean Delia Denis Derek Diana Diego Dina Dirk Dora " +
  "Doris Duncan Dylan Edgar Edith Edna Edwin Eileen Elena Eli Elias Elin Ellen Elmer Elsa Emil Emily Emma Enid Enzo " +
  "Eric Erin Esme Esther Ethan Eva Evan Ezra Faith Farah Fatima Felix Fern Fiona Flora Floyd Frank Freya Frida Fred " +
  "Gail Galen Gemma Gene Georgia Gerda Gia Gilda Gina Giles Glen Grace Greta Gus Gwen Hal Hana Hank Hanna Harold " +
  "Harriet Hazel Hector Heidi Helen Henry Herman Hilda Holly Homer Hope Hugo Ian Ida Igor Imani Ines Inga Ingrid " +
  "Iona Ira Irene Iris Irma Isaac Ivan Ivy Jack Jade Jake James Jamila Jan Jane Jasper Javier Jean Jenna Jesse Jill " +
  "Joan Joel John Jonas Josie Joy Juan Judith Julia June Jurgen Kai Kara Karim Karl Kate Kay Keira Keith Kelly Ken " +
  "Kerry Kim Kira Klaus Kofi Kurt Kyle Lana Lara Lars Laura Leah Lee Leif Lena Leo Leroy Leyla Liam Lila Lily Lina " +
  "Linus Lionel Lisa Lloyd Lois Lola Lorna Louis Luca Lucy Luis Luna Lydia Lyle Mabel Magnus Maia Malik Mara Marco " +
  "Margot Maria Mark Marta Martin Mary Matilda Maud Max May Maya Megan Mei Mia Miles Milo Mina Miriam Mona Morris " +
  "Myra Nadia Nancy Naomi Ned Neil Nell Nia Nico Nina Noah Noel Nora Norman Nuno"
).split(" ");
