"""What the benches share: real articles, a broker, statements in any number, and a process watched from outside."""
import contextlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import threading
import time

sys.dont_write_bytecode = True
ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests" / "kafka"))

import harness  # noqa: E402
from harness import broker, ck  # noqa: E402

LOAD = harness.SHARED / "data" / "load" / "articles_10k.jsonl.zst"
SCORE = harness.SHARED / "eval" / "score.py"
SAMPLE_SECONDS = 0.1
KAFKA_HEAP = "512m"  # the broker must not be what is measured
STREAMS = "streams-4.3.1"


def articles(count):
    """JSON Lines of articles: the load data where they are, else the demo's three, again and again, each a text of its own.
    Returns (text, where they come from)."""
    if LOAD.exists() and SCORE.exists():
        done = subprocess.run([sys.executable, SCORE, "input", "load", LOAD], capture_output=True, text=True, check=True)
        lines = done.stdout.splitlines()
        source = "load data"
        assert len(lines) >= count
        return "\n".join(lines[:count]) + "\n", source
    texts = [path.read_text() for path in sorted((ROOT / "docker" / "demo" / "articles").glob("*.txt"))]
    made = [{"id": f"bench-{n}", "text": f"Report {n}.\n\n{texts[n % len(texts)]}"} for n in range(count)]
    return "\n".join(map(json.dumps, made)) + "\n", "the demo's articles, repeated"


class Setting:
    """One broker and one folder for the whole bench; gone at its end."""

    nodes = 1

    client, model = {}, None  # what harness.Line asks of a test

    def __init__(self):
        self._stack = contextlib.ExitStack()
        self._lines = 0

    def __enter__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="onrecord-bench-"))
        self._stack.callback(shutil.rmtree, self.folder, True)
        self.cluster = broker.Cluster(self.folder / "kafka", 1, heap=KAFKA_HEAP, with_parent=True)
        self._stack.callback(self.cluster.stop)
        try:
            self.cluster.start()
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(self, *_):
        self._stack.close()

    def addCleanup(self, function, *args):  # what harness.Line asks of a test
        self._stack.callback(function, *args)

    def line(self, partitions=4):
        self._lines += 1
        prefix = f"b{self._lines}."
        line = harness.Line(self, self.cluster.bootstrap, self.folder / f"line-{self._lines}", prefix, partitions)
        line.config.write_text(f"brokers = {self.cluster.bootstrap}\nprefix = {prefix}\n")
        harness.make_topics(line)
        harness.make_keys(line)
        return line


def producer(bootstrap):
    return ck.Producer(
        {
            "bootstrap.servers": bootstrap,
            "linger.ms": 5,
            "compression.type": "zstd",
            "compression.level": 1,
            "batch.size": 1000000,
            "queue.buffering.max.messages": 200000,
            "log_level": 2,
        }
    )


def repeat(line, records, count):
    """Send `count` records to the line's statements, the given ones again and again, unchanged."""
    send = producer(line.bootstrap)
    topic = line.topic("statements")
    for n in range(count):
        r = records[n % len(records)]
        while True:
            try:
                send.produce(topic, r.value, r.key, partition=r.partition, headers=r.headers)
                break
            except BufferError:
                send.poll(0.1)
        if n % 1000 == 0:
            send.poll(0)
    if send.flush(harness.DEADLINE):
        raise RuntimeError("the broker did not take the statements in time")


class Watch:
    """CPU, memory and position of a process while it works through a topic."""

    def __init__(self, line, program, group):
        self.line, self.program, self.group = line, program, group
        self.samples = []  # (seconds since the start of the process, records committed, CPU seconds)

    def until(self, count, seconds):
        consumer = self.line.consumer(group_id=self.group)
        asked = [ck.TopicPartition(self.line.topic("statements"), p) for p in range(self.line.partitions)]
        end = time.monotonic() + seconds
        try:
            while True:
                done = sum(max(p.offset, 0) for p in consumer.committed(asked, harness.DEADLINE))
                self.samples.append((time.monotonic() - self.program.began, done, self.program.cpu_seconds()))
                if done >= count:
                    break
                if time.monotonic() > end or not self.program.running:
                    raise RuntimeError(f"{done} of {count} records after {seconds} s:\n{self.program.tail()}")
                time.sleep(SAMPLE_SECONDS)
        finally:
            consumer.close()
        self.peak_mb = self.program.proc("VmHWM") / 1024
        return self

    def whole(self):
        """(records a second, CPU microseconds a record) from the start of the process on."""
        seconds, count, cpu = self.samples[-1]
        return count / seconds, 1e6 * cpu / count

    def warm(self):
        """The same between a quarter of the way and the end: start and first compilation left out."""
        last = self.samples[-1]
        first = next(s for s in self.samples if s[1] >= last[1] / 4)
        if last[1] == first[1]:
            return self.whole()
        return (last[1] - first[1]) / (last[0] - first[0]), 1e6 * (last[2] - first[2]) / (last[1] - first[1])


def streams(line, output, application):
    """Kafka Streams, exactly_once_v2, moving the line's statements to `output` unread."""
    jars = ROOT / "build" / "kafka" / STREAMS / "lib"
    classes = ROOT / "build" / "bench" / "streams"
    subprocess.run([ROOT / "docker" / "kafka" / "fetch", STREAMS], check=True)
    classes.mkdir(parents=True, exist_ok=True)
    source = ROOT / "tests" / "bench" / "streams" / "PassThrough.java"
    subprocess.run(["javac", "-cp", f"{jars}/*", "-d", classes, source], check=True)
    words = ["java", f"-Dlog4j2.configurationFile={ROOT}/docker/kafka/log4j2.properties", "-Xlog:disable"]
    words += ["-cp", f"{classes}:{jars}/*", "PassThrough", line.bootstrap, line.topic("statements"), output]
    program = harness.Program([*words, application, "100", line.folder / "streams"], env=dict(os.environ))
    line.test.addCleanup(line._end, program)
    return program


def make_topic(line, name, partitions):
    """A topic like `attributions`, for what Streams writes."""
    from confluent_kafka.admin import AdminClient, NewTopic

    admin = AdminClient({"bootstrap.servers": line.bootstrap, "log_level": 2})
    config = {"compression.type": "zstd", "max.message.bytes": "8388608"}
    for future in admin.create_topics([NewTopic(name, partitions, 1, config=config)]).values():
        future.result()


class Arrivals(threading.Thread):
    """When each result came, as a reader that hands out (key of the record, now) sees it."""

    def __init__(self, source):
        super().__init__(daemon=True)
        self.source, self.seen = source, {}
        self.start()

    def run(self):
        for key in self.source:
            self.seen.setdefault(key, time.monotonic())

    def count(self):
        return len(self.seen)


class LineArrivals(threading.Thread):
    """The same for lines that a program writes into a pipe. What Python needs to read a line of JSON is not the program's
    time: pieces are noted as they come and read at the end."""

    def __init__(self, pipe, key_of):
        super().__init__(daemon=True)
        self.pipe, self.key_of, self.pieces, self._count = pipe, key_of, [], 0
        self.start()

    def run(self):
        with open(self.pipe, "rb", buffering=0) as source:
            while piece := source.read(1 << 20):
                self.pieces.append((time.monotonic(), piece))
                self._count += piece.count(b"\n")

    def count(self):
        return self._count

    @property
    def seen(self):
        found, begun = {}, b""
        for moment, piece in list(self.pieces):
            *lines, begun = (begun + piece).split(b"\n")
            for line in lines:
                found.setdefault(self.key_of(line), moment)
        return found


def percentile(values, part):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]
