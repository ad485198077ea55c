import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Seed TOPIC COUNT [codec=none] [seed=1] [tricky=no] [poison=no] [rate=0] [keys=0] [inOrder=no] [base=0] [perMs=1]: writes COUNT
 * addresses, orders with one poisonous in a hundred, or events of so many keys, partitioned by murmur2 of the key. With a base,
 * in milliseconds since the epoch, timestamps begin there, and so many records have the same. With a rate (records a second) it says "flowing" once the first record is stored, and stops early when its
 * standard input has ended.
 */
public final class Seed {
    private static final int PACE = 100; // records between two looks at the clock
    private static volatile boolean inputEnded;

    public static void main(String[] args) throws Exception {
        Map<String, String> options = Clients.options(args, 2);
        long count = Long.parseLong(args[1]);
        int seed = Integer.parseInt(options.getOrDefault("seed", "1"));
        int keys = Integer.parseInt(options.getOrDefault("keys", "0"));
        Records records = keys > 0
            ? new Events(keys, options.getOrDefault("inOrder", "no").equals("yes"), seed)
            : options.getOrDefault("poison", "no").equals("yes")
                ? new Orders(seed)
                : new Addresses(seed, options.getOrDefault("tricky", "no").equals("yes"));
        long rate = Long.parseLong(options.getOrDefault("rate", "0"));
        if (rate > 0) watchInput();
        long started = System.nanoTime();
        long base = Long.parseLong(options.getOrDefault("base", "0"));
        long perMs = Long.parseLong(options.getOrDefault("perMs", "1"));
        Times times = number -> base == 0 ? null : Long.valueOf(base + number / perMs);
        long written = write(args[0], count, rate, options.getOrDefault("codec", "none"), records, times);
        System.out.printf("{\"records\":%d,\"seconds\":%.2f}%n", written, (System.nanoTime() - started) / 1e9);
    }

    private static long write(String topic, long count, long rate, String codec, Records records, Times times)
            throws Exception {
        Properties settings = new Properties();
        settings.put("bootstrap.servers", Clients.bootstrap());
        settings.put("linger.ms", 50);
        settings.put("batch.size", 262144);
        settings.put("compression.type", codec);
        settings.put("buffer.memory", 64L << 20);
        settings.put("acks", "all");
        settings.put("delivery.timeout.ms", 300_000); // brokers may be killed meanwhile
        AtomicReference<Exception> failed = new AtomicReference<>();
        AtomicBoolean flowing = new AtomicBoolean(rate == 0);
        long written = 0;
        try (KafkaProducer<byte[], byte[]> producer =
                 new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer())) {
            long started = System.nanoTime();
            for (; written < count && failed.get() == null; written++) {
                if (rate > 0 && written % PACE == 0) {
                    if (inputEnded) break;
                    long aheadMs = written * 1000 / rate - (System.nanoTime() - started) / 1_000_000;
                    if (aheadMs > 0) Thread.sleep(aheadMs);
                }
                String name = records.nextKey();
                byte[] key = name == null ? null : name.getBytes(StandardCharsets.UTF_8);
                byte[] value = records.nextValue().getBytes(StandardCharsets.UTF_8);
                producer.send(new ProducerRecord<>(topic, null, times.of(written), key, value), (metadata, error) -> {
                    if (error != null) failed.compareAndSet(null, error);
                    else if (flowing.compareAndSet(false, true)) System.out.println("flowing");
                });
            }
            producer.flush();
        }
        if (failed.get() != null) throw new IllegalStateException(failed.get());
        return written;
    }

    /** Timestamps by the number of the record; null: the present. */
    interface Times {
        Long of(long written);
    }

    /** What is written: a key or null, then its value, in turn. */
    interface Records {
        String nextKey();

        String nextValue();
    }

    private static void watchInput() {
        Thread watch = new Thread(() -> {
            try {
                while (System.in.read() >= 0) {
                    // still wanted
                }
            } catch (IOException e) {
                System.err.println("standard input: " + e);
            }
            inputEnded = true;
        }, "watch");
        watch.setDaemon(true);
        watch.start();
    }
}
