#!/usr/bin/python3
"""onrecord classify on a real Kafka under faults: killed at each of ten points, rebalanced, doubled, stopped in mid-transaction,
its broker killed, its offsets moved, its input poisoned. After each, every input has exactly one outcome, the lanes are what
Python and `audit --rerun` compute from the inputs, and the fault is proved to have hit: one that did not fails the test."""
import json
import os
import pathlib
import signal
import struct
import subprocess
import time

import confluent_kafka as ck
import confluent_kafka.admin
import feed_articles as feed
import harness
import lanes

FAULT_BIN = pathlib.Path(os.environ.get("ONR_FAULT_BIN", harness.ROOT / "build" / "fault")).resolve()
COMMIT_MS = "5"  # short transactions: many of them in a short test


class Classified(harness.KafkaTest):
    # Timed-out transactions are looked for every ten seconds by default.
    extra = {"transaction.abort.timed.out.transaction.cleanup.interval.ms": "300", "group.min.session.timeout.ms": "1000"}

    def fault_program(self, line, *args, point=None):
        """classify from the build with fail points; `point` as in common/base/failpoint.h."""
        path = FAULT_BIN / "onrecord-classify"
        if not path.exists():
            self.fail(f"{path} is not there: make BUILD=fault first")
        env = line.env({"ONR_FAILPOINT": point} if point else None)
        words = [path, "--commit-ms", COMMIT_MS, "--group", self.group(line), *args]
        program = harness.Program(words, env=env)
        self.addCleanup(line._end, program)
        return program

    def worker(self, line, *args):
        program = self.fault_program(line, *args)
        program.wait_line(r"classify\.ready")
        return program

    @staticmethod
    def group(line):
        return line.prefix + "classify"

    def split(self, line, count, start=0):
        items = feed.articles(self.rng, start + count)[start:]
        line.run("split", feed.write_jsonl(self.data / f"in-{start}.jsonl", items))

    def stop(self, *workers):
        for worker in workers:
            self.assertEqual(worker.stop(), 0, worker.tail())

    def assert_hit(self, program, point):
        name = point.split(":")[0]
        self.assertIn(f"failpoint {name} hit", program.err, f"not run: the point was not passed\n{program.tail()}")

    def finish(self, line, *workers):
        try:
            line.wait_done()
        except AssertionError as error:
            raise AssertionError("\n".join([str(error), *(worker.tail(200) for worker in workers)])) from None
        self.stop(*workers)
        return lanes.check(self, line)


# Articles come one transaction each while the victim runs, so each point is passed several times before all are there.
KILL_POINTS = {
    "before_begin": "before-begin:3",
    "after_begin": "after-begin:3",
    "after_the_kth_produce": "after-produce:60",
    "before_the_commit_record": "before-commit-record:3",
    "after_the_commit_record": "after-commit-record:3",
    "after_flush": "after-flush:3",
    "after_offsets": "after-offsets:3",
    "with_endtxn_sent": "endtxn-sent:3",
    "committed_but_state_not_advanced": "committed:3",
    "between_init_and_seek": "init-seek:1",
}


class KillPoints(Classified):
    """kill -9 at a point, the same instance again: no wait for a time-out, nothing lost, nothing twice."""

    def killed_at(self, point):
        line = self.make_line(partitions=2)
        self.split(line, 6)
        first = self.worker(line)
        line.wait_done()
        self.stop(first)
        victim = self.fault_program(line, point=point)
        self.split(line, 15, start=6)
        self.assertEqual(victim.wait(), -signal.SIGKILL, victim.tail())
        self.assert_hit(victim, point)
        done = self.finish(line, self.worker(line))
        print(f"{point}: hit, {done} records, roots equal", flush=True)


def add_kill_test(name, point):
    setattr(KillPoints, f"test_killed_{name}", lambda self: self.killed_at(point))


for _name, _point in KILL_POINTS.items():
    add_kill_test(_name, _point)


