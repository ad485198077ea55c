import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.LongStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * VerifyCounts INPUT OUTPUT [kind=key|tumbling|hopping|session] [size=MS] [advance=MS]: the output, read with read_committed, must
 * have for each key, window or session of the input its counts one after the other, each once, in one partition. A session's
 * `size` is its gap; its key tells each of its extents apart, under which the counts go on. No record of the input may be late.
 * Exit status 0 if so, else 1.
 */
public final class VerifyCounts {
    private static final class Counted {
        long last;
        long found;
        long wrong;
        int partition = -1;

        /** The next count is this one. @return it */
        long expect(long count) {
            if (last == 0) found = count - 1;
            last = count;
            return count;
        }
    }

    private record Session(long start, long end, long count) {}

    private final Map<Reader.Key, Counted> counted = new HashMap<>(1 << 16);
    private final Map<Reader.Key, Session> sessions = new HashMap<>();
    private final String kind;
    private final long size;
    private final long advance;
    private long outputs;

    private VerifyCounts(Map<String, String> options) {
        kind = options.getOrDefault("kind", "key");
        size = Long.parseLong(options.getOrDefault("size", "0"));
        advance = Long.parseLong(options.getOrDefault("advance", options.getOrDefault("size", "0")));
    }

    public static void main(String[] args) throws Exception {
        System.exit(new VerifyCounts(Clients.options(args, 2)).run(args[0], args[1]) ? 0 : 1);
    }

    private boolean run(String input, String output) throws Exception {
        long in = Reader.all(input, true, this::expect);
        long out = Reader.all(output, true, this::check);
        long wrong = counted.values().stream().filter(each -> each.wrong > 0 || each.last != each.found).count();
        boolean exact = wrong == 0 && outputs == out;
        System.out.printf(Locale.ROOT, "{\"exact\":%b,\"in\":%d,\"out\":%d,\"keys\":%d,\"wrongKeys\":%d}%n",
            exact, in, out, counted.size(), wrong);
        return exact;
    }

    private void expect(ConsumerRecord<byte[], byte[]> record) {
        if (kind.equals("session")) {
            expectSession(record.key(), record.timestamp());
            return;
        }
        for (byte[] key : kind.equals("key") ? List.of(record.key()) : windowKeys(record.key(), record.timestamp())) {
            Counted each = of(key);
            each.expect(each.last + 1);
            outputs++;
        }
    }

    /** Windows begin at multiples of their advance, none before time began. */
    private List<byte[]> windowKeys(byte[] key, long time) {
        long first = Math.max(0, time - size + advance) / advance * advance;
        return LongStream.iterate(first, start -> start <= time, start -> start + advance)
            .mapToObj(start -> ByteBuffer.allocate(key.length + 8).put(key).putLong(start).array())
            .toList();
    }

    private void expectSession(byte[] key, long time) {
        Session session = sessions.compute(new Reader.Key(key), (name, last) ->
            last == null || time - last.end() > size ? new Session(time, time, 1) : new Session(last.start(), time, last.count() + 1));
        of(ByteBuffer.allocate(key.length + 16).put(key).putLong(session.end()).putLong(session.start()).array())
            .expect(session.count());
        outputs++;
    }

    private void check(ConsumerRecord<byte[], byte[]> record) {
        Counted each = of(record.key());
        boolean isNext = record.value() != null && record.value().length == 8
            && ByteBuffer.wrap(record.value()).getLong() == ++each.found;
        boolean isHere = each.partition < 0 || each.partition == record.partition();
        each.partition = record.partition();
        if (!isNext || !isHere) each.wrong++;
    }

    private Counted of(byte[] key) {
        return counted.computeIfAbsent(new Reader.Key(key), name -> new Counted());
    }
}
