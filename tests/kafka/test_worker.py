#!/usr/bin/python3
"""onrecord classify on a real Kafka, where what it finds is odd but no fault of its own: inputs too large for a dead letter, schemas
that nobody built in, copies of its own records, revoked keys, lanes with a torn end. None of it may block a lane for good."""
import json
import struct

import confluent_kafka as ck
import feed_articles as feed
import harness
import lanes
import tamper


class Commit:
    """What the body of a COMMIT says."""

    def __init__(self, record):
        self.body = lanes.commit_body(record)
        self.flags, self.n_leaves = struct.unpack(">HI", self.body[18:24])
        self.lane_id = self.body[32:64]
        self.number, self.size_before, self.size_after = (
            struct.unpack(">Q", self.body[at : at + 8])[0] for at in (64, 104, 112)
        )


class Worker(harness.KafkaTest):
    def split(self, line, count, start=0):
        items = feed.articles(self.rng, start + count)[start:]
        line.run("split", feed.write_jsonl(self.data / f"in-{start}.jsonl", items))

    def worker(self, line, *args, ready=True):
        program = line.start("classify", "--commit-ms", "20", *args)
        if ready:
            program.wait_line(r"classify\.ready")
        return program

    def finish(self, line, worker):
        line.wait_done()
        self.stop(worker)

    def stop(self, worker):
        self.assertEqual(worker.stop(), 0, worker.tail())

    def audit(self, line, *args, expect=0):
        return json.loads(line.run("audit", "--json", "--signatures", "--rerun", *args, expect=expect).stdout)

    @staticmethod
    def findings(report, partition=0):
        return {p["finding"] for p in report["lanes"][partition]["problems"]}


class Inputs(Worker):
    def test_an_input_too_large_for_a_dead_letter_is_rejected_and_the_lane_goes_on(self):
        line = self.make_line(partitions=1)
        self.split(line, 2)
        worker = self.worker(line)
        producer = ck.Producer({"bootstrap.servers": line.bootstrap, "message.max.bytes": 8000000,
                                "compression.type": "zstd", "log_level": 2})
        failed = []
        for key, value in ((b"large value", b"x" * 3000000), (b"k" * 2000000, b"large key")):
            producer.produce(line.topic("statements"), value, key, 0, headers=[("h", b"1")],
                             on_delivery=lambda error, _: error and failed.append(error))
            self.assertEqual(producer.flush(30), 0)
        self.assertEqual(failed, [])
        self.split(line, 2, start=2)
        self.finish(line, worker)
        large_value, large_key = line.records("rejects")
        self.assertEqual((large_value.key, large_value.value), (b"large value", None))
        self.assertEqual(large_value.header("onr-value-cut"), b"3000000")
        self.assertEqual((large_key.key, large_key.value), (None, b"large key"))
        self.assertEqual(large_key.header("onr-key-cut"), b"2000000")
        self.assertEqual({r.header("onr-reason") for r in (large_value, large_key)}, {b"frame"})
        lanes.check(self, line)
        self.assertIn("letter-cut", self.findings(self.audit(line)))

    def test_an_unknown_schema_is_cured_by_a_folder_of_schemas(self):
        line = self.make_line(partitions=1)
        self.split(line, 3)
        sent = line.records("statements")
        for good in [r for r in sent if r.key == sent[0].key]:
            later = good.value[:1] + struct.pack(">I", 4711) + good.value[5:]
            line.produce("statements", later, key=good.key, partition=0)
        line.produce("statements", b"\0\xff\xff\xff\xff", partition=0)
        self.split(line, 2, start=3)
        worker = self.worker(line)
        worker.wait_line(r"lane\.alarm.*4711.*--schemas")
        self.stop(worker)
        folder = line.folder / "schemas"
        folder.mkdir()
        for name in ("Statement.avsc", "Reject.avsc"):
            (folder / name).write_bytes((harness.ROOT / "schemas" / name).read_bytes())
        registry = folder / "registry.tsv"
        registry.write_text("3\tStatement.avsc\n")
        done = line.run("classify", "--schemas", folder, expect=78)
        self.assertIn("schema id 3 already stands for another schema", done.stderr)
        registry.write_text("4711\tStatement.avsc\n4294967295\tReject.avsc\n")
        self.finish(line, self.worker(line, "--schemas", folder))
        self.assertEqual([r.header("onr-reason") for r in line.records("rejects")], [b"schema"])
        self.assertEqual(self.audit(line, "--schemas", folder)["verdict"], "valid")
        followed = harness.json_lines(line.run("follow", "--once", "--schemas", folder).stdout)
        self.assertEqual(len(followed), len(line.records("statements")))

    def test_two_lines_on_one_cluster_are_two_groups(self):
        for line in (self.make_line(partitions=1), self.make_line(partitions=2)):
            self.split(line, 2)
            self.finish(line, self.worker(line))
            offsets = line.group_offsets(line.prefix + "classify")
            self.assertNotIn(None, offsets.values())
            self.assertEqual(set(line.group_offsets("classify").values()), {None})


