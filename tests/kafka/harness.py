"""What every test on a real Kafka needs: a broker, the verbs as processes, records with their headers, nothing left over.

    class Resume(harness.KafkaTest):
        nodes = 1                                    # or 3; one cluster for the whole class

        def test_a_killed_worker_repeats_nothing(self):
            line = self.make_line(partitions=4)      # topics, keys and trust file of one line, its own prefix
            line.run("split", self.data / "a.txt")   # a verb that ends
            worker = line.start("classify")          # a verb that stays; killed at the end of the test if need be
            worker.wait_line(r"ready")
            ...
            self.assertEqual(line.records("attributions")[0].header("onr-type"), b"commit")

Waiting is for events: a line of a log, the end of a process, a number of committed records. Whatever was started ends with
the test, also when the test run itself is killed (the kernel sees to that). Seeds are printed; ONR_SEED repeats a run.
ONR_BIN says where the verbs are (build/release), KAFKA_VERSION which broker, ONR_KEEP=1 keeps the folders.
"""
import collections
import json
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import zlib

sys.dont_write_bytecode = True
ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "docker" / "kafka"))

import broker  # noqa: E402
import confluent_kafka as ck  # noqa: E402

# Verbs with and without the named points at which a test kills them.
BIN = pathlib.Path(os.environ.get("ONR_BIN", ROOT / "build" / "release")).resolve()
FAULT_BIN = pathlib.Path(os.environ.get("ONR_FAULT_BIN", ROOT / "build" / "fault")).resolve()
SHARED = ROOT.parent / "shared"
DEADLINE = float(os.environ.get("ONR_TEST_DEADLINE", "120"))  # seconds that any one wait may take, a verb's for a broker included
CLASSIFYING = ("classify", "audit")  # verbs that open a model
SUFFIXES = ("articles", "statements", "attributions", "rejects", "keys", "witness")


class Record(collections.namedtuple("Record", "topic partition offset key value headers timestamp")):
    """A Kafka record; key and value are bytes or None, headers a list of (name, bytes)."""

    def header(self, name):
        """The last header of that name, as Kafka reads them; None when there is none."""
        found = [value for key, value in self.headers if key == name]
        return found[-1] if found else None


def until(condition, what, seconds=None, every=0.05):
    """Wait for a state of the broker that nothing announces. Returns what `condition` returned, or fails."""
    end = time.monotonic() + (seconds or DEADLINE)
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > end:
            raise AssertionError(f"waited {seconds or DEADLINE:.0f} s in vain for {what}")
        time.sleep(every)


def proc_number(pid, name):
    """A number of /proc/PID/status."""
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(rf"^{name}:\s+(\d+)", status, re.M).group(1))


