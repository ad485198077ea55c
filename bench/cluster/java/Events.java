import java.util.Random;

/**
 * Events of customers, each {"id":N}: under keys at random, or, `inOrder`, once under each. What a table of customers is seeded
 * with, and both sides of a join.
 */
final class Events implements Seed.Records {
    private final int keys;
    private final boolean inOrder;
    private final Random random;
    private long id;

    Events(int keys, boolean inOrder, int seed) {
        this.keys = keys;
        this.inOrder = inOrder;
        this.random = new Random(seed);
    }

    @Override
    public String nextKey() {
        return "customer-" + (inOrder ? id % keys : random.nextInt(keys));
    }

    @Override
    public String nextValue() {
        return "{\"id\":" + id++ + "}";
    }
}
