#!/usr/bin/python3
"""onrecord witness on a real Kafka: it cosigns what only grows, forgets nothing when it is killed, and refuses a lane that was cut,
forked or changed, with evidence. Cosignatures are verified by the vectors' Ed25519, not by the project's C."""
import base64
import collections
import re
import struct
import sys

import feed_articles as feed
import harness
import liar
import tamper

sys.path.insert(0, str(harness.ROOT / "tests" / "unit" / "vectors"))

import stmtlog as log  # noqa: E402

LANES = 3
INVALID, GAP, MISSING = 3, 4, 5
Cosigned = collections.namedtuple("Cosigned", "offset origin size root seconds")


class Key:
    """A verifier key as keys generate prints it."""

    def __init__(self, text):
        self.text = text.strip()
        self.name, id_hex, packed = self.text.split("+", 2)
        packed = base64.b64decode(packed)
        self.id, self.type, self.public = bytes.fromhex(id_hex), packed[0], packed[1:]


def on_curve(data):
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (1 << 255) - 1
    x = log.recover_x(y, sign)
    return (x, y, 1, x * y % log.P)


def verifies(public, message, signature):
    """RFC 8032 section 5.1.7, slow and plain."""
    r, s = signature[:32], int.from_bytes(signature[32:], "little")
    k = int.from_bytes(log.hashlib.sha512(r + public + message).digest(), "little") % log.L
    right = log.add(on_curve(r), log.multiply(k, on_curve(public)))
    return log.compress(log.multiply(s, log.BASE)) == log.compress(right)


def signature_by(key, note):
    """(signed text, bytes after the key id) of this key's line under a note."""
    text, _, lines = note.rpartition("\n\n")
    for line in lines.splitlines():
        _, name, data = line.split(" ")
        data = base64.b64decode(data)
        if name == key.name and data[:4] == key.id:
            return text + "\n", data[4:]
    raise AssertionError(f"no signature by {key.name} under:\n{note}")


class Witnessed(harness.KafkaTest):
    def made(self, articles=12, settings=None):
        line = self.make_line(LANES, settings=settings)
        done = line.run("keys", "generate", "--role", "witness", "--name", "w.example.org", "--out", line.folder / "w.key")
        self.witness_key = Key(done.stdout)
        self.worker_key = Key((line.folder / "w0.pub").read_text())
        self.assertEqual(self.witness_key.type, 4)
        self.grow(line, articles)
        return line

    def grow(self, line, articles):
        """More articles, classified. Returns the size of each lane."""
        worker = line.start("classify", "--commit-ms", "30", "--group", line.prefix + "classify")
        worker.wait_line(r"classify\.ready")
        line.run("split", feed.write_jsonl(self.data / f"in-{self.rng.random()}.jsonl", feed.articles(self.rng, articles)))
        line.wait_done()
        self.assertEqual(worker.stop(), 0)
        return self.sizes(line)

    def sizes(self, line):
        return {p: len(line.results(p)) for p in range(LANES)}

    def options(self, line):
        return ["--key", line.folder / "w.key", "--state", line.folder / "witness.d"]

    def once(self, line, expect=0):
        return line.run("witness", *self.options(line), "--once", expect=expect)

    def cosigned(self, line):
        """What the topic holds, each signature verified, by origin in order of offsets."""
        found = collections.defaultdict(list)
        for record in line.records("witness"):
            note = record.value.decode()
            text, signature = signature_by(self.worker_key, note)
            self.assertTrue(verifies(self.worker_key.public, text.encode(), signature))
            again, stamped = signature_by(self.witness_key, note)
            self.assertEqual((again, len(stamped)), (text, 72))
            seconds = struct.unpack(">Q", stamped[:8])[0]
            message = f"cosignature/v1\ntime {seconds}\n{text}"
            self.assertTrue(verifies(self.witness_key.public, message.encode(), stamped[8:]))
            origin, size, root = text.splitlines()
            self.assertEqual(record.key.decode(), origin)
            found[origin].append(Cosigned(record.offset, origin, int(size), root, seconds))
        return found

    def newest(self, line):
        return {int(origin.split("/")[4]): each[-1].size for origin, each in self.cosigned(line).items()}

    def evidence(self, line, partition):
        return sorted((line.folder / "witness.d").glob(f"refused-{partition}-1.*.txt"))


