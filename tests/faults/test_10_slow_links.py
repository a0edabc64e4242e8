"""Row 10: slow links. With the documented settings the worker becomes slower and nothing else: no transaction is given up, nobody
is fenced, no partition is lost. (A transaction is up to eight round trips: from a second on, --transaction-timeout has to say
so.)"""
import scenario


class Slow(scenario.Scenario):
    row = 10

    def slow(self, seconds, *words, rate=0, articles=10):
        """A round trip that takes so many seconds more."""
        line = self.watched_line(partitions=2)
        self.links.delay(seconds / 2, seconds / 2)
        self.links.limit(rate)
        worker = self.worker(line, "--commit-ms", "100", *words, proxied=True)
        self.split(line, articles)
        self.healed()
        self.wait_recovered(line, worker)
        self.hit(self.links.seen["up", 26], "EndTxn requests over the slow link")
        bad = [row for row in worker.err if "transaction." in row or "group.revoked" in row or "fenced" in row.lower()]
        self.assertEqual(bad, [])
        self.stop(worker)
        self.judge(line)

    @scenario.fast
    def test_fifty_milliseconds(self):
        self.slow(0.05)

    def test_half_a_second(self):
        self.slow(0.5)

    def test_two_seconds(self):
        self.slow(2.0, "--transaction-timeout", "60s", articles=4)

    @scenario.fast
    def test_one_megabit_a_second(self):
        self.slow(0.02, rate=125000, articles=30)
