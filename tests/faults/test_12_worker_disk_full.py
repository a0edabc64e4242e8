"""Row 12: the worker's own disk is full or cannot be written. It keeps nothing there: work goes on, and only log lines are lost.
A witness does keep something there, and cosigns nothing that it could not write down."""
import disks
import scenario

TO_NOWHERE = ("sh", "-c", 'exec "$@" 2>/dev/full', "sh")


class Full(scenario.Scenario):
    row = 12

    @scenario.fast
    def test_log_lines_have_nowhere_to_go(self):
        line = self.watched_line(partitions=2)
        worker = self.worker(line, wrap=TO_NOWHERE, ready=False)
        self.split(line, 6)
        self.healed()
        self.wait_recovered(line)
        self.hit(len(worker.err) == 0, "standard error full")
        self.finish(line, worker)

    @scenario.fast
    def test_a_witness_cosigns_nothing_that_it_cannot_keep(self):
        if disks.why_not():
            self.skipTest(disks.why_not())
        line = self.watched_line(partitions=1)
        worker = self.worker(line)
        self.split(line, 4)
        self.wait_recovered(line)
        line.oracle.witness.stop()
        before = len(line.records("witness"))
        with disks.small(self.data, 2) as disk:
            state = disk / "witness.d"
            words = ["--key", line.folder / "w.key", "--state", state, "--once"]
            state.mkdir(mode=0o700)
            disks.fill(disk)
            done = line.run("witness", *words, expect=None)
            self.assertEqual(done.returncode, 1, done.stderr)
            self.hit("No space left" in done.stderr, "no room for the witness")
        self.assertEqual(len(line.records("witness")), before, "cosigned what it could not keep")
        self.finish(line, worker)
