"""Row 8: the broker that coordinates group and transactions is restarted, and a successor asks for offsets that hang on an
undecided transaction. The worker waits, and nobody reads past what is undecided."""
import harness
import scenario


class Coordinators(scenario.Scenario):
    row = 8

    def test_clean_restart_under_way(self):
        line = self.watched_line(partitions=2)
        worker = self.worker(line)
        self.split(line, 8)
        worker.wait_line(r"lane\.commit partition=\d+ size=[1-9]", scenario.RECOVER_SECONDS)
        for node in range(1, self.nodes + 1):
            seen = len(worker.err)
            self.cluster.stop_node(node)
            worker.wait_line(r"kafka\.|transaction\.", scenario.RECOVER_SECONDS, after=seen)
            self.cluster.start_node(node)
            self.cluster.wait_ready()
            self.hit(1, f"restart of node {node}")
            self.split(line, 4)
        self.healed()
        self.finish(line, worker)

    @scenario.fast
    def test_offsets_of_an_undecided_transaction(self):
        line = self.watched_line(partitions=2)
        second_key = harness.make_worker_key(line, "w1")
        self.split(line, 5)
        point = "after-offsets:3"
        victim = self.worker(line, *scenario.SHORT, "--transaction-timeout", "5s", "--instance", "1", point=point)
        self.split(line, 10)
        victim.wait(scenario.RECOVER_SECONDS)
        self.hit_point(victim, point)
        self.healed()
        heir = self.worker(line, *scenario.SHORT, "--instance", "2", "--key", second_key, ready=False)
        heir.wait_line(r"lane\.(wait|open)", scenario.RECOVER_SECONDS)  # not at once: the transaction has to expire
        self.wait_recovered(line)
        self.hit(line.oracle.aborted(), "aborted records")
        self.finish(line, heir)