class Keys(Worker):
    def end_key(self, line, *words):
        return line.run("keys", words[0], "--root-key", line.folder / "root.key", *words[1:], f"w0.{line.org}")

    def test_a_running_worker_ends_before_its_next_commit_when_its_key_is_revoked(self):
        for words in (("revoke", "--reason", "stolen", "--sizes", "last"), ("retire", "--sizes", "last")):
            line = self.make_line(partitions=1)
            self.split(line, 5)
            worker = self.worker(line)
            line.wait_done()
            self.end_key(line, *words)
            self.assertEqual(worker.wait(), 78, worker.tail())
            self.assertRegex(worker.err[-1], rf"was {words[0]}d?: it signs nothing more")
            before = line.records("attributions")
            line.run("split", feed.write_jsonl(self.data / "more.jsonl", feed.articles(self.rng, 8)[5:]))
            second = harness.make_worker_key(line, "w1")
            self.finish(line, self.worker(line, "--key", second))
            self.assertEqual(line.records("attributions")[: len(before)], before)
            lanes.check(self, line)
            self.assertEqual(self.audit(line)["lanes"][0]["foreign"], 0)

    def test_a_clean_worker_goes_on_from_the_last_commit_that_counts(self):
        line = self.make_line(partitions=1)
        first = self.worker(line)
        for start in (0, 4, 8):
            self.split(line, 4, start=start)
            line.wait_done()
        self.stop(first)
        old, ended, size = line.results(), line.commits()[-1].offset, len(line.records("statements"))
        good = [c for c in map(Commit, line.commits()) if 0 < c.size_after < size][0]
        self.end_key(line, "revoke", "--reason", "stolen", "--sizes", f"0={good.size_after}")
        second = harness.make_worker_key(line, "w1")
        worker = self.worker(line, "--key", second)
        worker.wait_line(rf"lane\.alarm partition=0 what=overruled group=\d+ lane={good.number} ")
        harness.until(lambda: (last := line.commits()[-1]).offset > ended and Commit(last).size_after == size, "the lane made anew")
        self.stop(worker)
        again = [r for r in line.results() if r.offset > old[-1].offset]
        self.assertEqual([r.header("onr-leaf") for r in again], [r.header("onr-leaf") for r in old[good.size_after :]])
        report = self.audit(line)
        self.assertEqual((report["verdict"], report["lanes"][0]["size"]), ("valid", size))
        tail = self.worker(line, "--key", second)  # and nothing is odd any more
        self.assertNotIn("overruled", "\n".join(tail.err))
        self.stop(tail)

    def test_a_new_epoch_begins_although_the_group_knows_the_old_one(self):
        line = self.make_line(partitions=1)
        self.split(line, 6)
        self.finish(line, self.worker(line))
        size = len(line.records("statements"))
        line.run("keys", "genesis", "--epoch", 2, "--root-key", line.folder / "root.key")
        worker = self.worker(line)
        worker.wait_line(r"lane\.alarm partition=0 what=overruled group=\d+ lane=-1 ")
        harness.until(lambda: len(line.results()) == 2 * size, "the second epoch")
        self.stop(worker)
        last = Commit(line.commits()[-1])
        self.assertEqual(last.size_after, size)
        self.assertNotEqual(last.lane_id, Commit(line.commits()[0]).lane_id)


