#!/usr/bin/python3
"""onrecord follow on a real Kafka: every record once, after its COMMIT, verified or refused with a reason, never backwards."""
import json
import signal
import subprocess
import time

import avro_read
import feed_articles as feed
import harness
import keylog
import liar
import tamper


class Follow(harness.KafkaTest):
    def line_with_worker(self, partitions=4):
        line = self.make_line(partitions)
        self.sent = 0
        self.worker = line.start("classify", "--commit-ms", "30", "--group", line.prefix + "classify")
        self.worker.wait_line(r"classify\.ready")
        return line

    def feed(self, line, count):
        line.run("split", feed.write_jsonl(self.data / f"in-{self.sent}.jsonl", self.more(count)))
        line.wait_done()

    def once(self, line, *options, expect=0):
        done = line.run("follow", "--once", *options, expect=expect)
        self.stderr = done.stderr
        return harness.json_lines(done.stdout)

    def seqs(self, printed, partition):
        return [r["seq"] for r in printed if r["partition"] == partition]

    def assert_all_once(self, line, printed):
        for p in range(line.partitions):
            self.assertEqual(self.seqs(printed, p), list(range(len(line.results(p)))), f"partition {p}")

    # -- what is printed

    def test_every_record_is_printed_once_with_the_fields_of_its_payload(self):
        line = self.line_with_worker()
        line.produce("statements", b"poison", partition=2)
        self.feed(line, 20)
        printed = self.once(line)
        self.assert_all_once(line, printed)
        by_offset = {(r.partition, r.offset): r for r in line.results()}
        for shown in printed:
            record = by_offset[shown["partition"], shown["offset"]]
            schema, payload = avro_read.read(record.value)
            self.assertIs(shown["verified"], True)
            self.assertEqual(shown["signer"], "w0.news.example")
            self.assertEqual(bytes.fromhex(shown["key_id"]), record.header("onr-sig")[4:12])
            self.assertEqual(shown["seq"], int.from_bytes(record.header("onr-leaf")[8:16], "big"))
            self.assertEqual(shown["input_offset"], int.from_bytes(record.header("onr-leaf")[16:24], "big"))
            self.assertTrue(shown["lane"].endswith(f"/{shown['partition']}/1"))
            self.assertEqual(shown["type"] + ".avsc", schema.lower())
            for name in ("text", "kind", "index", "begin", "end", "cp_begin", "cp_end", "reason", "code", "sentence"):
                self.assertEqual(shown.get(name), payload.get(name), name)
            if shown["type"] == "result":
                self.assertEqual(shown["article"]["id"], payload["article"]["id"])
                self.assertEqual(shown["text_sha256"], payload["text_sha256"].hex())
                self.assertEqual(len(shown["attributions"]), len(payload["attributions"]))
                for got, want in zip(shown["attributions"], payload["attributions"]):
                    self.assertEqual(got["speaker"]["name"], want["speaker"]["name"])
                    self.assertEqual((got["stance"], got["act"], got["reason"]), (want["stance"], want["act"], want["reason"]))
                    self.assertEqual(got["content"], want["content"])
                    self.assertEqual(got["confidence"]["stance"] * 1000, want["confidence"]["stance"])
        self.assertEqual([r["code"] for r in printed if r["type"] == "reject"], ["frame"])

    def test_filters_leave_only_what_was_asked_for(self):
        line = self.line_with_worker(partitions=2)
        self.feed(line, 20)
        everything = self.once(line)
        some = self.once(line, "--speaker", "ANA SILVA")
        self.assertGreater(len(some), 0)
        self.assertEqual(
            some, [r for r in everything if any(a["speaker"]["name"] == "Ana Silva" for a in r["attributions"])]
        )
        self.assertEqual(self.once(line, "--outlet", "Nobody's Courier"), [])

    def test_the_table_is_for_people(self):
        line = self.line_with_worker(partitions=2)
        self.feed(line, 4)
        done = line.run("follow", "--once", "--format", "table", env={"COLUMNS": "120"})
        lines = done.stdout.splitlines()
        self.assertRegex(lines[0], r"Statement +Speaker +Stance +Target +Sure +Signature")
        self.assertLessEqual(max(map(len, lines)), 120)
        signed = [row for row in lines if row.endswith("verified")]
        self.assertGreaterEqual(len(signed), len(line.results()))
        self.assertNotIn("\x1b", done.stdout)

    # -- state

    def test_it_goes_on_where_it_stopped(self):
        line = self.line_with_worker()
        state = self.data / "heads"
        printed = []
        for _ in range(3):
            self.feed(line, 8)
            printed += self.once(line, "--state", state)
        self.assertEqual(self.once(line, "--state", state), [])
        self.assert_all_once(line, printed)
        self.assertEqual(len(self.once(line, "--state", state, "--from", "beginning")), len(printed))
        self.assertEqual(self.once(line, "--from", "end"), [])

    def following(self, line, state, out):
        """A follower that goes on until it is stopped; its lines go to a file."""
        with open(out, "ab") as file:
            return subprocess.Popen(
                [harness.BIN / "onrecord-follow", "--state", state],
                stdout=file,
                stderr=subprocess.DEVNULL,
                env=line.env(),
                preexec_fn=harness.broker.die_with_parent,
            )

    def test_stopped_and_started_at_any_moment_each_record_is_printed_once(self):
        self.stop_and_start(signal.SIGTERM)

    def test_killed_and_started_at_any_moment_no_record_is_lost(self):
        self.stop_and_start(signal.SIGKILL)

    def stop_and_start(self, how):
        line = self.line_with_worker()
        state, out = self.data / "heads", self.data / "out.jsonl"
        out.touch()
        in_the_middle = 0
        for last in (False, False, False, False, False, True):
            follower = self.following(line, state, out)
            self.addCleanup(follower.kill)
            before = out.stat().st_size
            line.run("split", feed.write_jsonl(self.data / f"in-{self.sent}.jsonl", self.more(8)))
            harness.until(lambda: out.stat().st_size > before, "the follower to print something", every=0.002)
            if last:
                total = line.wait_done()
                harness.until(lambda: self.lines_of(out) >= total, "all to be printed")
            follower.send_signal(how)
            code = follower.wait(harness.DEADLINE)
            self.assertEqual(code, 0 if how == signal.SIGTERM else -signal.SIGKILL)
            in_the_middle += self.lines_of(out) < line.wait_done()
            text = out.read_bytes()
            if not text.endswith(b"\n"):  # cut in the middle of a line: what a reader of the file would drop
                self.assertEqual(how, signal.SIGKILL)
                out.write_bytes(text[: text.rfind(b"\n") + 1])
        self.assertGreater(in_the_middle, 0, "the follower was never stopped while records were coming: not run")
        printed = harness.json_lines(out.read_text(encoding="utf-8"))
        for p in range(line.partitions):
            seqs = self.seqs(printed, p)
            wanted = list(range(len(line.results(p))))
            self.assertEqual(seqs if how == signal.SIGTERM else sorted(set(seqs)), wanted)

    def more(self, count):
        items = feed.articles(self.rng, self.sent + count)[self.sent :]
        self.sent += count
        return items

    @staticmethod
    def lines_of(path):
        return path.read_bytes().count(b"\n")

    def test_it_refuses_to_go_back_behind_its_head(self):
        line = self.line_with_worker(partitions=3)
        state = self.data / "heads"
        for _ in range(3):
            self.feed(line, 10)
        self.worker.stop()
        printed = self.once(line, "--state", state)
        kept = state.read_bytes()
        records = tamper.read(line, "attributions")
        first, _ = tamper.blocks(records[1])[-1]
        del records[1][first:]
        tamper.write(line, "attributions", records)
        self.assertEqual(self.once(line, "--state", state, expect=5), [])
        self.assertRegex(self.stderr, r"follow\.stopped partition=1 .*verdict=missing")
        self.assertEqual(state.read_bytes(), kept)
        # From the beginning, it is found at the end: all that is there is printed, and the verdict is the same.
        again = self.once(line, "--state", state, "--from", "beginning", expect=5)
        self.assertLess(len(self.seqs(again, 1)), len(self.seqs(printed, 1)))
        self.assertEqual(state.read_bytes(), kept)
        # Without a head nobody can know.
        self.assertEqual(len(self.once(line)), len(again))

    def test_another_lane_in_the_place_of_the_one_it_knew_is_refused(self):
        line = self.line_with_worker(partitions=1)
        state = self.data / "heads"
        for _ in range(3):
            self.feed(line, 5)
        self.worker.stop()
        self.once(line, "--state", state)
        records = tamper.read(line, "attributions")
        del records[0][0]
        for i, record in enumerate(records[0]):
            records[0][i] = record._replace(offset=0)
        while len(records[0]) < 2 * records[0][-1].offset + 400:
            records[0].append(records[0][0])
        tamper.write(line, "attributions", records)
        self.assertEqual(self.once(line, "--state", state, expect=5), [])
        self.assertIn("not at its place", self.stderr)

    # -- what is refused

    def test_nothing_is_printed_before_its_commit(self):
        line = self.line_with_worker(partitions=1)
        self.feed(line, 4)
        self.feed(line, 4)
        self.worker.stop()
        records = tamper.read(line, "attributions")
        first, end = tamper.blocks(records[0])[-1]
        del records[0][end:]
        tamper.write(line, "attributions", records)
        printed = self.once(line)
        first_seq = int.from_bytes(records[0][first].header("onr-leaf")[8:16], "big")
        self.assertEqual(self.seqs(printed, 0), list(range(first_seq)))
        self.assertGreater(first_seq, 0)

    def test_refused_records_have_a_reason_and_stop_nothing(self):
        line = self.line_with_worker(partitions=1)
        self.feed(line, 4)
        good = line.results(0)[0]
        sig, leaf = good.header("onr-sig"), good.header("onr-leaf")
        for headers in (
            [("onr-leaf", leaf)],
            [("onr-sig", sig)],
            [("onr-leaf", leaf), ("onr-sig", tamper.flip(sig, 70))],
            [("onr-leaf", leaf), ("onr-sig", tamper.flip(sig, 1, 2))],
            [("onr-leaf", leaf), ("onr-sig", tamper.flip(sig, 6))],
            [("onr-leaf", tamper.flip(leaf, 0, 2)), ("onr-sig", sig)],
            [("onr-leaf", leaf), ("onr-sig", sig)],
            [("onr-type", b"commit")],
        ):
            line.produce("attributions", good.value, key=good.key, headers=headers, partition=0)
        self.feed(line, 4)
        printed = self.once(line)
        self.assertEqual(self.seqs(printed, 0), list(range(len(printed))))
        self.assertEqual(len(printed), len(line.results(0)) - 7)
        reasons = [word.split("=")[1] for word in self.stderr.split() if word.startswith("reason=")]
        self.assertEqual(
            reasons,
            ["stripped", "stripped", "forged", "downgraded", "unknown-key", "downgraded", "hints", "schema"],
            self.stderr,
        )
        self.assertRegex(self.stderr, r"follow\.end .*refused=8 ")

    def test_a_changed_record_stops_its_lane_only(self):
        line = self.line_with_worker(partitions=3)
        for _ in range(3):
            self.feed(line, 10)
        self.worker.stop()
        records = tamper.read(line, "attributions")
        first, _ = tamper.blocks(records[2])[-1]
        records[2][first] = records[2][first]._replace(value=tamper.flip(records[2][first].value, 20))
        tamper.write(line, "attributions", records)
        printed = self.once(line, expect=3)
        for p in (0, 1):
            self.assertEqual(len(self.seqs(printed, p)), len(line.results(p)))
        self.assertEqual(
            self.seqs(printed, 2), list(range(int.from_bytes(records[2][first].header("onr-leaf")[8:16], "big")))
        )
        del records[2][first]
        tamper.write(line, "attributions", records)
        self.assertEqual(len(self.once(line, expect=4)), len(printed))

    def revoke(self, line, size, seconds=1.2):
        key_id = line.results(0)[0].header("onr-sig")[4:12].hex()
        keylog.append(line, "REVOKE", f"id {key_id}", "reason stolen", f"lane {keylog.origin(line, 0)} {size}")
        since = time.monotonic()  # what it knows of the key log is at most a second old
        harness.until(lambda: time.monotonic() - since > seconds, "the second to be over")

    def test_a_key_revoked_while_it_follows_signs_nothing_more(self):
        line = self.line_with_worker(partitions=1)
        self.feed(line, 4)
        short = self.data / "short.txt"
        short.write_text('Ana Silva backed the plan on Monday. "It works," said Silva.\n')
        line.run("split", short)
        line.wait_done()
        self.worker.stop()
        records = tamper.read(line, "attributions")[0]
        first, _ = tamper.blocks(records)[-1]
        size = int.from_bytes(records[first].header("onr-leaf")[8:16], "big")
        tamper.write(line, "attributions", {0: records[:first]})
        follower = line.start("follow")
        follower.wait_line(f'"seq":{size - 1},', stream="out")
        self.revoke(line, size)
        for r in records[first:]:
            line.produce("attributions", r.value, key=r.key, headers=r.headers, partition=0)
        line.produce("attributions", b"the end", partition=0)
        follower.wait_line(r"reason=stripped")
        self.assertEqual(follower.stop(), 0)
        printed = harness.json_lines("\n".join(follower.out))
        self.assertEqual([r["seq"] for r in printed], list(range(size)))
        self.assertRegex("\n".join(follower.err), r"follow\.refused .*reason=revoked")
        self.assertEqual(self.once(line), printed)

    def test_records_whose_key_is_revoked_before_their_commit_are_not_printed(self):
        line = self.line_with_worker(partitions=1)
        self.feed(line, 4)
        self.worker.stop()
        key = harness.make_worker_key(line, "w1")
        second = line.start("classify", "--key", key, "--group", line.prefix + "classify")
        second.wait_line(r"classify\.ready")
        self.feed(line, 4)
        second.stop()
        records = tamper.read(line, "attributions")[0]
        first, end = tamper.blocks(records)[-1]
        size = int.from_bytes(records[first].header("onr-leaf")[8:16], "big")
        # The COMMIT is of a good key, a record below it of one that was revoked meanwhile.
        forged = tamper.with_header(records[first], "onr-sig", self.signed_by_w0(line, records[first]))
        tamper.write(line, "attributions", {0: records[:first]})
        follower = line.start("follow")
        follower.wait_line(f'"seq":{size - 1},', stream="out")
        for r in [forged, *records[first + 1 : end]]:
            line.produce("attributions", r.value, key=r.key, headers=r.headers, partition=0)
        line.produce("attributions", b"a mark", partition=0)
        follower.wait_line(r"reason=stripped")
        self.revoke(line, size)
        line.produce("attributions", records[end].value, headers=records[end].headers, partition=0)
        self.assertEqual(follower.wait(), 3)
        self.assertEqual([r["seq"] for r in harness.json_lines("\n".join(follower.out))], list(range(size)))
        self.assertRegex("\n".join(follower.err), r"follow\.stopped .*was revoked")

    @staticmethod
    def signed_by_w0(line, record):
        seed = liar.seed_of(line.folder / "w0.key")
        key_id = liar.log.key_id("w0.news.example", 1, liar.log.public_key(seed))
        leaf = liar.log.h(b"\0" + record.header("onr-leaf"))
        return b"\1\1\0\0" + key_id + liar.log.sign(seed, b"stmtlog/rec/v1\n\0" + key_id + leaf)

    def test_a_key_added_while_it_follows_is_known_in_time(self):
        line = self.line_with_worker(partitions=1)
        self.feed(line, 2)
        follower = line.start("follow")
        follower.wait_line(r"follow\.ready")
        self.worker.stop()
        key = harness.make_worker_key(line, "w1")
        second = line.start("classify", "--key", key, "--group", line.prefix + "classify")
        second.wait_line(r"classify\.ready")
        self.feed(line, 2)
        total = len(line.results(0))
        follower.wait_line(f'"seq":{total - 1},.*"signer":"w1.news.example"', stream="out")
        self.assertEqual(follower.stop(), 0)
        self.assert_all_once(line, harness.json_lines("\n".join(follower.out)))
        self.assertNotIn("unknown-key", "\n".join(follower.err))

    # -- settings

    def test_each_wrong_setting_has_a_sentence_and_a_code(self):
        line = self.make_line(partitions=2)
        bad = self.data / "bad"
        bad.write_text("onrecord heads v1\nhead1 nonsense\n")
        for options, code, words in [
            (["--trust", self.data / "none.txt"], 78, "none.txt"),
            (["--from", "state"], 2, "--state"),
            (["--from", "sideways"], 2, "sideways"),
            (["--state", bad], 1, "line 2"),
            (["--state", "/proc/none/heads", "--once"], 1, "/proc/none/heads"),
            (["--partition", "9"], 78, "9"),
            (["--prefix", "elsewhere."], 78, "elsewhere."),
            (["--brokers", "127.0.0.1:1", "--timeout", "500ms"], 1, "127.0.0.1:1"),
            (["surplus"], 2, "surplus"),
        ]:
            done = line.run("follow", *options, expect=None)
            self.assertEqual(done.returncode, code, f"{options}: {done.stderr}")
            self.assertIn(words, done.stderr, options)
            self.assertTrue(done.stderr.splitlines()[-1].startswith("onrecord follow: "), done.stderr)


if __name__ == "__main__":
    harness.main()
