#!/usr/bin/python3
"""The table of docs/auditor.md, done on real topics: for each row the audit says the verdict and the finding that stand there, with
the options that are named, and calls the lane valid without them."""
import collections
import re

import feed_articles as feed
import harness
import keylog
import liar
import tamper
import tampering
import test_audit
from test_audit import NAMES, VALID

PAGE = harness.ROOT / "docs" / "auditor.md"
HEADING = "| What was done | Found with | Verdict | Finding | Code |"
DEPTHS = {  # how an audit is asked: what that covers
    (): {"every audit"},
    ("--signatures",): {"every audit", "--signatures"},
    ("--inputs",): {"every audit", "--inputs"},
    ("--rerun",): {"every audit", "--inputs", "--rerun"},
    ("--expect",): {"every audit", "--expect"},
}
REPAIRED = "The same, and a worker has repaired it since"
NEVER_SENT = "A statement of an article was never sent"
COSIGNED = "The beginning expired, a witness cosigned a COMMIT that is left"
REVOKED = "A key was revoked, and the lane goes on beyond its last good size"
KEY_LOG = "The end of the key log was cut off, with the REVOKE"
WITH_REJECTS = ("The key holder rejected a good statement, with its dead letter", "A dead letter was taken away",
                "A dead letter was changed")
LANES = [text for text, change in tampering.CASES.items() if change]

Row = collections.namedtuple("Row", "found verdict code")  # found: option -> finding


def table():
    """The rows of the page by their first column."""
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    rows = {}
    for line in lines[lines.index(HEADING) + 2 :]:
        if not line.startswith("|"):
            break
        done, options, verdict, findings, code = (cell.strip().replace("`", "") for cell in line.strip("|").split("|"))
        options, findings = re.split(r", | or ", options), findings.split(", ")
        assert len(options) == len(findings), line
        assert done not in rows, f"{done}: stands twice in {PAGE}"
        rows[done] = Row(dict(zip(options, findings)), verdict, int(code))
    return rows


