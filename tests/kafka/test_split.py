#!/usr/bin/python3
"""onrecord split on a real Kafka: every article exactly once and whole, whatever happens while it is sent."""
import json
import signal
import subprocess
import threading

import confluent_kafka as ck
import feed_articles as feed
import harness

POINTS = [  # (fail point, at which pass of it): from the first moment of an article's transaction to the last
    ("before-begin", 3),
    ("after-begin", 3),
    ("after-produce", 1),
    ("after-produce", 40),
    ("split-produced", 3),
    ("endtxn-sent", 1),
    ("endtxn-sent", 4),
    ("committed", 3),
]


def by_version(items):
    return {(a["id"], a.get("version", 1)): a["text"] for a in items}


class Split(harness.KafkaTest):
    def line_and_articles(self, count, partitions=4):
        items = feed.articles(self.rng, count)
        return self.make_line(partitions, keys=False), items, feed.write_jsonl(self.data / "in.jsonl", items)

    # -- what is sent

    def test_an_article_becomes_statements_that_tile_it_and_one_record(self):
        line, items, path = self.line_and_articles(40)
        line.run("split", path)
        feed.check_once(self, line, by_version(items))
        self.assertGreater(len({r.partition for r in feed.settled(line, "statements")}), 1)

    def test_the_same_articles_again_send_nothing(self):
        line, items, path = self.line_and_articles(10)
        line.run("split", path)
        before = feed.settled(line, "statements")
        done = line.run("split", path)
        self.assertIn("articles=0 statements=0 sent_before=10", done.stderr)
        self.assertEqual(feed.settled(line, "statements"), before)
        feed.check_once(self, line, by_version(items))

    def test_another_run_makes_the_same_bytes(self):
        line, _, path = self.line_and_articles(20)
        other = self.make_line(keys=False)
        line.run("split", path)
        other.run("split", "-", stdin=path.read_text(encoding="utf-8"))
        self.assertEqual(feed.values(line), feed.values(other))
        self.assertEqual(feed.values(line, "articles"), feed.values(other, "articles"))

    def test_plain_text_takes_its_metadata_from_the_command_line(self):
        line = self.make_line(keys=False)
        text = feed.body(self.rng)
        words = ["--url", "https://news.example/p", "--outlet", "The Daily", "--published", "2031-05-06", "--language", "da"]
        line.run("split", *words, stdin=text)
        feed.check_once(self, line, {("https://news.example/p", 1): text})
        record = feed.versions(line)[("https://news.example/p", 1)]
        self.assertEqual((record["outlet"], record["published"], record["language"]), ("The Daily", "2031-05-06", "da"))

    def test_a_folder_is_read_in_the_order_of_its_names(self):
        line = self.make_line(partitions=1, keys=False)
        folder = self.data / "folder"
        folder.mkdir()
        texts = {name: feed.body(self.rng) + name for name in ("b.txt", "a.txt", "c.txt")}
        for name, text in texts.items():
            (folder / name).write_text(text, encoding="utf-8")
        (folder / ".hidden.txt").write_text("Not this one.")
        (folder / "notes.md").write_text("Nor this one.")
        line.run("split", folder)
        bodies = {}
        for key, parts in feed.statements(line).items():
            bodies[parts[0][0].offset] = "".join(fields["text"] for _, fields in parts)
            self.assertTrue(key[0].startswith("sha256:"))
        self.assertEqual([bodies[o] for o in sorted(bodies)], [texts[n] for n in sorted(texts)])

    # -- versions

    def test_a_new_text_is_the_next_version_and_a_withdrawal_one_record(self):
        line = self.make_line(keys=False)
        a = "https://news.example/a"
        items = [{"id": a, "text": "One. Two."}, {"id": a, "text": "One. Three."}, {"id": a, "text": "One. Two."}]
        items += [{"id": a, "version": 7, "text": "One. Two."}, {"id": a, "state": "withdrawn"}, {"id": a, "state": "withdrawn"}]
        done = line.run("split", feed.write_jsonl(self.data / "v.jsonl", items))
        self.assertIn("articles=4 statements=6 sent_before=2", done.stderr)
        feed.check_once(self, line, {(a, 1): "One. Two.", (a, 2): "One. Three.", (a, 7): "One. Two.", (a, 8): ""})
        states = {version: fields["state"] for (_, version), fields in feed.versions(line).items()}
        self.assertEqual(states, {1: "published", 2: "corrected", 7: "corrected", 8: "withdrawn"})

    def test_what_contradicts_what_was_sent_is_refused(self):
        line = self.make_line(keys=False)
        a, b = "https://news.example/a", "https://news.example/b"
        items = [{"id": a, "version": 3, "text": "Three."}, {"id": a, "version": 3, "text": "Other."}]
        items += [{"id": a, "version": 2, "text": "Late."}, {"id": b, "state": "withdrawn"}]
        done = line.run("split", feed.write_jsonl(self.data / "v.jsonl", items), expect=65)
        for number, reason in ((2, "duplicate"), (3, "version"), (4, "unknown")):
            self.assertRegex(done.stderr, rf'origin="\S+v.jsonl line {number}" reason={reason} why=')
        feed.check_once(self, line, {(a, 3): "Three."})

    # -- bad input

    def test_bad_articles_are_named_and_the_others_are_sent(self):
        line = self.make_line(keys=False)
        bad = [
            (b"{nonsense", "json"),
            (b"[]", "json"),
            (b'{"id": "x"}', "field"),
            (b'{"id": 5, "text": "A."}', "field"),
            (b'{"text": ""}', "empty"),
            (b'{"text": "A\\u0000B"}', "nul"),
            (b'{"text": "\xff\xfe"}', "utf8"),
            (b'{"text": "A.", "date": "yesterday"}', "date"),
            (b'{"text": "A.", "version": 0}', "field"),
            (b'{"text": "' + b"A" * (1024 * 1024 + 1) + b'"}', "limit"),
            (b'{"text": "' + b"A" * (8 * 1024 * 1024) + b'"}', "limit"),
        ]
        path = self.data / "bad.jsonl"
        good = {"id": "https://news.example/good", "text": "Good."}
        path.write_bytes(b"\n".join(row for row, _ in bad) + b"\n\n" + json.dumps(good).encode())  # no last line feed
        done = line.run("split", path, expect=65)
        for number, (_, reason) in enumerate(bad, 1):
            self.assertRegex(done.stderr, rf'line {number}" reason={reason} why="')
        self.assertIn("onrecord split: 11 articles were refused", done.stderr)
        feed.check_once(self, line, by_version([good]))

    def test_strict_stops_at_the_first_bad_article(self):
        line = self.make_line(keys=False)
        path = self.data / "bad.jsonl"
        path.write_text('{"id": "a", "text": "A."}\n{}\n{"id": "b", "text": "B."}\n')
        done = line.run("split", "--strict", path, expect=65)
        self.assertRegex(done.stderr, r'onrecord split: \S+bad.jsonl line 2: "text" is missing')
        feed.check_once(self, line, {("a", 1): "A."})

    def test_wrong_use_is_refused_before_anything_is_sent(self):
        line = self.make_line(keys=False)
        path = self.data / "a.txt"
        path.write_text("A.")
        table = [
            (("nowhere.txt",), 1, "cannot read nowhere.txt: No such file"),
            (("--url", "u", path, path), 2, "are for one article"),
            (("--published", "soon", path), 2, "metadata of plain text"),
            (("--watch", path), 2, "--watch needs folders"),
            (("--watch", "-"), 2, "--watch needs folders"),
            (("--prefix", "no such/", path), 78, "topic prefix"),
            (("--prefix", "nosuch.", path), 78, "there is no topic nosuch.statements"),
            (("-X", "acks=1", path), 78, "acks"),
        ]
        for words, code, sentence in table:
            with self.subTest(words=words):
                done = line.run("split", *words, expect=code)
                self.assertIn(sentence, done.stderr)
        self.assertEqual(line.records("statements"), [])

    def test_no_broker_is_said_after_the_time_given(self):
        line = self.make_line(keys=False)
        done = line.run("split", "--brokers", "127.0.0.1:1", "--timeout", "1500ms", expect=1, stdin="A.")
        self.assertIn("no broker answered at 127.0.0.1:1", done.stderr)
        self.assertIn("broker.wait", done.stderr)

    # -- watching

    def test_a_watched_folder_gives_what_is_moved_into_it_until_it_is_stopped(self):
        line = self.make_line(keys=False)
        folder = self.data / "incoming"
        folder.mkdir()
        items = feed.articles(self.rng, 6)
        feed.write_jsonl(folder / "first.jsonl", items[:3])
        split = line.start("split", "--watch", folder)
        harness.until(lambda: len(feed.versions(line)) == 3, "the articles that were there")
        feed.write_jsonl(self.data / "later.jsonl", items[3:5]).rename(folder / "later.jsonl")
        harness.until(lambda: len(feed.versions(line)) == 5, "the articles that were moved in")
        feed.write_jsonl(folder / "written.jsonl", items[5:])
        harness.until(lambda: len(feed.versions(line)) == 6, "the article that was written")
        self.assertEqual(split.stop(), 0)
        feed.check_once(self, line, by_version(items))

    # -- crashes

    def test_killed_at_every_point_of_a_transaction_each_article_is_there_once(self):
        items = feed.articles(self.rng, 6)
        path = feed.write_jsonl(self.data / "in.jsonl", items)
        undisturbed = self.make_line(keys=False)
        undisturbed.run("split", path)
        for point, count in POINTS:
            with self.subTest(point=point, count=count):
                line = self.make_line(keys=False)
                split = line.start("split", path, failpoint=f"{point}:{count}:kill")
                self.assertEqual(split.wait(), -signal.SIGKILL, split.tail())
                self.assertIn(f"failpoint {point} hit", "\n".join(split.err))
                line.run("split", path)
                feed.check_once(self, line, by_version(items))
                self.assertEqual(feed.values(line), feed.values(undisturbed))

    def test_killed_again_and_again_in_a_long_run_each_article_is_there_once(self):
        line, items, path = self.line_and_articles(200)
        kills = 0
        for _ in range(20):
            split = line.start("split", path)
            try:
                split.wait_line(r"split.ready")
                code = split.process.wait(self.rng.uniform(0, 0.4))
            except subprocess.TimeoutExpired:
                split.kill()
                kills += 1
                continue
            self.assertEqual(code, 0, split.tail())
            break
        self.assertGreater(kills, 3)
        line.run("split", path)  # what a slow machine left over
        feed.check_once(self, line, by_version(items))

    def test_stopped_by_a_signal_it_finishes_the_article_and_goes_on_the_next_time(self):
        line, items, path = self.line_and_articles(150)
        split = line.start("split", path)
        split.wait_line(r"split.ready")
        harness.until(lambda: line.records("articles"), "a first article", every=0.01)
        self.assertEqual(split.stop(), 1, split.tail())
        self.assertIn("what was sent is not sent twice", split.tail())
        self.assertLess(len(feed.versions(line)), len(items))
        line.run("split", path)
        feed.check_once(self, line, by_version(items))

    def test_a_second_split_of_the_same_name_takes_over(self):
        line, items, path = self.line_and_articles(30)
        first = line.start("split", "--watch", self.data)
        harness.until(lambda: len(feed.versions(line)) == 30, "the first one's articles")
        line.run("split", path)
        more = feed.articles(self.rng, 31)[30:]
        feed.write_jsonl(self.data / "more.jsonl", more)
        self.assertEqual(first.wait(), 1, first.tail())
        line.run("split", self.data)
        feed.check_once(self, line, by_version(items + more))

    def test_what_stands_behind_an_open_transaction_is_not_sent_again(self):
        line, items, path = self.line_and_articles(8)
        incoming = self.data / "incoming"
        incoming.mkdir()
        first = line.start("split", "--watch", incoming)
        first.wait_line("split.ready")
        other = ck.Producer({"bootstrap.servers": self.bootstrap, "transactional.id": f"other-{line.prefix}"})
        other.init_transactions(harness.DEADLINE)
        other.begin_transaction()
        for partition in range(line.partitions):
            other.produce(line.topic("articles"), None, b"nobody", partition=partition)
        other.flush(harness.DEADLINE)
        path.rename(incoming / "in.jsonl")
        harness.until(lambda: len(line.records("articles", committed=False)) == line.partitions + 8, "all articles")
        self.assertEqual(first.stop(), 0, first.tail())
        self.assertEqual(line.records("articles"), [])  # committed, and hidden behind the open transaction
        again = line.start("split", incoming)
        again.wait_line("split.wait")
        self.assertTrue(again.running, again.tail())
        other.abort_transaction(harness.DEADLINE)
        self.assertEqual(again.wait(), 0, again.tail())
        self.assertIn("articles=0 statements=0 sent_before=8", again.tail())
        feed.check_once(self, line, by_version(items))

    def test_what_a_stranger_wrote_to_the_topic_of_articles_stops_nobody(self):
        line, items, path = self.line_and_articles(6)
        other = ck.Producer({"bootstrap.servers": self.bootstrap})
        for junk in (b"junk", b"", b"\x00"):
            other.produce(line.topic("articles"), junk, b"stranger", partition=0)
        other.flush(harness.DEADLINE)
        done = line.run("split", path)
        self.assertEqual(done.stderr.count("split.foreign"), 3, done.stderr)
        self.assertIn("articles=6 ", done.stderr)
        self.assertIn("articles=0 statements=0 sent_before=6", line.run("split", path).stderr)

    def test_splits_of_two_lines_do_not_fence_each_other(self):
        line, items, path = self.line_and_articles(5)
        other = self.make_line(keys=False)
        first = line.start("split", "--watch", self.data)
        harness.until(lambda: len(feed.versions(line)) == 5, "the first line's articles")
        other.run("split", path)
        feed.write_jsonl(self.data / "more.jsonl", feed.articles(self.rng, 7)[5:])
        harness.until(lambda: len(feed.versions(line)) == 7, "the first line's further articles")
        self.assertEqual(first.stop(), 0, first.tail())


