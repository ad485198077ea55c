import assert from "node:assert/strict";
import { test } from "node:test";
import { Membership, type TopicLooks } from "../../host/task/membership.ts";
import type { TaskName, ThreadHandle } from "../../host/task/thread-port.ts";
import type { GroupMember } from "../../host/transport/port.ts";

const LISTED = ["a-1", "a-2", "named"];

/** A cluster where some topics are still listed, and already gone when they are described. */
function looks(gone: readonly string[]): TopicLooks {
  const isThere = (topic: string) => LISTED.includes(topic) && !gone.includes(topic);
  return {
    listTopics: async () => LISTED,
    describeTopics: async (topics) =>
      new Map(topics.filter(isThere).map((topic) => [topic, { topic, topicId: topic, partitions: 1 }])),
    listOffsets: async () => [],
    deleteRecords: async () => {},
  };
}

/** The only member of its group, and its leader. */
const member: GroupMember = {
  ended: new Promise(() => {}),
  join: async ({ userData, assign }) => ({
    identity: { groupId: "g", memberId: "m", instanceId: undefined, generation: 1 },
    isLeader: true,
    ...(await assign([{ memberId: "m", instanceId: undefined, topics: [], userData }])).get("m")!,
  }),
  committed: async () => [],
  commitOffsets: async () => {},
  leave: async () => {},
  close: async () => {},
};

/** What its one thread is assigned. */
async function assignedWithout(gone: readonly string[]): Promise<readonly (readonly TaskName[])[]> {
  const found: string[][] = [];
  const thread: ThreadHandle = {
    start: async () => {},
    assign: async ({ tasks, matched }) => {
      found.push(
        tasks.flatMap((each) => each.partitions.map(({ topic }) => topic)),
        [...(matched ?? [])],
      );
      membership.close();
    },
    revoke: async () => "committed",
    drop: async () => {},
    close: async () => {},
  };
  const membership = new Membership({
    admin: looks(gone),
    member,
    threads: [thread],
    subTopologies: [{ subTopology: 0, sourceTopics: ["named"], patterns: [/a-.*/] }],
    onTasks: () => {},
  });
  await membership.run();
  return found;
}

test("a topic that is gone once it is looked at: left out where only a pattern has found it, else an error", async () => {
  assert.deepEqual(await assignedWithout([]), [
    ["named", "a-1", "a-2"],
    ["a-1", "a-2"],
  ]);
  assert.deepEqual(await assignedWithout(["a-2"]), [["named", "a-1"], ["a-1"]]);
  await assert.rejects(assignedWithout(["named"]), { code: "TOPIC_MISSING", message: /no topic named\b/ });
});
