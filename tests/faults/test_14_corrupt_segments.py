"""Row 14: a bit flips in a segment on the broker's disk. After a clean stop the broker serves it: the worker's checksum finds it,
the lane stops and names the offset, and goes on once the disk is mended. After an unclean stop the broker truncates the log
there: the lane is shorter than the group and the witness know, and is not continued."""
import scenario
import segments
import tamper

MISSING = 5


class Corrupt(scenario.Scenario):
    row = 14

    def classified(self):
        line = self.watched_line(partitions=1)
        self.split(line, 6)
        worker = self.worker(line)
        self.wait_recovered(line)
        self.stop(worker)
        return line

    @scenario.sizes(1)
    def test_input_corrupt_after_a_clean_stop(self):
        line = self.classified()
        done = line.records("statements")[-1].offset
        self.split(line, 6)
        self.cluster.stop_node(1)
        path = segments.segment(self.cluster, 1, line.topic("statements"), 0)
        place = segments.flip(path, done + 1)
        self.cluster.start_node(1)
        self.cluster.wait_ready()
        self.refused(self.worker(line, ready=False), "cannot be read")
        self.hit(1, "a wrong checksum found")
        self.cluster.stop_node(1)
        segments.flip_at(path, place)
        self.cluster.start_node(1)
        self.cluster.wait_ready()
        self.healed()
        self.finish(line, self.worker(line))

    @scenario.sizes(1)
    def test_output_corrupt_after_an_unclean_stop(self):
        line = self.classified()
        self.facts = line.oracle.judge()
        self.assertEqual(self.facts.broken, [])
        line.oracle.reader.close()
        last = line.commits()[-2].offset
        self.cluster.kill_node(1)
        segments.flip(segments.segment(self.cluster, 1, line.topic("attributions"), 0), last)
        self.cluster.start_node(1)
        self.cluster.wait_ready()
        left = line.records("attributions")
        self.hit(self.facts.outcomes - sum(not tamper.is_commit(r) for r in left), "records truncated by the broker")
        self.refused(self.worker(line, ready=False), "lost its tail")
        self.assertIn("witness.refused", line.oracle.witness_once().stderr)
