import java.io.ByteArrayOutputStream;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Queue;

/**
 * VerifyJoin INPUT OTHER OUTPUT: the output, read with read_committed, must have each record of the input once, in the order of
 * its key, its value followed by "|" and the value that OTHER has last under its key. Exit status 0 if so, else 1.
 */
public final class VerifyJoin {
    public static void main(String[] args) throws Exception {
        Map<Reader.Key, byte[]> rows = new HashMap<>(1 << 20);
        Reader.all(args[1], true, record -> rows.put(new Reader.Key(record.key()), record.value()));
        Map<Reader.Key, Queue<byte[]>> expected = new HashMap<>(1 << 20);
        long in = Reader.all(args[0], true, record -> {
            Reader.Key key = new Reader.Key(record.key());
            expected.computeIfAbsent(key, name -> new ArrayDeque<>(1)).add(joined(record.value(), rows.get(key)));
        });
        long[] wrong = {0};
        long out = Reader.all(args[2], true, record -> {
            Queue<byte[]> left = expected.get(new Reader.Key(record.key()));
            if (left == null || !Arrays.equals(left.poll(), record.value())) wrong[0]++;
        });
        boolean exact = wrong[0] == 0 && in == out;
        System.out.printf(Locale.ROOT, "{\"exact\":%b,\"in\":%d,\"out\":%d,\"wrong\":%d}%n", exact, in, out, wrong[0]);
        System.exit(exact ? 0 : 1);
    }

    private static byte[] joined(byte[] value, byte[] row) {
        ByteArrayOutputStream joined = new ByteArrayOutputStream();
        joined.writeBytes(value);
        joined.write('|');
        joined.writeBytes(row);
        return joined.toByteArray();
    }
}
