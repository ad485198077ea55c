import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.LongNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.kstream.Windowed;

/** The functions of FORMAT.md, by name. What they throw is a user function's error. */
final class Functions {
    /** Of key and value. */
    interface OfRecord<R> {
        R apply(Object key, Object value);
    }

    /** Of key and two values. */
    interface OfTwo {
        Object apply(Object key, Object one, Object other);
    }

    private Functions() {}

    private static <R> R unknown(String kind, JsonNode named) {
        throw new IllegalArgumentException("FORMAT.md has no " + kind + " " + named.get("fn"));
    }

    private static JsonNode arg(JsonNode named, int index) {
        return requireNonNull(named.get("args").get(index));
    }

    private static String text(JsonNode named) {
        return arg(named, 0).textValue();
    }

    private static RuntimeException thrownFor(Object value) {
        return new IllegalStateException(Values.str(value) + " is the value to throw for");
    }

    static OfRecord<Boolean> predicate(JsonNode named) {
        return switch (named.get("fn").textValue()) {
            case "value-length-gt" -> ofPresent(v -> Values.str(v).length() > arg(named, 0).longValue());
            case "value-equals" -> ofPresent(v -> Values.same(v, arg(named, 0)));
            case "value-contains" -> ofPresent(v -> Values.str(v).contains(text(named)));
            case "value-gt" -> ofPresent(v -> Values.integer(v) > arg(named, 0).longValue());
            case "value-even" -> ofPresent(v -> Values.integer(v) % 2 == 0);
            case "json-field-gt" -> ofPresent(v -> Values.field(v, text(named)) instanceof LongNode n && n.longValue() > arg(named, 1).longValue());
            case "json-field-equals" -> ofPresent(v -> Values.field(v, text(named)) != null && Values.same(Values.field(v, text(named)), arg(named, 1)));
            case "value-is-null" -> (k, v) -> v == null;
            case "key-is-null" -> (k, v) -> k == null;
            case "key-equals" -> (k, v) -> Values.same(k, arg(named, 0));
            case "always" -> (k, v) -> true;
            case "never" -> (k, v) -> false;
            case "throw-if-value-equals" -> (k, v) -> {
                if (v != null && Values.same(v, arg(named, 0))) throw thrownFor(v);
                return true;
            };
            default -> unknown("predicate", named);
        };
    }

    private static OfRecord<Boolean> ofPresent(Predicate<Object> holds) {
        return (key, value) -> value != null && holds.test(value);
    }

    private static OfRecord<Object> kept(Function<Object, Object> make) {
        return (key, value) -> value == null ? null : make.apply(value);
    }

    static OfRecord<Object> value(JsonNode named) {
        return switch (named.get("fn").textValue()) {
            case "identity" -> kept(v -> v);
            case "upper" -> kept(v -> Values.str(v).toUpperCase(java.util.Locale.ROOT));
            case "lower" -> kept(v -> Values.str(v).toLowerCase(java.util.Locale.ROOT));
            case "length" -> kept(v -> (long) Values.str(v).length());
            case "append" -> kept(v -> Values.str(v) + text(named));
            case "prepend" -> kept(v -> text(named) + Values.str(v));
            case "parse-int" -> kept(v -> Long.parseLong(Values.str(v)));
            case "to-string" -> kept(Values::str);
            case "add" -> kept(v -> Values.integer(v) + arg(named, 0).longValue());
            case "multiply" -> kept(v -> Values.integer(v) * arg(named, 0).longValue());
            case "json-field" -> kept(v -> Values.constant(Values.field(v, text(named))));
            case "wrap-json" -> kept(v -> Values.NODES.objectNode().set(text(named), Values.plain(v)));
            case "null-if-equals" -> kept(v -> Values.same(v, arg(named, 0)) ? null : v);
            case "throw-if-equals" -> kept(v -> {
                if (Values.same(v, arg(named, 0))) throw thrownFor(v);
                return v;
            });
            case "constant" -> (k, v) -> Values.constant(arg(named, 0));
            case "null" -> (k, v) -> null;
            case "key" -> (k, v) -> k;
            case "null-to" -> (k, v) -> v == null ? Values.constant(arg(named, 0)) : v;
            case "concat-key-value" -> (k, v) -> Values.str(k) + text(named) + Values.str(v);
            default -> unknown("value function", named);
        };
    }

