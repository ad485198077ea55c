import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.ObjectWriter;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Produced;

/**
 * StreamsPeer INPUT OUTPUT APPLICATION-ID STATE-DIR [job=json-map|count] [SETTING=VALUE ...]: the job as a Kafka Streams application,
 * exactly once, with commits each 100 ms; whatever else is set comes from the arguments. Runs until SIGTERM.
 */
public final class StreamsPeer {
    /** What is read. */
    public record AddressIn(
        @JsonProperty("Address") String address,
        @JsonProperty("City") String city,
        @JsonProperty("State") String state,
        @JsonProperty("Postcode") String postcode) {}

    /** What is written. */
    @JsonPropertyOrder({"address", "city", "state", "postcode"})
    public record AddressOut(String address, String city, String state, String postcode) {}

    private static final ObjectMapper MAPPER = new ObjectMapper();

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
        options.remove("job");
        settings.putAll(options);

        StreamsBuilder builder = new StreamsBuilder();
        Serde<String> string = Serdes.String();
        if (job.equals("count")) {
            builder.stream(args[0], Consumed.with(string, Serdes.ByteArray()))
                .groupByKey()
                .count(Materialized.as("counts"))
                .toStream()
                .to(args[1], Produced.with(string, Serdes.Long()));
        } else builder.stream(args[0], Consumed.with(string, json(AddressIn.class)))
            .mapValues(value -> new AddressOut(value.address(), value.city(), value.state(), value.postcode()))
            .to(args[1], Produced.with(string, json(AddressOut.class)));

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

    private static <T> Serde<T> json(Class<T> type) {
        ObjectReader reader = MAPPER.readerFor(type);
        ObjectWriter writer = MAPPER.writerFor(type);
        return Serdes.serdeFrom(
            (topic, value) -> {
                try {
                    return value == null ? null : writer.writeValueAsBytes(value);
                } catch (IOException e) {
                    throw new SerializationException(e);
                }
            },
            (topic, bytes) -> {
                try {
                    return bytes == null ? null : reader.readValue(bytes);
                } catch (IOException e) {
                    throw new SerializationException(e);
                }
            });
    }
}
