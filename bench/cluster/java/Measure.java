import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.apache.kafka.clients.admin.AdminClient;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.record.TimestampType;

/**
 * Measure TOPIC COUNT [brokers=PID,PID] [stall=120]: says "ready", reads the id of the process to be measured from
 * standard input, watches the last stable offsets of TOPIC until it can hold COUNT records, then counts them with
 * read_committed. The span runs from the first to the last LogAppendTime, so that the start of the process is not
 * in it; `stall` is in seconds without any progress.
 * Exit status 0: exactly COUNT; 1: more than that; 2: stalled before.
 */
public final class Measure {
    private static final long SETTLE_NS = 500_000_000L;
    private static final long OPEN_MAX_NS = 5_000_000_000L;

    private final AdminClient admin = Clients.admin();
    private final KafkaConsumer<byte[], byte[]> consumer = Clients.consumer(true);
    private final String topic;
    private final long expected;
    private final List<TopicPartition> partitions;
    private ProcessTree app;
    private final ProcessTree brokers;
    private long counted;
    private long firstMs = Long.MAX_VALUE;
    private long lastMs = Long.MIN_VALUE;

    private Measure(String topic, long expected, Map<String, String> options) throws Exception {
        this.topic = topic;
        this.expected = expected;
        this.partitions = Clients.partitions(admin, topic);
        this.brokers = new ProcessTree(options.getOrDefault("brokers", ""));
        consumer.assign(partitions);
        consumer.seekToBeginning(partitions);
    }

    public static void main(String[] args) throws Exception {
        Map<String, String> options = Clients.options(args, 2);
        long stallNs = Long.parseLong(options.getOrDefault("stall", "120")) * 1_000_000_000L;
        System.exit(new Measure(args[0], Long.parseLong(args[1]), options).watch(stallNs));
    }

    private int watch(long stallNs) throws Exception {
        highWatermark(); // so that connections and code are warm
        System.out.println("ready");
        app = new ProcessTree(new BufferedReader(new InputStreamReader(System.in)).readLine());
        long started = System.nanoTime();
        long changed = started;
        long seen = 0;
        double cpu = 0;
        double cpuBefore = 0; // used by the process before its first output was visible
        double brokersBefore = brokers.cpuSeconds();
        double brokersCpu = 0;
        int status = -1;
        while (status < 0) {
            Map<TopicPartition, Long> stable = Clients.offsets(admin, partitions, OffsetSpec.latest(), true);
            long end = Clients.sum(stable);
            long now = System.nanoTime();
            if (end > seen) {
                seen = end;
                changed = now;
                cpu = app.cpuSeconds();
                brokersCpu = brokers.cpuSeconds() - brokersBefore;
            } else if (seen == 0) {
                cpuBefore = app.cpuSeconds();
            }
            if (seen >= expected && now - changed >= SETTLE_NS) {
                readTo(stable);
                boolean open = highWatermark() > seen;
                if (counted > expected) status = 1;
                else if (counted == expected && (!open || now - changed >= OPEN_MAX_NS)) status = 0;
            }
            if (status < 0 && now - changed > stallNs) {
                readTo(stable);
                status = counted > expected ? 1 : 2;
            }
            if (status < 0) Thread.sleep(100);
        }
        double span = counted == 0 ? 0 : (lastMs - firstMs) / 1000.0;
        System.out.printf(Locale.ROOT, "{\"records\":%d,\"spanSeconds\":%.3f,\"recordsPerSecond\":%.0f,\"wallSeconds\":%.2f,\"cpuSeconds\":%.2f,"
            + "\"cpuSecondsBeforeOutput\":%.2f,\"rssPeakMiB\":%d,\"brokersCpuSeconds\":%.2f,\"offsets\":%d,\"openOffsets\":%d}%n",
            counted, span, span == 0 ? 0 : counted / span, (changed - started) / 1e9, cpu, cpuBefore, app.peakMiB(), brokersCpu, seen,
            highWatermark() - seen);
        return status;
    }

    private long highWatermark() throws Exception {
        return Clients.sum(Clients.offsets(admin, partitions, OffsetSpec.latest(), false));
    }

    private void readTo(Map<TopicPartition, Long> end) {
        while (partitions.stream().anyMatch(partition -> consumer.position(partition) < end.get(partition))) {
            for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(500))) {
                if (record.timestampType() != TimestampType.LOG_APPEND_TIME)
                    throw new IllegalStateException(topic + " must have message.timestamp.type=LogAppendTime");
                counted++;
                firstMs = Math.min(firstMs, record.timestamp());
                lastMs = Math.max(lastMs, record.timestamp());
            }
        }
    }
}
