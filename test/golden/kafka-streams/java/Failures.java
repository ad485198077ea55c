import java.util.Set;

/** What FORMAT.md calls the error that a driver has thrown. */
final class Failures {
    private static final Set<String> OF_USERS = Set.of("Functions", "Processors", "StoreScripts", "Values");

    private Failures() {}

    static String wordFor(Throwable failure) {
        String said = says(failure);
        if (said.contains("buffer exceeded its max capacity")) return "buffer-full";
        if (said.contains("Deserialization exception handler is set to fail")) return "deserialization";
        if (said.contains("TimestampExtractor")) return "timestamp";
        return isOfUser(rootOf(failure)) ? "user-function" : "other";
    }

    /** The messages of a failure and its causes. */
    static String says(Throwable failure) {
        StringBuilder said = new StringBuilder();
        for (Throwable each = failure; each != null; each = each.getCause()) said.append(each).append('\n');
        return said.toString();
    }

    private static Throwable rootOf(Throwable failure) {
        Throwable root = failure;
        while (root.getCause() != null) root = root.getCause();
        return root;
    }

    /** What a function or processor threw, or what a store threw that it called; not what it forwarded a record to. */
    private static boolean isOfUser(Throwable root) {
        for (StackTraceElement frame : root.getStackTrace()) {
            if (frame.getMethodName().equals("forward")) return false;
            if (OF_USERS.contains(frame.getClassName().replaceAll("\\$.*", ""))) return true;
        }
        return false;
    }
}
