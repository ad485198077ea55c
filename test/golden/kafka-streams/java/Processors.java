import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.kstream.ValueTransformerWithKey;
import org.apache.kafka.streams.processor.Cancellable;
import org.apache.kafka.streams.processor.PunctuationType;
import org.apache.kafka.streams.processor.Punctuator;
import org.apache.kafka.streams.processor.api.FixedKeyProcessor;
import org.apache.kafka.streams.processor.api.FixedKeyProcessorContext;
import org.apache.kafka.streams.processor.api.FixedKeyRecord;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.processor.api.RecordMetadata;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.ValueAndTimestamp;

/** The processors of FORMAT.md, by name. */
final class Processors {
    private Processors() {}

    private static String text(JsonNode node, int index) {
        return node.get("args").get(index).textValue();
    }

    private static long number(JsonNode node, int index) {
        return node.get("args").get(index).longValue();
    }

    private static PunctuationType type(String name) {
        return name.equals("wall-clock") ? PunctuationType.WALL_CLOCK_TIME : PunctuationType.STREAM_TIME;
    }

    /** What a processor does with each record, once it knows its context. */
    private interface Begin extends Function<ProcessorContext<Object, Object>, Consumer<Record<Object, Object>>> {}

    private static Begin mapped(Function<Record<Object, Object>, Record<Object, Object>> make) {
        return context -> record -> context.forward(make.apply(record));
    }

    static Processor<Object, Object, Object, Object> of(JsonNode node) {
        Begin begin = begin(node);
        return new Processor<>() {
            private Consumer<Record<Object, Object>> process;

            @Override
            public void init(ProcessorContext<Object, Object> context) {
                process = begin.apply(context);
            }

            @Override
            public void process(Record<Object, Object> record) {
                process.accept(record);
            }
        };
    }

    private static Begin begin(JsonNode node) {
        String name = node.get("processor").textValue();
        return switch (name) {
            case "pass" -> mapped(record -> record);
            case "none" -> context -> record -> {};
            case "repeat" -> context -> record -> IntStream.range(0, (int) number(node, 0))
                    .forEach(i -> context.forward(record.withValue(Values.str(record.value()) + "#" + i)));
            case "times" -> context -> record -> context.forward(record.withValue(Values.NODES.objectNode()
                    .put("record", record.timestamp())
                    .put("stream", context.currentStreamTimeMs())
                    .put("wall", context.currentSystemTimeMs())));
            case "metadata" -> context -> record -> context.forward(record.withValue(metadata(context.recordMetadata().orElseThrow())));
            case "shift-timestamp" -> mapped(record -> record.withTimestamp(record.timestamp() + number(node, 0)));
            case "set-key" -> mapped(record -> record.withKey(Values.constant(node.get("args").get(0))));
            case "add-header" -> mapped(record -> record.withHeaders(withHeader(record.headers(), node)));
            case "drop-headers" -> mapped(record -> record.withHeaders(new RecordHeaders()));
            case "header-to-value" -> mapped(record -> {
                Header header = record.headers().lastHeader(text(node, 0));
                return record.withValue(header == null ? "none" : new String(header.value(), StandardCharsets.UTF_8));
            });
            case "throw-if-value-equals" -> mapped(record -> {
                if (record.value() != null && Values.same(record.value(), node.get("args").get(0))) throw new IllegalStateException("the value to throw for");
                return record;
            });
            case "count" -> context -> {
                KeyValueStore<Object, Object> counts = context.getStateStore(text(node, 0));
                return record -> context.forward(record.withValue(counted(counts, record.key())));
            };
            case "dedup" -> context -> {
                KeyValueStore<Object, Object> seen = context.getStateStore(text(node, 0));
                return record -> {
                    if (Values.plain(seen.get(record.key())).equals(Values.plain(record.value()))) return;
                    seen.put(record.key(), record.value());
                    context.forward(record);
                };
            };
            case "read-table" -> context -> {
                KeyValueStore<Object, ValueAndTimestamp<Object>> table = context.getStateStore(text(node, 0));
                return record -> {
                    ValueAndTimestamp<Object> row = record.key() == null ? null : table.get(record.key());
                    context.forward(record.withValue(row == null ? "absent" : Values.str(record.value()) + "/" + Values.str(row.value()) + "@" + row.timestamp()));
                };
            };
            case "buffer" -> context -> buffer(context, node);
            case "tick" -> context -> tick(context, node);
            case "tick-on-demand" -> context -> onDemand(context, node);
            case "two-ticks" -> context -> {
                for (int i = 0; i < 2; i++) {
                    String key = i == 0 ? "A" : "B";
                    context.schedule(Duration.ofMillis(number(node, 1 + i)), type(text(node, 0)), time -> context.forward(new Record<>(key, time, time)));
                }
                return record -> {};
            };
            case "tick-throw" -> context -> {
                long[] count = {0};
                context.schedule(Duration.ofMillis(number(node, 1)), type(text(node, 0)), time -> {
                    if (++count[0] == 2) throw new IllegalStateException("the second tick");
                    context.forward(new Record<>("tick", count[0], time));
                });
                return record -> {};
            };
            case "kv-script", "versioned-script", "window-script", "session-script" -> context -> {
                Object store = context.getStateStore(text(node, 0));
                return record -> context.forward(record.withValue(Values.NODES.objectNode().set("r", StoreScripts.run(name, store, (JsonNode) record.value()))));
            };
            default -> throw new IllegalArgumentException("FORMAT.md has no processor " + name);
        };
    }

