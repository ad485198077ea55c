import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.kstream.Branched;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.kstream.Named;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.kstream.Repartitioned;
import org.apache.kafka.streams.processor.RecordContext;
import org.apache.kafka.streams.processor.TopicNameExtractor;

/**
 * Writes what Kafka Streams 4.3.1 says of each topology to NAME.txt, in the folder that it is given.
 * test/topology/describe/golden.test.ts builds the same ones with our DSL. Once made, the texts stay:
 *
 *   javac -cp 'JARS/*' -d OUT Topologies.java && java -cp 'OUT:JARS/*' Topologies .
 */
public class Topologies {
    private static final Consumed<String, String> STRINGS = Consumed.with(Serdes.String(), Serdes.String());
    private static final Map<String, Consumer<StreamsBuilder>> ALL = new LinkedHashMap<>();

    static {
        ALL.put("chain", builder -> stream(builder, "addresses")
            .filter((key, value) -> true).mapValues(value -> value).to("addresses-qld"));

        ALL.put("two-sinks", builder -> {
            KStream<String, String> big = stream(builder, "orders").filter((key, value) -> true);
            big.mapValues(value -> value, Named.as("count")).to("counts");
            big.to("big");
        });

        ALL.put("wide", builder -> {
            KStream<String, String> all = stream(builder, "all");
            for (int width = 0; width < 6; width++) {
                KStream<String, String> way = all.filter((key, value) -> true);
                for (int depth = 0; depth < width; depth++) way = way.mapValues(value -> value);
                way.to("out-" + width);
            }
        });

        ALL.put("every-operator", builder -> stream(builder, "lines")
            .filter((key, value) -> true).filterNot((key, value) -> false)
            .map(KeyValue::new).mapValues(value -> value)
            .flatMap((key, value) -> List.of(KeyValue.pair(key, value))).flatMapValues(value -> List.of(value))
            .selectKey((key, value) -> value).peek((key, value) -> { })
            .foreach((key, value) -> { }));

        ALL.put("named", builder -> builder.stream("in", Consumed.<String, String>as("reader"))
            .filter((key, value) -> true, Named.as("sieve")).map(KeyValue::new)
            .to("out", Produced.as("writer")));

        ALL.put("branches", builder -> {
            Map<String, KStream<String, String>> branches = stream(builder, "orders").split(Named.as("by-size-"))
                .branch((key, value) -> true, Branched.as("small"))
                .branch((key, value) -> true, Branched.as("middle"))
                .branch((key, value) -> true, Branched.as("big"))
                .defaultBranch(Branched.as("rest"));
            branches.get("by-size-small").mapValues(value -> value).to("small");
            branches.get("by-size-middle").to("middle");
            branches.get("by-size-big").flatMapValues(value -> List.of(value)).peek((key, value) -> { }).to("big");
        });

        ALL.put("branches-generated", builder -> {
            Map<String, KStream<String, String>> branches = stream(builder, "orders").split()
                .branch((key, value) -> true, Branched.as("big"))
                .branch((key, value) -> true, Branched.as("small"))
                .noDefaultBranch();
            branches.get("KSTREAM-BRANCH-0000000001small").to("small");
            branches.get("KSTREAM-BRANCH-0000000001big").to("big");
        });

        ALL.put("merge", builder -> {
            KStream<String, String> left = stream(builder, "left");
            KStream<String, String> right = stream(builder, "right").mapValues(value -> value);
            right.merge(left).to("both");
            left.to("left-copy");
        });

        ALL.put("merge-self", builder -> {
            KStream<String, String> in = stream(builder, "in");
            in.merge(in).to("out");
        });

        ALL.put("diamond", builder -> {
            KStream<String, String> in = stream(builder, "in");
            KStream<String, String> once = in.mapValues(value -> value);
            KStream<String, String> twice = in.mapValues(value -> value).mapValues(value -> value);
            KStream<String, String> thrice = in.filter((key, value) -> true).peek((key, value) -> { });
            once.merge(twice, Named.as("first")).merge(thrice).merge(in).to("out");
            twice.to("twice");
        });

        ALL.put("several-topics", builder -> builder.stream(List.of("orders", "returns", "complaints", "a", "b", "c",
            "topic-1", "topic-2", "topic-3", "topic-4", "topic-5", "topic-6", "topic-7", "topic-8"), STRINGS).to("all"));

        ALL.put("twelve-topics", builder -> builder.stream(List.of("orders", "returns", "complaints", "a", "b", "c",
            "topic-1", "topic-2", "topic-3", "topic-4", "topic-5", "topic-6"), STRINGS).to("all"));

        ALL.put("pattern", builder -> {
            builder.stream(Pattern.compile("metrics-[a-z/]+\\.v\\d"), STRINGS).to("metrics");
            stream(builder, "other").to("copy");
        });

        ALL.put("topic-extractor", builder -> stream(builder, "in").to(new TopicOf()));

        ALL.put("two-sub-topologies", builder -> {
            KStream<String, String> first = stream(builder, "zebras");
            stream(builder, "ants").filter((key, value) -> true).to("ants-out");
            first.to("zebras-out");
            builder.stream("bees", Consumed.<String, String>as("a-reader")).to("bees-out");
        });

        ALL.put("source-twice", builder -> {
            KStream<String, String> first = stream(builder, "in").filter((key, value) -> true);
            KStream<String, String> second = stream(builder, "in").mapValues(value -> value);
            first.to("first");
            second.merge(first).to("second");
        });

        ALL.put("source-twice-merge", builder -> {
            KStream<String, String> first = stream(builder, "in");
            KStream<String, String> other = stream(builder, "other");
            KStream<String, String> second = stream(builder, "in");
            second.merge(other).to("both");
            second.merge(first).to("same");
            other.merge(second).peek((key, value) -> { }).to("both-again");
        });

        ALL.put("repartition", builder -> stream(builder, "clicks").selectKey((key, value) -> value)
            .repartition(Repartitioned.<String, String>as("by-user").withNumberOfPartitions(3)).mapValues(value -> value)
            .to("clicks-by-user"));

        ALL.put("repartition-twice", builder -> {
            KStream<String, String> clicks = stream(builder, "clicks");
            KStream<String, String> byUser = clicks.repartition(Repartitioned.as("by-user"));
            KStream<String, String> byPage = byUser.selectKey((key, value) -> value).repartition(Repartitioned.as("by-page"));
            byPage.merge(byUser).to("out");
            clicks.foreach((key, value) -> { });
        });

        ALL.put("repartition-merge", builder -> {
            KStream<String, String> views = stream(builder, "views").repartition(Repartitioned.as("views-by-user"));
            KStream<String, String> clicks = stream(builder, "clicks").repartition(Repartitioned.as("clicks-by-user"));
            views.merge(clicks).to("by-user");
            clicks.merge(stream(builder, "purchases")).to("by-user");
        });

        ALL.put("large", builder -> {
            KStream<String, String> joined = stream(builder, "in-0");
            for (int part = 1; part < 7; part++) {
                KStream<String, String> in = stream(builder, "in-" + part);
                KStream<String, String> a = in.filter((key, value) -> true).mapValues(value -> value);
                KStream<String, String> b = in.flatMapValues(value -> List.of(value));
                joined = joined.merge(part % 2 == 0 ? a : b, Named.as("joined-" + part));
                if (part % 3 == 0) joined.to("until-" + part);
                b.peek((key, value) -> { }, Named.as("look." + part)).to("out_" + part);
            }
            joined.to("out");
        });
    }

    private static KStream<String, String> stream(StreamsBuilder builder, String topic) {
        return builder.stream(topic, STRINGS);
    }

    /** Says what our text says: the function's name. */
    private static class TopicOf implements TopicNameExtractor<String, String> {
        @Override
        public String extract(String key, String value, RecordContext context) {
            return value;
        }

        @Override
        public String toString() {
            return "topicOf";
        }
    }

    public static void main(String[] arguments) throws Exception {
        for (Map.Entry<String, Consumer<StreamsBuilder>> each : ALL.entrySet()) {
            StreamsBuilder builder = new StreamsBuilder();
            each.getValue().accept(builder);
            Files.writeString(Path.of(arguments[0], each.getKey() + ".txt"), builder.build().describe().toString());
        }
    }
}
