#!/usr/bin/python3
"""onrecord audit on a real Kafka: what it counts, heads and epochs, what retention and other configurations leave to say, and the
exit code that goes with it. What can be done to a lane, one by one, is in test_auditor.py."""
import json

import confluent_kafka.admin as admin
import feed_articles as feed
import harness
import keylog
import liar
import tamper
import tampering

VALID, INVALID, GAP, MISSING, NOT_COVERED = 0, 3, 4, 5, 6
NAMES = {VALID: "valid", INVALID: "invalid", GAP: "gap", MISSING: "missing", NOT_COVERED: "not covered"}
LANES = 14


class Audited(harness.KafkaTest):
    """A line with articles, results and rejects in every lane."""

    def made(self, partitions=LANES, articles=120, rounds=3, poison=True):
        line = self.make_line(partitions)
        worker = line.start("classify", "--commit-ms", "30", "--group", line.prefix + "classify")
        worker.wait_line(r"classify\.ready")
        items = feed.articles(self.rng, articles)
        for i in range(rounds):
            part = items[i * articles // rounds : (i + 1) * articles // rounds]
            line.run("split", feed.write_jsonl(self.data / f"in-{i}.jsonl", part))
            if poison:
                for p in range(partitions):
                    line.produce("statements", b"not a frame %d" % i, key=b"k", partition=p)
            line.wait_done()
        self.assertEqual(worker.stop(), 0)
        return line

    def report(self, line, *options, expect=None):
        done = line.run("audit", "--json", *options, expect=expect)
        found = json.loads(done.stdout)
        self.assertEqual(found["exit_code"], done.returncode)
        self.assertEqual(found["verdict"], NAMES[done.returncode])
        return found

    def lane_verdicts(self, report):
        return {lane["partition"]: lane["verdict"] for lane in report["lanes"]}

    def findings(self, lane):
        return {p["finding"] for p in lane["problems"]}


class Untouched(Audited):
    def test_a_lane_that_nobody_touched_is_valid_in_every_depth(self):
        line = self.made()
        inputs = len(line.records("statements"))
        for options in ((), ("--signatures",), ("--inputs",), ("--signatures", "--rerun")):
            report = self.report(line, *options, expect=VALID)
            lanes = report["lanes"]
            self.assertEqual(sum(lane["records"] for lane in lanes), inputs)
            self.assertEqual(sum(lane["results"] + lane["rejects"] for lane in lanes), inputs)
            self.assertEqual([lane["rejects"] for lane in lanes], [3] * LANES)
            self.assertEqual({lane["foreign"] for lane in lanes}, {0})
        self.assertEqual(sum(lane["inputs"] for lane in lanes), inputs)
        self.assertEqual(sum(lane["articles"] for lane in lanes), 120)
        self.assertEqual([lane["dead_letters"] for lane in lanes], [3] * LANES)
        for lane in lanes:
            self.assertEqual(lane["expected_root"], lane["root"])
            self.assertEqual(lane["expected_size"], lane["size"])
            self.assertEqual(lane["rerun_differs"], 0)

    def test_a_rerun_with_other_instructions_gives_the_same_bytes(self):
        line = self.made(partitions=2, articles=6, rounds=1)
        for kernel in ("portable", None):
            report = self.report(line, "--rerun", *(["--kernel", kernel] if kernel else []), expect=VALID)
            self.assertEqual([lane["rerun_differs"] for lane in report["lanes"]], [0, 0])
            self.assertGreater(sum(lane["results"] for lane in report["lanes"]), 0)

    def test_the_report_for_people_ends_with_one_line(self):
        line = self.made(partitions=2, articles=6, rounds=1)
        done = line.run("audit", "--rerun")
        records = len(line.records("statements"))
        self.assertEqual(done.stdout.splitlines()[-1], f"audit: valid (2 lanes, {records:,} records)")
        self.assertIn("checked: COMMITs, roots, inputs, articles, dead letters, model re-run", done.stdout)
        self.assertEqual(done.stdout.count("valid"), 3)

    def test_inputs_without_an_outcome_yet_are_waiting_not_lost(self):
        line = self.made(partitions=2, articles=6, rounds=1)
        line.run("split", feed.write_jsonl(self.data / "more.jsonl", feed.articles(self.rng, 20)[10:]))
        report = self.report(line, "--rerun", expect=VALID)
        self.assertGreater(sum(lane["inputs_waiting"] for lane in report["lanes"]), 0)

    def test_heads_are_written_and_an_audit_goes_on_from_them(self):
        line = self.made(partitions=2, articles=12, rounds=2)
        heads = self.data / "heads"
        first = self.report(line, "--head", heads, expect=VALID)
        worker = line.start("classify", "--group", line.prefix + "classify")
        line.run("split", feed.write_jsonl(self.data / "more.jsonl", feed.articles(self.rng, 30)[12:]))
        line.wait_done()
        worker.stop()
        whole = self.report(line, "--expect", heads, expect=VALID)
        rest = self.report(line, "--from-head", heads, "--rerun", expect=VALID)
        for before, now, later in zip(first["lanes"], whole["lanes"], rest["lanes"]):
            self.assertEqual(later["from_size"], before["size"])
            self.assertEqual(later["records"], now["records"] - before["records"])
            self.assertEqual(later["root"], now["root"])
            self.assertEqual(later["expected_root"], now["root"])


class Articles(Audited):
    def test_an_article_without_its_first_statements_is_a_gap_behind_a_head_too(self):
        line = self.made(partitions=2, articles=8, rounds=1, poison=False)
        heads = self.data / "heads"
        self.report(line, "--head", heads, expect=VALID)
        worker = line.start("classify", "--group", line.prefix + "classify")
        line.run("split", feed.write_jsonl(self.data / "more.jsonl", feed.articles(self.rng, 24)[8:]))
        line.wait_done()
        worker.stop()
        later = {p: [r for r in records[::-1] if r.value] for p, records in tamper.read(line, "statements").items()}
        whole = self.report(line, "--from-head", heads, "--inputs", expect=VALID)
        self.assertGreater(sum(lane["articles"] for lane in whole["lanes"]), 0)
        self.assertEqual({f for lane in whole["lanes"] for f in self.findings(lane)}, set())
        # A statement that nobody has read yet goes on with an article that never began.
        middle = [r for r in later[0] if int(r.header("ce_id").rpartition(b"/")[2]) > 1][:1]
        for r in middle:
            line.produce("statements", r.value, key=r.key, headers=r.headers, partition=0)
        for options in (("--from-head", heads, "--inputs"), ("--inputs",)):
            lane = self.report(line, *options, expect=GAP)["lanes"][0]
            self.assertIn("article-incomplete", self.findings(lane))
            self.assertNotIn("article-cut", self.findings(lane))

    def test_an_article_that_was_open_where_the_inputs_begin_now_is_noted_once(self):
        line = self.made(partitions=1, articles=8, rounds=1, poison=False)
        inputs = line.records("statements")
        at = [i for i, r in enumerate(inputs) if r.header("ce_id").endswith(b"/2")][0]
        tamper.cut(line, "statements", {0: inputs[at].offset})
        lane = self.report(line, "--inputs", expect=NOT_COVERED)["lanes"][0]
        self.assertEqual(self.findings(lane), {"input-expired", "article-cut"})
        self.assertEqual(len([p for p in lane["problems"] if p["finding"] == "article-cut"]), 1)


class Gone(Audited):
    """What retention, or somebody who may delete records, takes away at the beginning."""

    def test_a_lane_whose_records_are_all_gone_is_missing_and_not_empty(self):
        line = self.made(partitions=3, articles=9, rounds=1)
        ends = {p: records[-1].offset + 2 for p, records in tamper.read(line, "attributions").items()}
        keylog.append(line, "RETENTION", f"lane {keylog.origin(line, 1)} 4")
        tamper.cut(line, "attributions", {0: ends[0], 1: ends[1]})
        for options in ((), ("--signatures", "--inputs")):
            report = self.report(line, *options, expect=MISSING)
            self.assertEqual(self.lane_verdicts(report), {0: "missing", 1: "not covered", 2: "valid"})
        self.assertIn("no-beginning", self.findings(report["lanes"][0]))
        done = line.run("follow", "--once", "--partition", 0, expect=MISSING)
        self.assertIn("no-beginning", done.stderr)
        line.run("follow", "--once", "--partition", 1, expect=NOT_COVERED)
        line.run("follow", "--once", "--partition", 2)

    def test_inputs_of_a_beginning_that_was_given_up_are_not_lost(self):
        line = self.made(partitions=3, articles=60, rounds=3)
        records, cuts = tamper.read(line, "attributions"), {}
        for p in range(2):
            first, end = tamper.blocks(records[p])[len(tamper.blocks(records[p])) // 2]
            cuts[p] = records[p][first].offset
            seq = int.from_bytes(records[p][first].header("onr-leaf")[8:16], "big")
            if p == 0:
                keylog.append(line, "RETENTION", f"lane {keylog.origin(line, 0)} {seq}")
        tamper.cut(line, "attributions", cuts)
        report = self.report(line, "--rerun", expect=MISSING)
        lanes = report["lanes"]
        self.assertEqual(
            self.lane_verdicts(report), {0: "valid", 1: "missing", 2: "valid"}, [x["problems"][:3] for x in lanes]
        )
        for p in range(2):
            self.assertNotIn("input-lost", self.findings(lanes[p]))
            self.assertGreater(lanes[p]["inputs_skipped"], 0)
            self.assertGreater(lanes[p]["inputs"], 0)
            self.assertEqual((lanes[p]["rerun"], lanes[p]["rerun_differs"]), (lanes[p]["inputs"], 0))
            self.assertIsNone(lanes[p]["expected_root"], "a root over a part of the lane is no root of the lane")
            self.assertEqual(lanes[p]["inputs_waiting"], 0)
        self.assertEqual(lanes[2]["expected_root"], lanes[2]["root"])

    def test_inputs_of_lost_records_and_commits_leave_a_gap_a_gap(self):
        line = self.made(partitions=4, articles=80, rounds=3)
        records = tamper.read(line, "attributions")
        tampering.delete_record(tampering.Lane(records[0]))
        tampering.delete_commit(tampering.Lane(records[1]))
        del records[2][tamper.blocks(records[2])[0][0]]  # of the first block, with others on top of it
        tamper.write(line, "attributions", records)
        report = self.report(line, "--rerun", expect=GAP)
        lanes = report["lanes"]
        self.assertEqual(
            self.lane_verdicts(report), {0: "gap", 1: "gap", 2: "gap", 3: "valid"}, [x["problems"][:3] for x in lanes]
        )
        for p in range(3):
            self.assertIsNone(lanes[p]["expected_root"])
            self.assertGreater(lanes[p]["inputs_skipped"], 0)
            self.assertEqual(self.findings(lanes[p]) - {"record-gap", "commit-gap", "torn"}, set())


class Left(Audited):
    """Lanes that nobody meets who looks at the topic of attributions only."""

    def test_a_lane_without_a_partition_is_missing(self):
        line = self.made(partitions=4, articles=12, rounds=1)
        records = tamper.read(line, "attributions")
        tamper.write(line, "attributions", {p: records[p] for p in range(3)}, partitions=3)
        for options in ((), ("--inputs",)):
            report = self.report(line, *options, expect=MISSING)
            self.assertEqual(self.lane_verdicts(report), {0: "valid", 1: "valid", 2: "valid", 3: "missing"})
            self.assertEqual(self.findings(report["lanes"][3]), {"no-partition"})
        self.report(line, "--partition", 3, expect=MISSING)
        self.report(line, "--partition", 2, expect=VALID)
        done = line.run("follow", "--once", expect=MISSING)
        self.assertIn("partition=3", done.stderr)

    def test_statements_on_a_partition_without_a_lane_are_missing_from_it(self):
        line = self.made(partitions=2, articles=6, rounds=1)
        client = admin.AdminClient({"bootstrap.servers": line.bootstrap, "log_level": 2})
        more = admin.NewPartitions(line.topic("statements"), 3)
        client.create_partitions([more])[line.topic("statements")].result()
        harness.until(
            lambda: len(client.list_topics(line.topic("statements"), 10).topics[line.topic("statements")].partitions) == 3,
            "the third partition",
        )
        self.assertEqual(self.lane_verdicts(self.report(line, expect=MISSING)), {0: "valid", 1: "valid", 2: "missing"})

    def test_a_trusted_head_whose_lane_is_not_met_is_reported(self):
        line = self.made(partitions=2, articles=6, rounds=1)
        heads = self.data / "heads"
        self.report(line, "--head", heads, expect=VALID)
        text = heads.read_text()
        for change, options, verdict, finding in [
            (lambda t: t, (), VALID, None),
            (lambda t: t.replace("/0/1 ", "/0/7 "), (), MISSING, "head-unmet"),
            (lambda t: t.replace("/0/1 ", "/0/7 "), ("--partition", 0), MISSING, "head-unmet"),
            (lambda t: t.replace("/0/1 ", "/0/7 "), ("--partition", 1), VALID, None),
            (lambda t: t.replace("news.example/", "other.example/"), (), NOT_COVERED, "head-elsewhere"),
        ]:
            heads.write_text(change(text))
            for how in ("--expect", "--from-head"):
                report = self.report(line, how, heads, *options, expect=verdict)
                found = {f for lane in report["lanes"] for f in self.findings(lane)}
                self.assertEqual(found, {finding} if finding else set())

    def test_a_key_log_that_ends_before_what_was_known_is_refused(self):
        line = self.made(partitions=2, articles=6, rounds=1)
        key_id = line.results(0)[0].header("onr-sig")[4:12].hex()
        lanes = [f"lane {keylog.origin(line, p)} {len(line.results(p))}" for p in range(2)]
        keylog.append(line, "REVOKE", f"id {key_id}", "reason stolen", *lanes)
        heads, state = self.data / "heads", self.data / "state"
        self.report(line, "--head", heads, expect=VALID)
        line.run("follow", "--once", "--state", state)
        follower = line.start("follow", "--state", state)
        follower.wait_line(r"follow\.ready")
        entries = tamper.read(line, "keys")
        tamper.write(line, "keys", {0: entries[0][:-1]})
        self.report(line, expect=VALID)  # nothing known: nothing to see
        for verb, *options in (("audit", "--expect", heads), ("audit", "--from-head", heads), ("follow", "--once", "--state", state)):
            done = line.run(verb, *options, expect=1)
            self.assertIn("the end of the key log was cut off", done.stderr)
        line.produce("attributions", b"a mark", partition=0)
        self.assertEqual(follower.wait(), 1)
        self.assertIn("its end was cut off", "\n".join(follower.err))
        tamper.write(line, "keys", entries)
        self.report(line, "--expect", heads, expect=VALID)

    def next_epoch(self, line, group):
        """A second epoch of every lane, over the same inputs."""
        lanes = [f"lane {keylog.origin(line, p, 2)}" for p in range(line.partitions)]
        keylog.append(line, "GENESIS", *lanes)
        done = len(line.results())
        worker = line.start("classify", "--commit-ms", "30", "--group", line.prefix + group)
        harness.until(lambda: len(line.results()) >= done + len(line.records("statements")), "the second epoch", every=0.2)
        self.assertEqual(worker.stop(), 0)

    def test_every_epoch_of_a_lane_is_audited_up_to_its_seal(self):
        line = self.made(partitions=3, articles=12, rounds=1)
        records = tamper.read(line, "attributions")
        worker = liar.Worker("w0.news.example", line.folder / "w0.key")
        for p, flags in ((0, 8), (1, 0), (2, 8)):  # partition 1 is not sealed
            records[p] = worker.lane(records[p], liar.outcomes(records[p]), flags)
        tampering.flip_payload(tampering.Lane(records[2]))
        tamper.write(line, "attributions", records)
        self.next_epoch(line, "again")
        for options in ((), ("--signatures", "--rerun")):
            report = self.report(line, *options, expect=INVALID)
            verdicts = [(lane["origin"].split("/", 4)[-1], lane["verdict"]) for lane in report["lanes"]]
            wanted = ["valid", "valid", "not covered", "valid", "invalid", "valid"]
            self.assertEqual([v for _, v in verdicts], wanted, [x["problems"][:3] for x in report["lanes"]])
            self.assertEqual([o for o, _ in verdicts], ["0/1", "0/2", "1/1", "1/2", "2/1", "2/2"])
        self.assertIn("not-sealed", self.findings(report["lanes"][2]))
        self.assertEqual({lane["foreign"] for lane in report["lanes"]}, {0, 1})
        for lane in report["lanes"][:4]:
            self.assertEqual(lane["root"], lane["expected_root"])


class Configured(Audited):
    def test_under_another_configuration_a_different_answer_is_not_covered(self):
        line = self.make_line(partitions=1)
        worker = line.start(
            "classify", "--model", "noop", "--commit-ms", "30", "--group", line.prefix + "classify"
        )
        worker.wait_line(r"classify\.ready")
        line.run("split", feed.write_jsonl(self.data / "in.jsonl", feed.articles(self.rng, 4)))
        line.wait_done()
        worker.stop()
        report = self.report(line, "--rerun", expect=NOT_COVERED)
        self.assertIn("rerun-config", self.findings(report["lanes"][0]))
        self.assertGreater(report["lanes"][0]["rerun_differs"], 0)
        self.report(line, "--signatures", "--inputs", expect=VALID)


class Refused(Audited):
    def test_without_anything_trusted_nothing_is_covered(self):
        line = self.make_line(partitions=2, keys=False)
        done = line.run("audit", expect=NOT_COVERED)
        self.assertIn("--trust", done.stderr)

    def test_lanes_without_genesis_are_not_covered(self):
        line = self.make_line(partitions=2)
        other = self.make_line(partitions=2, keys=False)
        trust = (line.folder / "trust.txt").read_text().replace(line.prefix, other.prefix)
        (other.folder / "trust.txt").write_text(trust)
        report = self.report(other, "--trust", other.folder / "trust.txt", expect=NOT_COVERED)
        self.assertEqual({f for lane in report["lanes"] for f in self.findings(lane)}, {"no-genesis"})

    def test_each_wrong_setting_has_a_sentence_and_a_code(self):
        line = self.make_line(partitions=2)
        bad = self.data / "bad.txt"
        bad.write_text("onrecord trust v1\norg news.example\nfruit banana\n")
        for options, code, words in [
            (["--trust", self.data / "none.txt"], 78, "none.txt"),
            (["--trust", bad], 78, "line 3"),
            (["--prefix", "elsewhere."], 78, "elsewhere."),
            (["--org", "other.example"], 78, "other.example"),
            (["--partition", "7"], 78, "7"),
            (["--partition", "x"], 2, "x"),
            (["--from-head", self.data / "none"], 78, "none"),
            (["--from-head", bad], 1, "bad.txt"),
            (["--brokers", "127.0.0.1:1", "--timeout", "500ms"], 1, "127.0.0.1:1"),
            (["--rerun", "--model", self.data / "none"], 78, "none"),
            (["surplus"], 2, "surplus"),
        ]:
            done = line.run("audit", *options, expect=None)
            self.assertEqual(done.returncode, code, f"{options}: {done.stderr}")
            self.assertIn(words, done.stderr, options)
            self.assertTrue(done.stderr.splitlines()[-1].startswith("onrecord audit: "), done.stderr)


if __name__ == "__main__":
    harness.main()
