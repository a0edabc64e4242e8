"""Row 11: a broker's disk is full (an ext4 on a loop device, and a file that takes all the room). The broker stops; workers abort
and try again; with room again everything is as it should be. Needs root."""
import contextlib

import disks
import feed_articles as feed
import harness
import scenario

MEGABYTES = 40


class SmallDisk(scenario.Proxied):
    """Node 1 has its data on a disk of its own."""

    disk = None

    def _settings(self, node):
        settings = super()._settings(node)
        if node == 1:
            settings["log.dirs"] = self.disk / "data"
        return settings


class Full(scenario.Scenario):
    row = 11

    def setUp(self):
        if disks.why_not():
            self.skipTest(disks.why_not())
        stack = contextlib.ExitStack()
        self.addCleanup(stack.close)
        room = self.folder / "small"
        room.mkdir()
        self.disk = stack.enter_context(disks.small(room, MEGABYTES))
        extra = {**self.extra, "log.index.size.max.bytes": 65536}
        self.cluster = SmallDisk(room / "kafka", scenario.NODES, extra=extra, with_parent=True)
        self.cluster.disk = self.disk
        stack.callback(self.cluster.stop)
        self.cluster.start()
        super().setUp()

    def test_full_and_with_room_again(self):
        line = self.watched_line(partitions=2)
        worker = self.worker(line)
        self.split(line, 6)
        self.wait_recovered(line)
        filler = disks.fill(self.disk)
        path = feed.write_jsonl(self.data / "more.jsonl", feed.articles(self.rng, 66)[6:])
        splitter = line.start("split", path)
        harness.until(lambda: self.cluster.pid(1) is None, "the broker to give up", scenario.RECOVER_SECONDS)
        self.hit(1, "a broker stopped by its full disk")
        filler.unlink()
        self.cluster.start_node(1)
        self.cluster.wait_ready()
        self.healed()
        splitter.wait(scenario.RECOVER_SECONDS)
        line.run("split", path, seconds=scenario.RECOVER_SECONDS)  # what was not sent, if it gave up
        self.finish(line, worker)
