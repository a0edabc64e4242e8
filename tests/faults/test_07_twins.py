"""Row 7: one transactional.id twice. A second worker under the same --instance fences the older one, which ends and says why, and
there is no fight. A stranger who takes the transactional.id without the group is no worker: the worker takes its name back and
goes on."""
import confluent_kafka as ck
import scenario


class Twins(scenario.Scenario):
    row = 7

    @scenario.fast
    def test_a_twin_fences_the_older_one(self):
        line = self.watched_line(partitions=2)
        older = self.worker(line, "--instance", "7")
        self.split(line, 10)
        younger = self.worker(line, "--instance", "7", ready=False)
        self.split(line, 15)
        self.assertEqual(older.wait(scenario.RECOVER_SECONDS), 1, older.tail())
        self.assertIn("another worker runs with --instance 7", older.err[-1])
        self.hit(1, "the older one fenced")
        self.healed()
        self.finish(line, younger)
        self.assertFalse([row for row in younger.err if "another worker" in row])

    @scenario.fast
    def test_a_stranger_takes_the_transactional_id(self):
        line = self.watched_line(partitions=2)
        worker = self.worker(line)
        self.split(line, 5)
        self.wait_recovered(line)
        name = f"{line.prefix}classify.{line.prefix}classify.1"
        stranger = ck.Producer({"bootstrap.servers": line.bootstrap, "transactional.id": name, "log_level": 2})
        stranger.init_transactions(scenario.RECOVER_SECONDS)
        self.healed()
        self.split(line, 5)
        worker.wait_line(r"transaction\.unclear", scenario.RECOVER_SECONDS)
        self.hit(1, "the worker fenced by a stranger")
        self.finish(line, worker)
