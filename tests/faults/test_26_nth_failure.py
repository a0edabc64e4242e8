"""Row 26: the n-th allocation of the worker fails (LD_PRELOAD), or a system call does (strace). It goes on or ends with a
sentence, never with a crash, and the next worker finds nothing half done."""
import shutil

import harness
import preload
import scenario

NTH = (1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 233)
# The system call, what the kernel says instead, and at which call of each thread.
CALLS = (
    "sendmsg:error=ECONNRESET:when=4",
    "sendmsg:error=EPIPE:when=9",
    "recvmsg:error=ECONNRESET:when=5",
    "recvmsg:error=ETIMEDOUT:when=12",
    "connect:error=ENETUNREACH:when=1",
    "openat:error=EMFILE:when=20",
    "poll:error=EINTR:when=3..6",
    "write:error=ENOSPC:when=2..4",
    "mmap:error=ENOMEM:when=40",
)
MAY_END = ("mmap", "openat")  # before main, in libraries: the loader ends the process


class Nth(scenario.Scenario):
    row = 26

    def lives_or_ends(self, line, worker, wanted):
        """Wait until the worker has done its work or has ended; returns its exit code or None."""
        reader = line.oracle.reader
        done = lambda: not worker.running or reader.results >= wanted  # noqa: E731
        harness.until(done, "the worker to work or to end", scenario.RECOVER_SECONDS)
        if worker.running:
            self.assertEqual(worker.stop(), 0, worker.tail())
            return None
        self.no_crash(worker)
        return worker.wait()

    def one_run(self, line, **how):
        self.split(line, 2)
        wanted = len(line.records("statements"))
        worker = self.worker(line, "--timeout", "5s", ready=False, **how)
        code = self.lives_or_ends(line, worker, wanted)
        return worker, code

    def test_allocations(self):
        library = preload.library(self.data, "fail_nth")
        line = self.watched_line(partitions=1)
        for nth in NTH:
            worker, code = self.one_run(line, env={"LD_PRELOAD": library, "FAIL_NTH": str(nth)})
            self.assertIn(code, (None, 1, 78), worker.tail())
            if "allocation failed" in worker.err:
                self.hit(1, f"allocation {nth}")
        self.healed()
        self.finish(line, self.worker(line))

    def test_system_calls(self):
        if not shutil.which("strace"):
            self.skipTest("strace is not installed (docker/deps faults)")
        line = self.watched_line(partitions=1)
        for call in CALLS:
            trace = self.data / "trace"
            name = call.partition(":")[0]
            wrap = ("strace", "-D", "-f", "-qq", "-o", trace, "-e", f"trace={name}", "-e", f"inject={call}")
            worker, code = self.one_run(line, wrap=wrap)
            allowed = (None, 1, 78, 127) if name in MAY_END else (None, 1, 78)
            self.assertIn(code, allowed, f"{call}\n{worker.tail()}")
            self.hit(trace.read_text(errors="replace").count("(INJECTED)"), call)
        self.healed()
        self.finish(line, self.worker(line))
