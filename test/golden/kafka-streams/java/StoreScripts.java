import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.kstream.Windowed;
import org.apache.kafka.streams.kstream.internals.SessionWindow;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.SessionStore;
import org.apache.kafka.streams.state.ValueAndTimestamp;
import org.apache.kafka.streams.state.VersionedKeyValueStore;
import org.apache.kafka.streams.state.VersionedRecord;
import org.apache.kafka.streams.state.WindowStore;
import org.apache.kafka.streams.state.WindowStoreIterator;

/** The store scripts of FORMAT.md: a command on a store, and what it gives. */
final class StoreScripts {
    private static final JsonNode OK = TextNode.valueOf("ok");

    private StoreScripts() {}

    @SuppressWarnings("unchecked")
    static JsonNode run(String kind, Object store, JsonNode command) {
        return switch (kind) {
            case "kv-script" -> keyValue((KeyValueStore<Object, Object>) store, command);
            case "versioned-script" -> versioned((VersionedKeyValueStore<Object, Object>) store, command);
            case "window-script" -> window((WindowStore<Object, Object>) store, command);
            case "session-script" -> session((SessionStore<Object, Object>) store, command);
            default -> throw new IllegalArgumentException("FORMAT.md has no script " + kind);
        };
    }

    private static Object part(JsonNode command, String name) {
        return Values.constant(command.get(name));
    }

    private static <R> R unknown(JsonNode command) {
        throw new IllegalArgumentException("FORMAT.md has no command " + command.get("cmd"));
    }

    private static JsonNode keyValue(KeyValueStore<Object, Object> store, JsonNode command) {
        Object key = part(command, "k");
        Object value = stored(command.get("v"), command.get("t"));
        Object from = part(command, "from");
        Object to = part(command, "to");
        switch (command.get("cmd").textValue()) {
            case "put" -> {
                store.put(key, value);
                return OK;
            }
            case "putAll" -> {
                List<KeyValue<Object, Object>> entries = new ArrayList<>();
                for (JsonNode entry : command.get("entries")) entries.add(new KeyValue<>(Values.constant(entry.get(0)), stored(entry.get(1), entry.get(2))));
                store.putAll(entries);
                return OK;
            }
            case "putIfAbsent" -> {
                return shown(store.putIfAbsent(key, value));
            }
            case "delete" -> {
                return shown(store.delete(key));
            }
            case "get" -> {
                return shown(store.get(key));
            }
            case "range" -> {
                return entries(store.range(from, to));
            }
            case "reverseRange" -> {
                return entries(store.reverseRange(from, to));
            }
            case "all" -> {
                return entries(store.all());
            }
            case "reverseAll" -> {
                return entries(store.reverseAll());
            }
            case "prefix" -> {
                return entries(store.prefixScan(command.get("p").textValue(), Serdes.String().serializer()));
            }
            default -> {
                return unknown(command);
            }
        }
    }

    private static Object stored(JsonNode value, JsonNode timestamp) {
        Object plain = Values.constant(value);
        return plain == null || timestamp == null ? plain : ValueAndTimestamp.make(plain, timestamp.longValue());
    }

    private static JsonNode shown(Object stored) {
        if (!(stored instanceof ValueAndTimestamp<?> stamped)) return Values.plain(stored);
        return Values.NODES.arrayNode().add(Values.plain(stamped.value())).add(stamped.timestamp());
    }

    private static JsonNode entries(KeyValueIterator<Object, Object> found) {
        ArrayNode list = Values.NODES.arrayNode();
        try (found) {
            found.forEachRemaining(entry -> list.addArray().add(Values.plain(entry.key)).add(shown(entry.value)));
        }
        return list;
    }

    private static JsonNode versioned(VersionedKeyValueStore<Object, Object> store, JsonNode command) {
        Object key = part(command, "k");
        long time = command.path("t").longValue();
        return switch (command.get("cmd").textValue()) {
            case "put" -> {
                long until = store.put(key, part(command, "v"), time);
                if (until == VersionedKeyValueStore.PUT_RETURN_CODE_VALID_TO_UNDEFINED) yield TextNode.valueOf("latest");
                yield until == VersionedKeyValueStore.PUT_RETURN_CODE_NOT_PUT ? TextNode.valueOf("not-put") : Values.plain(until);
            }
            case "delete" -> version(store.delete(key, time));
            case "get" -> version(store.get(key));
            case "getAsOf" -> version(store.get(key, time));
            default -> unknown(command);
        };
    }

    private static JsonNode version(VersionedRecord<Object> found) {
        return found == null ? NullNode.instance : Values.NODES.arrayNode().add(Values.plain(found.value())).add(found.timestamp());
    }

    private static JsonNode window(WindowStore<Object, Object> store, JsonNode command) {
        Object key = part(command, "k");
        Object key2 = part(command, "k2");
        long from = command.path("from").longValue();
        long to = command.path("to").longValue();
        long time = command.path("t").longValue();
        return switch (command.get("cmd").textValue()) {
            case "put" -> {
                store.put(key, part(command, "v"), time);
                yield OK;
            }
            case "fetchOne" -> shown(store.fetch(key, time));
            case "fetch" -> values(store.fetch(key, from, to));
            case "backwardFetch" -> values(store.backwardFetch(key, from, to));
            case "fetchRange" -> windows(store.fetch(key, key2, from, to));
            case "backwardFetchRange" -> windows(store.backwardFetch(key, key2, from, to));
            case "fetchAll" -> windows(store.fetchAll(from, to));
            case "backwardFetchAll" -> windows(store.backwardFetchAll(from, to));
            case "all" -> windows(store.all());
            case "backwardAll" -> windows(store.backwardAll());
            default -> unknown(command);
        };
    }

    private static JsonNode session(SessionStore<Object, Object> store, JsonNode command) {
        Object key = part(command, "k");
        Object key2 = part(command, "k2");
        long start = command.path("s").longValue();
        long end = command.path("e").longValue();
        return switch (command.get("cmd").textValue()) {
            case "put" -> {
                store.put(new Windowed<>(key, new SessionWindow(start, end)), part(command, "v"));
                yield OK;
            }
            case "remove" -> {
                store.remove(new Windowed<>(key, new SessionWindow(start, end)));
                yield OK;
            }
            case "fetch" -> windows(store.fetch(key));
            case "backwardFetch" -> windows(store.backwardFetch(key));
            case "fetchRange" -> windows(store.fetch(key, key2));
            case "fetchSession" -> shown(store.fetchSession(key, start, end));
            case "findSessions" -> windows(store.findSessions(key, start, end));
            case "backwardFindSessions" -> windows(store.backwardFindSessions(key, start, end));
            case "findSessionsRange" -> windows(store.findSessions(key, key2, start, end));
            default -> unknown(command);
        };
    }

    private static JsonNode values(WindowStoreIterator<Object> found) {
        ArrayNode list = Values.NODES.arrayNode();
        try (found) {
            found.forEachRemaining(entry -> list.addArray().add(entry.key).add(Values.plain(entry.value)));
        }
        return list;
    }

    private static JsonNode windows(KeyValueIterator<Windowed<Object>, Object> found) {
        ArrayNode list = Values.NODES.arrayNode();
        try (found) {
            found.forEachRemaining(entry -> list.addArray()
                    .add(Values.plain(entry.key.key()))
                    .add(entry.key.window().start())
                    .add(entry.key.window().end())
                    .add(Values.plain(entry.value)));
        }
        return list;
    }
}