class BrokerAway(harness.KafkaTest):
    """Its own cluster, which is killed and started again."""

    def test_a_broker_that_goes_and_comes_back_costs_nothing(self):
        line = self.make_line(keys=False)
        items = feed.articles(self.rng, 150)
        path = feed.write_jsonl(self.data / "in.jsonl", items)
        split = line.start("split", path)
        split.wait_line(r"split.ready")
        harness.until(lambda: line.records("articles"), "a first article", every=0.01)
        self.cluster.kill_node(1)
        self.assertTrue(split.running)
        threading.Event().wait(2)  # long enough for requests to fail
        self.cluster.start_node(1)
        self.cluster.wait_ready()
        self.assertEqual(split.wait(), 0, split.tail())
        feed.check_once(self, line, by_version(items))

    def test_a_commit_whose_answer_is_lost_is_looked_up_and_not_sent_again(self):
        line = self.make_line(keys=False)
        items = feed.articles(self.rng, 6)
        path = feed.write_jsonl(self.data / "in.jsonl", items)
        split = line.start("split", path, failpoint="endtxn-sent:4:stop")
        split.wait_line("failpoint endtxn-sent hit")
        harness.until(lambda: len(feed.versions(line)) == 4, "the fourth article, committed while its sender stands still")
        self.cluster.kill_node(1)
        split.signal(signal.SIGCONT)
        self.cluster.start_node(1)
        self.cluster.wait_ready()
        self.assertEqual(split.wait(), 0, split.tail())
        self.assertIn("retried=1 unclear=1", split.tail())
        feed.check_once(self, line, by_version(items))


if __name__ == "__main__":
    harness.main()
