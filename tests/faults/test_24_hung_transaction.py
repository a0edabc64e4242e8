"""Row 24: a stranger's transaction hangs on a lane. Nothing behind it can be seen by anybody until it ends: a running worker
stops after a few blocks that it cannot read back and says so, a starting one waits. (The rights of docs/operator.md do not let a
stranger write.)"""
import confluent_kafka as ck
import harness
import scenario


class Hung(scenario.Scenario):
    row = 24

    def test_a_stranger_never_ends_its_transaction(self):
        line = self.watched_line(partitions=1)
        worker = self.worker(line)
        self.split(line, 4)
        self.wait_recovered(line)
        stranger = ck.Producer({"bootstrap.servers": line.bootstrap, "transactional.id": f"{line.prefix}stranger",
                                "transaction.timeout.ms": 600000, "log_level": 2})
        stranger.init_transactions(scenario.RECOVER_SECONDS)
        stranger.begin_transaction()
        stranger.produce(line.topic("attributions"), b"?", partition=0)
        stranger.flush(scenario.RECOVER_SECONDS)
        seen = line.oracle.reader.results
        for _ in range(10):
            self.split(line, 2)
        worker.wait_line(r"lane\.unseen", scenario.RECOVER_SECONDS)
        self.hit(1, "a running worker stopped and said so")
        self.assertEqual(line.oracle.reader.results, seen, "somebody read past what is undecided")
        second_key = harness.make_worker_key(line, "w1")
        late = self.worker(line, "--instance", "2", "--key", second_key, ready=False)
        self.stop(worker)
        late.wait_line(r"lane\.wait.*find-hanging", scenario.RECOVER_SECONDS)
        self.hit(1, "a starting worker waited and said so")
        stranger.abort_transaction(scenario.RECOVER_SECONDS)
        self.healed()
        self.finish(line, late)
