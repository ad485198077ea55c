import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.admin.AdminClient;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.ListOffsetsResult;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionInfo;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** Kafka's own clients, as the tools use them. The cluster is named by -Dbootstrap. */
final class Clients {
    private Clients() {}

    static String bootstrap() {
        return System.getProperty("bootstrap");
    }

    static AdminClient admin() {
        Properties settings = new Properties();
        settings.put("bootstrap.servers", bootstrap());
        settings.put("request.timeout.ms", "10000");
        settings.put("default.api.timeout.ms", "60000");
        return AdminClient.create(settings);
    }

    static KafkaConsumer<byte[], byte[]> consumer(boolean committed) {
        Properties settings = new Properties();
        settings.put("bootstrap.servers", bootstrap());
        settings.put("enable.auto.commit", "false");
        settings.put("isolation.level", committed ? "read_committed" : "read_uncommitted");
        settings.put("auto.offset.reset", "earliest");
        settings.put("max.poll.records", "20000");
        settings.put("fetch.max.bytes", Integer.toString(32 << 20));
        settings.put("max.partition.fetch.bytes", Integer.toString(8 << 20));
        settings.put("receive.buffer.bytes", Integer.toString(1 << 20));
        return new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }

    static List<TopicPartition> partitions(AdminClient admin, String topic) throws Exception {
        List<TopicPartition> partitions = new ArrayList<>();
        for (TopicPartitionInfo info : admin.describeTopics(List.of(topic)).allTopicNames().get().get(topic).partitions())
            partitions.add(new TopicPartition(topic, info.partition()));
        return partitions;
    }

    /** With `committed` the latest offset is the last stable one, else the high watermark. */
    static Map<TopicPartition, Long> offsets(AdminClient admin, List<TopicPartition> partitions, OffsetSpec spec, boolean committed)
            throws Exception {
        Map<TopicPartition, OffsetSpec> asked = new HashMap<>();
        for (TopicPartition partition : partitions) asked.put(partition, spec);
        ListOffsetsResult answer = admin.listOffsets(asked, new ListOffsetsOptions(
            committed ? IsolationLevel.READ_COMMITTED : IsolationLevel.READ_UNCOMMITTED));
        Map<TopicPartition, Long> offsets = new HashMap<>();
        for (TopicPartition partition : partitions) offsets.put(partition, answer.partitionResult(partition).get().offset());
        return offsets;
    }

    static long sum(Map<TopicPartition, Long> offsets) {
        return offsets.values().stream().mapToLong(Long::longValue).sum();
    }

    /** NAME=VALUE arguments from index `from` on. */
    static Map<String, String> options(String[] args, int from) {
        Map<String, String> options = new HashMap<>();
        for (int i = from; i < args.length; i++) {
            int equals = args[i].indexOf('=');
            options.put(args[i].substring(0, equals), args[i].substring(equals + 1));
        }
        return options;
    }
}