class Torn(Worker):
    """The first records of a lane's last block are gone, although its COMMIT is there."""

    def torn(self, line, *args):
        worker = self.worker(line, *args)
        for start in (0, 3, 6):
            self.split(line, 3, start=start)
            line.wait_done()
        if args:
            harness.until(lambda: [Commit(c).n_leaves for c in line.commits()][-2:] == [0, 0], "two heartbeats")
        self.stop(worker)
        records = tamper.read(line, "attributions")
        first, _ = tamper.blocks(records[0])[-1]
        del records[0][first : first + 2]
        tamper.write(line, "attributions", records)
        self.assertEqual(self.audit(line, expect=4)["verdict"], "gap")

    def test_it_is_written_again_before_anything_else(self):
        for args in ((), ("--heartbeat", "300ms")):
            line = self.make_line(partitions=1)
            self.torn(line, *args)
            before = len(line.commits())
            self.split(line, 3, start=9)
            worker = self.worker(line)
            worker.wait_line(r"lane\.repair partition=0")
            size = len(line.records("statements"))
            harness.until(lambda: Commit(line.commits()[-1]).size_after == size, "the lane to go on")
            self.stop(worker)
            repair, following = map(Commit, line.commits()[before : before + 2])
            self.assertEqual((repair.flags & 2, repair.number, following.flags & 2), (2, before, 0))
            self.assertEqual(repair.size_after, following.size_before)
            report = self.audit(line)
            self.assertEqual((report["verdict"], report["lanes"][0]["size"]), ("valid", size))
            worker = self.worker(line)
            for word in ("lane.repair", "lane.unchecked"):
                self.assertNotIn(word, "\n".join(worker.err))
            self.stop(worker)

    def test_it_is_refused_when_its_inputs_are_gone(self):
        line = self.make_line(partitions=1)
        self.torn(line)
        tamper.cut(line, "statements", {0: line.records("statements")[-1].offset})
        done = line.run("classify", expect=1)
        self.assertIn("its last block is torn and cannot be written again", done.stderr)


class Strangers(Worker):
    """Who may write to the topic can append copies of what stands there."""

    @staticmethod
    def copy(line, *records):
        for r in records:
            line.produce("attributions", r.value, key=r.key, headers=r.headers, partition=r.partition)

    def test_copies_are_told_and_block_nothing(self):
        line = self.make_line(partitions=1)
        worker = self.worker(line)
        for start in (0, 3, 6):
            self.split(line, 3, start=start)
            line.wait_done()
        copied = [line.results()[0], line.results()[-1], line.commits()[0], line.commits()[-1]]
        self.copy(line, *copied)
        worker.wait_line(r"lane\.replay partition=0")
        for start in (9, 12):
            wanted = len(line.records("statements"))
            self.split(line, 3, start=start)
            wanted = len(line.records("statements"))
            harness.until(lambda: Commit(line.commits()[-1]).size_after == wanted, "the lane to go on")
            self.copy(line, *copied)
            self.stop(worker)
            worker = self.worker(line)  # the copies lie behind the last COMMIT now
            worker.wait_line(r"lane\.replay partition=0")
        self.stop(worker)

    def test_copies_of_old_commits_are_not_the_end_of_a_lane(self):
        line = self.make_line(partitions=1)
        worker = self.worker(line)
        for start in (0, 3, 6):
            self.split(line, 3, start=start)
            line.wait_done()
        self.stop(worker)
        commits = line.commits()
        junk = ck.Producer({"bootstrap.servers": line.bootstrap, "log_level": 2})
        for _ in range(700):
            junk.produce(line.topic("attributions"), b"junk", partition=0)
        self.assertEqual(junk.flush(30), 0)
        self.copy(line, commits[1], commits[2])
        worker = self.worker(line, "--group", "another")  # it knows nothing of the lane
        worker.wait_line(r"lane\.search partition=0")
        worker.wait_line(rf"lane\.open partition=0 size=\d+ commit={len(commits) - 1} ")
        self.split(line, 3, start=9)
        wanted = len(line.records("statements"))
        harness.until(lambda: Commit(line.commits()[-1]).size_after == wanted, "the lane to go on")
        self.stop(worker)
        own = {bytes(Commit(c).body): Commit(c).number for c in line.commits()}
        self.assertEqual(sorted(own.values()), list(range(len(own))), "one COMMIT for each number")


if __name__ == "__main__":
    harness.main()
