import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/**
 * VerifyCounts INPUT OUTPUT: the output, read with read_committed, must have for each key of the input the counts from 1
 * to the number of its records, each once and in this order, in one partition. Exit status 0 if so, else 1.
 */
public final class VerifyCounts {
    private static final class Counted {
        long expected;
        long found;
        long wrong;
        int partition = -1;
    }

    public static void main(String[] args) throws Exception {
        Map<Reader.Key, Counted> keys = new HashMap<>(1 << 16);
        long in = Reader.all(args[0], true, record ->
            keys.computeIfAbsent(new Reader.Key(record.key()), key -> new Counted()).expected++);
        long out = Reader.all(args[1], true, record -> {
            Counted counted = keys.computeIfAbsent(new Reader.Key(record.key()), key -> new Counted());
            boolean isNext = record.value() != null && record.value().length == 8
                && ByteBuffer.wrap(record.value()).getLong() == ++counted.found;
            boolean isHere = counted.partition < 0 || counted.partition == record.partition();
            counted.partition = record.partition();
            if (!isNext || !isHere) counted.wrong++;
        });
        long wrong = keys.values().stream().filter(each -> each.wrong > 0 || each.expected != each.found).count();
        System.out.printf(Locale.ROOT, "{\"exact\":%b,\"in\":%d,\"out\":%d,\"keys\":%d,\"wrongKeys\":%d}%n",
            wrong == 0 && in == out, in, out, keys.size(), wrong);
        System.exit(wrong == 0 && in == out ? 0 : 1);
    }
}
