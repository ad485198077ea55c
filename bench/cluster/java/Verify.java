import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import java.io.IOException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/**
 * Verify INPUT OUTPUT: the output, read with read_committed, must be the input with the names of the JSON fields in
 * lower case, as a multiset of (key, parsed value), the order of each key kept and each key in one partition.
 * A value is compared by a 64-bit hash of what it parses to. Exit status 0 if so, else 1.
 */
public final class Verify {
    private static final JsonFactory JSON = JsonFactory.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();
    private static final long UNREADABLE = 0x5bad5bad5bad5badL;
    private static final int EXAMPLES_MAX = 5;

    /** What is expected of one key, in order, and what was made of the output. */
    private static final class History {
        long[] expected = new long[4];
        int expectedCount;
        int inStep; // so far the output is the expected one up to this index
        long[] rest; // once out of step: every hash of the output from there on
        int restCount;
        int partition = -1;
        boolean split;

        void expect(long hash) {
            if (expectedCount == expected.length) expected = Arrays.copyOf(expected, expectedCount + (expectedCount >> 1) + 4);
            expected[expectedCount++] = hash;
        }

        void take(long hash, int from) {
            if (partition >= 0 && partition != from) split = true;
            partition = from;
            if (rest == null && inStep < expectedCount && expected[inStep] == hash) {
                inStep++;
                return;
            }
            if (rest == null) rest = new long[4];
            if (restCount == rest.length) rest = Arrays.copyOf(rest, restCount * 2);
            rest[restCount++] = hash;
        }

        boolean exact() {
            return rest == null && inStep == expectedCount && !split;
        }
    }

    private long missing, duplicated, unexpected, outOfOrder, split, unreadable, examples;

    public static void main(String[] args) throws Exception {
        System.exit(new Verify().compare(args[0], args[1]) ? 0 : 1);
    }

    private boolean compare(String input, String output) throws Exception {
        Map<Reader.Key, History> histories = new HashMap<>(1 << 16);
        long in = Reader.all(input, false, record ->
            histories.computeIfAbsent(new Reader.Key(record.key()), key -> new History()).expect(hash(record.value(), true)));
        long unreadableIn = unreadable;
        unreadable = 0;
        long out = Reader.all(output, true, record ->
            histories.computeIfAbsent(new Reader.Key(record.key()), key -> new History())
                .take(hash(record.value(), false), record.partition()));
        histories.forEach((key, history) -> {
            if (history.split) split++;
            if (!history.exact()) settle(key, history);
        });
        boolean exact = missing + duplicated + unexpected + outOfOrder + split == 0 && in == out;
        System.out.printf(Locale.ROOT, "{\"exact\":%b,\"in\":%d,\"out\":%d,\"keys\":%d,\"missing\":%d,\"duplicated\":%d,\"unexpected\":%d,"
            + "\"outOfOrder\":%d,\"splitKeys\":%d,\"unreadableIn\":%d,\"unreadableOut\":%d}%n", exact, in, out, histories.size(), missing,
            duplicated, unexpected, outOfOrder, split, unreadableIn, unreadable);
        return exact;
    }

    /** Sorts out what became of a key whose output left the expected sequence. */
    private void settle(Reader.Key key, History history) {
        Map<Long, int[]> places = placesOf(history);
        int furthest = history.inStep - 1;
        int matched = history.inStep;
        long[] before = {duplicated, unexpected, outOfOrder};
        for (int j = 0; j < history.restCount; j++) {
            int[] place = places.get(history.rest[j]);
            if (place == null) unexpected++;
            else if (place[0] == place.length - 1) duplicated++;
            else {
                int index = place[++place[0]];
                matched++;
                if (index < furthest) outOfOrder++;
                else furthest = index;
            }
        }
        missing += history.expectedCount - matched;
        if (examples++ < EXAMPLES_MAX) {
            System.err.printf("key %s: expected %d, in step until %d, missing %d, duplicated %d, unexpected %d, out of order %d%n", key,
                history.expectedCount, history.inStep, history.expectedCount - matched, duplicated - before[0], unexpected - before[1],
                outOfOrder - before[2]);
        }
    }

    /** For each hash: how many of its places are used up, then its places in the expected sequence, in order. */
    private static Map<Long, int[]> placesOf(History history) {
        Map<Long, int[]> places = new HashMap<>();
        for (int i = 0; i < history.expectedCount; i++) {
            int[] place = places.getOrDefault(history.expected[i], new int[] {0});
            place = Arrays.copyOf(place, place.length + 1);
            place[place.length - 1] = i;
            places.put(history.expected[i], place);
        }
        for (int i = 0; i < history.inStep; i++) places.get(history.expected[i])[0]++;
        return places;
    }

    private long hash(byte[] value, boolean lowerCaseNames) {
        if (value == null) return 1;
        try (JsonParser parser = JSON.createParser(value)) {
            parser.nextToken();
            long hash = hashOfNode(parser, lowerCaseNames);
            if (parser.nextToken() != null) throw new IOException("more than one value");
            return hash;
        } catch (IOException e) {
            unreadable++;
            return mix(UNREADABLE + Arrays.hashCode(value));
        }
    }

    private static long hashOfNode(JsonParser parser, boolean lowerCaseNames) throws IOException {
        JsonToken token = parser.currentToken();
        if (token == null) throw new IOException("no value");
        switch (token) {
            case START_OBJECT: {
                long hash = 2;
                while (parser.nextToken() != JsonToken.END_OBJECT) { // summed: the order of the fields does not matter
                    String name = lowerCaseNames ? parser.currentName().toLowerCase(Locale.ROOT) : parser.currentName();
                    parser.nextToken();
                    hash += mix(hashOfText(name) * 31 + hashOfNode(parser, lowerCaseNames));
                }
                return mix(hash);
            }
            case START_ARRAY: {
                long hash = 3;
                while (parser.nextToken() != JsonToken.END_ARRAY) hash = mix(hash * 31 + hashOfNode(parser, lowerCaseNames));
                return hash;
            }
            case VALUE_STRING:
                return mix(4 + hashOfText(parser.getText()));
            default:
                return mix(5 + 31L * token.id() + hashOfText(parser.getText()));
        }
    }

    private static long hashOfText(String text) {
        long hash = 0xcbf29ce484222325L;
        for (int i = 0; i < text.length(); i++) hash = (hash ^ text.charAt(i)) * 0x100000001b3L;
        return mix(hash + text.length());
    }

    private static long mix(long z) {
        z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
        z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
        return z ^ (z >>> 31);
    }
}
