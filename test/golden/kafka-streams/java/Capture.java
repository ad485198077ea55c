import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Properties;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.StreamsConfig.InternalConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.TopologyTestDriver;
import org.apache.kafka.streams.errors.LogAndContinueExceptionHandler;
import org.apache.kafka.streams.errors.LogAndContinueProcessingExceptionHandler;
import org.apache.kafka.streams.errors.LogAndFailExceptionHandler;
import org.apache.kafka.streams.errors.LogAndFailProcessingExceptionHandler;
import org.apache.kafka.streams.state.BuiltInDslStoreSuppliers;

/**
 * Capture STORES SCENARIOS ANSWERS: runs each scenario of a file by Kafka Streams' test driver, and writes them with what
 * came out: expected, stores, dropped, or buildError. Inputs behind an error are left out. The format is that of
 * ../../scenarios/FORMAT.md; `stores` of a scenario, where it has them, name those whose contents are wanted; `says` is what an
 * error said. STORES: rocksdb or in-memory.
 */
public final class Capture {
    private static final String APPLICATION = "golden";

    public static void main(String[] args) throws Exception {
        boolean inMemory = args[0].equals("in-memory");
        Path from = Path.of(args[args.length - 2]);
        Path to = Path.of(args[args.length - 1]);
        Path state = Files.createTempDirectory("golden-streams");
        JsonNode scenarios = Values.JSON.readTree(Files.readAllBytes(from));
        try {
            List<ObjectNode> answers = IntStream.range(0, scenarios.size())
                    .parallel()
                    .mapToObj(index -> new Capture((ObjectNode) scenarios.get(index), inMemory, state.resolve("" + index)).answer())
                    .toList();
            Files.writeString(to, Values.text(Values.NODES.arrayNode().addAll(answers)));
        } finally {
            remove(state);
        }
    }

    private final ObjectNode scenario;
    private final boolean inMemory;
    private final Path state;
    private final List<ObjectNode> seen = new ArrayList<>();

    private Capture(ObjectNode scenario, boolean inMemory, Path state) {
        this.scenario = scenario;
        this.inMemory = inMemory;
        this.state = state;
    }

    private ObjectNode answer() {
        ObjectNode answer = scenario.deepCopy();
        answer.remove(List.of("expected", "stores", "dropped", "buildError", "storeSensitive"));
        TopologyTestDriver driver;
        try {
            Topology topology = Topologies.build(scenario.get("topology"), inMemory, this::look);
            driver = new TopologyTestDriver(topology, properties(), Instant.EPOCH);
        } catch (RuntimeException failure) {
            return answer.put("buildError", failure.getClass().getSimpleName());
        }
        Steps steps = new Steps(scenario, driver, seen);
        ArrayNode inputs = answer.putArray("inputs");
        ArrayNode expected = answer.putArray("expected");
        try {
            for (JsonNode input : scenario.get("inputs")) {
                inputs.add(input);
                expected.add(steps.records(input));
            }
            answer.set("stores", new StoreContents(scenario, driver).rows());
            answer.put("dropped", steps.dropped());
        } catch (RuntimeException failure) {
            expected.addArray().addObject().put("error", Failures.wordFor(failure));
            answer.put("says", Failures.says(failure));
        } finally {
            close(driver);
        }
        return answer;
    }

    private void look(String id, Object key, Object value) {
        ObjectNode record = Values.NODES.objectNode().put("topic", "#" + id);
        record.set("key", Values.plain(key));
        record.set("value", Values.plain(value));
        seen.add(record);
    }

    private Properties properties() {
        JsonNode config = scenario.path("config");
        Properties properties = new Properties();
        properties.put(StreamsConfig.APPLICATION_ID_CONFIG, APPLICATION);
        properties.put(StreamsConfig.STATE_DIR_CONFIG, state.toString());
        properties.put(StreamsConfig.DEFAULT_KEY_SERDE_CLASS_CONFIG, Parts.Any.class);
        properties.put(StreamsConfig.DEFAULT_VALUE_SERDE_CLASS_CONFIG, Parts.Any.class);
        properties.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, config.path("cacheMaxBytes").longValue());
        properties.put(
                StreamsConfig.DESERIALIZATION_EXCEPTION_HANDLER_CLASS_CONFIG,
                goesOn(config, "onDeserializationError") ? LogAndContinueExceptionHandler.class : LogAndFailExceptionHandler.class);
        properties.put(
                StreamsConfig.PROCESSING_EXCEPTION_HANDLER_CLASS_CONFIG,
                goesOn(config, "onProcessingError") ? LogAndContinueProcessingExceptionHandler.class : LogAndFailProcessingExceptionHandler.class);
        if (config.has("dlqTopic")) properties.put(StreamsConfig.ERRORS_DEAD_LETTER_QUEUE_TOPIC_NAME_CONFIG, config.get("dlqTopic").textValue());
        if (inMemory) properties.put(StreamsConfig.DSL_STORE_SUPPLIERS_CLASS_CONFIG, BuiltInDslStoreSuppliers.InMemoryDslStoreSuppliers.class);
        properties.put(InternalConfig.EMIT_INTERVAL_MS_KSTREAMS_WINDOWED_AGGREGATION, config.path("emitIntervalMs").longValue());
        properties.put(InternalConfig.EMIT_INTERVAL_MS_KSTREAMS_OUTER_JOIN_SPURIOUS_RESULTS_FIX, config.path("emitIntervalMs").longValue());
        return properties;
    }

    private static boolean goesOn(JsonNode config, String name) {
        return config.path(name).asText("fail").equals("continue");
    }

    /** After a failure nothing is promised of the driver, closing it included. */
    private static void close(TopologyTestDriver driver) {
        try {
            driver.close();
        } catch (RuntimeException ignored) {
            // what it says has been said
        }
    }

    private static void remove(Path folder) throws IOException {
        if (!Files.exists(folder)) return;
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) Files.deleteIfExists(file);
        }
    }
}
