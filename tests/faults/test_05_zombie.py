"""Row 5: the group moves while a worker has a batch in work. The batch is dropped before the partitions are given up. With that
guard taken away (ONR_FAULT=revoke) the worker goes on with partitions that are another's, under fresh group metadata, which Kafka
does not fence (KIP-1287): then the chain shows two owners, both workers stop, and the audit says so."""
import harness
import scenario


class Zombie(scenario.Scenario):
    row = 5

    @scenario.fast
    def test_a_batch_in_work_is_dropped_when_the_group_moves(self):
        line = self.watched_line(partitions=2)
        second_key = harness.make_worker_key(line, "w1")
        first = self.worker(line, "--commit-ms", "5000", "--transaction-timeout", "60s")
        self.split(line, 6)
        second = self.worker(line, "--instance", "2", "--key", second_key, ready=False)
        first.wait_line(r'transaction\.aborted.*text="partitions were taken away"', scenario.RECOVER_SECONDS)
        self.hit(1, "a transaction aborted by a revoke")
        self.healed()
        second.wait_line(r"classify\.ready", scenario.RECOVER_SECONDS)
        self.split(line, 6)
        self.finish(line, first, second)

    @scenario.fast
    def test_without_the_guard_the_chain_shows_two_owners(self):
        line = self.watched_line(partitions=1)
        second_key = harness.make_worker_key(line, "w1")
        # The first one's transaction is open all the time in which the second one commits the same inputs.
        first = self.worker(line, "--commit-ms", "6000", "--instance", "b", fault="revoke")
        second = self.worker(line, "--commit-ms", "2000", "--instance", "a", "--key", second_key)
        self.split(line, 10)
        ends = [worker.wait(scenario.RECOVER_SECONDS) for worker in (first, second)]
        self.assertEqual(ends, [1, 1])
        self.hit(sum("two writers" in row or "audit" in row for w in (first, second) for row in w.err[-1:]), "two owners seen")
        self.judge_broken(line, "O1: .* outcomes too many", "audit says invalid")
