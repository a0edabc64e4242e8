"""Row 13: the worker's clock is an hour fast, an hour slow, or jumps while it works. Leaves and roots have no clock in them; only
a COMMIT's own time is wrong, and the time that the broker writes on each record is right."""
import struct

import lanes
import preload
import scenario

HOUR = 3600


class Clocks(scenario.Scenario):
    row = 13

    def wrong_by(self, *hours):
        line = self.watched_line(partitions=1)
        clock = self.data / "clock"
        clock.write_text(str(hours[0] * HOUR))
        env = {"LD_PRELOAD": preload.library(self.data, "wrong_clock"), "WRONG_CLOCK": str(clock)}
        worker = self.worker(line, env=env)
        for hour in hours:
            clock.write_text(str(hour * HOUR))
            self.split(line, 5)
            self.healed()
            self.wait_recovered(line, worker)
        # The time that the broker gave each record, which is the machine's, against the worker's in its COMMIT.
        told = [struct.unpack(">Q", lanes.commit_body(r)[232:240])[0] - r.timestamp for r in line.commits()]
        for hour in hours:
            self.hit(sum(round(ms / 1000 / HOUR) == hour for ms in told), f"COMMITs of a clock {hour} h off")
        self.finish(line, worker)

    def test_an_hour_fast(self):
        self.wrong_by(1)

    def test_an_hour_slow(self):
        self.wrong_by(-1)

    @scenario.fast
    def test_jumps_to_and_fro(self):
        self.wrong_by(2, -2, 1)
