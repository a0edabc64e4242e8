"""Row 23: the output loses its tail: the topic is deleted and made again, or its records are deleted. The worker does not go on
with such a lane, because the group knows a later COMMIT. Deleted records are missing to an audit; a new topic looks like a lane
that has not begun yet, and only a witness, who saw it longer, can tell: it refuses."""
import scenario
import tamper

MISSING = 5


class Gone(scenario.Scenario):
    row = 23

    def done(self):
        """A line that was valid, and whose worker has stopped."""
        line = self.watched_line(partitions=1)
        self.split(line, 8)
        worker = self.worker(line)
        self.wait_recovered(line)
        self.stop(worker)
        self.facts = line.oracle.judge()
        self.assertEqual(self.facts.broken, [])
        line.oracle.reader.close()
        return line

    def gone(self, line):
        self.assertEqual(line.records("attributions"), [])
        self.hit(1, "an output without its tail")
        self.refused(self.worker(line, ready=False), "lost its tail")
        self.assertEqual(line.records("attributions"), [], "something was written")

    @scenario.fast
    def test_topic_made_again(self):
        line = self.done()
        tamper.recreate(line, "attributions")
        self.gone(line)
        self.assertIn("witness.refused", line.oracle.witness_once().stderr)

    def test_records_deleted(self):
        line = self.done()
        tamper.cut(line, "attributions", {0: line.records("attributions")[-1].offset + 1})
        self.gone(line)
        line.run("audit", expect=MISSING)