class Program:
    """A verb as a process whose lines can be waited for. Both streams are kept whole."""

    def __init__(self, words, env=None, cwd=None, stdin=subprocess.DEVNULL):
        self.words = [str(word) for word in words]
        self.out, self.err = [], []
        self._news = threading.Condition()
        self._open = 2
        self.process = subprocess.Popen(
            self.words,
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=env,
            cwd=cwd,
            preexec_fn=broker.die_with_parent,
        )
        self.began = time.monotonic()
        for stream, lines in ((self.process.stdout, self.out), (self.process.stderr, self.err)):
            threading.Thread(target=self._read, args=(stream, lines), daemon=True).start()

    def _read(self, stream, lines):
        for line in stream:
            with self._news:
                lines.append(line.decode("utf-8", "replace").rstrip("\n"))
                self._news.notify_all()
        stream.close()
        with self._news:
            self._open -= 1
            self._news.notify_all()

    @property
    def pid(self):
        return self.process.pid

    @property
    def running(self):
        return self.process.poll() is None

    def wait_line(self, pattern, seconds=None, stream="err", after=0):
        """The first line from `after` on that the pattern finds, as a match; fails when the program ends without it."""
        wanted = re.compile(pattern)
        lines = getattr(self, stream)
        end = time.monotonic() + (seconds or DEADLINE)
        with self._news:
            at = after
            while True:
                for at in range(at, len(lines)):
                    match = wanted.search(lines[at])
                    if match:
                        return match
                at = len(lines)
                if self._open == 0:
                    raise AssertionError(f"{self.words[0]} ended without a line like /{pattern}/:\n{self.tail()}")
                left = end - time.monotonic()
                if left <= 0 or not self._news.wait(left):
                    raise AssertionError(f"no line like /{pattern}/ from {self.words[0]} in time:\n{self.tail()}")

    def lines(self):
        """Each line of standard output as it comes, until the program ends."""
        at = 0
        while True:
            with self._news:
                while at == len(self.out):
                    if self._open == 0:
                        return
                    self._news.wait()
                fresh = self.out[at:]
            at += len(fresh)
            yield from fresh

    def wait(self, seconds=None):
        """Exit code (negative: the signal that killed it)."""
        try:
            code = self.process.wait(seconds or DEADLINE)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{' '.join(self.words)} did not end in time:\n{self.tail()}") from None
        with self._news:
            while self._open:
                if not self._news.wait(DEADLINE):
                    raise AssertionError(f"a child of {self.words[0]} holds its output open")
        return code

    def signal(self, number):
        if self.running:
            self.process.send_signal(number)

    def kill(self):
        """kill -9 and wait."""
        self.signal(signal.SIGKILL)
        return self.wait()

    def stop(self, seconds=None):
        """TERM and wait: the clean end."""
        self.signal(signal.SIGTERM)
        return self.wait(seconds)

    def tail(self, lines=20):
        return "\n".join([*self.out[-5:], *self.err[-lines:]])

    def proc(self, name):
        """A number of /proc/PID/status, in kB where it has a unit: proc("VmHWM")."""
        return proc_number(self.pid, name)

    def cpu_seconds(self):
        """User and system time so far."""
        fields = pathlib.Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Line:
    """Topics, keys and trust file of one line on a broker. `config` is the settings file that all its verbs read."""

    def __init__(self, test, bootstrap, folder, prefix, partitions, org="news.example"):
        self.test, self.bootstrap, self.folder = test, bootstrap, pathlib.Path(folder)
        self.prefix, self.partitions, self.org = prefix, partitions, org
        self.client = dict(test.client)  # how the harness itself gets in
        self.folder.mkdir(parents=True, exist_ok=True)
        self.config = self.folder / "line.conf"

    def topic(self, name):
        return self.prefix + name if name in SUFFIXES else name

    def env(self, extra=None, verb=None):
        clean = {k: v for k, v in os.environ.items() if not k.startswith("ONRECORD_")}
        model = {"ONRECORD_MODEL": self.test.model} if self.test.model and verb in CLASSIFYING else {}
        return {**clean, "ONRECORD_CONFIG": str(self.config), "ONRECORD_BROKERS": self.bootstrap, **model, **(extra or {})}

    def run(self, verb, *args, expect=0, stdin=None, env=None, seconds=None):
        """Run a verb to its end; returns the CompletedProcess (text). Another exit code than `expect` fails the test."""
        words = [str(BIN / f"onrecord-{verb}"), *map(str, args)]
        done = subprocess.run(
            words,
            input=stdin if stdin is not None else "",
            capture_output=True,
            text=True,
            env=self.env(env, verb),
            timeout=seconds or DEADLINE,
            preexec_fn=broker.die_with_parent,
        )
        if expect is not None and done.returncode != expect:
            raise AssertionError(
                f"{' '.join(words)}\nexit code {done.returncode}, not {expect}\n{done.stdout[-2000:]}{done.stderr[-4000:]}"
            )
        return done

    def start(self, verb, *args, env=None, wrap=(), failpoint=None):
        """Start a verb that stays; `wrap` goes before it (valgrind, strace). `failpoint` ("name:count:kill") starts the build
        with failpoints; whether the point was hit, its line on standard error says: "failpoint NAME hit"."""
        extra = dict(env or {})
        if failpoint:
            extra["ONR_FAILPOINT"] = failpoint
        program = Program([*wrap, (FAULT_BIN if failpoint else BIN) / f"onrecord-{verb}", *args], env=self.env(extra, verb))
        self.test.addCleanup(self._end, program)
        return program

    @staticmethod
    def _end(program):
        program.signal(signal.SIGKILL)
        program.wait()

    # -- records, read by another client than ours

    def consumer(self, **settings):
        return ck.Consumer(
            {
                "bootstrap.servers": self.bootstrap,
                "group.id": f"harness-{os.getpid()}-{random.getrandbits(32)}",
                "enable.auto.commit": False,
                "isolation.level": "read_committed",
                "enable.partition.eof": True,
                "fetch.wait.max.ms": 20,
                "log_level": 2,  # what a broken broker means is the test's to say
                **self.client,
                **{k.replace("_", "."): v for k, v in settings.items()},
            }
        )

    def records(self, name, partition=None, committed=True):
        """All records of a topic (or of one partition) that are there now, in order of partition and offset."""
        topic = self.topic(name)
        consumer = self.consumer(isolation_level="read_committed" if committed else "read_uncommitted")
        try:
            known = consumer.list_topics(topic, DEADLINE).topics[topic]
            if known.error:
                raise AssertionError(f"{topic}: {known.error}")
            wanted = sorted(known.partitions) if partition is None else [partition]
            consumer.assign([ck.TopicPartition(topic, p, ck.OFFSET_BEGINNING) for p in wanted])
            found, open_ones = [], set(wanted)
            end = time.monotonic() + DEADLINE
            while open_ones:
                message = consumer.poll(0.5)
                if time.monotonic() > end:
                    raise AssertionError(f"could not read {topic} to its end")
                if message is None:
                    continue
                if message.error():
                    if message.error().code() != ck.KafkaError._PARTITION_EOF:
                        raise AssertionError(f"{topic}: {message.error()}")
                    open_ones.discard(message.partition())
                    continue
                found.append(
                    Record(
                        topic,
                        message.partition(),
                        message.offset(),
                        message.key(),
                        message.value(),
                        message.headers() or [],
                        message.timestamp()[1],
                    )
                )
            return sorted(found, key=lambda r: (r.partition, r.offset))
        finally:
            consumer.close()

    def results(self, partition=None):
        """The leaves of the lanes: records of `attributions` that are no COMMITs."""
        return [r for r in self.records("attributions", partition) if r.header("onr-type") != b"commit"]

    def commits(self, partition=None):
        return [r for r in self.records("attributions", partition) if r.header("onr-type") == b"commit"]

    def produce(self, name, value, key=None, headers=None, partition=None):
        """One record as it is, outside any transaction: for bad input."""
        producer = ck.Producer({"bootstrap.servers": self.bootstrap, "linger.ms": 0, "log_level": 2, **self.client})
        failed = []
        where = {} if partition is None else {"partition": partition}
        producer.produce(
            self.topic(name),
            value,
            key,
            headers=headers or [],
            on_delivery=lambda error, _: error and failed.append(error),
            **where,
        )
        if producer.flush(DEADLINE) or failed:
            raise AssertionError(f"could not produce to {self.topic(name)}: {failed}")

    def group_offsets(self, group, name="statements"):
        """The group's committed offset by partition; None where there is none."""
        consumer = self.consumer(group_id=group)
        try:
            asked = [ck.TopicPartition(self.topic(name), p) for p in range(self.partitions)]
            found = consumer.committed(asked, DEADLINE)
            return {p.partition: p.offset if p.offset >= 0 else None for p in found}
        finally:
            consumer.close()

    def wait_done(self, seconds=None):
        """Wait until every statement has its committed leaf; returns their number."""
        inputs = len(self.records("statements"))
        until(lambda: len(self.results()) >= inputs, f"{inputs} committed results", seconds, every=0.2)
        return inputs


