import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.AdminClient;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.ScramCredentialInfo;
import org.apache.kafka.clients.admin.ScramMechanism;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.admin.UserScramCredentialUpsertion;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;

/**
 * Administer await-brokers ID,ID SECONDS
 *            create-topic NAME PARTITIONS REPLICAS [CONFIG=VALUE ...]
 *            delete-topic NAME
 *            await-in-sync NAME REPLICAS
 *            await-group GROUP TOPIC STALL-SECONDS    (until GROUP has committed the end of TOPIC)
 *            scram-user NAME PASSWORD
 *            acl PRINCIPAL OPERATION ALLOW|DENY RESOURCE-TYPE NAME    (NAME "*" stands for all)
 */
public final class Administer {
    private static final int TRIES_MAX = 300; // of 100 ms

    public static void main(String[] args) throws Exception {
        try (AdminClient admin = Clients.admin()) {
            switch (args[0]) {
                case "await-brokers" -> awaitBrokers(admin, args[1], Long.parseLong(args[2]));
                case "create-topic" -> createTopic(admin, args);
                case "await-in-sync" -> awaitInSync(admin, args[1], Integer.parseInt(args[2]));
                case "await-group" -> awaitGroup(admin, args[1], args[2], Long.parseLong(args[3]));
                case "delete-topic" -> deleteTopic(admin, args[1]);
                case "scram-user" -> scramUser(admin, args[1], args[2]);
                case "acl" -> acl(admin, args);
                default -> throw new IllegalArgumentException(args[0]);
            }
        } catch (ExecutionException | IllegalStateException e) {
            System.err.println(args[0] + ": " + (e.getCause() == null ? e.getMessage() : e.getCause()));
            System.exit(1);
        }
    }

    private static void awaitBrokers(AdminClient admin, String ids, long seconds) throws Exception {
        Set<Integer> wanted = Arrays.stream(ids.split(",")).map(Integer::parseInt).collect(Collectors.toSet());
        long end = System.nanoTime() + seconds * 1_000_000_000L;
        while (System.nanoTime() < end) {
            try {
                Set<Integer> here = admin.describeCluster().nodes().get().stream().map(Node::id).collect(Collectors.toSet());
                if (here.containsAll(wanted)) return;
            } catch (ExecutionException e) {
                // not up yet
            }
            Thread.sleep(100);
        }
        throw new IllegalStateException("brokers " + ids + " are not up after " + seconds + " s");
    }

    private static void createTopic(AdminClient admin, String[] args) throws Exception {
        int replicas = Integer.parseInt(args[3]);
        Map<String, String> config = new HashMap<>(Clients.options(args, 4));
        NewTopic topic = new NewTopic(args[1], Integer.parseInt(args[2]), (short) replicas).configs(config);
        for (int tries = 0; ; tries++) { // for a moment after its deletion a name is still taken
            try {
                admin.createTopics(List.of(topic)).all().get();
                break;
            } catch (ExecutionException e) {
                if (tries > TRIES_MAX || !(e.getCause() instanceof TopicExistsException)) throw e;
                Thread.sleep(100);
            }
        }
        awaitInSync(admin, args[1], replicas);
    }

    private static void awaitInSync(AdminClient admin, String name, int replicas) throws Exception {
        for (int tries = 0; !isInSync(admin, name, replicas); tries++) {
            if (tries > TRIES_MAX) throw new IllegalStateException(name + " has not got all its replicas");
            Thread.sleep(100);
        }
    }

    private static boolean isInSync(AdminClient admin, String name, int replicas) throws Exception {
        try {
            TopicDescription described = admin.describeTopics(List.of(name)).allTopicNames().get().get(name);
            return described.partitions().stream().allMatch(part -> part.leader() != null && part.isr().size() == replicas);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof UnknownTopicOrPartitionException) return false;
            throw e;
        }
    }

    private static void awaitGroup(AdminClient admin, String group, String topic, long stallSeconds) throws Exception {
        List<TopicPartition> partitions = Clients.partitions(admin, topic);
        long seen = -1;
        long moved = System.nanoTime();
        while (true) {
            Map<TopicPartition, Long> ends = Clients.offsets(admin, partitions, OffsetSpec.latest(), false);
            Map<TopicPartition, OffsetAndMetadata> committed =
                admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get();
            long left = 0;
            for (TopicPartition partition : partitions) {
                OffsetAndMetadata offset = committed.get(partition);
                left += ends.get(partition) - (offset == null ? 0 : offset.offset());
            }
            if (left == 0) return;
            if (left != seen) moved = System.nanoTime();
            seen = left;
            if (System.nanoTime() - moved > stallSeconds * 1_000_000_000L)
                throw new IllegalStateException(group + " has stalled with " + left + " records of " + topic + " left");
            Thread.sleep(100);
        }
    }

    private static void deleteTopic(AdminClient admin, String name) throws Exception {
        try {
            admin.deleteTopics(List.of(name)).all().get();
            for (int tries = 0; tries < TRIES_MAX && admin.listTopics().names().get().contains(name); tries++) Thread.sleep(100);
        } catch (ExecutionException e) {
            if (!(e.getCause() instanceof UnknownTopicOrPartitionException)) throw e;
        }
    }

    private static void scramUser(AdminClient admin, String name, String password) throws Exception {
        for (ScramMechanism mechanism : List.of(ScramMechanism.SCRAM_SHA_256, ScramMechanism.SCRAM_SHA_512))
            admin.alterUserScramCredentials(List.of(
                new UserScramCredentialUpsertion(name, new ScramCredentialInfo(mechanism, 4096), password))).all().get();
    }

    private static void acl(AdminClient admin, String[] args) throws Exception {
        AccessControlEntry entry = new AccessControlEntry(
            args[1], "*", AclOperation.fromString(args[2]), AclPermissionType.fromString(args[3]));
        ResourcePattern resource = new ResourcePattern(ResourceType.fromString(args[4]), args[5], PatternType.LITERAL);
        admin.createAcls(List.of(new AclBinding(resource, entry))).all().get();
    }
}
