import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.LongNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.kstream.Branched;
import org.apache.kafka.streams.kstream.BranchedKStream;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.kstream.Repartitioned;
import org.apache.kafka.streams.processor.TimestampExtractor;
import org.apache.kafka.streams.processor.api.ProcessorSupplier;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;

/** Builds a scenario's topology, node by node. What makes tables is in Tables. */
final class Topologies {
    /** Is told what the peek or foreach node of some id sees. */
    interface Look {
        void at(String id, Object key, Object value);
    }

    private final StreamsBuilder builder = new StreamsBuilder();
    private final Map<String, KStream<Object, Object>> streams = new HashMap<>();
    private final boolean inMemory;
    private final Look look;
    private final Tables tables;

    private Topologies(boolean inMemory, Look look) {
        this.inMemory = inMemory;
        this.look = look;
        this.tables = new Tables(builder, streams);
    }

    static Topology build(JsonNode nodes, boolean inMemory, Look look) {
        Topologies topologies = new Topologies(inMemory, look);
        for (JsonNode node : nodes) topologies.add(node);
        return topologies.builder.build();
    }

    private void add(JsonNode node) {
        String id = node.path("id").asText(null);
        if (node.get("op").textValue().equals("split")) {
            split(node);
            return;
        }
        if (tables.add(node, id)) return;
        KStream<Object, Object> made = node.has("from") && node.get("from").isTextual() ? behind(node, streams.get(node.get("from").textValue())) : made(node);
        if (made != null) streams.put(id, made);
    }

    private KStream<Object, Object> made(JsonNode node) {
        switch (node.get("op").textValue()) {
            case "stream" -> {
                return builder.stream(topicsOf(node), consumed(node));
            }
            case "merge" -> {
                Iterator<JsonNode> from = node.get("from").elements();
                KStream<Object, Object> merged = streams.get(from.next().textValue());
                while (from.hasNext()) merged = merged.merge(streams.get(from.next().textValue()));
                return merged;
            }
            case "store" -> {
                builder.addStateStore(store(node));
                return null;
            }
            default -> throw new IllegalArgumentException("FORMAT.md has no " + node);
        }
    }

    private KStream<Object, Object> behind(JsonNode node, KStream<Object, Object> stream) {
        return switch (node.get("op").textValue()) {
            case "filter" -> stream.filter(Functions.predicate(node)::apply);
            case "filterNot" -> stream.filterNot(Functions.predicate(node)::apply);
            case "mapValues" -> stream.mapValues(Functions.value(node)::apply);
            case "map" -> {
                Functions.OfRecord<Object> key = Functions.key(node.get("keyFn"));
                Functions.OfRecord<Object> value = Functions.value(node.get("valueFn"));
                yield stream.map((k, v) -> new KeyValue<>(key.apply(k, v), value.apply(k, v)));
            }
            case "flatMap" -> stream.flatMap(Functions.flatMap(node)::apply);
            case "flatMapValues" -> stream.flatMapValues(Functions.flatMapValues(node)::apply);
            case "selectKey" -> stream.selectKey(Functions.key(node)::apply);
            case "peek" -> stream.peek((k, v) -> look.at(node.get("id").textValue(), k, v));
            case "foreach" -> {
                stream.foreach((k, v) -> look.at(node.get("id").textValue(), k, v));
                yield null;
            }
            case "repartition" -> {
                Repartitioned<Object, Object> repartitioned = Repartitioned.<Object, Object>as(node.get("name").textValue()).withKeySerde(Parts.ANY).withValueSerde(Parts.ANY);
                yield stream.repartition(node.has("partitions") ? repartitioned.withNumberOfPartitions(node.get("partitions").intValue()) : repartitioned);
            }
            case "process" -> {
                ProcessorSupplier<Object, Object, Object, Object> supplier = () -> Processors.of(node);
                yield stream.process(supplier, storesOf(node));
            }
            case "processValues" -> stream.processValues(() -> Processors.ofValues(node), storesOf(node));
            case "to" -> {
                Produced<Object, Object> produced = Produced.with(Parts.of(node.get("key").textValue()), Parts.of(node.get("value").textValue()));
                if (node.has("topic")) {
                    stream.to(node.get("topic").textValue(), produced);
                } else {
                    Functions.OfRecord<Object> choose = Functions.key(node.get("topicFn"));
                    stream.to((k, v, context) -> node.get("topicPrefix").textValue() + Values.str(choose.apply(k, v)), produced);
                }
                yield null;
            }
            default -> throw new IllegalArgumentException("FORMAT.md has no " + node);
        };
    }

