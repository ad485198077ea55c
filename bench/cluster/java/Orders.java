import java.util.Random;

/**
 * Orders, each {"id":N,"kind":"fine"} under one of a thousand keys; one in a hundred, at random, is poisonous: cut off,
 * of a wrong type, without key, or of a kind that the application under test throws at, refuses, or makes too much of.
 */
final class Orders implements Seed.Records {
    private static final int KEYS = 1000;
    private static final String[] KINDS = {"throws", "refused", "swells"};
    private final Random random;
    private boolean poisonous;
    private boolean keyless;
    private long id;

    Orders(int seed) {
        this.random = new Random(seed);
    }

    @Override
    public String nextKey() {
        poisonous = random.nextInt(100) == 0;
        keyless = poisonous && random.nextInt(3 + KINDS.length) == 0;
        return keyless ? null : "key-" + random.nextInt(KEYS);
    }

    @Override
    public String nextValue() {
        long id = this.id++;
        if (!poisonous || keyless) return order("" + id, "fine");
        int poison = random.nextInt(2 + KINDS.length);
        if (poison == 0) {
            String whole = order("" + id, "fine");
            return whole.substring(0, 1 + random.nextInt(whole.length() - 1));
        }
        return poison == 1 ? order("\"" + id + "\"", "fine") : order("" + id, KINDS[poison - 2]);
    }

    private static String order(String id, String kind) {
        return "{\"id\":" + id + ",\"kind\":\"" + kind + "\"}";
    }
}
