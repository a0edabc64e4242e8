"""Row 21: the group's committed offsets are moved ahead, moved back, or deleted with the group. The worker trusts its lane's last
COMMIT, says so, and goes on from there; nothing is lost and nothing is said twice."""
import confluent_kafka as ck
import harness
import scenario
import tamper


class Moved(scenario.Scenario):
    row = 21

    def before(self):
        """A line whose worker has stopped, with inputs left over. Returns it and the end of its inputs."""
        line = self.watched_line(partitions=1)
        self.split(line, 10)
        first = self.worker(line)
        self.wait_recovered(line)
        self.stop(first)
        self.split(line, 10)
        return line, line.records("statements")[-1].offset

    def move(self, line, offset):
        group = line.prefix + "classify"
        consumer = line.consumer(group_id=group)
        moved = [ck.TopicPartition(line.topic("statements"), 0, offset)]

        def commit():
            try:
                return consumer.commit(offsets=moved, asynchronous=False)
            except ck.KafkaException:
                return None  # the static member still has its place in the group

        try:
            harness.until(commit, "the group to be empty", scenario.RECOVER_SECONDS)
        finally:
            consumer.close()

    def after(self, line, alarm):
        self.healed()
        worker = self.worker(line)
        worker.wait_line(rf"lane\.alarm.*what={alarm}", scenario.RECOVER_SECONDS)
        self.hit(1, f"alarm {alarm}")
        self.finish(line, worker)

    @scenario.fast
    def test_moved_ahead(self):
        line, end = self.before()
        self.move(line, end)
        self.after(line, "position")

    def test_moved_back(self):
        line, _ = self.before()
        self.move(line, 1)
        self.after(line, "position")

    def test_group_deleted(self):
        line, _ = self.before()
        harness.until(lambda: tamper.forget_group(line, line.prefix + "classify"), "the group to go", scenario.RECOVER_SECONDS)
        self.assertEqual(line.group_offsets(line.prefix + "classify"), {0: None})
        self.after(line, "no-hint")
