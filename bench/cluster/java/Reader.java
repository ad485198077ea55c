import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.apache.kafka.clients.admin.AdminClient;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;

/**
 * Reads a topic from its beginning to its end as it is now. What a transaction has written that is still open belongs to it:
 * how it ends is waited for.
 */
final class Reader {
    private static final long STALL_NS = 60_000_000_000L;

    private Reader() {}

    static long all(String topic, boolean committed, Consumer<ConsumerRecord<byte[], byte[]>> take) throws Exception {
        long count = 0;
        try (AdminClient admin = Clients.admin(); KafkaConsumer<byte[], byte[]> consumer = Clients.consumer(committed)) {
            List<TopicPartition> partitions = Clients.partitions(admin, topic);
            Map<TopicPartition, Long> end = Clients.offsets(admin, partitions, OffsetSpec.latest(), false);
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            long moved = System.nanoTime();
            while (partitions.stream().anyMatch(partition -> consumer.position(partition) < end.get(partition))) {
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(500))) {
                    if (record.offset() >= end.get(new TopicPartition(topic, record.partition()))) continue;
                    count++;
                    take.accept(record);
                    moved = System.nanoTime();
                }
                if (System.nanoTime() - moved > STALL_NS) throw new IllegalStateException("no progress on " + topic);
            }
        }
        return count;
    }

    /** A byte array as the key of a map. */
    static final class Key {
        private static final byte[] NULL = {0, 'n', 'u', 'l', 'l'};
        private final byte[] bytes;
        private final int hash;

        Key(byte[] bytes) {
            this.bytes = bytes == null ? NULL : bytes;
            this.hash = Arrays.hashCode(this.bytes);
        }

        boolean isNull() {
            return bytes == NULL;
        }

        @Override
        public int hashCode() {
            return hash;
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Key key && Arrays.equals(bytes, key.bytes);
        }

        @Override
        public String toString() {
            return new String(bytes, java.nio.charset.StandardCharsets.UTF_8);
        }
    }
}
