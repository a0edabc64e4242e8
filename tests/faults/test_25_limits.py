"""Row 25: too little memory (killed by the kernel), too few file descriptors, a twentieth of a processor. A killed worker leaves
no partial state, as in row 1; one without descriptors ends with a sentence; a slow one is slow and fenced by nobody."""
import signal

import cgroups
import scenario


class Limits(scenario.Scenario):
    row = 25

    @scenario.fast
    def test_killed_for_memory(self):
        if cgroups.why_not("memory"):
            self.skipTest(cgroups.why_not("memory"))
        line = self.watched_line(partitions=2)
        worker = self.worker(line)
        self.split(line, 5)
        self.wait_recovered(line)
        with cgroups.group("memory", limit_in_bytes=1 << 17) as group:
            cgroups.enter(group, worker.pid)
            self.split(line, 40)
            self.assertEqual(worker.wait(scenario.RECOVER_SECONDS), -signal.SIGKILL, worker.tail())
            self.hit(int((group / "memory.failcnt").read_text()), "allocations refused by the kernel, then killed")
        self.healed()
        self.finish(line, self.worker(line))

    def test_too_few_file_descriptors(self):
        line = self.watched_line(partitions=2)
        self.split(line, 5)
        for count in (6, 9, 12, 16, 20):
            worker = self.worker(line, "--timeout", "3s", wrap=("prlimit", f"--nofile={count}"), ready=False)
            self.assertIn(worker.wait(scenario.RECOVER_SECONDS), (1, 78), worker.tail())
            self.no_crash(worker)
            self.hit(1, f"a worker with {count} descriptors ended")
        self.healed()
        self.finish(line, self.worker(line))

    def test_a_twentieth_of_a_processor(self):
        if cgroups.why_not("cpu"):
            self.skipTest(cgroups.why_not("cpu"))
        line = self.watched_line(partitions=2)
        worker = self.worker(line)
        with cgroups.group("cpu", cfs_quota_us=5000) as group:
            cgroups.enter(group, worker.pid)
            self.split(line, 60)
            self.healed()
            self.wait_recovered(line)
            held = dict(row.split() for row in (group / "cpu.stat").read_text().splitlines())
            self.hit(int(held["nr_throttled"]), "times held back")
            self.stop(worker)
        self.assertEqual([row for row in worker.err if "transaction." in row or "fenced" in row.lower()], [])
        self.judge(line)
