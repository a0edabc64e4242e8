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


if __name__ == "__main__":
    harness.main()
