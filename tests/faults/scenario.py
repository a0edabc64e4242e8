"""What every scenario of the fault table stands on. A scenario is a test method of a class that names its row of the table:

    class Kills(scenario.Scenario):
        row = 1

        @scenario.fast                                   # also part of `make check`
        def test_killed_after_the_flush(self):
            line = self.watched_line(partitions=2)       # a line with the oracle beside it
            self.split(line, 6)
            victim = self.worker(line, point="after-flush:3")
            ...
            self.hit(1, "failpoint after-flush")         # O7: the fault is shown to have hit
            self.healed()                                # from here on the time to recover counts
            self.finish(line, self.worker(line))         # O5 and O6, then the oracle

A scenario without a hit fails: it has not run. One that needs rights or tools that are not here is skipped, loudly. The cluster
is shared by all classes that make the same one (make_cluster), has NODES nodes (1 or 3), and is reachable a second way: through
the proxy. Workers are those of BUILD=fault. Each scenario leaves a row for the report (report.py).
"""
import atexit
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "kafka"))

import feed_articles as feed  # noqa: E402
import harness  # noqa: E402
import oracle  # noqa: E402
import proxy  # noqa: E402
import report  # noqa: E402
from harness import broker  # noqa: E402

PIPE = subprocess.PIPE
NODES = int(os.environ.get("NODES", "1"))
COMMIT_MS = "5"  # short transactions: many of them in a short test
MEMORY_KB = 256 * 1024  # of a worker, at most (O6)
RECOVER_SECONDS = 180  # O5, on a busy machine; also of any one wait
SHORT = ("--transaction-timeout", "2s", "-X", "session.timeout.ms=2000", "-X", "heartbeat.interval.ms=300")


def fast(test):
    """Marks a scenario that is short enough for `make check`."""
    test.fast = True
    return test


def sizes(*nodes):
    """Marks a scenario that makes sense with so many brokers only."""

    def mark(test):
        test.sizes = nodes
        return test

    return mark


class Proxied(broker.Cluster):
    """A cluster with a second listener on each node, whose advertised address is that of the proxy."""

    links = None

    def wait_ready(self, seconds=RECOVER_SECONDS, expect=None):
        super().wait_ready(seconds, expect)

    def _configure(self):
        self.links = self.links or proxy.Links(self.nodes)
        behind = broker.free_ports(4 * self.nodes)
        behind = [port for port in behind if port not in self.ports]
        for link, port in zip(self.links, behind):
            link.upstream = port
        super()._configure()

    def _settings(self, node):
        settings, link = super()._settings(node), self.links[node - 1]
        settings["listeners"] += f",PROXIED://127.0.0.1:{link.upstream}"
        settings["advertised.listeners"] += f",PROXIED://127.0.0.1:{link.port}"
        settings["listener.security.protocol.map"] += ",PROXIED:PLAINTEXT"
        return settings


_clusters = {}


def shared_cluster(kind):
    """The cluster that this class of scenarios makes, started at its first use and stopped when Python ends."""
    key = (kind.make_cluster.__func__, *sorted(kind.extra.items()))
    if key not in _clusters:
        folder = pathlib.Path(tempfile.mkdtemp(prefix="onrecord-faults-"))
        atexit.register(shutil.rmtree, folder, True)
        cluster = kind.make_cluster(folder / "kafka")
        atexit.register(cluster.stop)
        cluster.start()
        _clusters[key] = cluster
    return _clusters[key]