class Groups(Classified):
    def timed(self, *args):
        """Short sessions, so that a dead worker's lanes are free soon; its transactions last longer."""
        return ("-X", "session.timeout.ms=2000", "-X", "heartbeat.interval.ms=300", *args)

    def test_workers_come_and_go_and_nothing_changes(self):
        line = self.make_line(partitions=4)
        second_key = harness.make_worker_key(line, "w1")
        self.split(line, 10)
        first = self.fault_program(line, *self.timed("--instance", "1"))
        first.wait_line(r"lane\.open")
        second = self.fault_program(line, *self.timed("--instance", "2", "--key", second_key))
        second.wait_line(r"lane\.open")  # it was given partitions: the first one gave some up
        first.wait_line(r"group\.revoked")
        self.split(line, 20, start=10)
        second.kill()
        self.split(line, 20, start=30)
        third = self.fault_program(line, *self.timed("--instance", "3", "--key", second_key))
        third.wait_line(r"lane\.open")
        self.split(line, 20, start=50)
        self.stop(first)
        done = self.finish(line, third)
        signers = {r.header("onr-sig")[4:12] for r in line.results()}
        self.assertEqual(len(signers), 2, "not run: one key signed everything")
        print(f"rebalances: {done} records, two keys, roots equal", flush=True)

    def test_lanes_of_a_dead_worker_are_taken_over_in_mid_transaction(self):
        line = self.make_line(partitions=2)
        self.split(line, 5)
        point = "after-flush:3"
        victim = self.fault_program(line, *self.timed("--instance", "1"), point=point)
        self.split(line, 15, start=5)
        self.assertEqual(victim.wait(), -signal.SIGKILL)
        self.assert_hit(victim, point)
        heir = self.fault_program(line, *self.timed("--instance", "2"))
        heir.wait_line(r"lane\.wait.*undecided")  # the dead one's transaction had to expire first
        done = self.finish(line, heir)
        torn = len(line.records("attributions", committed=False)) - len(line.records("attributions"))
        self.assertGreater(torn, 0, "not run: no aborted records in the topic")
        print(f"taken over: {done} records, {torn} aborted ones invisible, roots equal", flush=True)

    def test_a_twin_fences_the_older_one_and_there_is_no_fight(self):
        line = self.make_line(partitions=2)
        older = self.worker(line, "--instance", "7")
        self.split(line, 10)
        younger = self.fault_program(line, "--instance", "7")
        self.split(line, 15, start=10)
        self.assertEqual(older.wait(), 1, older.tail())
        self.assertIn("another worker runs with --instance 7", older.err[-1])
        self.assertTrue(younger.running, younger.tail())
        done = self.finish(line, younger)
        self.assertFalse([row for row in younger.err if "another worker" in row])
        print(f"twin: {done} records, the older one ended, roots equal", flush=True)

    def test_stopped_beyond_its_transaction_timeout(self):
        line = self.make_line(partitions=2)
        self.split(line, 5)
        point = "after-flush:3:stop"
        sleeper = self.fault_program(line, "--transaction-timeout", "1s", point=point)
        self.split(line, 15, start=5)
        sleeper.wait_line(r"failpoint after-flush hit")
        topic = line.topic("attributions")

        def expired():
            consumer = [line.consumer(isolation_level=level) for level in ("read_committed", "read_uncommitted")]
            try:
                ends = [[c.get_watermark_offsets(ck.TopicPartition(topic, p))[1] for p in (0, 1)] for c in consumer]
            finally:
                for c in consumer:
                    c.close()
            return ends[0] == ends[1]

        harness.until(expired, "the end of the stopped worker's transaction")
        sleeper.signal(signal.SIGCONT)
        sleeper.wait_line(r"transaction\.unclear")
        done = self.finish(line, sleeper)
        print(f"stopped: {done} records, its transaction timed out, roots equal", flush=True)


class Broker(Classified):
    nodes = 3  # one node alone, killed between a commit and its markers, forgets the markers of partitions it does not know yet

    def test_a_killed_broker_comes_back(self):
        line = self.make_line(partitions=4)
        worker = self.worker(line, "--log-level", "debug")
        path = feed.write_jsonl(self.data / "in.jsonl", feed.articles(self.rng, 120))
        splitter = line.start("split", path)
        worker.wait_line(r"lane\.commit partition=\d+ size=[1-9]\d* commit=[3-9]")
        self.cluster.kill_node(1)
        self.assertTrue(splitter.running, "not run: everything was sent before the broker was killed")
        worker.wait_line(r"kafka\.|transaction\.")  # it noticed
        self.cluster.start_node(1)
        self.cluster.wait_ready()
        self.assertEqual(splitter.wait(), 0, splitter.tail())
        done = self.finish(line, worker)
        print(f"broker killed: {done} records, roots equal", flush=True)


def in_bytes(body, a):
    """An attribution of annotate as follow shows it."""

    def piece(span):
        if span is None:
            return None
        begin, end = (len(body[:n].encode()) for n in span)
        return {"begin": begin, "end": end, "text": body[slice(*span)]}

    target = a.get("target")
    return {
        "speaker": (a["speaker"]["name"], a["speaker"]["type"], a["speaker"]["how"], piece(a["speaker"].get("mention"))),
        "act": a["act"],
        "cue": piece(a.get("cue")),
        "content": [piece(span) for span in a["content"]],
        "target": target and (target["text"], piece(target.get("span"))),
        "stance": a["stance"],
        "confidence": a["confidences"],
        "reason": a.get("reason", ""),
    }