class Page(test_audit.Audited):
    def test_each_row_of_the_page_is_what_an_audit_says(self):
        rows = table()
        self.assertEqual(list(rows), list(tampering.CASES), "a row without a case, or a case without a row")
        for text in LANES:
            self.assertEqual(NAMES[rows[text].code], rows[text].verdict, text)
        line, heads = self.made_line(), self.data / "heads"
        before = self.report(line, "--head", heads, expect=VALID)
        self.tamper_with(line, heads)

        for options, covered in DEPTHS.items():
            report = self.report(line, *options, *([heads] if options == ("--expect",) else []))
            for partition, text in enumerate(LANES):
                with self.subTest(done=text, options=options):
                    self.compare(rows[text], covered, report["lanes"][partition])
            if options == ("--signatures",):
                self.look_at_foreign(before, report)
            if options == ("--rerun",):
                self.look_at_roots(rows, report)
        for verdict in sorted({row.verdict for row in rows.values()} & set(NAMES.values())):
            self.exit_code(line, heads, *next((t, r) for t, r in rows.items() if r.verdict == verdict))
        self.cut_key_log(line, rows[KEY_LOG])

    def compare(self, row, covered, lane):
        said = f"{lane['verdict']}: {[p['finding'] + ': ' + p['text'] for p in lane['problems'][:4]]}"
        found = self.findings(lane)
        wanted = {finding for option, finding in row.found.items() if option in covered} - {"none"}
        self.assertEqual(lane["verdict"], row.verdict if wanted else "valid", said)
        self.assertLessEqual(wanted, found, said)
        self.assertFalse((set(row.found.values()) - wanted) & found, said)
        if "none" in row.found.values():
            self.assertEqual(found, set(), said)

    def exit_code(self, line, heads, text, row):
        """An audit of this lane alone, with the option that the row names."""
        option = list(row.found)[0]
        words = [] if option == "every audit" else [option, *([heads] if option == "--expect" else [])]
        done = line.run("audit", "--partition", LANES.index(text), *words, expect=row.code)
        self.assertIn(f"audit: {row.verdict} (1 lane,", done.stdout)

    def look_at_foreign(self, before, report):
        """Foreign records are counted, and stop nothing; each has its reason."""
        at = LANES.index("Garbage, records of another lane, forged and stripped ones were added")
        foreign, untouched = report["lanes"][at], before["lanes"][at]
        self.assertEqual(foreign["refused"], {"stripped": 2, "wrong-lane": 1, "forged": 1})
        self.assertEqual((foreign["root"], foreign["records"]), (untouched["root"], untouched["records"]))
        at = LANES.index("A record and a COMMIT were added, signed by a key that nobody added")
        self.assertEqual(report["lanes"][at]["refused"], {"unknown-key": 2})

    def look_at_roots(self, rows, report):
        """The root of a re-run is the lane's where all is well, and another or none where it lied, or its inputs are not those."""
        for partition, text in enumerate(LANES):
            lane = report["lanes"][partition]
            lied = {"input-lost", "input-unknown", "input-changed", "rerun-differs"} & set(rows[text].found.values())
            if lied or text == "Nothing":
                self.assertEqual(lane["expected_root"] == lane["root"], not lied, text)
            if "rerun-differs" in lied:
                self.assertEqual(lane["rerun_differs"], 1, text)

    # -- the line, lane by lane in the order of the rows

    def round(self, line, start):
        """One article for each lane, and its results."""
        items = feed.one_a_partition(self.rng, len(LANES), start)
        line.run("split", feed.write_jsonl(self.data / f"in-{start}.jsonl", items))
        line.wait_done()

    def worker(self, line):
        worker = line.start("classify", "--commit-ms", "200", "--group", line.prefix + "classify")
        worker.wait_line(r"classify\.ready")
        return worker

    def made_line(self):
        line = self.make_line(len(LANES))
        witness = line.run("keys", "generate", "--role", "witness", "--name", "w.example.org", "--out", line.folder / "w.key")
        with open(line.folder / "trust.txt", "a", encoding="ascii") as trust:
            trust.write(f"witness {witness.stdout}")
        for text in WITH_REJECTS:
            line.produce("statements", b"not a frame", key=b"k", partition=LANES.index(text))
        worker = self.worker(line)
        self.round(line, 0)
        at = LANES.index(NEVER_SENT)
        sent = line.records("statements", at)
        for r in [*sent[:1], *sent[2:]]:
            line.produce("statements", r.value, key=r.key, headers=r.headers, partition=at)
        self.round(line, 1000)
        self.assertEqual(worker.stop(), 0)
        words = ("--key", line.folder / "w.key", "--state", line.folder / "w.d", "--once", "--partition", LANES.index(COSIGNED))
        line.run("witness", *words)
        records = tamper.read(line, "attributions")
        tampering.lose_first_records(tampering.Lane(records[LANES.index(REPAIRED)]))
        tamper.write(line, "attributions", records)
        worker = self.worker(line)
        worker.wait_line(rf"lane\.repair partition={LANES.index(REPAIRED)}")
        self.round(line, 2000)
        self.assertEqual(worker.stop(), 0)
        return line

    def tamper_with(self, line, heads):
        """Each lane as its row says; the heads that somebody kept are left in `heads`."""
        second, stranger = harness.make_worker_key(line, "w1"), line.folder / "x.key"
        line.run("keys", "generate", "--name", "x.example", "--out", stranger)
        holders = {
            "worker": liar.Worker("w0.news.example", line.folder / "w0.key"),
            "second": liar.Worker("w1.news.example", second),
            "stranger": liar.Worker("x.example", stranger),
        }
        topics = {name: tamper.read(line, name) for name in ("attributions", "statements", "rejects")}
        sizes = {p: len([r for r in topics["attributions"][p] if not tamper.is_commit(r)]) for p in range(len(LANES))}
        made = []
        for p, text in enumerate(LANES):
            records, inputs, letters = (topics[name][p] for name in ("attributions", "statements", "rejects"))
            other = topics["attributions"][(p + 1) % len(LANES)]
            lane = tampering.Lane(records, partition=p, inputs=inputs, letters=letters, other=other, **holders)
            self.assertGreaterEqual(len(tamper.blocks(lane.records)), 3, f"partition {p} is too short for this test")
            tampering.CASES[text](lane)
            made.append(lane)
        for name, records in topics.items():
            tamper.write(line, name, records)
        self.enter(line, made, sizes, holders["worker"])
        tamper.cut(line, "attributions", {x.partition: x.cut_at for x in made if x.cut_at})
        unkept = [f" {keylog.origin(line, x.partition)} " for x in made if not x.keep_head]
        kept = [row for row in heads.read_text().splitlines(True) if not any(origin in row for origin in unkept)]
        heads.write_text("".join(kept))

    def enter(self, line, made, sizes, worker):
        """What the key log says of these lanes."""
        for lane in made:
            for kind, *words in lane.entries:
                keylog.append(line, kind, *(text.format(lane=keylog.origin(line, lane.partition)) for text in words))
        good = {x.partition: sizes[x.partition] if x.good_size is None else x.good_size for x in made}
        lanes = [f"lane {keylog.origin(line, p)} {size}" for p, size in good.items()]
        keylog.append(line, "REVOKE", f"id {worker.id.hex()}", "reason stolen", *lanes)

    def cut_key_log(self, line, row):
        """Whoever knows how long it was hears of it; to all others the key was never revoked."""
        self.assertEqual(list(row.found), ["--expect"])
        at, heads = LANES.index(REVOKED), self.data / "later"
        self.report(line, "--partition", 0, "--head", heads, expect=VALID)
        self.assertGreater(self.report(line, "--partition", at, expect=VALID)["lanes"][0]["foreign"], 0)
        entries = tamper.read(line, "keys")
        tamper.write(line, "keys", {0: entries[0][:-1]})
        self.assertEqual(self.report(line, "--partition", at, expect=VALID)["lanes"][0]["foreign"], 0)
        done = line.run("audit", "--partition", 0, "--expect", heads, expect=row.code)
        self.assertIn(row.found["--expect"], done.stderr)
        self.assertNotIn("audit: valid", done.stdout)


if __name__ == "__main__":
    harness.main()
