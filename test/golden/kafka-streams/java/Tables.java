import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.kstream.CogroupedKStream;
import org.apache.kafka.streams.kstream.EmitStrategy;
import org.apache.kafka.streams.kstream.GlobalKTable;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.Initializer;
import org.apache.kafka.streams.kstream.JoinWindows;
import org.apache.kafka.streams.kstream.Joined;
import org.apache.kafka.streams.kstream.KGroupedStream;
import org.apache.kafka.streams.kstream.KGroupedTable;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.kstream.KTable;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.SessionWindowedCogroupedKStream;
import org.apache.kafka.streams.kstream.SessionWindowedKStream;
import org.apache.kafka.streams.kstream.SessionWindows;
import org.apache.kafka.streams.kstream.SlidingWindows;
import org.apache.kafka.streams.kstream.StreamJoined;
import org.apache.kafka.streams.kstream.Suppressed;
import org.apache.kafka.streams.kstream.Suppressed.BufferConfig;
import org.apache.kafka.streams.kstream.Suppressed.StrictBufferConfig;
import org.apache.kafka.streams.kstream.TimeWindowedCogroupedKStream;
import org.apache.kafka.streams.kstream.TimeWindowedKStream;
import org.apache.kafka.streams.kstream.TimeWindows;
import org.apache.kafka.streams.kstream.ValueJoinerWithKey;
import org.apache.kafka.streams.processor.StateStore;
import org.apache.kafka.streams.state.Stores;

/** Tables, aggregations and joins of a scenario's topology. Keys of windowed tables are just keys here, hence the casts. */
@SuppressWarnings({"unchecked", "rawtypes"})
final class Tables {
    private final StreamsBuilder builder;
    private final Map<String, KStream<Object, Object>> streams;
    private final Map<String, KTable<Object, Object>> tables = new HashMap<>();
    private final Map<String, GlobalKTable<Object, Object>> globals = new HashMap<>();
    /** Grouped streams and tables, cogrouped and windowed streams. */
    private final Map<String, Object> groups = new HashMap<>();

    Tables(StreamsBuilder builder, Map<String, KStream<Object, Object>> streams) {
        this.builder = builder;
        this.streams = streams;
    }

    /** False: the node has to do with streams alone. */
    boolean add(JsonNode node, String id) {
        String from = node.path("from").asText(null);
        switch (node.get("op").textValue()) {
            case "table" -> tables.put(id, source(node, id));
            case "globalTable" -> globals.put(id, builder.globalTable(node.get("topic").textValue(), Topologies.consumed(node), kept(node)));
            case "toTable" -> tables.put(id, streams.get(from).toTable(versioned(node, id)));
            case "toStream" -> {
                KTable<Object, Object> table = tables.get(from);
                streams.put(id, node.has("keyFn") ? table.toStream(Functions.key(node.get("keyFn"))::apply) : table.toStream());
            }
            case "filter", "filterNot", "mapValues", "transformValues", "suppress" -> {
                if (!tables.containsKey(from)) return false;
                tables.put(id, behind(node, tables.get(from)));
            }
            case "groupByKey", "groupBy" -> groups.put(id, grouped(node, from));
            case "cogroup" -> groups.put(id, cogrouped(node));
            case "windowedBy" -> groups.put(id, windowed(node, groups.get(from)));
            case "count" -> tables.put(id, counted(node, groups.get(from)));
            case "reduce" -> tables.put(id, reduced(node, groups.get(from)));
            case "aggregate" -> tables.put(id, aggregated(node, groups.get(from)));
            case "join" -> join(node, id);
            default -> {
                return false;
            }
        }
        return true;
    }

    private KTable<Object, Object> source(JsonNode node, String id) {
        String topic = node.get("topic").textValue();
        return node.has("store") || node.has("versionedMs")
                ? builder.table(topic, Topologies.consumed(node), versioned(node, id))
                : builder.table(topic, Topologies.consumed(node));
    }