class Scenario(harness.KafkaTest):
    row = None
    title = None  # for the report, where the method's name is not enough
    nodes = NODES
    model = "noop"  # what is survived does not depend on the answers, of which there are many here
    # Timed-out transactions are looked for every ten seconds by default.
    extra = {"transaction.abort.timed.out.transaction.cleanup.interval.ms": "300", "group.min.session.timeout.ms": "1000"}

    @classmethod
    def setUpClass(cls):
        if not (harness.FAULT_BIN / "onrecord-classify").exists():
            raise AssertionError(f"{harness.FAULT_BIN} holds no onrecord-classify; run make BUILD=fault first")
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="onrecord-test-"))
        cls.addClassCleanup(cls._leave)
        cls.cluster = shared_cluster(cls)
        cls.seed = int(os.environ.get("ONR_SEED") or int.from_bytes(os.urandom(4), "big"))

    @classmethod
    def make_cluster(cls, folder):
        return Proxied(folder, cls.nodes, extra=cls.extra, with_parent=True)

    def setUp(self):
        super().setUp()
        self.links = getattr(self.cluster, "links", None)  # another cluster may have no proxy
        if self.links:
            self.links.reopen()
        self.hits, self.what, self.facts, self.seconds, self._healed, self._sent = 0, [], None, None, None, 0

    def run(self, result=None):
        before = len(result.failures) + len(result.errors), len(result.skipped)
        began = time.monotonic()
        super().run(result)
        failed, skipped = len(result.failures) + len(result.errors) > before[0], len(result.skipped) > before[1]
        report.add(self, failed, skipped, time.monotonic() - began)
        return result

    # -- a line and its workers

    def watched_line(self, partitions=2, **more):
        line = self.make_line(partitions=partitions, **more)
        line.oracle = oracle.Oracle(self, line)
        return line

    def split(self, line, count):
        """So many fresh articles become statements."""
        items = feed.articles(self.rng, self._sent + count)[self._sent :]
        path = feed.write_jsonl(self.data / f"in-{self._sent}.jsonl", items)
        self._sent += count
        line.run("split", path)

    def worker(self, line, *args, point=None, fault=None, proxied=False, ready=True, **more):
        """classify from the build with fail points (common/base/failpoint.h); `proxied`: it knows the brokers through the proxy."""
        env = {"ONR_FAILPOINT": point, "ONR_FAULT": fault, "ONRECORD_BROKERS": self.links.bootstrap if proxied else None}
        env = {**{k: v for k, v in env.items() if v}, **more.pop("env", {})}
        words = [*more.pop("wrap", ()), harness.FAULT_BIN / "onrecord-classify", "--commit-ms", COMMIT_MS]
        program = harness.Program([*words, "--log-level", "debug", *args], env=line.env(env, "classify"), **more)
        self.addCleanup(line._end, program)
        if ready and not point:
            program.wait_line(r"classify\.ready", RECOVER_SECONDS)
        return program

    # -- the course of a scenario

    def hit(self, times, what):
        """O7: the fault hit so many times, as this shows."""
        if times < 1:
            raise AssertionError(f"not run: {what} did not happen")
        self.hits += times
        self.what.append(what)

    def hit_point(self, program, point):
        name = point.partition(":")[0]
        program.wait_line(f"failpoint {name} hit", RECOVER_SECONDS)
        self.hit(1, f"point {name}")

    @staticmethod
    def release(program):
        """Let a thread go on that its fail point holds."""
        program.process.stdin.write(b"\n")
        program.process.stdin.flush()

    def healed(self):
        """The fault is over: the line has to recover from now on."""
        self._healed = time.monotonic()

    def wait_recovered(self, line, *workers):
        """O5: every input has its outcome, the group knows it, nothing is undecided. A failure shows what the workers said."""
        try:
            self._wait_recovered(line)
        except AssertionError as error:
            raise AssertionError("\n".join([str(error), *(worker.tail(60) for worker in workers)])) from None

    def _wait_recovered(self, line):
        began = self._healed or time.monotonic()
        inputs = feed.settled(line, "statements")
        line.oracle.wait_results(len(inputs), RECOVER_SECONDS)
        ends = {p: max((r.offset + 1 for r in inputs if r.partition == p), default=0) for p in range(line.partitions)}

        def no_lag():
            known = line.group_offsets(line.prefix + "classify")
            return all((known[p] or 0) >= end for p, end in ends.items())

        harness.until(no_lag, "the group to have no lag", RECOVER_SECONDS)
        feed.settled(line, "attributions")
        self.seconds = time.monotonic() - began

    def stop(self, *workers):
        """O6: memory and the end of each worker."""
        for worker in workers:
            memory = worker.proc("VmHWM")
            self.assertEqual(worker.stop(), 0, worker.tail())
            self.assertLess(memory, MEMORY_KB, "O6: memory of a worker")
            self.no_crash(worker)

    def no_crash(self, program):
        code = program.process.poll()
        self.assertNotIn(code, (-signal.SIGSEGV, -signal.SIGABRT, -signal.SIGBUS, -signal.SIGFPE), program.tail())
        odd = [row for row in program.err if "Sanitizer" in row or "runtime error" in row or "assert" in row.lower()]
        self.assertEqual(odd, [], "O6")

    def finish(self, line, *workers):
        self.wait_recovered(line, *workers)
        self.stop(*workers)
        self.judge(line)

    def supervised(self, line, worker):
        """What a supervisor does: a worker that a fault of the brokers has ended is started again. Returns the one that works."""
        inputs = len(feed.settled(line, "statements"))
        reader = line.oracle.reader
        harness.until(lambda: not worker.running or reader.results >= inputs, "the worker to work or to end", RECOVER_SECONDS)
        if worker.running:
            return worker
        self.assertEqual(worker.wait(), 1, worker.tail())
        self.no_crash(worker)
        return self.worker(line)

    def refused(self, worker, sentence, code=1):
        """The worker ends by itself and says why."""
        self.assertEqual(worker.wait(RECOVER_SECONDS), code, worker.tail())
        self.assertIn(sentence, worker.err[-1])
        self.no_crash(worker)

    def judge_broken(self, line, *wanted):
        """Where a guard was taken away on purpose: the oracle finds what it protects from."""
        self.facts = line.oracle.judge()
        text = "; ".join(self.facts.broken)
        for pattern in wanted:
            self.assertRegex(text, pattern)
        self.assertGreater(self.hits, 0, "not run: no hit was shown")

    def judge(self, line, **how):
        """The oracle's word; a scenario that did not hit has not run."""
        self.facts = line.oracle.judge(**how)
        self.assertEqual(self.facts.broken, [])
        self.assertGreater(self.hits, 0, "not run: no hit was shown")
