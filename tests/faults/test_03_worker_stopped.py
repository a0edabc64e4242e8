"""Row 3: a worker is stopped (SIGSTOP) beyond its transaction timeout and wakes up again. Its batch is invisible; alone it makes
a new producer and goes on; where another worker has taken over in between, it is fenced and has no say."""
import signal

import confluent_kafka as ck
import harness
import scenario


class Stopped(scenario.Scenario):
    row = 3
    point = "after-flush:3:stop"

    def expired(self, line):
        """Nothing is undecided on the lanes: the stopped worker's transaction was aborted by the broker."""
        topic = line.topic("attributions")
        consumers = [line.consumer(isolation_level=level) for level in ("read_committed", "read_uncommitted")]
        try:
            ends = [[c.get_watermark_offsets(ck.TopicPartition(topic, p))[1] for p in (0, 1)] for c in consumers]
        finally:
            for consumer in consumers:
                consumer.close()
        return ends[0] == ends[1]

    def asleep(self, line, *args):
        self.split(line, 5)
        sleeper = self.worker(line, *args, point=self.point)
        self.split(line, 15)
        self.hit_point(sleeper, self.point)
        return sleeper

    @scenario.fast
    def test_stopped_beyond_its_transaction_timeout(self):
        line = self.watched_line(partitions=2)
        sleeper = self.asleep(line, "--transaction-timeout", "1s")
        harness.until(lambda: self.expired(line), "the end of the stopped worker's transaction", scenario.RECOVER_SECONDS)
        self.hit(line.oracle.aborted(), "aborted records")
        self.healed()
        sleeper.signal(signal.SIGCONT)
        sleeper.wait_line(r"transaction\.unclear", scenario.RECOVER_SECONDS)
        self.finish(line, sleeper)

    def test_stopped_while_another_takes_over(self):
        line = self.watched_line(partitions=2)
        second_key = harness.make_worker_key(line, "w1")
        sleeper = self.asleep(line, *scenario.SHORT, "--instance", "1")
        heir = self.worker(line, *scenario.SHORT, "--instance", "2", "--key", second_key)
        self.wait_recovered(line)  # all of it by the heir
        self.hit(line.oracle.aborted(), "aborted records")
        self.split(line, 5)
        self.healed()
        sleeper.signal(signal.SIGCONT)
        sleeper.wait_line(r"transaction\.(unclear|aborted)", scenario.RECOVER_SECONDS)
        self.split(line, 5)
        self.finish(line, heir, sleeper)