    private static String before(String text, String mark) {
        int at = text.indexOf(mark);
        return at < 0 ? null : text.substring(0, at);
    }

    private static String start(String text, long length) {
        return text.substring(0, (int) Math.min(length, text.length()));
    }

    static OfRecord<Object> key(JsonNode named) {
        return switch (named.get("fn").textValue()) {
            case "key" -> (k, v) -> k;
            case "value" -> (k, v) -> v;
            case "value-prefix" -> kept(v -> start(Values.str(v), arg(named, 0).longValue()));
            case "key-prefix" -> (k, v) -> k == null ? null : start(Values.str(k), arg(named, 0).longValue());
            case "value-before" -> kept(v -> before(Values.str(v), text(named)));
            case "constant" -> (k, v) -> Values.constant(arg(named, 0));
            case "null" -> (k, v) -> null;
            case "null-if-value-equals" -> (k, v) -> v != null && Values.same(v, arg(named, 0)) ? null : k;
            case "upper-key" -> (k, v) -> k == null ? null : Values.str(k).toUpperCase(java.util.Locale.ROOT);
            case "json-field" -> kept(v -> Values.constant(Values.field(v, text(named))));
            case "str-key" -> (k, v) -> Values.str(k);
            case "inner-key" -> (k, v) -> k instanceof Windowed<?> windowed ? windowed.key() : k;
            case "value-length" -> kept(v -> (long) Values.str(v).length());
            default -> unknown("key function", named);
        };
    }

    private static List<String> words(Object value) {
        return value == null ? List.of() : Arrays.stream(Values.str(value).split(" ")).filter(word -> !word.isEmpty()).toList();
    }

    static OfRecord<List<KeyValue<Object, Object>>> flatMap(JsonNode named) {
        return switch (named.get("fn").textValue()) {
            case "words-as-keys" -> (k, v) -> words(v).stream().map(word -> new KeyValue<Object, Object>(word, k)).toList();
            case "words-with-one" -> (k, v) -> words(v).stream().map(word -> new KeyValue<Object, Object>(word, 1L)).toList();
            case "duplicate" -> (k, v) -> IntStream.range(0, arg(named, 0).intValue()).mapToObj(i -> new KeyValue<Object, Object>(k, Values.str(v) + "#" + i)).toList();
            default -> unknown("flatMap function", named);
        };
    }

    static OfRecord<List<Object>> flatMapValues(JsonNode named) {
        return switch (named.get("fn").textValue()) {
            case "split-words" -> (k, v) -> new ArrayList<>(words(v));
            case "repeat" -> (k, v) -> Collections.nCopies(arg(named, 0).intValue(), v);
            case "value-then-null" -> (k, v) -> Arrays.asList(v, null);
            case "key-and-value" -> (k, v) -> List.of(Values.str(k), Values.str(v));
            default -> unknown("flatMapValues function", named);
        };
    }

    private static Object sumNullAt(JsonNode named, Object one, Object other) {
        long total = Values.number(one) + Values.number(other);
        return total == arg(named, 0).longValue() ? null : (Object) total;
    }

