import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.streams.TopologyTestDriver;
import org.apache.kafka.streams.kstream.Windowed;
import org.apache.kafka.streams.processor.StateStore;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.ReadOnlyKeyValueStore;
import org.apache.kafka.streams.state.ReadOnlyWindowStore;
import org.apache.kafka.streams.state.SessionStore;
import org.apache.kafka.streams.state.TimestampedKeyValueStore;
import org.apache.kafka.streams.state.TimestampedWindowStore;
import org.apache.kafka.streams.state.ValueAndTimestamp;
import org.apache.kafka.streams.state.VersionedKeyValueStore;
import org.apache.kafka.streams.state.VersionedRecord;
import org.apache.kafka.streams.test.TestRecord;

/** The rows of a scenario's named stores behind the last step. */
final class StoreContents {
    private final JsonNode scenario;
    private final TopologyTestDriver driver;

    StoreContents(JsonNode scenario, TopologyTestDriver driver) {
        this.scenario = scenario;
        this.driver = driver;
    }

    ObjectNode rows() {
        ObjectNode stores = Values.NODES.objectNode();
        scenario.path("stores").fieldNames().forEachRemaining(name -> stores.set(name, rowsOf(name)));
        return stores;
    }

    @SuppressWarnings("unchecked")
    private ArrayNode rowsOf(String name) {
        StateStore store = driver.getAllStateStores().get(name);
        List<ObjectNode> rows = new ArrayList<>();
        if (store instanceof VersionedKeyValueStore<?, ?>) latest(name, rows);
        else if (store instanceof SessionStore<?, ?>) sessions(name, rows);
        else if (store instanceof TimestampedKeyValueStore<?, ?>) keyValues((KeyValueIterator<Object, Object>) (Object) driver.getTimestampedKeyValueStore(name).all(), rows);
        else if (store instanceof TimestampedWindowStore<?, ?>) windows((KeyValueIterator<Windowed<Object>, Object>) (Object) driver.getTimestampedWindowStore(name).all(), rows);
        else if (store instanceof ReadOnlyWindowStore<?, ?>) windows((KeyValueIterator<Windowed<Object>, Object>) (Object) driver.getWindowStore(name).all(), rows);
        else keyValues(((ReadOnlyKeyValueStore<Object, Object>) store).all(), rows);
        rows.sort(Comparator.comparing((ObjectNode row) -> Values.text(row.get("key"))).thenComparingLong(row -> row.path("start").longValue()).thenComparingLong(row -> row.path("end").longValue()));
        return Values.NODES.arrayNode().addAll(rows);
    }

    private static void keyValues(KeyValueIterator<Object, Object> all, List<ObjectNode> rows) {
        try (all) {
            all.forEachRemaining(entry -> rows.add(row(entry.key, entry.value)));
        }
    }

    private static void windows(KeyValueIterator<Windowed<Object>, Object> all, List<ObjectNode> rows) {
        try (all) {
            all.forEachRemaining(entry -> rows.add(windowRow(entry.key, entry.value)));
        }
    }

    private static ObjectNode row(Object key, Object value) {
        ObjectNode row = Values.NODES.objectNode();
        row.set("key", Values.plain(key));
        return stored(row, value);
    }

    private static ObjectNode windowRow(Windowed<Object> key, Object value) {
        ObjectNode row = Values.NODES.objectNode();
        row.set("key", Values.plain(key.key()));
        return stored(row.put("start", key.window().start()).put("end", key.window().end()), value);
    }

    private static ObjectNode stored(ObjectNode row, Object value) {
        if (value instanceof ValueAndTimestamp<?> stamped) {
            row.set("value", Values.plain(stamped.value()));
            return row.put("timestamp", stamped.timestamp());
        }
        row.set("value", Values.plain(value));
        return row;
    }

    /** A session store lists nothing by itself: its changelog tells the keys. */
    private void sessions(String name, List<ObjectNode> rows) {
        SessionStore<Object, Object> store = driver.getSessionStore(name);
        for (Object key : keysOf(name, true)) windows(store.fetch(key), rows);
    }

    private void latest(String name, List<ObjectNode> rows) {
        VersionedKeyValueStore<Object, Object> store = driver.getVersionedKeyValueStore(name);
        for (Object key : keysOf(name, false)) {
            VersionedRecord<Object> found = store.get(key);
            if (found != null) rows.add(row(key, ValueAndTimestamp.make(found.value(), found.timestamp())));
        }
    }

    private Set<Object> keysOf(String store, boolean sessions) {
        Set<Object> keys = new HashSet<>();
        String changelog = driver.producedTopicNames().stream().filter(topic -> topic.endsWith("-" + store + "-changelog")).findAny().orElse(null);
        if (changelog == null) return keys;
        for (TestRecord<byte[], byte[]> record : driver.createOutputTopic(changelog, new ByteArrayDeserializer(), new ByteArrayDeserializer()).readRecordsToList()) {
            byte[] key = record.key();
            byte[] plain = sessions ? java.util.Arrays.copyOf(key, key.length - 2 * Long.BYTES) : key;
            keys.add(Parts.ANY.deserializer().deserialize(changelog, plain));
        }
        return keys;
    }
}