def signed_part(a):
    target = a.get("target")
    return {
        "speaker": (a["speaker"]["name"], a["speaker"]["type"], a["speaker"]["how"], a["speaker"].get("mention")),
        "act": a["act"],
        "cue": a.get("cue"),
        "content": a["content"],
        "target": target and (target["name"], target.get("span")),
        "stance": a["stance"],
        "confidence": a["confidence"],
        "reason": a.get("reason", ""),
    }


class Input(Classified):
    def test_a_thousand_articles_through_two_workers_are_what_annotate_says(self):
        source = harness.SHARED / "data" / "load" / "articles_10k.jsonl.zst"
        if source.exists():
            path = self.load_articles(source, 1000)
        else:
            print("../shared/data/load is not there: generated articles instead", flush=True)
            path = feed.write_jsonl(self.data / "in.jsonl", feed.articles(self.rng, 1000))
        line = self.make_line(partitions=4)
        second_key = harness.make_worker_key(line, "w1")
        workers = [
            self.fault_program(line, "--instance", "1"),
            self.fault_program(line, "--instance", "2", "--key", second_key),
        ]
        for worker in workers:
            worker.wait_line(r"lane\.open")
        line.run("split", path, seconds=300)
        line.wait_done(300)
        self.stop(*workers)
        done = lanes.check(self, line)
        followed = harness.json_lines(line.run("follow", "--once", seconds=300).stdout)
        said = harness.json_lines(line.run("annotate", path, seconds=300).stdout)
        self.assertEqual(done, len(followed))
        self.compare(path, said, followed)
        print(f"1,000 articles: {done} records as annotate says, roots equal", flush=True)

    def load_articles(self, source, count):
        raw = subprocess.run(["zstd", "-dcq", source], check=True, stdout=subprocess.PIPE).stdout.decode()
        items = []
        for number, row in enumerate(raw.split("\n")[:count]):
            a = json.loads(row)
            items.append({"id": a.get("ID") or str(number), "text": a["content_original"], "headline": a.get("title")})
        return feed.write_jsonl(self.data / "load.jsonl", items)

    def compare(self, path, said, followed):
        """annotate counts code points and follow bytes; both must mean the same pieces of the same body."""
        bodies = {a["id"]: a["text"] for a in harness.json_lines(path.read_text(encoding="utf-8"))}
        results = {(r["article"]["id"], r["index"]): r for r in followed}
        self.assertEqual(set(results), {(row["article"], row["index"]) for row in said})
        for row in said:
            result, body = results[row["article"], row["index"]], bodies[row["article"]]
            where = f"{row['article']} {row['index']}"
            self.assertEqual((result["cp_begin"], result["cp_end"]), (row["begin"], row["end"]), where)
            self.assertEqual((result["text"], result["kind"]), (row["text"], row["kind"]), where)
            wanted = [in_bytes(body, a) for a in row["attributions"]]
            self.assertEqual([signed_part(a) for a in result["attributions"]], wanted, where)

    def test_what_cannot_be_read_is_a_signed_reject_with_its_bytes_kept(self):
        line = self.make_line(partitions=1)
        self.split(line, 3)
        good = line.records("statements")[0].value
        poison = {
            "empty": b"",
            "frame": b"\x01\x00\x00\x00\x02",
            "avro": good[:-3],
            "schema": b"\x00" + struct.pack(">I", 4) + b"\x00",
        }
        for reason, value in poison.items():
            line.produce("statements", value, key=reason.encode(), headers=[("h", b"1"), ("h", b"2")], partition=0)
        line.produce("statements", None, key=b"null", partition=0)
        self.split(line, 3, start=3)
        self.finish(line, self.worker(line))
        letters = {r.key: r for r in line.records("rejects")}
        self.assertEqual(len(letters), len(poison) + 1)
        for reason, value in poison.items():
            letter = letters[reason.encode()]
            self.assertEqual((letter.value, letter.header("onr-reason")), (value, reason.encode()))
            self.assertEqual(letter.headers[:2], [("h", b"1"), ("h", b"2")])
            self.assertEqual(letter.header("onr-topic"), line.topic("statements").encode())
            self.assertEqual(letter.header("onr-offset"), letter.header("__connect.errors.offset"))
        self.assertIsNone(letters[b"null"].value)

    def test_an_unknown_schema_waits_with_an_alarm_and_other_lanes_go_on(self):
        line = self.make_line(partitions=2)
        line.produce("statements", b"\x00" + struct.pack(">I", 4711) + b"\x00", key=b"?", partition=0)
        self.split(line, 12)
        worker = self.worker(line)
        worker.wait_line(r"lane\.alarm.*partition=0")
        wanted = len(line.records("statements", partition=1))
        self.assertGreater(wanted, 0)
        harness.until(lambda: len(line.results(1)) == wanted, "the other lane")
        self.stop(worker)
        self.assertEqual(line.results(0), [])
        self.assertEqual(line.records("rejects"), [])

    def test_moved_offsets_are_an_alarm_and_change_nothing(self):
        line = self.make_line(partitions=1)
        self.split(line, 10)
        first = self.worker(line)
        line.wait_done()
        self.stop(first)
        self.split(line, 10, start=10)
        end = line.records("statements")[-1].offset
        consumer = line.consumer(group_id=self.group(line))
        moved = [ck.TopicPartition(line.topic("statements"), 0, end)]

        def move():
            try:
                return consumer.commit(offsets=moved, asynchronous=False)
            except ck.KafkaException:
                return None  # the static member still has its place in the group

        try:
            harness.until(move, "the group to be empty")
        finally:
            consumer.close()
        worker = self.worker(line)
        worker.wait_line(r"lane\.alarm.*what=position")
        self.finish(line, worker)

    def test_a_lane_that_lost_its_tail_is_not_continued(self):
        line = self.make_line(partitions=1)
        self.split(line, 5)
        self.finish(line, self.worker(line))
        names = [line.topic("attributions")]
        admin = ck.admin.AdminClient({"bootstrap.servers": self.bootstrap})
        for done in admin.delete_topics(names).values():
            done.result()
        harness.until(lambda: names[0] not in admin.list_topics(timeout=5).topics, "the topic to be gone")
        harness.make_topics(line)
        worker = self.fault_program(line)
        self.assertEqual(worker.wait(), 1, worker.tail())
        self.assertIn("lost its tail", worker.err[-1])


