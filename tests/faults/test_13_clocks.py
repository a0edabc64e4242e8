"""Row 13: the worker's clock is an hour fast, an hour slow, or jumps while it works (libfaketime). Leaves and roots have no clock in them;
only a COMMIT's own time is wrong, and the time that the broker writes on each record is right."""
import pathlib
import struct

import lanes
import scenario

LIBRARY = pathlib.Path("/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1")
HOUR_MS = 3600 * 1000


class Clocks(scenario.Scenario):
    row = 13

    def skewed(self, *offsets):
        if not LIBRARY.exists():
            self.skipTest("libfaketime is not installed (docker/deps faults)")
        line = self.watched_line(partitions=1)
        clock = self.data / "clock"
        clock.write_text(offsets[0])
        env = {"LD_PRELOAD": str(LIBRARY), "FAKETIME_TIMESTAMP_FILE": str(clock), "FAKETIME_NO_CACHE": "1",
               "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
        worker = self.worker(line, env=env)
        for offset in offsets:
            clock.write_text(offset)
            self.split(line, 5)
            self.healed()
            self.wait_recovered(line)
        wrong = []
        for record in line.commits():
            told = struct.unpack(">Q", lanes.commit_body(record)[232:240])[0]
            wrong.append(round((told - record.timestamp) / HOUR_MS))
        for offset in offsets:
            self.hit(wrong.count(int(offset.rstrip("h"))), f"COMMITs of a clock {offset} off")
        self.finish(line, worker)

    @scenario.fast
    def test_an_hour_fast(self):
        self.skewed("+1h")

    def test_an_hour_slow(self):
        self.skewed("-1h")

    @scenario.fast
    def test_jumps_to_and_fro(self):
        self.skewed("+2h", "-2h", "+1h")