    private void split(JsonNode node) {
        BranchedKStream<Object, Object> split = streams.get(node.get("from").textValue()).split();
        for (JsonNode branch : node.get("branches")) {
            split = split.branch(Functions.predicate(branch)::apply, Branched.withConsumer(stream -> streams.put(branch.get("id").textValue(), stream)));
        }
        if (node.has("default")) split.defaultBranch(Branched.withConsumer(stream -> streams.put(node.get("default").textValue(), stream)));
        else split.noDefaultBranch();
    }

    static List<String> topicsOf(JsonNode node) {
        List<String> topics = new ArrayList<>();
        if (node.has("topics")) node.get("topics").forEach(topic -> topics.add(topic.textValue()));
        else if (node.has("topic")) topics.add(node.get("topic").textValue());
        return topics;
    }

    static String[] storesOf(JsonNode node) {
        List<String> stores = new ArrayList<>();
        node.path("stores").forEach(store -> stores.add(store.textValue()));
        return stores.toArray(String[]::new);
    }

    static Consumed<Object, Object> consumed(JsonNode node) {
        Consumed<Object, Object> consumed = Consumed.with(Parts.of(node.get("key").textValue()), Parts.of(node.get("value").textValue()));
        return node.has("timestamp") ? consumed.withTimestampExtractor(extractor(node.get("timestamp"))) : consumed;
    }

    private static TimestampExtractor extractor(JsonNode timestamp) {
        if (timestamp.get("from").textValue().equals("wall-clock-zero")) return (record, partitionTime) -> 0;
        return (record, partitionTime) -> {
            if (Values.field(record.value(), timestamp.get("field").textValue()) instanceof LongNode time && time.longValue() >= 0) return time.longValue();
            return switch (timestamp.get("onInvalid").textValue()) {
                case "skip" -> -1;
                case "partition-time" -> partitionTime;
                default -> throw new IllegalStateException("no time in " + timestamp.get("field"));
            };
        };
    }

    private StoreBuilder<?> store(JsonNode node) {
        String name = node.get("id").textValue();
        var key = Parts.of(node.path("key").asText("string"));
        var value = Parts.of(node.path("value").asText("string"));
        Duration retention = ms(node, "retentionMs");
        boolean duplicates = node.path("retainDuplicates").booleanValue();
        return switch (node.get("kind").textValue()) {
            case "kv" -> Stores.keyValueStoreBuilder(inMemory ? Stores.inMemoryKeyValueStore(name) : Stores.persistentKeyValueStore(name), key, value);
            case "timestamped-kv" -> Stores.timestampedKeyValueStoreBuilder(
                    inMemory ? Stores.inMemoryKeyValueStore(name) : Stores.persistentTimestampedKeyValueStore(name), key, value);
            case "lru" -> Stores.keyValueStoreBuilder(Stores.lruMap(name, node.get("max").intValue()), key, value);
            case "window" -> Stores.windowStoreBuilder(
                    inMemory
                            ? Stores.inMemoryWindowStore(name, retention, ms(node, "sizeMs"), duplicates)
                            : Stores.persistentWindowStore(name, retention, ms(node, "sizeMs"), duplicates),
                    key,
                    value);
            case "session" -> Stores.sessionStoreBuilder(inMemory ? Stores.inMemorySessionStore(name, retention) : Stores.persistentSessionStore(name, retention), key, value);
            case "versioned" -> Stores.versionedKeyValueStoreBuilder(
                    node.has("segmentMs")
                            ? Stores.persistentVersionedKeyValueStore(name, ms(node, "historyMs"), ms(node, "segmentMs"))
                            : Stores.persistentVersionedKeyValueStore(name, ms(node, "historyMs")),
                    key,
                    value);
            default -> throw new IllegalArgumentException("FORMAT.md has no store of kind " + node.get("kind"));
        };
    }

    static Duration ms(JsonNode node, String name) {
        return Duration.ofMillis(node.path(name).longValue());
    }
}