    private KTable<Object, Object> behind(JsonNode node, KTable<Object, Object> table) {
        boolean stored = node.has("store");
        switch (node.get("op").textValue()) {
            case "filter" -> {
                var holds = Functions.predicate(node);
                return stored ? table.filter(holds::apply, kept(node)) : table.filter(holds::apply);
            }
            case "filterNot" -> {
                var holds = Functions.predicate(node);
                return stored ? table.filterNot(holds::apply, kept(node)) : table.filterNot(holds::apply);
            }
            case "mapValues" -> {
                var make = Functions.value(node);
                return stored ? table.mapValues(make::apply, kept(node)) : table.mapValues(make::apply);
            }
            case "transformValues" -> {
                String[] stores = Topologies.storesOf(node);
                return stored ? table.transformValues(() -> Processors.ofTable(node), kept(node), stores) : table.transformValues(() -> Processors.ofTable(node), stores);
            }
            default -> {
                return table.suppress(suppressed(node));
            }
        }
    }

    private static Suppressed suppressed(JsonNode node) {
        boolean bounded = node.has("maxRecords");
        long most = node.path("maxRecords").longValue();
        StrictBufferConfig strict = bounded ? BufferConfig.maxRecords(most).shutDownWhenFull() : BufferConfig.unbounded();
        if (node.get("until").textValue().equals("window-closes")) return Suppressed.untilWindowCloses(strict);
        boolean early = bounded && node.path("whenFull").asText("emit-early").equals("emit-early");
        return Suppressed.untilTimeLimit(Topologies.ms(node, "ms"), early ? BufferConfig.maxRecords(most).emitEarlyWhenFull() : strict);
    }

    private Object grouped(JsonNode node, String from) {
        if (!node.has("keyFn")) return streams.get(from).groupByKey(Grouped.with(Parts.ANY, Parts.ANY));
        var key = Functions.key(node.get("keyFn"));
        if (!tables.containsKey(from)) return streams.get(from).groupBy(key::apply, Grouped.with(Parts.ANY, Parts.ANY));
        Functions.OfRecord<Object> value = node.has("valueFn") ? Functions.value(node.get("valueFn")) : (k, v) -> v;
        return tables.get(from).groupBy((k, v) -> new KeyValue<>(key.apply(k, v), value.apply(k, v)), Grouped.with(Parts.ANY, Parts.ANY));
    }

    private CogroupedKStream<Object, Object> cogrouped(JsonNode node) {
        Iterator<JsonNode> inputs = node.get("inputs").elements();
        JsonNode first = inputs.next();
        CogroupedKStream<Object, Object> cogrouped = group(first).cogroup(Functions.aggregator(first)::apply);
        while (inputs.hasNext()) {
            JsonNode next = inputs.next();
            cogrouped = cogrouped.cogroup(group(next), Functions.aggregator(next)::apply);
        }
        return cogrouped;
    }

    private KGroupedStream<Object, Object> group(JsonNode input) {
        return (KGroupedStream<Object, Object>) groups.get(input.get("from").textValue());
    }

    private static Object windowed(JsonNode node, Object group) {
        JsonNode window = node.get("window");
        Duration grace = Topologies.ms(window, "graceMs");
        Object made;
        switch (window.get("type").textValue()) {
            case "tumbling", "hopping" -> {
                TimeWindows windows = TimeWindows.ofSizeAndGrace(Topologies.ms(window, "sizeMs"), grace);
                if (window.has("advanceMs")) windows = windows.advanceBy(Topologies.ms(window, "advanceMs"));
                made = group instanceof KGroupedStream stream ? stream.windowedBy(windows) : ((CogroupedKStream) group).windowedBy(windows);
            }
            case "sliding" -> {
                SlidingWindows windows = SlidingWindows.ofTimeDifferenceAndGrace(Topologies.ms(window, "diffMs"), grace);
                made = group instanceof KGroupedStream stream ? stream.windowedBy(windows) : ((CogroupedKStream) group).windowedBy(windows);
            }
            default -> {
                SessionWindows windows = SessionWindows.ofInactivityGapAndGrace(Topologies.ms(window, "gapMs"), grace);
                made = group instanceof KGroupedStream stream ? stream.windowedBy(windows) : ((CogroupedKStream) group).windowedBy(windows);
            }
        }
        if (!node.has("emit")) return made;
        if (made instanceof TimeWindowedKStream time) return time.emitStrategy(EmitStrategy.onWindowClose());
        return made instanceof SessionWindowedKStream session ? session.emitStrategy(EmitStrategy.onWindowClose()) : made;
    }