class Cosigns(Witnessed):
    def test_growing_lanes_are_cosigned_at_their_newest_head(self):
        line = self.made()
        self.once(line)
        self.assertEqual(self.newest(line), self.sizes(line))
        grown = self.grow(line, 8)
        self.once(line)
        self.assertEqual(self.newest(line), grown)
        for each in self.cosigned(line).values():
            self.assertEqual([c.size for c in each], sorted(c.size for c in each))
            self.assertEqual([c.seconds for c in each], sorted(c.seconds for c in each))

    def test_it_follows_a_lane_that_grows_while_it_runs(self):
        line = self.made(articles=3)
        witness = line.start("witness", *self.options(line), "--interval", "50ms")
        witness.wait_line(r"witness\.ready lanes=3 refused=0")
        grown = self.grow(line, 9)
        harness.until(lambda: self.newest(line) == grown, "cosignatures of the new heads")
        self.assertEqual(witness.stop(), 0)

    def test_killed_between_keeping_and_sending_it_never_regresses(self):
        for point in ("witness-kept", "witness-sent"):
            line = self.made(articles=4)
            self.once(line)
            grown = self.grow(line, 6)
            killed = line.start("witness", *self.options(line), "--once", failpoint=f"{point}:1:kill")
            self.assertEqual(killed.wait(), -9)
            self.assertIn(f"failpoint {point} hit", "\n".join(killed.err))
            heads = (line.folder / "witness.d" / "heads").read_text()
            for p, size in grown.items():  # kept before anybody could have seen a cosignature
                self.assertRegex(heads, rf"(?m)^head1 \S+/{p}/1 \w+ \d+ {size} ")
            self.once(line)
            self.assertEqual(self.newest(line), grown)
            for each in self.cosigned(line).values():
                self.assertEqual([c.size for c in each], sorted(c.size for c in each))
                self.assertEqual(len({c.size: c.root for c in each}), len({(c.size, c.root) for c in each}))

    def test_two_witnesses_never_share_a_folder(self):
        line = self.made(articles=2)
        first = line.start("witness", *self.options(line))
        first.wait_line(r"witness\.ready")
        second = self.once(line, expect=78)
        self.assertIn("another witness works in", second.stderr)
        self.assertEqual(first.stop(), 0)

    def test_each_wrong_setting_has_a_sentence_and_a_code(self):
        line = self.made(articles=1)
        state = ["--state", line.folder / "w2"]
        for options, code, words in [
            ([*state, "--key", line.folder / "w0.key"], 78, "is not a witness's key"),
            ([*state, "--key", line.folder / "none.key"], 78, "none.key"),
            (["--key", line.folder / "w.key"], 2, "--state is missing"),
            ([*state, "--key", line.folder / "w.key", "--partition", "9"], 78, "no partition 9"),
            ([*state, "--key", line.folder / "w.key", "surplus"], 2, "surplus"),
        ]:
            done = line.run("witness", *options, expect=None)
            self.assertEqual(done.returncode, code, f"{options}: {done.stderr}")
            self.assertIn(words, done.stderr)


