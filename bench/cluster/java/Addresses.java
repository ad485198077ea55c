import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.HexFormat;

/**
 * The main job's input, record for record as bench/lib/addresses.ts makes it: about 20,000 keys (a first name with
 * a number), an address in JSON of about 75 bytes each. `tricky` makes one value in eight hard to parse (escapes,
 * non-ASCII text, white space, another order of fields).
 */
final class Addresses implements Seed.Records {
    private static final int NUMBERS = 69;
    private final boolean tricky;
    private int state;
    private final StringBuilder text = new StringBuilder(256);

    Addresses(int seed, boolean tricky) {
        this.state = seed;
        this.tricky = tricky;
    }

    /** Addresses COUNT SEED: the digest of that many tricky ones, to be compared with the other half's. */
    public static void main(String[] args) throws Exception {
        Addresses addresses = new Addresses(Integer.parseInt(args[1]), true);
        MessageDigest digest = MessageDigest.getInstance("SHA-256");
        for (int left = Integer.parseInt(args[0]); left > 0; left--) {
            digest.update(addresses.nextKey().getBytes(StandardCharsets.UTF_8));
            digest.update(addresses.nextValue().getBytes(StandardCharsets.UTF_8));
        }
        System.out.println("{\"sha256\":\"" + HexFormat.of().formatHex(digest.digest()) + "\"}");
    }

    /** To be called in turn with `nextValue`. */
    @Override
    public String nextKey() {
        return pick(FIRST_NAMES) + below(NUMBERS);
    }

    @Override
    public String nextValue() {
        text.setLength(0);
        if (tricky && below(8) == 0) appendTricky();
        else appendPlain();
        return text.toString();
    }

    private void appendPlain() {
        text.append("{\"Address\":\"").append(1 + below(400)).append(' ').append((char) ('A' + below(26)));
        for (int left = 1 + below(7); left > 0; left--) text.append((char) ('a' + below(26)));
        text.append(' ').append(pick(WAYS));
        text.append("\",\"City\":\"").append(pick(CITY_STARTS)).append(pick(CITY_ENDS));
        text.append("\",\"State\":\"").append(pick(STATES));
        text.append("\",\"Postcode\":\"").append(1000 + below(9000)).append("\"}");
    }

    private void appendTricky() {
        String[] names = {"Address", "City", "State", "Postcode"};
        for (int i = 3; i > 0; i--) {
            int j = below(i + 1);
            String name = names[i];
            names[i] = names[j];
            names[j] = name;
        }
        String space = pick(SPACES);
        text.append(space).append('{').append(space);
        for (int i = 0; i < 4; i++) {
            if (i > 0) text.append(space).append(',').append(space);
            text.append('"').append(names[i]).append('"').append(space).append(':').append(space);
            text.append('"').append(pick(ODD)).append('"');
        }
        text.append(space).append('}').append(space);
    }

    private String pick(String[] words) {
        return words[below(words.length)];
    }

    /** SplitMix32, scaled to [0, bound). */
    private int below(int bound) {
        state += 0x9e3779b9;
        int z = state;
        z = (z ^ (z >>> 16)) * 0x21f0aaad;
        z = (z ^ (z >>> 15)) * 0x735a2d97;
        z ^= z >>> 15;
        return (int) (((z & 0xffffffffL) * bound) >>> 32);
    }

    private static final String[] SPACES = {"", "", " ", "\r\n\t "};

    private static final String[] ODD = {
        "a \\\"quoted\\\" name", "back\\\\slash", "tab\\tnew\\nline", "caf\\u00e9", "caf\u00e9", "\u6771\u4eac", "\\u6771\\u4eac",
        "\ud83d\ude80 pad", "\\ud83d\\ude80 pad", "a\\/b", "", "\\u0000\\u001f", "{\\\"City\\\":\\\"x\\\"}", "\u00df\u0416\u0905",
        "very long ".repeat(60),
    };

    private static final String[] WAYS = {"St", "Rd", "Ave", "Ln", "Ct", "Pl", "Dr", "Way", "Tce", "Cres"};
    private static final String[] STATES = {"QLD", "NSW", "VIC", "TAS", "SA", "WA", "NT", "ACT"};
    private static final String[] CITY_STARTS =
        {"Fake", "North", "Spring", "River", "Oak", "Ash", "Clear", "Stone", "West", "Lake", "Mill", "Fair"};
    private static final String[] CITY_ENDS = {"ville", "ton", "field", "bury", "port", "haven", "dale", "ford", "wood", "mouth"};

    private static final String[] FIRST_NAMES = (
        "Aaren Aaron Abby Abel Ada Adam Adele Adrian Agnes Ahmed Aida Aiko Alan Albert Alec Alice "
        + "Alma Alvin Amara Amber Amina Amir Amos Amy Ana Andre Angela Anita Anna Anton Anya April Ari Ariel Arlo Arthur "
        + "Asha Astrid Audrey August Aurora Axel Ayla Barry Basil Beatrix Bella Ben Berta Bianca Bjorn Blair Blake Bo Boris "
        + "Brenda Brian Bridget Bruno Bryce Caleb Cara Carl Carmen Casey Cecil Celia Chad Chloe Clara Claude Clive Colin "
        + "Conor Cora Cyril Daisy Dale Dana Daniel Daphne Dario David Dawn Dean Delia Denis Derek Diana Diego Dina Dirk Dora "
        + "Doris Duncan Dylan Edgar Edith Edna Edwin Eileen Elena Eli Elias Elin Ellen Elmer Elsa Emil Emily Emma Enid Enzo "
        + "Eric Erin Esme Esther Ethan Eva Evan Ezra Faith Farah Fatima Felix Fern Fiona Flora Floyd Frank Freya Frida Fred "
        + "Gail Galen Gemma Gene Georgia Gerda Gia Gilda Gina Giles Glen Grace Greta Gus Gwen Hal Hana Hank Hanna Harold "
        + "Harriet Hazel Hector Heidi Helen Henry Herman Hilda Holly Homer Hope Hugo Ian Ida Igor Imani Ines Inga Ingrid "
        + "Iona Ira Irene Iris Irma Isaac Ivan Ivy Jack Jade Jake James Jamila Jan Jane Jasper Javier Jean Jenna Jesse Jill "
        + "Joan Joel John Jonas Josie Joy Juan Judith Julia June Jurgen Kai Kara Karim Karl Kate Kay Keira Keith Kelly Ken "
        + "Kerry Kim Kira Klaus Kofi Kurt Kyle Lana Lara Lars Laura Leah Lee Leif Lena Leo Leroy Leyla Liam Lila Lily Lina "
        + "Linus Lionel Lisa Lloyd Lois Lola Lorna Louis Luca Lucy Luis Luna Lydia Lyle Mabel Magnus Maia Malik Mara Marco "
        + "Margot Maria Mark Marta Martin Mary Matilda Maud Max May Maya Megan Mei Mia Miles Milo Mina Miriam Mona Morris "
        + "Myra Nadia Nancy Naomi Ned Neil Nell Nia Nico Nina Noah Noel Nora Norman Nuno").split(" ");
}