    private static KTable counted(JsonNode node, Object group) {
        Materialized kept = kept(node);
        if (group instanceof KGroupedStream stream) return stream.count(kept);
        if (group instanceof KGroupedTable table) return table.count(kept);
        if (group instanceof TimeWindowedKStream windowed) return windowed.count(kept);
        return ((SessionWindowedKStream) group).count(kept);
    }

    private static KTable reduced(JsonNode node, Object group) {
        var add = Functions.reducer(node);
        Materialized kept = kept(node);
        if (group instanceof KGroupedStream stream) return stream.reduce(add::apply, kept);
        if (group instanceof KGroupedTable table) return table.reduce(add::apply, Functions.reducer(node.get("subtractor"))::apply, kept);
        if (group instanceof TimeWindowedKStream windowed) return windowed.reduce(add::apply, kept);
        return ((SessionWindowedKStream) group).reduce(add::apply, kept);
    }

    private static KTable aggregated(JsonNode node, Object group) {
        Initializer<Object> begin = () -> Values.constant(node.get("init"));
        Materialized kept = kept(node);
        if (group instanceof CogroupedKStream cogrouped) return cogrouped.aggregate(begin, kept);
        if (group instanceof TimeWindowedCogroupedKStream cogrouped) return cogrouped.aggregate(begin, kept);
        if (group instanceof SessionWindowedCogroupedKStream cogrouped) return cogrouped.aggregate(begin, Functions.merger(node.get("merger"))::apply, kept);
        var add = Functions.aggregator(node);
        if (group instanceof KGroupedStream stream) return stream.aggregate(begin, add::apply, kept);
        if (group instanceof KGroupedTable table) return table.aggregate(begin, add::apply, Functions.aggregator(node.get("subtractor"))::apply, kept);
        if (group instanceof TimeWindowedKStream windowed) return windowed.aggregate(begin, add::apply, kept);
        return ((SessionWindowedKStream) group).aggregate(begin, add::apply, Functions.merger(node.get("merger"))::apply, kept);
    }

    private void join(JsonNode node, String id) {
        ValueJoinerWithKey<Object, Object, Object, Object> joiner = Functions.joiner(node.get("joiner"))::apply;
        String left = node.get("left").textValue();
        String right = node.get("right").textValue();
        String type = node.get("type").textValue();
        switch (node.get("kind").textValue()) {
            case "stream-stream" -> streams.put(id, joined(node, joiner, streams.get(left), streams.get(right), type));
            case "stream-table" -> {
                Joined<Object, Object, Object> joined = Joined.with(Parts.ANY, Parts.ANY, Parts.ANY);
                if (node.has("graceMs")) joined = joined.withGracePeriod(Topologies.ms(node, "graceMs"));
                KStream<Object, Object> stream = streams.get(left);
                streams.put(id, type.equals("inner") ? stream.join(tables.get(right), joiner, joined) : stream.leftJoin(tables.get(right), joiner, joined));
            }
            case "stream-global" -> {
                var key = Functions.key(node.get("keyFn"));
                KStream<Object, Object> stream = streams.get(left);
                streams.put(id, type.equals("inner") ? stream.join(globals.get(right), key::apply, joiner) : stream.leftJoin(globals.get(right), key::apply, joiner));
            }
            case "fk" -> tables.put(id, joinedByForeignKey(node, joiner, tables.get(left), tables.get(right), type));
            default -> tables.put(id, joined(node, joiner, tables.get(left), tables.get(right), type));
        }
    }

