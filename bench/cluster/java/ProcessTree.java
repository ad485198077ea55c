import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** CPU seconds and memory of processes and their descendants, from Linux' /proc (threads are included there). */
final class ProcessTree {
    private static final double TICKS_PER_SECOND = 100; // USER_HZ, the same on every Linux that runs here
    private static final long LISTED_FOR_NS = 1_000_000_000L;
    private final List<Long> roots;
    private List<Long> members;
    private long listedAt;
    private final Map<Long, Long> ticks = new HashMap<>(); // kept for members that have ended

    /** `pids`: separated by commas, or empty. */
    ProcessTree(String pids) {
        roots = Arrays.stream(pids.split(",")).filter(pid -> !pid.isEmpty()).map(Long::parseLong).toList();
        members = roots;
    }

    double cpuSeconds() {
        list();
        for (long pid : members) {
            String[] fields = stat(pid);
            if (fields == null) continue;
            // after "pid (name) ": 0 state, 1 parent, ..., 11 user, 12 system, 13 and 14 those of waited-for children
            long own = Long.parseLong(fields[11]) + Long.parseLong(fields[12]);
            if (roots.contains(pid)) own += Long.parseLong(fields[13]) + Long.parseLong(fields[14]);
            ticks.merge(pid, own, Math::max);
        }
        return ticks.values().stream().mapToLong(Long::longValue).sum() / TICKS_PER_SECOND;
    }

    /** Largest resident set so far, summed over the processes that still run. */
    long peakMiB() {
        long kib = 0;
        for (long pid : members) {
            try {
                for (String line : Files.readAllLines(Path.of("/proc/" + pid + "/status")))
                    if (line.startsWith("VmHWM:")) kib += Long.parseLong(line.replaceAll("[^0-9]", ""));
            } catch (IOException e) {
                // this process has ended
            }
        }
        return kib >> 10;
    }

    private void list() {
        long now = System.nanoTime();
        if (listedAt != 0 && now - listedAt < LISTED_FOR_NS) return;
        listedAt = now;
        Map<Long, List<Long>> children = new HashMap<>();
        for (String name : new File("/proc").list()) {
            if (!Character.isDigit(name.charAt(0))) continue;
            String[] fields = stat(Long.parseLong(name));
            if (fields != null) children.computeIfAbsent(Long.parseLong(fields[1]), pid -> new ArrayList<>()).add(Long.parseLong(name));
        }
        List<Long> all = new ArrayList<>();
        ArrayDeque<Long> left = new ArrayDeque<>(roots);
        while (!left.isEmpty()) {
            long pid = left.poll();
            all.add(pid);
            left.addAll(children.getOrDefault(pid, List.of()));
        }
        members = all;
    }

    private static String[] stat(long pid) {
        try {
            String line = Files.readString(Path.of("/proc/" + pid + "/stat"));
            return line.substring(line.lastIndexOf(')') + 2).split(" ");
        } catch (IOException e) {
            return null; // it has ended
        }
    }
}
