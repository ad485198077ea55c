import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.ObjectWriter;
import java.io.IOException;
import java.time.Duration;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.JoinWindows;
import org.apache.kafka.streams.kstream.KGroupedStream;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.kstream.SessionWindows;
import org.apache.kafka.streams.kstream.StreamJoined;
import org.apache.kafka.streams.kstream.TimeWindows;
import org.apache.kafka.streams.kstream.WindowedSerdes;
import org.apache.kafka.streams.state.SessionStore;

/** The benchmarks' jobs in Kafka Streams' DSL: the same as bench/apps/ has them. */
final class Jobs {
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final Duration WINDOW = Duration.ofSeconds(1);
    /** Just the gap, the default, loses sessions whose next record comes when the gap ends. */
    private static final Duration RETENTION = WINDOW.multipliedBy(2);
    private static final Serde<String> STRING = Serdes.String();

    /** What is read. */
    public record AddressIn(
        @JsonProperty("Address") String address,
        @JsonProperty("City") String city,
        @JsonProperty("State") String state,
        @JsonProperty("Postcode") String postcode) {}

    /** What is written. */
    @JsonPropertyOrder({"address", "city", "state", "postcode"})
    public record AddressOut(String address, String city, String state, String postcode) {}

    private Jobs() {}

    static void add(String job, StreamsBuilder builder, String input, String other, String output) {
        switch (job) {
            case "json-map" -> builder.stream(input, Consumed.with(STRING, json(AddressIn.class)))
                .mapValues(value -> new AddressOut(value.address(), value.city(), value.state(), value.postcode()))
                .to(output, Produced.with(STRING, json(AddressOut.class)));
            case "count" -> grouped(builder, input)
                .count(Materialized.as("counts"))
                .toStream()
                .to(output, Produced.with(STRING, Serdes.Long()));
            case "tumbling" -> grouped(builder, input)
                .windowedBy(TimeWindows.ofSizeWithNoGrace(WINDOW))
                .count(Materialized.as("windows"))
                .toStream()
                .to(output, Produced.with(WindowedSerdes.timeWindowedSerdeFrom(String.class, WINDOW.toMillis()), Serdes.Long()));
            case "hopping" -> grouped(builder, input)
                .windowedBy(TimeWindows.ofSizeWithNoGrace(WINDOW).advanceBy(WINDOW.dividedBy(2)))
                .aggregate(() -> 0L, (key, value, count) -> count + 1, Materialized.with(STRING, Serdes.Long()))
                .toStream()
                .to(output, Produced.with(WindowedSerdes.timeWindowedSerdeFrom(String.class, WINDOW.toMillis()), Serdes.Long()));
            case "session" -> grouped(builder, input)
                .windowedBy(SessionWindows.ofInactivityGapWithNoGrace(WINDOW))
                .count(Materialized.<String, Long, SessionStore<Bytes, byte[]>>as("windows").withRetention(RETENTION))
                .toStream()
                .filter((window, count) -> count != null)
                .to(output, Produced.with(WindowedSerdes.sessionWindowedSerdeFrom(String.class), Serdes.Long()));
            case "table" -> strings(builder, input)
                .join(builder.table(other, Consumed.with(STRING, STRING), Materialized.as("table")), Jobs::joined)
                .to(output, Produced.with(STRING, STRING));
            case "stream" -> strings(builder, input)
                .join(strings(builder, other), Jobs::joined, JoinWindows.ofTimeDifferenceWithNoGrace(WINDOW),
                    StreamJoined.with(STRING, STRING, STRING).withName("joined"))
                .to(output, Produced.with(STRING, STRING));
            default -> throw new IllegalArgumentException("no job " + job);
        }
    }

    private static KGroupedStream<String, byte[]> grouped(StreamsBuilder builder, String input) {
        return builder.stream(input, Consumed.with(STRING, Serdes.ByteArray())).groupByKey();
    }

    private static KStream<String, String> strings(StreamsBuilder builder, String topic) {
        return builder.stream(topic, Consumed.with(STRING, STRING));
    }

    private static String joined(String one, String other) {
        return one + "|" + other;
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
