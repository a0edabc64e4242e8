"""Row 2: a broker is killed in the middle of transactions and comes back. Requests are repeated, what was prepared is completed;
where the worker cannot know how its commit ended it makes a new producer and looks. A static member whose coordinator moved can
be fenced by its own second try to join: then it ends as if it had a twin, and whoever supervises it starts it again."""
import feed_articles as feed
import scenario


def java_hash(text):
    value = 0
    for byte in text.encode():
        value = (31 * value + byte) & 0xFFFFFFFF
    return value & 0x7FFFFFFF


class Killed(scenario.Scenario):
    row = 2

    def coordinator(self, line):
        """Node that coordinates the worker's transactions: leader of the partition that its transactional.id belongs to."""
        consumer = line.consumer()
        try:
            parts = consumer.list_topics("__transaction_state", scenario.RECOVER_SECONDS).topics["__transaction_state"].partitions
        finally:
            consumer.close()
        transactional_id = f"{line.prefix}classify.{line.prefix}classify.1"
        return parts[java_hash(transactional_id) % len(parts)].leader

    def kill_and_restart(self, line, node):
        self.cluster.kill_node(node)
        self.hit(1, f"kill -9 of node {node}")
        self.cluster.start_node(node)
        self.cluster.wait_ready()
        self.healed()

    @scenario.sizes(3)
    def test_killed_while_articles_come(self):
        line = self.watched_line(partitions=4)
        worker = self.worker(line)
        path = feed.write_jsonl(self.data / "in.jsonl", feed.articles(self.rng, 120))
        splitter = line.start("split", path)
        worker.wait_line(r"lane\.commit partition=\d+ size=[1-9]\d* commit=[3-9]", scenario.RECOVER_SECONDS)
        self.cluster.kill_node(1)
        self.assertTrue(splitter.running, "not run: everything was sent before the broker was killed")
        self.hit(1, "kill -9 of node 1")
        worker.wait_line(r"kafka\.|transaction\.", scenario.RECOVER_SECONDS)  # it noticed
        self.cluster.start_node(1)
        self.cluster.wait_ready()
        self.healed()
        splitter.wait(scenario.RECOVER_SECONDS)
        line.run("split", path, seconds=scenario.RECOVER_SECONDS)  # what was not sent, if it gave up
        self.finish(line, self.supervised(line, worker))

    @scenario.sizes(3)
    def test_coordinator_killed_with_endtxn_sent(self):
        self.held_at("endtxn-sent:4:hold", self.watched_line(partitions=4))

    @scenario.sizes(3)
    def test_coordinator_killed_after_the_flush(self):
        self.held_at("after-flush:4:hold", self.watched_line(partitions=4))

    def held_at(self, point, line):
        self.split(line, 4)
        worker = self.worker(line, point=point, stdin=scenario.PIPE)
        self.split(line, 20)
        self.hit_point(worker, point)
        node = self.coordinator(line)
        self.cluster.kill_node(node)
        self.hit(1, f"kill -9 of node {node}")
        self.release(worker)
        self.cluster.start_node(node)
        self.cluster.wait_ready()
        self.healed()
        self.split(line, 4)
        self.finish(line, self.supervised(line, worker))

    @scenario.sizes(1)
    def test_the_only_broker_killed_in_mid_transaction(self):
        line = self.watched_line(partitions=2)
        self.split(line, 4)
        worker = self.worker(line, point="after-flush:4:hold", stdin=scenario.PIPE)
        self.split(line, 12)
        self.hit_point(worker, "after-flush")
        self.kill_and_restart(line, 1)
        self.release(worker)
        self.split(line, 4)
        self.finish(line, worker)