class KafkaTest(unittest.TestCase):
    """Base of the tests: one cluster a class, one folder a test, a seed that is printed."""

    nodes = 1
    extra = {}  # further server properties
    client = {}  # properties with which the harness's own clients get in
    model = None  # of classify and audit: the released one, or "noop" where answers are not what is tested and there are many
    cluster = None

    @classmethod
    def setUpClass(cls):
        missing = [verb for verb in ("topics", "keys") if not (BIN / f"onrecord-{verb}").exists()]
        if missing:
            raise AssertionError(f"{BIN} holds no onrecord-{missing[0]}; run make first")
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="onrecord-test-"))
        cls.addClassCleanup(cls._leave)
        cls.cluster = cls.make_cluster(cls.folder / "kafka")
        cls.addClassCleanup(cls.cluster.stop)
        cls.cluster.start()
        seed = os.environ.get("ONR_SEED") or str(random.SystemRandom().getrandbits(32))
        cls.seed = int(seed)
        print(f"{cls.__name__}: Kafka {cls.cluster.version}, {cls.nodes} node(s), ONR_SEED={seed}", file=sys.stderr)

    @classmethod
    def make_cluster(cls, folder):
        return broker.Cluster(folder, cls.nodes, extra=cls.extra, with_parent=True)

    @classmethod
    def _leave(cls):
        if os.environ.get("ONR_KEEP"):
            print(f"kept: {cls.folder}", file=sys.stderr)
        else:
            shutil.rmtree(cls.folder, ignore_errors=True)

    def setUp(self):
        self.rng = random.Random(f"{self.seed}/{self.id()}")
        self.data = self.folder / self.id().rpartition(".")[2]
        self.data.mkdir()
        self._lines = 0

    @property
    def bootstrap(self):
        return self.cluster.bootstrap

    def need(self, *names):
        """Skip, loudly, when the data beside the repository are not there. Returns the path."""
        path = SHARED.joinpath(*names)
        if not path.exists():
            self.skipTest(f"../shared/{'/'.join(names)} is not there: this test did not run")
        return path

    def make_line(self, partitions=4, keys=True, settings=None):
        """A line of its own: prefix, topics, a root and a worker key, trust file, settings file."""
        self._lines += 1
        prefix = f"t{zlib.crc32(f'{self.folder.name}/{self.id()}'.encode()):08x}-{self._lines}."  # a soak runs one test again and again
        line = Line(self, self.bootstrap, self.data / f"line-{self._lines}", prefix, partitions)
        patience = {"timeout": f"{DEADLINE:.0f}s", "stop-deadline": f"{DEADLINE:.0f}s"}
        values = {"brokers": self.bootstrap, "prefix": prefix, **patience, **(settings or {})}
        line.config.write_text("".join(f"{k} = {v}\n" for k, v in values.items()))
        make_topics(line)
        if keys:
            make_keys(line)
        return line