    private static KStream<Object, Object> joined(
            JsonNode node, ValueJoinerWithKey<Object, Object, Object, Object> joiner, KStream<Object, Object> left, KStream<Object, Object> right, String type) {
        JsonNode window = node.get("window");
        JoinWindows windows = JoinWindows.ofTimeDifferenceAndGrace(Topologies.ms(window, "diffMs"), Topologies.ms(window, "graceMs"));
        // a window without room is refused at once, so what makes room comes first
        boolean afterFirst = window.path("afterMs").longValue() >= 0;
        if (afterFirst && window.has("afterMs")) windows = windows.after(Topologies.ms(window, "afterMs"));
        if (window.has("beforeMs")) windows = windows.before(Topologies.ms(window, "beforeMs"));
        if (!afterFirst) windows = windows.after(Topologies.ms(window, "afterMs"));
        StreamJoined<Object, Object, Object> serdes = StreamJoined.with(Parts.ANY, Parts.ANY, Parts.ANY);
        if (type.equals("inner")) return left.join(right, joiner, windows, serdes);
        return type.equals("left") ? left.leftJoin(right, joiner, windows, serdes) : left.outerJoin(right, joiner, windows, serdes);
    }

    /** Joiners of tables get no key: FORMAT.md's that want one are not for them. */
    private static KTable<Object, Object> joined(
            JsonNode node, ValueJoinerWithKey<Object, Object, Object, Object> joiner, KTable<Object, Object> left, KTable<Object, Object> right, String type) {
        boolean stored = node.has("store");
        Materialized kept = kept(node);
        if (type.equals("inner")) return stored ? left.join(right, (l, r) -> joiner.apply(null, l, r), kept) : left.join(right, (l, r) -> joiner.apply(null, l, r));
        if (type.equals("left")) return stored ? left.leftJoin(right, (l, r) -> joiner.apply(null, l, r), kept) : left.leftJoin(right, (l, r) -> joiner.apply(null, l, r));
        return stored ? left.outerJoin(right, (l, r) -> joiner.apply(null, l, r), kept) : left.outerJoin(right, (l, r) -> joiner.apply(null, l, r));
    }

    private static KTable<Object, Object> joinedByForeignKey(
            JsonNode node, ValueJoinerWithKey<Object, Object, Object, Object> joiner, KTable<Object, Object> left, KTable<Object, Object> right, String type) {
        var foreign = Functions.key(node.get("fkFn"));
        Materialized kept = kept(node);
        return type.equals("inner")
                ? left.join(right, (Object k, Object v) -> foreign.apply(k, v), (l, r) -> joiner.apply(null, l, r), kept)
                : left.leftJoin(right, (Object k, Object v) -> foreign.apply(k, v), (l, r) -> joiner.apply(null, l, r), kept);
    }

    private static Materialized versioned(JsonNode node, String id) {
        if (!node.has("versionedMs")) return kept(node);
        String name = node.path("store").asText("versioned-" + id);
        return Materialized.<Object, Object>as(Stores.persistentVersionedKeyValueStore(name, Topologies.ms(node, "versionedMs")))
                .withKeySerde(Parts.ANY)
                .withValueSerde(Parts.ANY);
    }

    /** How a node's rows are kept: of any key, value and kind of store. */
    private static Materialized kept(JsonNode node) {
        Materialized<Object, Object, StateStore> kept = node.has("store") ? Materialized.as(node.get("store").textValue()) : Materialized.with(Parts.ANY, Parts.ANY);
        kept = kept.withKeySerde(Parts.ANY).withValueSerde(Parts.ANY);
        if (node.has("retentionMs")) kept = kept.withRetention(Topologies.ms(node, "retentionMs"));
        if (!node.has("caching")) return kept;
        return node.get("caching").booleanValue() ? kept.withCachingEnabled() : kept.withCachingDisabled();
    }
}
