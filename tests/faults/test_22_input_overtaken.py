"""Row 22: retention or DeleteRecords takes inputs away that have no outcome yet. The lane stops and says which records are lost
to it; it never jumps. What it said before stays valid."""
import feed_articles as feed
import scenario
import tamper


class Overtaken(scenario.Scenario):
    row = 22

    @scenario.fast
    def test_records_before_the_position_are_deleted(self):
        line = self.watched_line(partitions=1)
        self.split(line, 5)
        first = self.worker(line)
        self.wait_recovered(line)
        self.stop(first)
        done = len(line.results())
        self.split(line, 10)
        inputs = feed.settled(line, "statements")
        tamper.cut(line, "statements", {0: inputs[-5].offset})
        self.hit(len(inputs) - 5 - done, "inputs without an outcome deleted")
        self.refused(self.worker(line, ready=False), "records are lost to this lane")
        self.assertEqual(len(line.results()), done, "the lane went on")
        self.judge(line, whole=False, inputs=inputs, audit=["--signatures"])
