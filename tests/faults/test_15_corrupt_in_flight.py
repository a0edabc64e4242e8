"""Row 15: a bit flips on the way, in the records of a message. The checksum of the batch finds it: the worker stops and names the
offset and never takes what it got; the broker refuses what the worker sent, which is sent again."""
import proxy
import scenario


class Flipped(scenario.Scenario):
    row = 15

    def begin(self, api, name, times):
        line = self.watched_line(partitions=1)
        worker = self.worker(line, proxied=True)
        self.links.tap(proxy.Flip(api, line.topic(name), times))
        self.split(line, 8)
        self.links.wait("flipped", times, scenario.RECOVER_SECONDS)
        self.hit(times, "bits flipped")
        self.healed()
        return line, worker

    @scenario.fast
    def test_in_what_the_worker_reads(self):
        line, worker = self.begin(proxy.FETCH, "statements", 1)
        self.refused(worker, "_BAD_MSG")
        self.finish(line, self.worker(line))

    @scenario.fast
    def test_in_what_the_worker_reads_back(self):
        line, worker = self.begin(proxy.FETCH, "attributions", 1)
        self.refused(worker, "_BAD_MSG")
        self.finish(line, self.worker(line))

    @scenario.fast
    def test_in_what_the_worker_writes(self):
        line, worker = self.begin(proxy.PRODUCE, "attributions", 2)
        self.finish(line, worker)
