import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.DoubleNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.LongNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.apache.kafka.streams.kstream.Windowed;

/**
 * What keys and values are between nodes: null, a String, a Long, a JsonNode (a JSON value that is no text or i64 to
 * functions, whatever it looks like), or a Windowed of these.
 */
final class Values {
    private static final double SAFE_MAX = 9007199254740991d;
    static final JsonNodeFactory NODES = JsonNodeFactory.instance;
    static final ObjectMapper JSON =
            new ObjectMapper(JsonFactory.builder().streamReadConstraints(StreamReadConstraints.builder().maxNumberLength(5000).build()).build())
                    .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

    private Values() {}

    static JsonNode parse(byte[] text) throws IOException {
        JsonNode read = JSON.readTree(text);
        if (read == null || read.isMissingNode()) throw new IOException("no JSON value");
        return normal(read);
    }

    /** Numbers as JavaScript knows them: whole ones are integers, so that 1, 1.0 and a Long of 1 are alike. */
    static JsonNode normal(JsonNode node) {
        if (node instanceof ObjectNode object) {
            ObjectNode made = NODES.objectNode();
            object.properties().forEach(field -> made.set(field.getKey(), normal(field.getValue())));
            return made;
        }
        if (node instanceof ArrayNode array) {
            ArrayNode made = NODES.arrayNode();
            array.forEach(each -> made.add(normal(each)));
            return made;
        }
        if (!node.isNumber()) return node;
        double number = node.doubleValue();
        return number == Math.rint(number) && Math.abs(number) <= SAFE_MAX ? LongNode.valueOf((long) number) : DoubleNode.valueOf(number);
    }

    static String text(JsonNode node) {
        try {
            return JSON.writeValueAsString(node);
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        }
    }

    /** As FORMAT.md says. */
    static String str(Object value) {
        if (value == null) return "null";
        if (value instanceof JsonNode node) return text(node);
        if (value instanceof Windowed<?> w) return str(w.key()) + "@" + w.window().start() + "/" + w.window().end();
        return value.toString();
    }

    /** What a constant of a scenario file, or a field of a JSON value, means: text, integer, the rest as JSON. */
    static Object constant(JsonNode given) {
        if (given == null || given.isNull() || given.isMissingNode()) return null;
        JsonNode node = normal(given);
        if (node.isTextual()) return node.textValue();
        return node instanceof LongNode ? (Object) node.longValue() : node;
    }

    /** A value as scenario files write it. */
    static JsonNode plain(Object value) {
        if (value == null) return NullNode.instance;
        if (value instanceof JsonNode node) return node;
        if (value instanceof Long number) return LongNode.valueOf(number);
        if (value instanceof Windowed<?> windowed) {
            ObjectNode made = NODES.objectNode();
            made.set("key", plain(windowed.key()));
            return made.put("start", windowed.window().start()).put("end", windowed.window().end());
        }
        return TextNode.valueOf((String) value);
    }

    static boolean same(Object value, JsonNode constant) {
        return plain(value).equals(normal(constant));
    }

    /** The i64 that a value is; a JSON integer is one as well. */
    static long integer(Object value) {
        if (value instanceof Long number) return number;
        if (value instanceof LongNode node) return node.longValue();
        throw new IllegalArgumentException(str(value) + " is no i64");
    }

    /** Null counts as 0. */
    static long number(Object value) {
        return value == null ? 0 : integer(value);
    }

    /** A field of a JSON object; null: there is none. */
    static JsonNode field(Object value, String name) {
        if (!(value instanceof ObjectNode object)) return null;
        JsonNode field = object.get(name);
        return field == null || field.isNull() ? null : field;
    }
}
