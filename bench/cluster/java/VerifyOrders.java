import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;

/**
 * VerifyOrders INPUT OUTPUT DEAD: each order of the input (see Orders) must be exactly once in the output, as its id, if
 * it is fine; else exactly once in the dead letters, as it was, with its place and the right reason in the headers of
 * KIP-1034. The order of each key is kept in both; orders without key are not fine, and have none. All topics are read with read_committed. Exit status 0 if so, else 1.
 */
public final class VerifyOrders {
    private static final Pattern ORDER = Pattern.compile("\\{\"id\":(\"?)(\\d+)\"?,\"kind\":\"(\\w+)\"}");
    private static final int EXAMPLES_MAX = 5;
    private final String output;
    private final Topic out = new Topic();
    private final Topic dead = new Topic();
    /** Of what the dead letters must say, by their place in the input. */
    private final Map<String, String> reasons = new HashMap<>();
    private final Map<String, Integer> kinds = new TreeMap<>();
    private long wrongReasons;
    private int examples;

    private VerifyOrders(String output) {
        this.output = output;
    }

    public static void main(String[] args) throws Exception {
        VerifyOrders verify = new VerifyOrders(args[1]);
        long in = Reader.all(args[0], true, verify::expect);
        long outs = Reader.all(args[1], true, record -> verify.out.found(record, text(record.value())));
        long deads = Reader.all(args[2], true, verify::foundDead);
        verify.out.compare("output");
        verify.dead.compare("dead letters");
        boolean exact = verify.out.isExact() && verify.dead.isExact() && verify.wrongReasons == 0 && in == outs + deads;
        StringBuilder kinds = new StringBuilder();
        verify.kinds.forEach((kind, count) -> kinds.append(kinds.isEmpty() ? "" : ",").append(quoted(kind)).append(':').append(count));
        System.out.printf(
            "{\"exact\":%b,\"in\":%d,\"out\":%d,\"dead\":%d,\"missing\":%d,\"surplus\":%d,\"outOfOrder\":%d,\"wrongReasons\":%d,"
                + "\"kinds\":{%s}}%n",
            exact, in, outs, deads, verify.out.missing + verify.dead.missing, verify.out.surplus + verify.dead.surplus,
            verify.out.outOfOrder + verify.dead.outOfOrder, verify.wrongReasons, kinds);
        System.exit(exact ? 0 : 1);
    }

    private void expect(ConsumerRecord<byte[], byte[]> record) {
        String value = text(record.value());
        Matcher order = ORDER.matcher(value);
        String kind = !order.matches() ? "broken" : !order.group(1).isEmpty() ? "mistyped" : order.group(3);
        if (kind.equals("fine") && record.key() == null) kind = "keyless";
        kinds.merge(kind, 1, Integer::sum);
        if (kind.equals("fine")) {
            out.expect(record, order.group(2));
            return;
        }
        String place = record.topic() + " " + record.partition() + " " + record.offset();
        dead.expect(record, place + " " + value);
        reasons.put(place, reasonOf(kind, order));
    }

    /** What its message must hold; that of the application's own must be it, to the letter. */
    private String reasonOf(String kind, Matcher order) {
        return switch (kind) {
            case "broken" -> "JSON: the value ends too early";
            case "mistyped" -> "JSON: the value has not the type of the schema";
            case "throws" -> "=cannot bear " + order.group(2);
            case "refused" -> "=refuses " + order.group(2);
            case "keyless" -> "cannot be written to " + output + ": it has no key";
            case "swells" -> "cannot be written to " + output + ": it has ";
            default -> throw new IllegalStateException("an order of kind " + kind);
        };
    }

    private void foundDead(ConsumerRecord<byte[], byte[]> record) {
        String place = header(record, "topic") + " " + header(record, "partition") + " " + header(record, "offset");
        dead.found(record, place + " " + text(record.value()));
        String message = header(record, "message");
        String reason = reasons.getOrDefault(place, "=");
        boolean right = reason.startsWith("=") ? message.equals(reason.substring(1)) : message.contains(reason);
        if (right && !header(record, "exception").isEmpty()) return;
        wrongReasons++;
        say("reason of " + place + ": " + message + ", expected " + reason);
    }

    private static String header(ConsumerRecord<byte[], byte[]> record, String name) {
        Header header = record.headers().lastHeader("__streams.errors." + name);
        return header == null ? "" : text(header.value());
    }

    private static String text(byte[] bytes) {
        return bytes == null ? "null" : new String(bytes, StandardCharsets.UTF_8);
    }

    private static String quoted(String text) {
        return '"' + text + '"';
    }

    private void say(String what) {
        if (examples++ < EXAMPLES_MAX) System.err.println(what);
    }

    /** By key: what is to be there, and what is, in order. */
    private final class Topic {
        private final Map<Reader.Key, List<String>> expected = new HashMap<>();
        private final Map<Reader.Key, List<String>> found = new HashMap<>();
        private long missing;
        private long surplus;
        private long outOfOrder;

        void expect(ConsumerRecord<byte[], byte[]> record, String what) {
            expected.computeIfAbsent(new Reader.Key(record.key()), key -> new ArrayList<>()).add(what);
        }

        void found(ConsumerRecord<byte[], byte[]> record, String what) {
            found.computeIfAbsent(new Reader.Key(record.key()), key -> new ArrayList<>()).add(what);
        }

        boolean isExact() {
            return missing + surplus + outOfOrder == 0;
        }

        void compare(String name) {
            expected.forEach((key, wanted) -> {
                List<String> there = found.getOrDefault(key, List.of());
                if (wanted.equals(there)) return;
                List<String> lacking = without(wanted, there);
                List<String> beyond = without(there, wanted);
                missing += lacking.size();
                surplus += beyond.size();
                if (lacking.isEmpty() && beyond.isEmpty()) {
                    if (key.isNull()) return;
                    outOfOrder++;
                }
                say(name + ", " + key + ": missing " + lacking + ", surplus " + beyond);
            });
            found.forEach((key, there) -> {
                if (!expected.containsKey(key)) surplus += there.size();
            });
        }

        private static List<String> without(List<String> all, List<String> others) {
            Map<String, Integer> left = new HashMap<>();
            for (String other : others) left.merge(other, 1, Integer::sum);
            List<String> rest = new ArrayList<>();
            for (String each : all) if (left.merge(each, -1, Integer::sum) < 0) rest.add(each);
            return rest;
        }
    }
}
