import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.streams.TestInputTopic;
import org.apache.kafka.streams.TestOutputTopic;
import org.apache.kafka.streams.TopologyTestDriver;
import org.apache.kafka.streams.test.TestRecord;

/** Takes a scenario's inputs one by one to the driver, and what comes out of it. */
final class Steps {
    private static final String OF_ERRORS = "__streams.errors.";

    private final JsonNode scenario;
    private final TopologyTestDriver driver;
    /** What peek and foreach nodes have seen since the last step. */
    private final List<ObjectNode> seen;

    private final Map<String, TestInputTopic<byte[], byte[]>> inputs = new HashMap<>();
    private final Map<String, TestOutputTopic<byte[], byte[]>> outputs = new HashMap<>();

    Steps(JsonNode scenario, TopologyTestDriver driver, List<ObjectNode> seen) {
        this.scenario = scenario;
        this.driver = driver;
        this.seen = seen;
    }

    /** Sorted by topic. */
    ArrayNode records(JsonNode step) {
        seen.clear();
        if (step.has("advanceWallClockMs")) driver.advanceWallClockTime(Duration.ofMillis(step.get("advanceWallClockMs").longValue()));
        else pipe(step);
        List<ObjectNode> records = new ArrayList<>(seen);
        for (String topic : driver.producedTopicNames()) {
            JsonNode sink = sinkOf(topic);
            if (sink != null) records.addAll(read(topic, sink.get("key").textValue(), sink.get("value").textValue()));
            else if (topic.equals(scenario.path("config").path("dlqTopic").textValue())) records.addAll(read(topic, "text", "text"));
        }
        records.sort(Comparator.comparing(record -> record.get("topic").textValue()));
        return Values.NODES.arrayNode().addAll(records);
    }

    long dropped() {
        return driver.metrics().entrySet().stream()
                .filter(metric -> metric.getKey().name().equals("dropped-records-total"))
                .mapToLong(metric -> ((Number) metric.getValue().metricValue()).longValue())
                .sum();
    }

    private void pipe(JsonNode input) {
        String topic = input.get("topic").textValue();
        JsonNode source = sourceOf(topic);
        RecordHeaders headers = new RecordHeaders();
        input.path("headers").forEach(header -> headers.add(header.get(0).textValue(), header.get(1).textValue().getBytes(StandardCharsets.UTF_8)));
        byte[] key = Parts.input(source.get("key").textValue(), input.get("key"), input.get("keyRaw"));
        byte[] value = Parts.input(source.get("value").textValue(), input.get("value"), input.get("valueRaw"));
        inputs.computeIfAbsent(topic, name -> driver.createInputTopic(name, new ByteArraySerializer(), new ByteArraySerializer()))
                .pipeInput(new TestRecord<>(key, value, headers, input.get("timestamp").longValue()));
    }

    private JsonNode sourceOf(String topic) {
        for (JsonNode node : scenario.get("topology")) {
            if (!node.has("from") && Topologies.topicsOf(node).contains(topic)) return node;
        }
        throw new IllegalArgumentException("an input goes to " + topic + ", which no source reads");
    }

    /** Null: an internal topic. */
    private JsonNode sinkOf(String topic) {
        JsonNode dynamic = null;
        for (JsonNode node : scenario.get("topology")) {
            if (!node.get("op").textValue().equals("to")) continue;
            if (topic.equals(node.path("topic").textValue())) return node;
            if (node.has("topicFn") && topic.startsWith(node.path("topicPrefix").asText(""))) dynamic = node;
        }
        return dynamic;
    }

    private List<ObjectNode> read(String topic, String keyType, String valueType) {
        List<ObjectNode> records = new ArrayList<>();
        TestOutputTopic<byte[], byte[]> output =
                outputs.computeIfAbsent(topic, name -> driver.createOutputTopic(name, new ByteArrayDeserializer(), new ByteArrayDeserializer()));
        for (TestRecord<byte[], byte[]> record : output.readRecordsToList()) {
            ObjectNode made = Values.NODES.objectNode().put("topic", topic);
            made.set("key", Parts.output(keyType, record.key()));
            made.set("value", Parts.output(valueType, record.value()));
            made.put("timestamp", record.timestamp());
            ArrayNode headers = Values.NODES.arrayNode();
            for (Header header : record.headers()) headers.addArray().add(header.key()).add(textOf(header));
            if (!headers.isEmpty()) made.set("headers", headers);
            records.add(made);
        }
        return records;
    }

    /** "*" stands for any text. */
    private static String textOf(Header header) {
        if (header.value() == null) return null;
        String name = header.key();
        boolean any = name.equals(OF_ERRORS + "exception") || name.equals(OF_ERRORS + "message") || name.equals(OF_ERRORS + "stacktrace");
        String text = new String(header.value(), StandardCharsets.UTF_8);
        boolean internal = name.equals(OF_ERRORS + "topic") && text.endsWith("-repartition");
        return any || internal ? "*" : text;
    }
}