def make_topics(line):
    """The topics of the line, by the verb that users use."""
    replication = min(3, line.test.nodes)
    line.run("topics", "create", "--partitions", line.partitions, "--replication", replication)


def make_keys(line):
    """A root, the trust file, the genesis of every lane and one worker key; the verbs find them in line.config."""
    folder = line.folder
    root_key, trust = folder / "root.key", folder / "trust.txt"
    made = line.run("keys", "generate", "--role", "root", "--name", f"admin.{line.org}", "--out", root_key)
    (folder / "root.pub").write_text(made.stdout)
    line.run("keys", "trust", "--org", line.org, "--root", folder / "root.pub", "--k", 1, "--out", trust)
    with open(line.config, "a", encoding="ascii") as config:
        config.write(f"trust = {trust}\n")
    line.run("keys", "genesis", "--root-key", root_key)
    key = make_worker_key(line, "w0")
    with open(line.config, "a", encoding="ascii") as config:
        config.write(f"key = {key}\n")


def make_worker_key(line, name):
    """A further worker key, entered in the key log: for line.start("classify", "--key", key)."""
    key, public = line.folder / f"{name}.key", line.folder / f"{name}.pub"
    made = line.run("keys", "generate", "--name", f"{name}.{line.org}", "--out", key)
    public.write_text(made.stdout)
    line.run("keys", "add", "--root-key", line.folder / "root.key", public)
    return key


def json_lines(text):
    return [json.loads(text_line) for text_line in text.splitlines() if text_line.strip()]


def main():
    unittest.main(verbosity=2)
