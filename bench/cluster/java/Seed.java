import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Seed TOPIC COUNT [codec=none] [seed=1] [tricky=no]: writes COUNT addresses, partitioned by murmur2 of the key. */
public final class Seed {
    public static void main(String[] args) throws Exception {
        Map<String, String> options = Clients.options(args, 2);
        long count = Long.parseLong(args[1]);
        Addresses addresses = new Addresses(
            Integer.parseInt(options.getOrDefault("seed", "1")), options.getOrDefault("tricky", "no").equals("yes"));
        long started = System.nanoTime();
        write(args[0], count, options.getOrDefault("codec", "none"), addresses);
        System.out.printf("{\"records\":%d,\"seconds\":%.2f}%n", count, (System.nanoTime() - started) / 1e9);
    }

    private static void write(String topic, long count, String codec, Addresses addresses) {
        Properties settings = new Properties();
        settings.put("bootstrap.servers", Clients.bootstrap());
        settings.put("linger.ms", 50);
        settings.put("batch.size", 262144);
        settings.put("compression.type", codec);
        settings.put("buffer.memory", 64L << 20);
        settings.put("acks", "all");
        AtomicReference<Exception> failed = new AtomicReference<>();
        try (KafkaProducer<byte[], byte[]> producer =
                 new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer())) {
            for (long i = 0; i < count && failed.get() == null; i++) {
                byte[] key = addresses.nextKey().getBytes(StandardCharsets.UTF_8);
                byte[] value = addresses.nextValue().getBytes(StandardCharsets.UTF_8);
                producer.send(new ProducerRecord<>(topic, key, value), (metadata, error) -> {
                    if (error != null) failed.compareAndSet(null, error);
                });
            }
            producer.flush();
        }
        if (failed.get() != null) throw new IllegalStateException(failed.get());
    }
}
