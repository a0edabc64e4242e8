"""What must be true after every fault, as one object: it watches a line from its first record on, and judges it at the end.

    watch = oracle.Oracle(test, line)
    ...                                  # the line lives through its fault
    watch.wait_results(40, seconds)      # an event: the 40th committed result was read
    facts = watch.judge()                # fails with every oracle that was broken, by name

O1 each input has exactly one outcome in what is committed, seen by a reader that was there all the time and by one that comes at
   the end. O2 the roots are what Python and `audit --rerun` compute from the inputs; the verdict is valid. O3 order in a partition.
O4 the reader of committed records was shown each of them once, in their order, and nothing else. O5 (scenario.py) no lag, nothing
undecided after the fault. O6 (scenario.py) exit codes, memory, nothing from a sanitizer. O7 (scenario.py) the fault hit.
O8 a witness that ran all the time refused nothing, and what it cosigned only grew.

A lane that has to stop for its fault is judged with whole=False: the outcomes so far are those of the first inputs. Where the fault
took inputs away, `inputs` are what they were; `allowed` are findings of the audit that the fault's own inputs deserve.
"""
import collections
import itertools
import json
import struct
import threading

import confluent_kafka as ck
import feed_articles as feed
import harness
import lanes

Facts = collections.namedtuple("Facts", "inputs outcomes losses duplicates roots broken")


def is_commit(record):
    return record.header("onr-type") == b"commit"


class Reader(threading.Thread):
    """A subscriber with another client than ours, from the first record to the last. `seen` is what it was shown, by partition:
    pairs of output offset and input offset (None for a COMMIT), in order."""

    def __init__(self, line):
        super().__init__(daemon=True)
        self.topic, self.seen = line.topic("attributions"), {p: [] for p in range(line.partitions)}
        self.results, self._news, self._over = 0, threading.Condition(), threading.Event()
        self._consumer = line.consumer(fetch_wait_max_ms=100)
        self._consumer.assign([ck.TopicPartition(self.topic, p, 0) for p in self.seen])
        self.start()

    def run(self):
        while not self._over.is_set():
            message = self._consumer.poll(0.2)
            if message is not None and not message.error():
                self._take(message)
        self._consumer.close()

    def _take(self, message):
        headers = dict(message.headers() or [])
        commit = headers.get("onr-type") == b"commit"
        given = None if commit else struct.unpack(">Q", headers["onr-leaf"][16:24])[0]
        with self._news:
            self.seen[message.partition()].append((message.offset(), given))
            self.results += not commit
            self._news.notify_all()

    def wait(self, condition, seconds):
        """True once the condition holds, False when the time is up."""
        with self._news:
            return self._news.wait_for(condition, seconds)

    def close(self):
        self._over.set()
        self.join()


class Oracle:
    def __init__(self, test, line):
        self.test, self.line, self.broken = test, line, []
        self.reader = Reader(line)
        test.addCleanup(self.reader.close)
        line.run("keys", "generate", "--role", "witness", "--name", "w.example.org", "--out", line.folder / "w.key")
        self._witness_words = ["--key", line.folder / "w.key", "--state", line.folder / "witness.d"]
        self.witness = line.start("witness", *self._witness_words, "--interval", "500ms")

    def wait_results(self, count, seconds=None):
        seconds = seconds or harness.DEADLINE
        if not self.reader.wait(lambda: self.reader.results >= count, seconds):
            raise AssertionError(f"{self.reader.results} of {count} results were committed within {seconds:.0f} s")

    def aborted(self):
        """Records in the lanes that nobody was shown: proof that a transaction was given up."""
        everything = self.line.records("attributions", committed=False)
        shown = {(r.partition, r.offset) for r in feed.settled(self.line, "attributions")}
        return sum((r.partition, r.offset) not in shown for r in everything)

    def judge(self, whole=True, inputs=None, audit=("--signatures", "--rerun"), allowed=()):
        inputs = inputs or feed.settled(self.line, "statements")
        outputs = feed.settled(self.line, "attributions")
        given = collections.Counter((r.partition, r.offset) for r in inputs)
        made = collections.Counter(
            (r.partition, struct.unpack(">Q", r.header("onr-leaf")[16:24])[0]) for r in outputs if not is_commit(r)
        )
        losses = len(given - made) if whole else 0
        duplicates = sum((made - given).values())
        if losses or duplicates:
            self.broken.append(f"O1: {losses} inputs without outcome, {duplicates} outcomes too many")
        roots = self._roots(inputs, outputs, whole, audit, set(allowed))
        self._reading(outputs)
        self._witness()
        return Facts(len(inputs), sum(made.values()), losses, duplicates, roots, self.broken)

    def _roots(self, inputs, outputs, whole, audit, allowed):
        """O2 and O3: how many lanes have the root that follows from their inputs, as text for the table."""
        equal = 0
        for p in range(self.line.partitions):
            mine, records = ([r for r in rs if r.partition == p] for rs in (inputs, outputs))
            made = sum(not is_commit(r) for r in records)
            try:
                lanes.check_lane(self.test, mine if whole else mine[:made], records)
                equal += 1
            except AssertionError as error:
                self.broken.append(f"O2: lane {p}: {str(error).splitlines()[-1]}")
        done = self.line.run("audit", "--json", *audit, expect=None)
        report = json.loads(done.stdout)
        found = {p["finding"] for lane in report["lanes"] for p in lane["problems"]}
        if report["verdict"] == "valid" or (found and found <= allowed):
            return f"{equal}/{self.line.partitions}"
        self.broken.append(f"O2: audit says {report['verdict']}: {', '.join(sorted(found))}")
        return f"{equal}/{self.line.partitions}, audit: {report['verdict']}"

    def _reading(self, outputs):
        """O4: what was shown all along is what is there now."""
        wanted = {p: [r.offset for r in outputs if r.partition == p] for p in range(self.line.partitions)}
        last = {p: offsets[-1] for p, offsets in wanted.items() if offsets}
        seen = self.reader.seen
        self.reader.wait(lambda: all(seen[p] and seen[p][-1][0] >= last[p] for p in last), harness.DEADLINE)
        for p, offsets in wanted.items():
            shown = [offset for offset, _ in seen[p]]
            if shown != offsets:
                odd = next((pair for pair in itertools.zip_longest(shown, offsets) if pair[0] != pair[1]), None)
                self.broken.append(f"O4: lane {p}: shown {len(shown)}, there are {len(offsets)}; first difference {odd}")

    def _witness(self):
        """O8, with one look more by a fresh process."""
        refused = [row for row in self.witness.err if "witness.refused" in row]
        self.witness.stop()
        done = self.witness_once()
        if refused or done.returncode:
            self.broken.append(f"O8: the witness refuses: {(refused or done.stderr.splitlines())[-1]}")
        sizes = collections.defaultdict(list)
        for record in feed.settled(self.line, "witness"):
            sizes[record.key].append(int(record.value.split(b"\n")[1]))
        if any(each != sorted(each) for each in sizes.values()):
            self.broken.append("O8: what was cosigned became shorter")

    def witness_once(self):
        return self.line.run("witness", *self._witness_words, "--once", expect=None)