    private static ObjectNode metadata(RecordMetadata metadata) {
        return Values.NODES.objectNode().put("topic", metadata.topic()).put("partition", (long) metadata.partition()).put("offset", metadata.offset());
    }

    private static Headers withHeader(Headers headers, JsonNode node) {
        return new RecordHeaders(headers).add(text(node, 0), text(node, 1).getBytes(StandardCharsets.UTF_8));
    }

    private static Object counted(KeyValueStore<Object, Object> counts, Object key) {
        long count = Values.number(counts.get(key)) + 1;
        counts.put(key, count);
        return count;
    }

    private static Consumer<Record<Object, Object>> buffer(ProcessorContext<Object, Object> context, JsonNode node) {
        KeyValueStore<Object, Object> kept = context.getStateStore(text(node, 0));
        context.schedule(Duration.ofMillis(number(node, 1)), type(text(node, 2)), time -> {
            List<KeyValue<Object, Object>> entries = new ArrayList<>();
            try (KeyValueIterator<Object, Object> all = kept.all()) {
                all.forEachRemaining(entries::add);
            }
            for (KeyValue<Object, Object> entry : entries) {
                context.forward(new Record<>(entry.key, entry.value, time));
                kept.delete(entry.key);
            }
        });
        return record -> kept.put(record.key(), record.value());
    }

    private static Consumer<Record<Object, Object>> tick(ProcessorContext<Object, Object> context, JsonNode node) {
        long[] count = {0};
        Cancellable[] schedule = {null};
        Punctuator punctuator = time -> {
            count[0]++;
            ObjectNode value = Values.NODES.objectNode()
                    .put("n", count[0])
                    .put("ts", time)
                    .put("stream", context.currentStreamTimeMs())
                    .put("wall", context.currentSystemTimeMs());
            context.forward(new Record<>("tick", value, time));
            if (count[0] == number(node, 2)) schedule[0].cancel();
        };
        Duration interval = Duration.ofMillis(number(node, 1));
        schedule[0] = node.get("args").size() > 3
                ? context.schedule(Instant.ofEpochMilli(number(node, 3)), interval, type(text(node, 0)), punctuator)
                : context.schedule(interval, type(text(node, 0)), punctuator);
        return record -> context.forward(record.withValue(record.value() == null ? null : Values.plain(record.value())));
    }

    private static Consumer<Record<Object, Object>> onDemand(ProcessorContext<Object, Object> context, JsonNode node) {
        Cancellable[] running = {null};
        return record -> {
            if ("start".equals(record.value()) && running[0] == null) {
                running[0] = context.schedule(Duration.ofMillis(number(node, 1)), type(text(node, 0)), time -> context.forward(new Record<>("tick", time, time)));
            }
            if ("stop".equals(record.value()) && running[0] != null) {
                running[0].cancel();
                running[0] = null;
            }
        };
    }

    static FixedKeyProcessor<Object, Object, Object> ofValues(JsonNode node) {
        String name = node.get("processor").textValue();
        return new FixedKeyProcessor<>() {
            private FixedKeyProcessorContext<Object, Object> context;

            @Override
            public void init(FixedKeyProcessorContext<Object, Object> given) {
                context = given;
            }

            @Override
            public void process(FixedKeyRecord<Object, Object> record) {
                switch (name) {
                    case "pass" -> context.forward(record);
                    case "none" -> {}
                    case "append" -> context.forward(record.withValue(Values.str(record.value()) + text(node, 0)));
                    case "repeat" -> IntStream.range(0, (int) number(node, 0)).forEach(i -> context.forward(record.withValue(Values.str(record.value()) + "#" + i)));
                    case "shift-timestamp" -> context.forward(record.withTimestamp(record.timestamp() + number(node, 0)));
                    case "add-header" -> context.forward(record.withHeaders(withHeader(record.headers(), node)));
                    case "count" -> context.forward(record.withValue(counted(context.getStateStore(text(node, 0)), record.key())));
                    default -> throw new IllegalArgumentException("FORMAT.md has no processor of values " + name);
                }
            }
        };
    }

    static ValueTransformerWithKey<Object, Object, Object> ofTable(JsonNode node) {
        String name = node.get("processor").textValue();
        return new ValueTransformerWithKey<>() {
            private org.apache.kafka.streams.processor.ProcessorContext context;

            @Override
            public void init(org.apache.kafka.streams.processor.ProcessorContext given) {
                context = given;
            }

            @Override
            public Object transform(Object key, Object value) {
                String joined = Values.str(key) + ":" + Values.str(value);
                switch (name) {
                    case "concat-key":
                        return value == null ? null : joined;
                    case "see-null":
                        return joined;
                    case "stamp":
                        return Values.str(value) + "@" + context.timestamp();
                    case "count":
                        Object count = counted(context.getStateStore(text(node, 0)), key);
                        return value == null ? null : Values.str(value) + "#" + count;
                    default:
                        throw new IllegalArgumentException("FORMAT.md has no transformer " + name);
                }
            }

            @Override
            public void close() {}
        };
    }
}