class Refusals(Classified):
    def test_another_model_may_not_continue_a_lane(self):
        line = self.make_line(partitions=1)
        self.split(line, 3)
        self.finish(line, self.worker(line))
        other = self.fault_program(line, "--model", "noop")
        self.assertEqual(other.wait(), 78, other.tail())
        self.assertIn("configuration", other.err[-1])

    def test_keys_that_may_not_sign_are_refused_before_the_group_is_joined(self):
        line = self.make_line(partitions=1)
        stranger = line.folder / "stranger.key"
        line.run("keys", "generate", "--name", "x.news.example", "--out", stranger)
        for key, sentence in ((stranger, "not in the key log"), (line.folder / "no.key", "no.key")):
            refused = self.fault_program(line, "--key", key)
            self.assertEqual(refused.wait(), 78, refused.tail())
            self.assertIn(sentence, refused.err[-1])
            self.assertFalse([row for row in refused.err if "lane." in row])
        stranger.chmod(0o644)
        open_to_all = self.fault_program(line, "--key", stranger)
        self.assertEqual(open_to_all.wait(), 78)

    def test_properties_that_would_break_promises_are_refused(self):
        line = self.make_line(partitions=1)
        for pair, sentence in (
            ("enable.auto.commit=true", "one transaction"),
            ("isolation.level=read_uncommitted", "committed"),
            ("plugin.library.paths=/tmp/x.so", "foreign code"),
            ("no.such.property=1", "no property"),
            ("linger.ms=soon", "linger.ms=soon"),
        ):
            refused = self.fault_program(line, "-X", pair)
            self.assertIn(refused.wait(), (2, 78), refused.tail())
            self.assertIn(sentence, refused.err[-1])


class Clean(Classified):
    def test_ready_soon_small_when_idle_and_gone_when_asked(self):
        line = self.make_line(partitions=4)
        worker = self.worker(line)
        ready = int(worker.wait_line(r"classify\.ready .*ms=(\d+)").group(1))
        time.sleep(1.5)  # idle is a state without an event
        memory = worker.proc("VmRSS")
        began = time.monotonic()
        self.stop(worker)
        print(f"ready in {ready} ms, {memory} kB idle, stopped in {time.monotonic() - began:.2f} s", flush=True)
        self.assertLess(memory, 40 * 1024)
        self.assertEqual([len(line.commits(p)) for p in range(4)], [1, 1, 1, 1], "an empty lane has its first COMMIT")


if __name__ == "__main__":
    harness.main()
