import java.io.IOException;
import java.lang.reflect.Method;
import java.util.Arrays;

/**
 * Guarded MAIN ARGUMENTS...: runs another main class, and ends this process at once when standard input ends, so
 * that no broker outlives the test that started it. Uses nothing but the JDK: brokers of any version run under it.
 */
public final class Guarded {
    public static void main(String[] args) throws Exception {
        Thread guard = new Thread(Guarded::endWithStandardInput, "guard");
        guard.setDaemon(true);
        guard.start();
        Method main = Class.forName(args[0]).getMethod("main", String[].class);
        main.invoke(null, (Object) Arrays.copyOfRange(args, 1, args.length));
    }

    private static void endWithStandardInput() {
        try {
            while (System.in.read() >= 0) {
                // whatever is written here means: still wanted
            }
        } catch (IOException e) {
            System.err.println("standard input: " + e);
        }
        Runtime.getRuntime().halt(143);
    }
}
