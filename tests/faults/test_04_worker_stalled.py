"""Row 4: a worker's own thread hangs longer than max.poll.interval while librdkafka's threads keep its heart beating. The group
gives its partitions away; when it wakes up it may not commit what it had in hand, whatever it still believes."""
import harness
import scenario


class Stalled(scenario.Scenario):
    row = 4

    def test_hangs_longer_than_the_poll_interval(self):
        line = self.watched_line(partitions=2)
        second_key = harness.make_worker_key(line, "w1")
        self.split(line, 5)
        point = "before-commit-record:3:hold"
        timing = ("-X", "max.poll.interval.ms=3000", "-X", "session.timeout.ms=2000", "-X", "heartbeat.interval.ms=300")
        hung = self.worker(line, *timing, "--transaction-timeout", "60s", point=point, stdin=scenario.PIPE)
        self.split(line, 15)
        self.hit_point(hung, point)
        heir = self.worker(line, *timing, "--instance", "2", "--key", second_key, ready=False)
        heir.wait_line(r"lane\.wait.*undecided", scenario.RECOVER_SECONDS)  # it owns the partitions, and waits for our transaction
        self.release(hung)
        self.healed()
        refused = hung.wait_line(r"transaction\.(aborted|unclear) (.*)", scenario.RECOVER_SECONDS)
        self.hit(1, refused.group(2))
        heir.wait_line(r"lane\.open", scenario.RECOVER_SECONDS)
        self.hit(line.oracle.aborted(), "aborted records")
        self.finish(line, heir, hung)