class Refuses(Witnessed):
    def refused(self, line, changed, verdict, exit_code, words):
        """The witness refuses the changed lanes, cosigns the others, and keeps evidence once."""
        before = self.newest(line)
        done = self.once(line, expect=exit_code)
        self.assertEqual(len(re.findall(r"witness\.refused alarm=yes", done.stderr)), len(changed), done.stderr)
        after = self.newest(line)
        for p in changed:
            self.assertEqual(after[p], before[p], "cosigned what it refused")
            [path] = self.evidence(line, p)
            text = path.read_text()
            self.assertIn(f"verdict {verdict}\n", text)
            self.assertRegex(text, words)
            kept, _, found = text.partition("\nfound:\n")
            self.assertIn("head1 ", kept)
            signed, _ = signature_by(self.worker_key, kept[kept.index("\n", kept.index("head1 ")) + 1 :])
            self.assertEqual(int(signed.splitlines()[1]), before[p])
            if found:
                self.assertIn("head1 ", found)
        self.once(line, expect=exit_code)  # the same evidence is not written twice
        for p in changed:
            self.assertEqual(len(self.evidence(line, p)), 1)

    def test_a_lane_that_was_cut_is_refused(self):
        line = self.made()
        self.once(line)
        records = tamper.read(line, "attributions")
        first, _ = tamper.blocks(records[1])[-1]
        del records[1][first:]
        tamper.write(line, "attributions", records)
        self.refused(line, [1], "missing", MISSING, "its end was cut off")

    def test_a_lane_that_was_cut_and_grew_beyond_its_old_size_is_refused(self):
        line = self.made(articles=6)
        self.once(line)
        before = self.sizes(line)
        records = tamper.read(line, "attributions")
        for p in range(LANES):
            first, _ = tamper.blocks(records[p])[-1]
            del records[p][first:]
        statements = tamper.read(line, "statements")
        for p in range(LANES):  # other inputs in the place of the old ones
            cut = len([r for r in records[p] if not tamper.is_commit(r)])
            del statements[p][cut:]
        tamper.write(line, "statements", statements)
        tamper.write(line, "attributions", records)
        after = self.grow(line, 24)
        self.assertTrue(all(after[p] > before[p] for p in after), (before, after))
        self.refused(line, list(range(LANES)), "invalid", INVALID, "trusted head|two histories|number")

    def test_a_fork_signed_by_the_worker_is_refused_with_both_heads(self):
        line = self.made()
        self.once(line)
        records = tamper.read(line, "attributions")
        worker = liar.Worker("w0.news.example", line.folder / "w0.key")
        told = liar.outcomes(records[2])
        told[0], told[1] = (
            told[1]._replace(in_offset=told[0].in_offset, in_hash=told[0].in_hash),
            told[0]._replace(in_offset=told[1].in_offset, in_hash=told[1].in_hash),
        )
        records[2] = worker.lane(records[2], told)
        tamper.write(line, "attributions", records)
        self.refused(line, [2], "invalid", INVALID, "trusted head")
        found = self.evidence(line, 2)[0].read_text().partition("\nfound:\n")[2]
        commit = base64.b64decode(re.search(r"(?m)^commit (\S+)$", found).group(1))
        at = commit.index(b"stmtlog/cmt/v1\n\0")
        body, signature = commit[at : at + 256], commit[at + 258 : at + 322]
        self.assertTrue(verifies(self.worker_key.public, body, signature), "the fork is not proved")

    def test_a_lane_that_moved_but_is_the_same_tree_goes_on(self):
        line = self.made(articles=6)
        self.once(line)
        records = tamper.read(line, "attributions")
        tamper.write(line, "attributions", {p: [r._replace(offset=0) for r in records[p]] for p in records})
        done = self.once(line)
        self.assertIn("witness.moved", done.stderr)
        self.assertEqual(self.newest(line), self.sizes(line))

    def test_a_head_whose_key_was_revoked_is_not_cosigned_again(self):
        line = self.made()
        self.assertGreater(min(self.sizes(line).values()), 0)
        self.once(line)
        before = self.cosigned(line)
        revoke = ("revoke", "--root-key", line.folder / "root.key", "--reason", "stolen", "w0.news.example")
        line.run("keys", *revoke, "--sizes", "last")
        self.once(line)  # what it signed until then counts
        self.assertEqual({o: len(c) for o, c in self.cosigned(line).items()}, {o: len(c) + 1 for o, c in before.items()})
        line.run("keys", *revoke, "--sizes", "none")
        done = self.once(line, expect=INVALID)
        self.assertIn("was revoked or retired", done.stderr)
        self.assertEqual({o: len(c) for o, c in self.cosigned(line).items()}, {o: len(c) + 1 for o, c in before.items()})

    def test_a_damaged_lane_is_not_cosigned_past_the_damage(self):
        line = self.made()
        records = tamper.read(line, "attributions")
        first, _ = tamper.blocks(records[0])[-1]
        del records[0][first]
        tamper.write(line, "attributions", records)
        done = self.once(line, expect=GAP)
        self.assertIn("partition=0", done.stderr)
        self.assertNotIn(0, self.newest(line))
        self.assertEqual(self.newest(line)[1], self.sizes(line)[1])


if __name__ == "__main__":
    harness.main()
