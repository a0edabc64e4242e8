#!/usr/bin/python3
"""Evidence files: audit --prove makes one from Kafka, audit --check verifies it without, and nothing in it can be changed unseen.
audit --consistent compares two files of heads."""
import base64
import json
import re

import go_reader
import harness
import tamper
import test_witness

VALID, INVALID, MISSING, NOT_COVERED = 0, 3, 5, 6
LANES = 3


class Evident(test_witness.Witnessed):
    """A line with answers, a witness that the trust file names, and settings for somebody without a broker."""

    def line_with_witness(self, articles=9, cosign=True):
        line = self.made(articles)
        trust = line.folder / "trust.txt"
        trust.write_text(trust.read_text() + f"witness {self.witness_key.text}\n")
        if cosign:
            self.once(line)
        self.items = feed_ids(line)
        return line

    def prove(self, line, article, index, path, expect=VALID):
        return line.run("audit", "--prove", article, index, "--out", path, expect=expect)

    def check(self, line, path, *options, expect=None, trust=None):
        """As somebody without Kafka does: no broker, no settings file."""
        env = {"ONRECORD_CONFIG": "", "ONRECORD_BROKERS": ""}
        done = line.run("audit", "--trust", trust or line.folder / "trust.txt", "--check", path, *options, expect=None, env=env)
        if expect is not None:
            self.assertEqual(done.returncode, expect, done.stdout + done.stderr)
        return done


def feed_ids(line):
    """article id -> number of statements, of what is in the lanes, as follow prints it."""
    found = {}
    for row in harness.json_lines(line.run("follow", "--once").stdout):
        if row["type"] == "result":
            found[row["article"]["id"]] = row["article"]["statements"]
    return found


class Proves(Evident):
    def test_an_answer_is_proved_offline_and_says_what_follow_says(self):
        line = self.line_with_witness()
        rows = [r for r in harness.json_lines(line.run("follow", "--once").stdout) if r["type"] == "result"]
        for row in self.rng.sample(rows, 6):
            path = self.data / "answer.evidence"
            self.prove(line, row["article"]["id"], row["index"], path)
            found = json.loads(self.check(line, path, "--json", expect=VALID).stdout)
            for field in ("lane", "seq", "text", "attributions", "article", "signer", "input_offset"):
                self.assertEqual(found[field], row[field], field)
            self.assertEqual([c["witness"] for c in found["cosigned"]], ["w.example.org"])
            shown = self.check(line, path, expect=VALID).stdout
            self.assertEqual(shown.splitlines()[-1], "evidence: valid")
            self.assertIn("cosigned  w.example.org, 20", shown)

    def test_the_proof_in_it_is_read_by_a_program_that_is_not_ours(self):
        go_reader.build()
        line = self.line_with_witness()
        rows = [r for r in harness.json_lines(line.run("follow", "--once").stdout) if r["type"] == "result"]
        keys, path = [self.worker_key.text, self.witness_key.text], self.data / "answer.evidence"
        for row in self.rng.sample(rows, 4):
            self.prove(line, row["article"]["id"], row["index"], path)
            text = path.read_text()
            leaf = re.search(r"(?m)^leaf (\S+)$", text).group(1)
            proof = text[text.index("c2sp.org/tlog-proof@v1") :]
            self.assertEqual(go_reader.accepts(["proof", leaf, *keys], proof), (True, ""))
            changed = flip_base64(text, *section(text, "leaf"))
            leaf = re.search(r"(?m)^leaf (\S+)$", changed).group(1)
            self.assertFalse(go_reader.accepts(["proof", leaf, *keys], proof)[0])

    def test_without_a_cosignature_it_is_not_covered_where_witnesses_are_named(self):
        line = self.line_with_witness(cosign=False)
        article, path = next(iter(self.items)), self.data / "a.evidence"
        done = self.prove(line, article, 0, path, expect=NOT_COVERED)
        self.assertIn("no witness of the trust file", done.stderr)
        shown = self.check(line, path, expect=NOT_COVERED).stdout
        self.assertIn("[no-witness]", shown)
        alone = self.data / "no-witness.txt"
        alone.write_text(re.sub(r"(?m)^witness .*\n", "", (line.folder / "trust.txt").read_text()))
        self.check(line, path, expect=VALID, trust=alone)

    def test_what_is_not_there_has_a_sentence(self):
        line = self.line_with_witness(articles=3)
        article, path = next(iter(self.items)), self.data / "a.evidence"
        for words, code, sentence in [
            ([article, 9999, "--out", path], 1, "no lane holds"),
            (["nobody's", 0, "--out", path], 1, "no lane holds"),
            ([article, "x", "--out", path], 2, "not the number"),
            ([article, 0], 2, "--out"),
            ([article], 2, "which statement"),
        ]:
            done = line.run("audit", "--prove", *words, expect=None)
            self.assertEqual(done.returncode, code, done.stderr)
            self.assertIn(sentence, done.stderr)
            self.assertFalse(path.exists())
        self.assertEqual(self.check(line, path).returncode, 1)

    def test_a_lane_that_a_witness_saw_otherwise_proves_nothing(self):
        line = self.line_with_witness()
        records = tamper.read(line, "attributions")
        worker = test_witness.liar.Worker("w0.news.example", line.folder / "w0.key")
        for p in range(LANES):
            told = test_witness.liar.outcomes(records[p])
            told[0], told[1] = (
                told[1]._replace(in_offset=told[0].in_offset, in_hash=told[0].in_hash),
                told[0]._replace(in_offset=told[1].in_offset, in_hash=told[1].in_hash),
            )
            records[p] = worker.lane(records[p], told)
        tamper.write(line, "attributions", records)
        path = self.data / "a.evidence"
        done = self.prove(line, next(iter(self.items)), 1, path, expect=None)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("forked", done.stderr)
        self.assertFalse(path.exists())


