import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.Serializer;
import org.apache.kafka.streams.kstream.Window;
import org.apache.kafka.streams.kstream.Windowed;

/** The wire forms of FORMAT.md's types, and a self-describing one for what goes between nodes. */
final class Parts {
    private static final int MARK = 255;
    private static final byte OF_LONG = 1;
    private static final byte OF_JSON = 2;
    private static final byte OF_WINDOWED = 3;

    /** Any value; a text is its UTF-8, which no 255 begins. */
    static final Serde<Object> ANY = Serdes.serdeFrom((topic, value) -> describe(value), (topic, bytes) -> bytes == null ? null : described(bytes));

    /** Makes ANY the default serde. */
    public static final class Any extends Serdes.WrapperSerde<Object> {
        public Any() {
            super(ANY.serializer(), ANY.deserializer());
        }
    }

    private Parts() {}

    @SuppressWarnings({"unchecked", "rawtypes"})
    static Serde<Object> of(String type) {
        return switch (type) {
            case "string" -> (Serde) Serdes.String();
            case "i64" -> (Serde) Serdes.Long();
            case "json" -> Serdes.serdeFrom((Serializer<Object>) (topic, value) -> jsonBytes(value), (Deserializer<Object>) (topic, bytes) -> json(bytes));
            case "any", "windowed-string" -> ANY;
            default -> throw new IllegalArgumentException("FORMAT.md has no type " + type);
        };
    }

    /** A part of an input: raw bytes, or a value of a type. */
    static byte[] input(String type, JsonNode part, JsonNode raw) {
        if (raw != null) return raw.textValue().getBytes(StandardCharsets.UTF_8);
        if (part == null || part.isNull()) return null;
        if (type.equals("json")) return jsonBytes(Values.normal(part));
        return of(type).serializer().serialize("", Values.constant(part));
    }

    /** A part of a record that came out, as scenario files write it. "text": whatever its bytes are. */
    static JsonNode output(String type, byte[] bytes) {
        return Values.plain(of(type.equals("text") ? "string" : type).deserializer().deserialize("", bytes));
    }

    private static byte[] jsonBytes(Object value) {
        return value == null ? null : Values.text(Values.plain(value)).getBytes(StandardCharsets.UTF_8);
    }

    private static JsonNode json(byte[] bytes) {
        if (bytes == null) return null;
        try {
            return Values.parse(bytes);
        } catch (IOException error) {
            throw new SerializationException("no JSON", error);
        }
    }

    private static byte[] describe(Object value) {
        if (value == null) return null;
        if (value instanceof Long number) return marked(OF_LONG, ByteBuffer.allocate(Long.BYTES).putLong(number).array());
        if (value instanceof JsonNode node) return marked(OF_JSON, jsonBytes(node));
        if (value instanceof Windowed<?> windowed) {
            byte[] key = describe(windowed.key());
            return marked(OF_WINDOWED, ByteBuffer.allocate(2 * Long.BYTES + key.length).putLong(windowed.window().start()).putLong(windowed.window().end()).put(key).array());
        }
        return ((String) value).getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] marked(byte what, byte[] rest) {
        return ByteBuffer.allocate(2 + rest.length).put((byte) MARK).put(what).put(rest).array();
    }

    private static Object described(byte[] bytes) {
        if (bytes.length < 2 || (bytes[0] & 0xff) != MARK) return new String(bytes, StandardCharsets.UTF_8);
        ByteBuffer rest = ByteBuffer.wrap(bytes, 2, bytes.length - 2);
        if (bytes[1] == OF_LONG) return rest.getLong();
        if (bytes[1] == OF_WINDOWED) {
            Window window = new Bounds(rest.getLong(), rest.getLong());
            return new Windowed<>(described(remaining(rest)), window);
        }
        return json(remaining(rest));
    }

    private static byte[] remaining(ByteBuffer rest) {
        byte[] bytes = new byte[rest.remaining()];
        rest.get(bytes);
        return bytes;
    }

    /** A window of either kind: what its bytes say of it. */
    private static final class Bounds extends Window {
        Bounds(long start, long end) {
            super(start, end);
        }

        @Override
        public boolean overlap(Window other) {
            return start() < other.end() && other.start() < end();
        }
    }
}
