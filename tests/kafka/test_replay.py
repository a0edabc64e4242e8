#!/usr/bin/python3
"""onrecord replay on a real Kafka: a range copied exactly once, unchanged, resumed wherever it was killed."""
import signal
import subprocess
import threading
import time

import avro_read
import confluent_kafka as ck
import feed_articles as feed
import harness
from confluent_kafka.admin import AdminClient, NewTopic

OURS = ("onr-first-timestamp", "onr-replay")
POINTS = [
    ("before-begin", 2),
    ("after-begin", 1),
    ("after-produce", 50),
    ("endtxn-sent", 1),
    ("endtxn-sent", 2),
    ("committed", 1),
    ("replay-committed", 2),
]


def plain(record):
    """A record without our headers."""
    return record.partition, record.key, record.value, [h for h in record.headers if h[0] not in OURS]


def origins(records):
    """(partition, offset) of the originals, by the headers of the copies."""
    return [tuple(int(n) for n in r.header("onr-replay").decode().rsplit("/", 2)[1:]) for r in records]


class Replay(harness.KafkaTest):
    def make_target(self, line, partitions=4):
        """A further topic, outside the line."""
        self._targets = getattr(self, "_targets", 0) + 1
        name = f"{line.prefix}copy{self._targets}"
        admin = AdminClient({"bootstrap.servers": self.bootstrap, "log_level": 2})
        admin.create_topics([NewTopic(name, partitions, 1)])[name].result(harness.DEADLINE)
        harness.until(lambda: not admin.list_topics(name, harness.DEADLINE).topics[name].error, f"topic {name}")
        return name

    def filled_line(self, count=30):
        line = self.make_line(keys=False)
        items = feed.articles(self.rng, count)
        line.run("split", feed.write_jsonl(self.data / "in.jsonl", items))
        return line, feed.settled(line, "statements")

    def check_copy(self, line, target, originals):
        """Each original once, in order within its partition, unchanged, with its first timestamp and origin."""
        copies = feed.settled(line, target)
        self.assertEqual([plain(c) for c in copies], [plain(o) for o in originals])
        self.assertEqual(origins(copies), [(o.partition, o.offset) for o in originals])
        for copy, original in zip(copies, originals):
            self.assertEqual(copy.header("onr-first-timestamp"), str(original.timestamp).encode())
        return copies

    def replay(self, line, target, *words, **more):
        return line.run("replay", "--topic", line.topic("statements"), "--to", target, *words, **more)

    # -- what is copied

    def test_a_topic_is_copied_record_by_record_and_a_second_run_copies_nothing(self):
        line, originals = self.filled_line()
        target = self.make_target(line)
        self.replay(line, target)
        self.check_copy(line, target, originals)
        self.assertIn("records=0 ", self.replay(line, target).stderr)
        self.check_copy(line, target, originals)

    def test_what_is_new_since_is_copied_by_the_next_run_and_all_of_it_under_another_name(self):
        line, originals = self.filled_line(5)
        target = self.make_target(line)
        self.replay(line, target)
        line.run("split", stdin="One more article. It is short.")
        self.replay(line, target)  # at once: what is committed may not be visible yet
        originals = feed.settled(line, "statements")
        self.check_copy(line, target, originals)
        self.replay(line, target, "--name", "again")
        self.assertEqual(len(feed.settled(line, target)), 2 * len(originals))

    def test_null_key_null_value_empty_value_and_foreign_headers_survive(self):
        line = self.make_line(partitions=2, keys=False)
        target = self.make_target(line, 2)
        line.produce("statements", None, key=None, partition=1)
        line.produce("statements", b"", key=b"", partition=1, headers=[("a", b"1"), ("a", None), ("é", b"\x00\xff")])
        line.produce("statements", b"v", key=b"k", partition=0, headers=[("onr-first-timestamp", b"77")])
        originals = feed.settled(line, "statements")
        self.replay(line, target)
        copies = feed.settled(line, target)
        self.assertEqual([plain(c) for c in copies], [plain(o) for o in originals])
        self.assertEqual(copies[0].header("onr-first-timestamp"), b"77")  # the copy of a copy keeps the first one

    def test_a_copy_of_a_copy_tells_both_origins(self):
        line, originals = self.filled_line(3)
        first, second = self.make_target(line), self.make_target(line)
        self.replay(line, first)
        line.run("replay", "--topic", first, "--to", second)
        for original, copy in zip(originals, feed.settled(line, second)):
            told = [v.decode() for k, v in copy.headers if k == "onr-replay"]
            self.assertEqual(told[0], f"1 {line.topic('statements')}/{original.partition}/{original.offset}")
            self.assertTrue(told[1].startswith(f"1 {first}/{original.partition}/"), told)
            self.assertEqual(copy.header("onr-first-timestamp"), str(original.timestamp).encode())

    def test_ranges_by_partition_offset_time_and_article(self):
        line, originals = self.filled_line()
        middle = sorted(r.timestamp for r in originals)[len(originals) // 2]
        article = originals[0].key
        last = max(r.offset for r in originals if r.partition == 2)
        table = [
            (["--partition", 2], lambda r: r.partition == 2),
            (["--from-offset", 10, "--to-offset", 20], lambda r: 10 <= r.offset < 20),
            (["--partition", 2, "--from-offset", last], lambda r: r.partition == 2 and r.offset >= last),
            (["--from-time", middle], lambda r: r.timestamp >= middle),
            (["--to-time", middle], lambda r: r.timestamp < middle),
            (["--from-time", "2031-05-06"], lambda r: False),
            (["--to-time", "2031-05-06T07:30:00+02:00"], lambda r: True),
            (["--article", article.decode()], lambda r: r.key == article),
        ]
        for words, wanted in table:
            with self.subTest(words=words):
                target = self.make_target(line)
                self.replay(line, target, *words)
                self.check_copy(line, target, [r for r in originals if wanted(r)])

    def test_a_replay_of_articles_finds_every_version_of_one(self):
        line = self.make_line(keys=False)
        items = [{"id": i, "text": f"{i} {n}."} for n in range(3) for i in ("a", "ab")]
        line.run("split", feed.write_jsonl(self.data / "in.jsonl", items))
        target = self.make_target(line)
        line.run("replay", "--topic", line.topic("articles"), "--to", target, "--article", "a")
        self.assertEqual(sorted(r.key for r in feed.settled(line, target)), [b"a\n1", b"a\n2", b"a\n3"])

    def test_the_rate_is_kept(self):
        line, originals = self.filled_line(6)
        target = self.make_target(line)
        began = time.monotonic()
        self.replay(line, target, "--rate", 50)
        took = time.monotonic() - began
        self.check_copy(line, target, originals)
        self.assertGreater(took, 0.8 * (len(originals) - 50) / 50)  # a second may be caught up

    # -- crashes

    def test_killed_at_every_point_each_record_is_copied_once(self):
        line, originals = self.filled_line(12)
        for point, count in POINTS:
            with self.subTest(point=point, count=count):
                target = self.make_target(line)
                words = ["--topic", line.topic("statements"), "--to", target, "--rate", 400]
                replay = line.start("replay", *words, failpoint=f"{point}:{count}:kill")
                self.assertEqual(replay.wait(), -signal.SIGKILL, replay.tail())
                self.assertIn(f"failpoint {point} hit", "\n".join(replay.err))
                self.replay(line, target)
                self.check_copy(line, target, originals)

    def test_killed_again_and_again_each_record_is_copied_once(self):
        line, originals = self.filled_line(40)
        target = self.make_target(line)
        kills = 0
        for _ in range(12):
            replay = line.start("replay", "--topic", line.topic("statements"), "--to", target, "--rate", 500)
            try:
                code = replay.process.wait(self.rng.uniform(0.1, 0.7))
            except subprocess.TimeoutExpired:
                replay.kill()
                kills += 1
                continue
            self.assertEqual(code, 0, replay.tail())
            break
        self.assertGreater(kills, 1)
        self.replay(line, target)  # what a slow machine left over
        self.check_copy(line, target, originals)

    def test_stopped_by_a_signal_it_goes_on_where_it_was(self):
        line, originals = self.filled_line(30)
        target = self.make_target(line)
        replay = line.start("replay", "--topic", line.topic("statements"), "--to", target, "--rate", 200)
        harness.until(lambda: line.records(target), "a first copy")
        self.assertEqual(replay.stop(), 1)
        self.assertIn("goes on where it was", replay.tail())
        first = len(feed.settled(line, target))
        self.assertLess(first, len(originals))
        done = self.replay(line, target)
        self.assertIn(f"records={len(originals) - first} ", done.stderr)
        self.check_copy(line, target, originals)

    def test_copies_behind_an_open_transaction_are_not_made_again(self):
        line, originals = self.filled_line(6)
        target = self.make_target(line)
        other = ck.Producer({"bootstrap.servers": self.bootstrap, "transactional.id": f"other-{line.prefix}"})
        other.init_transactions(harness.DEADLINE)
        other.begin_transaction()
        for partition in range(line.partitions):
            other.produce(target, b"not ours", partition=partition)
        other.flush(harness.DEADLINE)
        first = line.start("replay", "--topic", line.topic("statements"), "--to", target, "--name", "x")
        time.sleep(0.5)  # it waits for the other transaction: nothing announces that
        self.assertTrue(first.running, first.tail())
        other.abort_transaction(harness.DEADLINE)
        self.assertEqual(first.wait(), 0, first.tail())
        self.assertEqual([plain(c) for c in feed.settled(line, target)], [plain(o) for o in originals])

    # -- wrong use

    def test_wrong_use_is_refused(self):
        line = self.make_line(partitions=2, keys=False)
        source, target, wide = line.topic("statements"), self.make_target(line, 2), self.make_target(line, 3)
        both = ["--topic", source, "--to", target]
        table = [
            ([], 2, "say what to read with --topic"),
            (["--topic", source, "--to", source], 2, "cannot be replayed into itself"),
            (["--topic", source, "--to", wide], 78, "has 2 partitions"),
            (["--topic", source, "--to", line.prefix + "nothing"], 78, "there is no topic"),
            (["--topic", "a b", "--to", target], 78, "a character that Kafka does not take"),
            ([*both, "--partition", 2], 2, "has no partition 2"),
            ([*both, "--from-time", "soon"], 2, '--from-time: "soon" is no time'),
            ([*both, "--from-time", "20310506"], 2, "is no time"),
            ([*both, "--from-offset", 1, "--from-time", "2031"], 2, "not at both"),
            ([*both, "--from-offset", 5, "--to-offset", 4], 2, "is before --from-offset"),
            ([*both, "--name", "a b"], 2, "no blanks"),
            ([*both, "extra"], 2, '"extra"'),
            ([*both, "--rate", "-1"], 2, "rate"),
        ]
        for words, code, sentence in table:
            with self.subTest(words=words):
                self.assertIn(sentence, line.run("replay", *words, expect=code).stderr)

    def test_a_record_with_more_headers_than_can_be_copied_is_named(self):
        line = self.make_line(partitions=1, keys=False)
        target = self.make_target(line, 1)
        line.produce("statements", b"v", headers=[(f"h{n}", b"") for n in range(80)], partition=0)
        done = self.replay(line, target, expect=1)
        self.assertIn("offset 0 has 80 headers", done.stderr)
        self.assertEqual(line.records(target), [])

    # -- through the classifier

    def test_statements_replayed_through_classify_give_the_same_results(self):
        line = self.make_line()
        items = feed.articles(self.rng, 12)
        line.run("split", feed.write_jsonl(self.data / "in.jsonl", items))
        scratch = self.make_line()
        self.replay(line, scratch.topic("statements"))
        for one in (line, scratch):
            worker = one.start("classify")
            one.wait_done()
            worker.stop()
        first, second = ([avro_read.read(r.value) for r in one.results()] for one in (line, scratch))
        self.assertEqual(len(first), len(line.records("statements")))
        self.assertEqual(first, second)
        self.assertEqual([r.value for r in line.results()], [r.value for r in scratch.results()])


class ReplayBrokerAway(harness.KafkaTest):
    """Its own cluster, which is killed and started again."""

    def test_a_broker_that_goes_and_comes_back_costs_nothing(self):
        line = self.make_line(keys=False)
        scratch = self.make_line(keys=False)
        line.run("split", feed.write_jsonl(self.data / "in.jsonl", feed.articles(self.rng, 60)))
        originals = feed.settled(line, "statements")
        target = scratch.topic("statements")
        replay = line.start("replay", "--topic", line.topic("statements"), "--to", target, "--rate", 300)
        harness.until(lambda: line.records(target), "a first copy")
        self.cluster.kill_node(1)
        self.assertTrue(replay.running, replay.tail())
        threading.Event().wait(2)  # long enough for requests to fail
        self.cluster.start_node(1)
        self.cluster.wait_ready()
        self.assertEqual(replay.wait(), 0, replay.tail())
        self.assertIn("replay.retry", replay.tail())
        self.assertEqual([plain(c) for c in feed.settled(line, target)], [plain(o) for o in originals])


if __name__ == "__main__":
    harness.main()
