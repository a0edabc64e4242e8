"""Row 20: workers come and go, in turn and as a storm. Each partition goes on with whoever has it; work resumes soon after."""
import itertools
import time

import harness
import scenario

STORM = 15  # workers that join and are killed
RESUMES = 30  # seconds


class Rebalances(scenario.Scenario):
    row = 20

    @scenario.fast
    def test_workers_come_and_go(self):
        line = self.watched_line(partitions=4)
        second_key = harness.make_worker_key(line, "w1")
        self.split(line, 10)
        first = self.worker(line, *scenario.SHORT, "--instance", "1")
        second = self.worker(line, *scenario.SHORT, "--instance", "2", "--key", second_key)
        first.wait_line(r"group\.revoked", scenario.RECOVER_SECONDS)
        self.hit(1, "partitions handed over")
        self.split(line, 10)
        second.kill()
        self.split(line, 10)
        third = self.worker(line, *scenario.SHORT, "--instance", "3", "--key", second_key)
        self.split(line, 10)
        self.stop(first)
        self.healed()
        self.finish(line, third)
        signers = {r.header("onr-sig")[4:12] for r in line.results()}
        self.assertEqual(len(signers), 2, "not run: one key signed everything")

    @scenario.fast
    def test_lanes_of_a_dead_worker_are_taken_over_in_mid_transaction(self):
        line = self.watched_line(partitions=2)
        self.split(line, 5)
        point = "after-flush:3"
        victim = self.worker(line, *scenario.SHORT, "--instance", "1", point=point)
        self.split(line, 15)
        victim.wait(scenario.RECOVER_SECONDS)
        self.hit_point(victim, point)
        self.healed()
        heir = self.worker(line, *scenario.SHORT, "--instance", "2", ready=False)
        heir.wait_line(r"lane\.(wait|open)", scenario.RECOVER_SECONDS)  # not at once: the transaction has to expire
        self.wait_recovered(line)
        self.hit(line.oracle.aborted(), "aborted records")
        self.finish(line, heir)

    def test_storm(self):
        # One worker stays, others join and are killed as soon as they have a lane.
        line = self.watched_line(partitions=4)
        stays = self.worker(line, *scenario.SHORT, "--instance", "stays")
        strategies = itertools.cycle(["range", "range,roundrobin"])
        for turn in range(STORM):
            self.split(line, 2)
            words = [*scenario.SHORT, "--instance", f"guest-{turn % 3}", "-X", f"partition.assignment.strategy={next(strategies)}"]
            guest = self.worker(line, *words, ready=False)
            guest.wait_line(r"lane\.open|lane\.wait", scenario.RECOVER_SECONDS)
            guest.kill()
            self.hit(1, "a guest killed with lanes")
        self.split(line, 2)
        self.healed()
        began, seen = time.monotonic(), line.oracle.reader.results
        line.oracle.wait_results(seen + 1, RESUMES)
        self.assertLess(time.monotonic() - began, RESUMES)
        self.finish(line, stays)