    static BiFunction<Object, Object, Object> reducer(JsonNode named) {
        return switch (named.get("fn").textValue()) {
            case "sum" -> (agg, v) -> Values.number(agg) + Values.number(v);
            case "sub" -> (agg, v) -> Values.number(agg) - Values.number(v);
            case "max" -> (agg, v) -> Math.max(Values.number(agg), Values.number(v));
            case "min" -> (agg, v) -> Math.min(Values.number(agg), Values.number(v));
            case "concat" -> (agg, v) -> Values.str(agg) + text(named) + Values.str(v);
            case "first" -> (agg, v) -> agg;
            case "last" -> (agg, v) -> v;
            case "sum-null-at" -> (agg, v) -> sumNullAt(named, agg, v);
            case "null" -> (agg, v) -> null;
            default -> unknown("reducer", named);
        };
    }

    private static ArrayNode list(Object aggregate) {
        return aggregate instanceof ArrayNode array ? array.deepCopy() : Values.NODES.arrayNode();
    }

    private static ArrayNode without(Object aggregate, Object value) {
        ArrayNode list = list(aggregate);
        for (int i = 0; i < list.size(); i++) {
            if (!list.get(i).equals(Values.plain(value))) continue;
            list.remove(i);
            break;
        }
        return list;
    }

    /** Called with key, value, aggregate. */
    static OfTwo aggregator(JsonNode named) {
        return switch (named.get("fn").textValue()) {
            case "count" -> (k, v, agg) -> Values.number(agg) + 1;
            case "uncount" -> (k, v, agg) -> Values.number(agg) - 1;
            case "sum" -> (k, v, agg) -> Values.number(agg) + Values.number(v);
            case "sub" -> (k, v, agg) -> Values.number(agg) - Values.number(v);
            case "max" -> (k, v, agg) -> agg == null ? v : (Object) Math.max(Values.number(agg), Values.number(v));
            case "sum-length" -> (k, v, agg) -> Values.number(agg) + Values.str(v).length();
            case "concat" -> (k, v, agg) -> Values.str(agg) + text(named) + Values.str(v);
            case "concat-key" -> (k, v, agg) -> Values.str(agg) + text(named) + Values.str(k) + Values.str(v);
            case "collect" -> (k, v, agg) -> list(agg).add(Values.plain(v));
            case "uncollect" -> (k, v, agg) -> without(agg, v);
            case "sum-null-at" -> (k, v, agg) -> sumNullAt(named, agg, v);
            case "null" -> (k, v, agg) -> null;
            case "throw-if-value-equals" -> (k, v, agg) -> {
                if (Values.same(v, arg(named, 0))) throw thrownFor(v);
                return Values.number(agg) + 1;
            };
            default -> unknown("aggregator", named);
        };
    }

    static OfTwo merger(JsonNode named) {
        return switch (named.get("fn").textValue()) {
            case "sum" -> (k, a, b) -> Values.number(a) + Values.number(b);
            case "max" -> (k, a, b) -> Math.max(Values.number(a), Values.number(b));
            case "concat" -> (k, a, b) -> Values.str(a) + text(named) + Values.str(b);
            case "concat-arrays" -> (k, a, b) -> list(a).addAll(list(b));
            default -> unknown("session merger", named);
        };
    }

    static OfTwo joiner(JsonNode named) {
        return switch (named.get("fn").textValue()) {
            case "concat" -> (k, l, r) -> Values.str(l) + text(named) + Values.str(r);
            case "concat-key" -> (k, l, r) -> Values.str(k) + ":" + Values.str(l) + text(named) + Values.str(r);
            case "sum" -> (k, l, r) -> Values.number(l) + Values.number(r);
            case "left" -> (k, l, r) -> l;
            case "right" -> (k, l, r) -> r;
            case "pair" -> (k, l, r) -> Values.NODES.objectNode().<com.fasterxml.jackson.databind.node.ObjectNode>set("l", Values.plain(l)).set("r", Values.plain(r));
            case "null-if-right-equals" -> (k, l, r) -> r != null && Values.same(r, arg(named, 0)) ? null : Values.str(l) + "+" + Values.str(r);
            default -> unknown("joiner", named);
        };
    }
}
