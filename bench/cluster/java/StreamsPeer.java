import java.time.Duration;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;

/**
 * StreamsPeer INPUT OUTPUT APPLICATION-ID STATE-DIR [job=NAME] [other=TOPIC] [SETTING=VALUE ...]: the job (see Jobs) as a Kafka Streams application,
 * exactly once, with commits each 100 ms; whatever else is set comes from the arguments. Runs until SIGTERM.
 */
public final class StreamsPeer {
    public static void main(String[] args) throws Exception {
        Properties settings = new Properties();
        settings.put(StreamsConfig.APPLICATION_ID_CONFIG, args[2]);
        settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, Clients.bootstrap());
        settings.put(StreamsConfig.STATE_DIR_CONFIG, args[3]);
        settings.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
        settings.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, "100");
        settings.put(StreamsConfig.consumerPrefix("auto.offset.reset"), "earliest");
        Map<String, String> options = Clients.options(args, 4);
        String job = options.getOrDefault("job", "json-map");
        String other = options.getOrDefault("other", "");
        options.keySet().removeAll(Set.of("job", "other"));
        settings.putAll(options);

        StreamsBuilder builder = new StreamsBuilder();
        Jobs.add(job, builder, args[0], other, args[1]);

        KafkaStreams streams = new KafkaStreams(builder.build(settings), settings);
        CountDownLatch ended = new CountDownLatch(1);
        streams.setUncaughtExceptionHandler(error -> {
            error.printStackTrace();
            return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
        });
        streams.setStateListener((now, before) -> {
            if (now == KafkaStreams.State.ERROR || now == KafkaStreams.State.NOT_RUNNING) ended.countDown();
        });
        Runtime.getRuntime().addShutdownHook(new Thread(() -> streams.close(Duration.ofSeconds(15))));
        streams.start();
        ended.await();
        if (streams.state() == KafkaStreams.State.ERROR) System.exit(1);
    }
}