def section(text, name):
    """(first, end) of what a change of the file is made to."""
    lines = text.split("\n")
    at = {}
    position = 0
    for number, row in enumerate(lines):
        at.setdefault(row.split(" ")[0], []).append((position, position + len(row), number))
        position += len(row) + 1
    start = text.index("c2sp.org/tlog-proof@v1")
    proof_end = text.index("\n\n", start)
    checkpoint = proof_end + 2
    signatures = text.index("\n\n", checkpoint) + 2
    first_signature_end = text.index("\n", signatures)
    return {
        "record": at["record"][0][:2],
        "leaf": at["leaf"][0][:2],
        "signature": at["signature"][0][:2],
        "input": at["input"][0][:2],
        "input-key": at["input-key"][0][:2],
        "entry": at["entry"][1][:2],
        "proof": (text.index("\n", text.index("index ", start)) + 1, proof_end),
        "index": (text.index("index ", start), text.index("\n", text.index("index ", start))),
        "checkpoint": (checkpoint, signatures - 2),
        "worker": (signatures, first_signature_end),
        "cosignature": (first_signature_end + 1, len(text) - 1),
    }[name]


def flip_base64(text, first, end):
    """Another byte in the middle of the last base64 word of text[first:end]; still base64."""
    word_at = max(text.rfind(" ", first, end), text.rfind("\n", first, end), first - 1) + 1
    word = text[word_at:end]
    data = bytearray(base64.b64decode(word))
    data[len(data) // 2] ^= 1
    return text[:word_at] + base64.b64encode(bytes(data)).decode() + text[end:]


class Tampered(Evident):
    FINDINGS = {
        "record": ("record", INVALID),
        "leaf": ("record", INVALID),
        "signature": ("record", INVALID),
        "input": ("input", INVALID),
        "input-key": ("input", INVALID),
        "entry": ("key-log", INVALID),
        "proof": ("proof", INVALID),
        "checkpoint": ("proof", INVALID),  # its root is the last word
        "worker": ("checkpoint", INVALID),
        "cosignature": ("cosignature", INVALID),
    }

    def evidence(self, line):
        path = self.data / "good.evidence"
        records = sorted(self.items.items(), key=lambda item: -item[1])
        self.prove(line, records[0][0], 1, path)
        return path.read_text()

    def test_each_part_that_is_changed_has_its_verdict_and_sentence(self):
        line = self.line_with_witness()
        good, path = self.evidence(line), self.data / "bad.evidence"
        for name, (finding, verdict) in self.FINDINGS.items():
            path.write_text(flip_base64(good, *section(good, name)))
            found = json.loads(self.check(line, path, "--json", expect=verdict).stdout)
            self.assertEqual(found["finding"], finding, f"{name}: {found['text']}")
            self.assertTrue(found["text"], name)
        changes = {
            "another position": (good.replace("\nindex ", "\nindex 1"), "proof"),
            "another size": (re.sub(r"(/1\n)(\d+)\n", r"\g<1>1\2\n", good), "proof"),
            "another origin": (good.replace("/v1/", "/v2/"), "lane"),
            "a proof cut short": (re.sub(r"(index \d+\n)\S+\n", r"\1", good), "proof"),
            "no key log": (re.sub(r"(?m)^entry .*\n", "", good), "lane"),
            "a shorter key log": (re.sub(r"(?m)^entry \S+\n\n", "\n", good), "record"),
            "cut in the middle": (good[: len(good) // 2], "file"),
            "empty": ("", "file"),
            "more behind": (good + "x", "checkpoint"),
        }
        for name, (text, finding) in changes.items():
            self.assertNotEqual(text, good, name)
            path.write_text(text)
            done = self.check(line, path, "--json")
            self.assertIn(done.returncode, (INVALID, NOT_COVERED), name)
            self.assertEqual(json.loads(done.stdout)["finding"], finding, f"{name}: {done.stdout}")
        path.write_text(good[: section(good, "cosignature")[0]])
        self.assertIn("[no-witness]", self.check(line, path, expect=NOT_COVERED).stdout)

    def test_no_byte_can_be_changed_unseen(self):
        line = self.line_with_witness(articles=4)
        good, path = self.evidence(line).encode(), self.data / "bad.evidence"
        for at in self.rng.sample(range(len(good)), 300):
            path.write_bytes(tamper.flip(good, at, self.rng.choice((1, 2, 32))))
            done = self.check(line, path)
            self.assertNotEqual(done.returncode, VALID, f"byte {at}: {done.stdout}")
            self.assertIn(done.returncode, (INVALID, NOT_COVERED), f"byte {at}: {done.stderr}")

    def test_it_proves_nothing_to_whoever_trusts_somebody_else(self):
        line = self.line_with_witness(articles=3)
        good, path = self.evidence(line), self.data / "good.evidence"
        path.write_text(good)
        other = self.line_with_witness(articles=1)
        done = self.check(line, path, expect=INVALID, trust=other.folder / "trust.txt")
        self.assertIn("[key-log]", done.stdout)
        done = line.run("audit", "--check", path, expect=None, env={"ONRECORD_CONFIG": ""})
        self.assertEqual(done.returncode, NOT_COVERED)


class Anchored(Evident):
    """The beginning of a lane is not kept any more."""

    def report(self, line, *options, expect):
        report = json.loads(line.run("audit", "--json", "--partition", 0, *options, expect=expect).stdout)
        return report["lanes"][0], {p["finding"] for p in report["lanes"][0]["problems"]}

    def test_an_audit_goes_on_from_the_first_commit_left_that_a_witness_cosigned(self):
        line = self.line_with_witness()
        sizes = [self.sizes(line)[0]]
        for _ in range(2):
            sizes.append(self.grow(line, 9)[0])
            self.once(line)
        self.assertEqual(sorted(set(sizes)), sizes)
        whole, found = self.report(line, "--rerun", expect=VALID)
        self.assertEqual(found, set())
        records = tamper.read(line, "attributions")[0]
        seq_at = {r.header("onr-leaf") and int.from_bytes(r.header("onr-leaf")[8:16], "big"): r.offset for r in records}
        alone = self.data / "no-witness.txt"
        alone.write_text(re.sub(r"(?m)^witness .*\n", "", (line.folder / "trust.txt").read_text()))
        for cut_at, anchor in ((sizes[0] - 1, sizes[0]), (sizes[0] + 1, sizes[1]), (sizes[1] + 1, sizes[2])):
            tamper.cut(line, "attributions", {0: seq_at[cut_at]})
            for options in ((), ("--signatures",), ("--rerun",)):
                lane, found = self.report(line, *options, expect=VALID)
                self.assertIn("anchor", found)
                self.assertEqual(lane["from_size"], anchor)
                self.assertEqual(lane["records"], sizes[2] - anchor)
                self.assertEqual((lane["size"], lane["root"]), (whole["size"], whole["root"]))
            lane, found = self.report(line, "--trust", alone, expect=MISSING)
            self.assertIn("no-beginning", found)
        # What is gone in one lane is nothing to the others; in it, a proof lacks the hashes before.
        rows = harness.json_lines(line.run("follow", "--once", "--partition", 1).stdout)
        self.prove(line, rows[0]["article"]["id"], rows[0]["index"], self.data / "a.evidence")
        left = [r for r in line.results(0) if r.key][0].key.decode()
        done = self.prove(line, left, 1, self.data / "b.evidence", expect=MISSING)
        self.assertIn("its beginning is gone", done.stderr)

    def test_what_comes_behind_the_anchor_is_verified_as_ever(self):
        line = self.line_with_witness()
        size = self.sizes(line)[0]
        self.grow(line, 12)
        records = tamper.read(line, "attributions")
        at = [i for i, r in enumerate(records[0]) if not tamper.is_commit(r)][size + 1]
        records[0][at] = records[0][at]._replace(value=tamper.flip(records[0][at].value, -1))
        records = tamper.write(line, "attributions", records)
        tamper.cut(line, "attributions", {0: records[0][2].offset})
        _, found = self.report(line, expect=INVALID)
        self.assertLessEqual({"anchor", "changed"}, found)


class Heads(Evident):
    def test_two_files_of_heads_are_compared(self):
        line = self.line_with_witness()
        old, new = self.data / "old", self.data / "new"
        line.run("audit", "--head", old)
        offline = {"ONRECORD_CONFIG": "", "ONRECORD_BROKERS": ""}
        trust = line.folder / "trust.txt"

        def compare(a, b, expect, env=offline):
            return line.run("audit", "--trust", trust, "--consistent", a, b, expect=expect, env=env)

        self.assertIn("heads: valid (3 lanes)", compare(old, old, VALID).stdout)
        self.grow(line, 9)
        line.run("audit", "--head", new)
        self.assertIn("cut off", compare(new, old, MISSING).stdout)
        self.assertIn("broker", compare(old, new, 2).stderr)
        compare(old, new, VALID, env={})
        lines = old.read_text().splitlines()
        (self.data / "less").write_text("\n".join(lines[:-1]) + "\n")
        self.assertIn("no head of it", compare(old, self.data / "less", MISSING).stdout)
        # The records between the heads are not those that NEW stands for.
        records = tamper.read(line, "attributions")
        worker = test_witness.liar.Worker("w0.news.example", line.folder / "w0.key")
        told = test_witness.liar.outcomes(records[0])
        told[-1] = told[-2]._replace(in_offset=told[-1].in_offset, in_hash=told[-1].in_hash)
        records[0] = worker.lane(records[0], told)
        tamper.write(line, "attributions", records)
        self.assertNotEqual(compare(old, new, None, env={}).returncode, VALID)


if __name__ == "__main__":
    harness.main()
