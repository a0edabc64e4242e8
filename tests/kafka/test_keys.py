#!/usr/bin/python3
"""onrecord keys on a real Kafka: entries are appended once, two writers at once lose none, what the roots did not sign is ignored,
and a key log that cannot be trusted is refused."""
import json
import os
import pathlib
import pty
import shutil
import signal
import struct
import subprocess
import tempfile
import unittest

import feed_articles as feed
import harness
import keylog
import lanes


class KeysTest(harness.KafkaTest):
    def listing(self, line):
        return harness.json_lines(line.run("keys", "list", "--json").stdout)

    def key(self, line, name, *options):
        """A new key: paths of its secret and its public part."""
        secret, public = line.folder / f"{name}.key", line.folder / f"{name}.pub"
        public.write_text(line.run("keys", "generate", "--name", f"{name}.{line.org}", "--out", secret, *options).stdout)
        return secret, public

    def two_roots(self):
        """A line whose key log needs two of three roots; returns it and the roots' secret keys."""
        line = self.make_line(partitions=2, keys=False)
        roots = [self.key(line, f"root{i}", "--role", "root") for i in range(3)]
        trust = line.folder / "trust.txt"
        public = ",".join(str(public) for _, public in roots)
        line.run("keys", "trust", "--org", line.org, "--root", public, "--out", trust)
        with open(line.config, "a", encoding="ascii") as config:
            config.write(f"trust = {trust}\n")
        return line, [secret for secret, _ in roots]


class Keys(KeysTest):
    def test_what_the_key_log_says_already_is_not_written_again(self):
        line = self.make_line(partitions=70)
        entries = self.listing(line)
        self.assertEqual([entry["kind"] for entry in entries], ["GENESIS", "GENESIS", "ADD"])
        self.assertEqual(sum(len(entry["lanes"]) for entry in entries[:2]), 70)
        root = line.folder / "root.key"
        line.run("keys", "genesis", "--root-key", root)
        line.run("keys", "add", "--root-key", root, line.folder / "w0.pub")
        line.run("keys", "config", "--root-key", root, "00" * 32)
        line.run("keys", "config", "--root-key", root, "00" * 32)
        self.assertEqual(len(self.listing(line)), 4)
        self.assertEqual(len(line.records("keys")), 4)

    def test_k_roots_must_sign(self):
        line, roots = self.two_roots()
        done = line.run("keys", "genesis", "--root-key", roots[0], expect=78)
        self.assertIn("2 roots must sign", done.stderr)
        done = line.run("keys", "genesis", "--root-key", f"{roots[0]},{roots[0]}", expect=78)
        self.assertIn("named twice", done.stderr)
        stranger, _ = self.key(line, "stranger")
        done = line.run("keys", "genesis", "--root-key", f"{roots[0]},{stranger}", expect=78)
        self.assertIn("is not a root", done.stderr)
        self.assertEqual(line.records("keys"), [])
        line.run("keys", "genesis", "--root-key", f"{roots[0]},{roots[2]}")
        self.assertEqual([entry["kind"] for entry in self.listing(line)], ["GENESIS"])

    def add(self, line, roots, public, **how):
        return line.start("keys", "add", "--root-key", f"{roots[0]},{roots[1]}", public, **how)

    def assert_keys(self, line, wanted):
        """Each of the wanted keys has one entry, and nobody wrote one that is not the next."""
        self.assertEqual(sorted(entry["key"] for entry in self.listing(line)), sorted(p.read_text().strip() for p in wanted))
        self.assertEqual(len(line.records("keys")), len(wanted))

    def test_six_writers_at_once_all_get_their_entry_written(self):
        line, roots = self.two_roots()
        wanted = [self.key(line, f"w{i}")[1] for i in range(6)]
        running = [self.add(line, roots, public) for public in wanted]
        for program in running:
            self.assertEqual(program.wait(), 0, program.tail())
        self.assert_keys(line, wanted)

    def test_a_writer_that_was_overtaken_begins_again(self):
        line, roots = self.two_roots()
        first, second = (self.key(line, f"w{i}")[1] for i in range(2))
        sleeper = self.add(line, roots, first, failpoint="after-begin:1:stop")  # it has read the key log
        sleeper.wait_line("failpoint after-begin hit")
        self.assertEqual(self.add(line, roots, second).wait(), 0)
        sleeper.signal(signal.SIGCONT)
        self.assertEqual(sleeper.wait(), 0, sleeper.tail())
        self.assert_keys(line, (first, second))

    def test_an_entry_that_arrived_unseen_is_not_written_again(self):
        line, roots = self.two_roots()
        first, second = (self.key(line, f"w{i}")[1] for i in range(2))
        sleeper = self.add(line, roots, first, failpoint="endtxn-sent:1:stop")
        sleeper.wait_line("failpoint endtxn-sent hit")
        self.assertEqual(self.add(line, roots, second).wait(), 0)
        sleeper.signal(signal.SIGCONT)
        self.assertEqual(sleeper.wait(), 0, sleeper.tail())
        self.assertIn("entry 0: ADD", sleeper.err)
        self.assert_keys(line, (first, second))

    def test_what_the_roots_did_not_sign_is_ignored(self):
        line = self.make_line(partitions=1)
        value = line.records("keys")[0].value
        for garbage in (b"", b"{}", value[:-20] + b"AAAA" + value[-16:], value.replace(b"GENESIS", b"GENESES"), value):
            line.produce("keys", garbage, partition=0)
        done = line.run("keys", "list", "--json")
        self.assertEqual(len(harness.json_lines(done.stdout)), 2)
        self.assertIn("1 stale, 4 foreign", done.stderr)
        _, public = self.key(line, "later")
        line.run("keys", "add", "--root-key", line.folder / "root.key", public)
        self.assertEqual(len(self.listing(line)), 3)

    def test_keys_of_another_trust_file_are_foreign(self):
        line = self.make_line(partitions=1)
        _, public = self.key(line, "other", "--role", "root")
        other = line.folder / "other.txt"
        line.run("keys", "trust", "--org", line.org, "--root", public, "--k", 1, "--out", other)
        done = line.run("keys", "list", "--trust", other, "--json")
        self.assertEqual(done.stdout, "")
        self.assertIn("0 stale, 2 foreign", done.stderr)

    def test_a_root_key_signs_no_records(self):
        line = self.make_line(partitions=1)
        root = line.folder / "root.key"
        done = line.run("keys", "add", "--root-key", root, line.folder / "root.pub", expect=78)
        self.assertIn("roots sign the key log and nothing else", done.stderr)

    def test_a_key_file_that_others_may_read_is_refused(self):
        line = self.make_line(partitions=1)
        root = line.folder / "root.key"
        os.chmod(root, 0o640)
        done = line.run("keys", "genesis", "--root-key", root, expect=78)
        self.assertIn("chmod 600", done.stderr)

    def test_a_broker_that_is_away_is_named(self):
        line = self.make_line(partitions=1)
        done = line.run("keys", "list", "--brokers", "127.0.0.1:1", "--timeout", "1s", expect=1)
        self.assertIn("127.0.0.1:1", done.stderr)


class KeysOverTime(KeysTest):
    """Keys that come and go under a line that works."""

    def work(self, line, *options):
        worker = line.start("classify", "--commit-ms", "30", "--heartbeat", "500ms", "--group", line.prefix + "group", *options)
        worker.wait_line(r"classify\.ready")
        return worker

    def feed(self, line, count=12):
        self.fed = getattr(self, "fed", 0) + 1
        line.run("split", feed.write_jsonl(self.data / f"in-{self.fed}.jsonl", feed.articles(self.rng, count * self.fed)))
        return line.wait_done()

    def audit(self, line, *options):
        done = line.run("audit", "--json", *options, expect=None)
        report = json.loads(done.stdout)
        return done.returncode, report["lanes"]

    def blocks(self, line, partition=0):
        """(key id, size) after each COMMIT of a lane."""
        bodies = [lanes.commit_body(c) for c in line.commits(partition)]
        return [(body[24:32].hex(), struct.unpack(">Q", body[112:120])[0]) for body in bodies]

    def root(self, line):
        return line.folder / "root.key"

    def test_rotate_adds_the_new_key_and_ends_the_old_one_when_the_workers_have_changed(self):
        line = self.make_line(partitions=2)
        worker = self.work(line)
        self.feed(line)
        secret, public = self.key(line, "w1")
        rotate = line.start("keys", "rotate", "--root-key", self.root(line), f"w0.{line.org}", public)
        rotate.wait_line(r"w1\.news\.example may sign now")
        rotate.wait_line(r"waiting until w0\.news\.example signs no more")
        self.assertEqual(self.listing(line)[-1]["kind"], "ADD")
        worker.stop()
        worker = self.work(line, "--key", secret)
        self.assertEqual(rotate.wait(), 0, rotate.tail())
        last = self.listing(line)[-1]
        self.assertEqual(last["kind"], "RETIRE")
        sizes = {lane["origin"]: lane["size"] for lane in last["lanes"]}
        self.assertEqual(sorted(sizes.values()), sorted(self.blocks(line, p)[-1][1] for p in range(2)))
        self.feed(line)
        worker.stop()
        lanes.check(self, line)
        self.assertEqual(len({key for key, _ in self.blocks(line)}), 2)
        refused = line.run("classify", expect=78)
        self.assertIn("retired", refused.stderr)
        again = line.run("keys", "rotate", "--root-key", self.root(line), f"w0.{line.org}", public, expect=78)
        self.assertIn("was retired", again.stderr)

    def test_a_key_of_more_lanes_than_one_entry_names_is_ended_in_one_act(self):
        line = self.make_line(partitions=2)  # and 35 epochs: 70 lanes
        for epochs in (range(2, 34), range(34, 36)):
            keylog.append(line, "GENESIS", *(f"lane {keylog.origin(line, p, epoch)}" for epoch in epochs for p in range(2)))
        worker = self.work(line)
        self.feed(line)
        worker.stop()
        before = self.audit(line, "--signatures")
        self.assertEqual(before[0], 0)
        sizes = {keylog.origin(line, 0, 35): self.blocks(line, 0)[-1][1]}  # in the first part; partition 1 is in the second
        sizes.update({keylog.origin(line, p, epoch): 0 for epoch in range(1, 36) for p in range(2) if p or epoch < 35})
        sizes[keylog.origin(line, 1, 35)] = self.blocks(line, 1)[-1][1]
        named = ("--sizes", ",".join(f"{origin}={size}" for origin, size in sizes.items()), "w0.news.example")
        for kind, *words in (("RETIRE", "retire"), ("REVOKE", "revoke", "--reason", "lost")):
            line.run("keys", *words, "--root-key", self.root(line), *named)
            parts = self.listing(line)[-2:]
            self.assertEqual([(e["kind"], e.get("part"), len(e["lanes"])) for e in parts], [(kind, None, 64), (kind, 2, 6)])
            self.assertEqual({lane["origin"]: lane["size"] for e in parts for lane in e["lanes"]}, sizes)
            self.assertEqual(self.audit(line, "--signatures"), before)

    def test_a_worker_that_stopped_is_retired_at_what_it_signed(self):
        line = self.make_line(partitions=2)
        worker = self.work(line)
        self.feed(line)
        worker.stop()
        roots = ("--root-key", self.root(line))
        done = line.run("keys", "retire", *roots, "--quiet", "1s", f"w0.{line.org}")
        self.assertIn("counts up to", done.stderr)
        self.assertIn("says so already", line.run("keys", "retire", *roots, f"w0.{line.org}").stderr)
        self.assertEqual([e["kind"] for e in self.listing(line)], ["GENESIS", "ADD", "RETIRE"])
        self.assertEqual(self.audit(line, "--signatures")[0], 0)
        refused = line.run("keys", "add", *roots, line.folder / "w0.pub", expect=78)
        self.assertIn("retired", refused.stderr)

    def test_what_a_revoked_key_signed_counts_up_to_the_last_good_size(self):
        line = self.make_line(partitions=1)
        worker = self.work(line)
        self.feed(line)
        good = self.blocks(line)[-1][1]
        self.feed(line)
        worker.stop()
        size = self.blocks(line)[-1][1]
        heads = self.data / "heads"
        code, (lane,) = self.audit(line, "--signatures", "--head", heads)
        self.assertEqual((code, lane["size"], lane["foreign"]), (0, size, 0))
        followed = len(harness.json_lines(line.run("follow", "--once").stdout))
        self.assertEqual(followed, size)
        revoke = ("keys", "revoke", "--root-key", self.root(line), "--reason", "laptop stolen", "w0.news.example")
        done = line.run(*revoke, "--sizes", f"0={good}")
        self.assertIn(f"w0.news.example counts up to {good} of {size}", done.stderr)
        entry = self.listing(line)[-1]
        self.assertEqual((entry["kind"], entry["reason"]), ("REVOKE", "laptop stolen"))
        for options in ((), ("--signatures",), ("--inputs",)):
            code, (lane,) = self.audit(line, *options)
            self.assertEqual((code, lane["size"], lane["records"]), (0, good, good))
            self.assertEqual(sum(lane["refused"].values()), lane["foreign"])
            self.assertGreater(lane["foreign"], size - good, "their COMMITs count no more either")
        self.assertEqual(lane["inputs_waiting"], size - good, "an input whose result was revoked waits for another one")
        (signed,) = self.audit(line, "--signatures")[1]
        self.assertEqual(signed["refused"], {"revoked": signed["foreign"]})
        code, (lane,) = self.audit(line, "--expect", heads)
        self.assertEqual((code, lane["size"]), (3, good), "what was shown before is no more what the keys vouch for")
        self.assertEqual(len(harness.json_lines(line.run("follow", "--once").stdout)), good)
        self.assertIn("revoked", line.run("classify", expect=78).stderr)

        line.run(*revoke, "--sizes", f"0={good - 1}")  # inside a block: its COMMIT counts no more
        code, (lane,) = self.audit(line)
        self.assertEqual(code, 0)
        self.assertLess(lane["size"], good)
        line.run(*revoke, "--sizes", "last")
        self.assertEqual(self.audit(line)[1][0]["size"], lane["size"], "nothing brings a revoked signature back")
        line.run(*revoke, "--sizes", "none")
        code, (lane,) = self.audit(line)
        self.assertEqual((code, lane["size"], lane["records"]), (0, 0, 0))

    def test_a_revocation_that_takes_nothing_back_changes_no_verdict(self):
        line = self.make_line(partitions=2)
        worker = self.work(line)
        self.feed(line)
        worker.stop()
        heads = self.data / "heads"
        before = self.audit(line, "--signatures", "--head", heads)
        self.assertEqual(before[0], 0)
        line.run("keys", "revoke", "--root-key", self.root(line), "--reason", "lost", "--sizes", "last", "w0.news.example")
        self.assertEqual(self.audit(line, "--signatures", "--expect", heads)[0], 0)
        self.assertEqual(self.audit(line, "--signatures"), before)

    def test_what_cannot_be_meant_is_not_written(self):
        line = self.make_line(partitions=2)
        key, roots = f"w0.{line.org}", ("--root-key", self.root(line))
        for words, code, sentence in (
            (("revoke", key, "--sizes", "last"), 2, "--reason is missing"),
            (("revoke", key, "--reason", "x"), 2, "--sizes is missing"),
            (("revoke", key, "--reason", "x", "--sizes", "0"), 2, "LANE=SIZE"),
            (("revoke", key, "--reason", "x", "--sizes", "7=0"), 2, "no lane '7'"),
            (("revoke", key, "--reason", "x", "--sizes", "0=5"), 2, "has 0 records, not 5"),
            (("revoke", key, "--reason", "x", "--sizes", "0=0,0=0"), 2, "named twice"),
            (("revoke", key, "--reason", "x\ny", "--sizes", "last"), 65, "in one line"),
            (("revoke", "stranger", "--reason", "x", "--sizes", "last"), 78, "no key of the key log"),
            (("retire", "00" * 8), 78, "no key of the key log"),
            (("retire",), 2, "name one KEY"),
            (("rotate", key, line.folder / "w0.pub"), 2, "are the same"),
            (("rotate", key, self.root(line).with_suffix(".pub")), 78, "roots sign the key log"),
            (("retention",), 2, "0=1500"),
            (("retention", "0=1"), 2, "has 0 records, not 1"),
        ):
            done = line.run("keys", *words, *roots, expect=code)
            self.assertIn(sentence, done.stderr)
        self.assertEqual([e["kind"] for e in self.listing(line)], ["GENESIS", "ADD"])

    def test_two_roots_end_a_key_and_one_does_not(self):
        line, roots = self.two_roots()
        both = f"{roots[0]},{roots[1]}"
        _, public = self.key(line, "w0")
        line.run("keys", "genesis", "--root-key", both)
        line.run("keys", "add", "--root-key", both, public)
        revoke = ("keys", "revoke", "--reason", "test", "--sizes", "none", "w0.news.example")
        self.assertIn("2 roots must sign", line.run(*revoke, "--root-key", roots[0], expect=78).stderr)
        line.run(*revoke, "--root-key", both)
        self.assertEqual([e["kind"] for e in self.listing(line)], ["GENESIS", "ADD", "REVOKE"])

    def test_retention_gives_up_records_and_does_not_take_it_back(self):
        line = self.make_line(partitions=2)
        worker = self.work(line)
        self.feed(line)
        worker.stop()
        sizes = [self.blocks(line, p)[-1][1] for p in range(2)]
        roots = ("--root-key", self.root(line))
        line.run("keys", "retention", *roots, f"0={sizes[0]}", "1=3")
        done = line.run("keys", "retention", *roots, "1=3")
        self.assertIn("says so already", done.stderr)
        done = line.run("keys", "retention", *roots, "1=2", expect=2)
        self.assertIn("do not come back", done.stderr)
        last = self.listing(line)[-1]
        self.assertEqual([(e["origin"].split("/")[-2], e["size"]) for e in last["lanes"]], [("0", sizes[0]), ("1", 3)])

    def test_export_shows_the_keys_that_count(self):
        line = self.make_line(partitions=1)
        _, second = self.key(line, "w1")
        line.run("keys", "add", "--root-key", self.root(line), second)
        first = (line.folder / "w0.pub").read_text()
        self.assertEqual(line.run("keys", "export").stdout, first + second.read_text())
        self.assertEqual(line.run("keys", "export", "w1.news.example").stdout, second.read_text())
        line.run("keys", "retire", "--root-key", self.root(line), "w0.news.example")
        self.assertEqual(line.run("keys", "export").stdout, second.read_text())
        self.assertEqual(line.run("keys", "export", "w0.news.example").stdout, first)

    def test_a_worker_signs_with_a_key_under_a_passphrase(self):
        line = self.make_line(partitions=1)
        words = line.folder / "words"
        words.write_text("four words in a row\n")
        words.chmod(0o600)
        secret, public = self.key(line, "w1", "--encrypt", "--passphrase-file", words)
        line.run("keys", "add", "--root-key", self.root(line), public)
        worker = self.work(line, "--key", secret, "--passphrase-file", words)
        self.feed(line)
        worker.stop()
        lanes.check(self, line)
        key_id = line.run("keys", "list", "--json").stdout.splitlines()[-1]
        self.assertEqual({key for key, _ in self.blocks(line)}, {json.loads(key_id)["id"]})

        credentials = {"CREDENTIALS_DIRECTORY": str(line.folder)}
        for name in ("w1.key", "words"):  # as systemd leaves them: the group's r is the unit's access list
            (line.folder / name).chmod(0o440)
        given = ("--key", "credential:w1.key", "--passphrase-file", "credential:words")
        self.assertIn("may be used by others", line.run("classify", "--key", secret, "--passphrase-file", words, expect=78).stderr)
        worker = line.start("classify", *given, "--group", line.prefix + "group", env=credentials)
        worker.wait_line(r"classify\.ready")
        self.assertEqual(worker.stop(), 0)
        self.assertIn("CREDENTIALS_DIRECTORY", line.run("classify", *given, expect=78).stderr)

    def test_a_running_worker_changes_its_key_between_two_blocks(self):
        line = self.make_line(partitions=2)
        in_use = self.data / "worker.key"
        shutil.copy(line.folder / "w0.key", in_use)
        worker = self.work(line, "--key", in_use, "--commit-ms", "1s")  # blocks long enough to be hit in the middle
        self.feed(line)

        def change_to(secret):
            shutil.copy(secret, self.data / "next.key")
            os.replace(self.data / "next.key", in_use)
            worker.signal(signal.SIGHUP)

        secret, public = self.key(line, "w1")
        change_to(secret)  # not in the key log yet: the old key goes on
        worker.wait_line(r"key\.kept .*w1\.news\.example is not in the key log")
        in_use.unlink()
        worker.signal(signal.SIGHUP)
        worker.wait_line(r"key\.kept .*cannot open key file")
        self.feed(line)
        self.assertEqual(len({key for key, _ in self.blocks(line)}), 1)

        rotate = line.start("keys", "rotate", "--root-key", self.root(line), f"w0.{line.org}", public)
        rotate.wait_line(r"waiting until w0\.news\.example signs no more")
        feeder = line.start("split", feed.write_jsonl(self.data / "more.jsonl", feed.articles(self.rng, 1500)))
        size = sum(size for p in range(2) for _, size in self.blocks(line, p)[-1:])
        harness.until(lambda: len(line.results()) > size, "results of what is being fed")
        change_to(secret)
        worker.wait_line(r"key\.changed .*to=w1\.news\.example")
        self.assertEqual((feeder.wait(), rotate.wait()), (0, 0), rotate.tail())
        line.wait_done()
        self.assertEqual(worker.stop(), 0)
        lanes.check(self, line)
        for p in range(2):
            keys = [key for key, _ in self.blocks(line, p)]
            self.assertEqual(len(set(keys)), 2)
            self.assertEqual(keys, sorted(keys, key=lambda key: key != keys[0]), "one change, no way back")
            signed = set()
            for record in line.records("attributions", p):
                if record.header("onr-type") == b"commit":
                    self.assertLessEqual(signed, {lanes.commit_body(record)[24:32].hex()}, "a block and its COMMIT have one key")
                    signed = set()
                else:
                    signed.add(record.header("onr-sig")[4:12].hex())


class SecretKeys(unittest.TestCase):
    """Key files without a broker: what asks for a passphrase, and what refuses one."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="onrecord-test-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def file(self, name, text, mode=0o600):
        path = self.folder / name
        path.write_text(text)
        path.chmod(mode)
        return path

    def keys(self, *words, expect=0, **options):
        done = subprocess.run(
            [harness.BIN / "onrecord-keys", *map(str, words)],
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            start_new_session=True,  # no terminal to ask on
            timeout=harness.DEADLINE,
            **options,
        )
        self.assertEqual(done.returncode, expect, done.stderr)
        return done

    def sealed(self, passphrase="four words in a row\n"):
        words = self.file("words", passphrase)
        secret = self.folder / "w.key"
        public = self.keys("generate", "--encrypt", "--name", "w.example", "--out", secret, "--passphrase-file", words)
        return secret, words, public.stdout

    def try_key(self, secret, *words, **options):
        """A command that reads a secret key and fails only after that, for want of a broker."""
        trust = self.folder / "trust.txt"
        if not trust.exists():
            self.keys("generate", "--role", "root", "--name", "r.example", "--out", self.folder / "r.key")
            lines = (self.folder / "r.key").read_text().splitlines()
            self.keys("trust", "--org", "x.example", "--k", 1, "--root", lines[2].split()[1], "--out", trust)
        away = ("--brokers", "127.0.0.1:1", "--timeout", "100ms", "--trust", trust)
        return self.keys("genesis", "--root-key", secret, *away, *words, **options)

    def test_a_wrong_passphrase_is_refused_with_a_sentence(self):
        secret, words, _ = self.sealed()
        self.assertNotIn("cipher none", secret.read_text())
        self.assertIn("127.0.0.1:1", self.try_key(secret, "--passphrase-file", words, expect=1).stderr)
        wrong = self.file("wrong", "four words in a column\n")
        done = self.try_key(secret, "--passphrase-file", wrong, expect=78)
        self.assertIn(f"{secret}: the passphrase does not open it", done.stderr)
        self.assertIn("no terminal to ask on", self.try_key(secret, expect=78).stderr)

    def test_a_passphrase_that_others_can_read_or_guess_is_refused(self):
        secret, words, _ = self.sealed()
        words.chmod(0o644)
        self.assertIn("may be used by others", self.try_key(secret, "--passphrase-file", words, expect=78).stderr)
        for text, sentence in (("short\n", "too short"), ("", "holds no passphrase"), ("x" * 1025, "too large")):
            weak, out = self.file("weak", text), self.folder / "weak.key"
            done = self.keys("generate", "--encrypt", "--name", "a", "--out", out, "--passphrase-file", weak, expect=78)
            self.assertIn(sentence, done.stderr)
            self.assertFalse(out.exists())

    def test_a_passphrase_comes_over_a_descriptor(self):
        secret, _, _ = self.sealed()
        for text, code in ((b"four words in a row\n", 1), (b"four words in a row", 1), (b"another one\n", 78), (b"", 78)):
            reading, writing = os.pipe()
            os.write(writing, text)
            os.close(writing)
            self.try_key(secret, "--passphrase-file", f"fd:{reading}", expect=code, pass_fds=[reading])
            os.close(reading)
        self.assertIn("Bad file", self.try_key(secret, "--passphrase-file", "fd:99", expect=1).stderr)

    def test_the_terminal_is_asked_twice_and_shows_nothing(self):
        for second, code in (("four words in a row", 0), ("four words in a raw", 78)):
            out = self.folder / f"t{code}.key"
            try:
                pid, terminal = pty.fork()
            except OSError as error:  # a root without /dev/pts
                self.skipTest(f"no pseudo-terminal here ({error}): the terminal's dialogue did not run")
            if pid == 0:
                os.execv(harness.BIN / "onrecord-keys", ["keys", "generate", "--encrypt", "--name", "t", "--out", str(out)])
            shown = b""
            for prompt, answer in ((b".key: ", "four words in a row"), (b"once more: ", second)):
                while prompt not in shown:
                    shown += os.read(terminal, 1024)
                os.write(terminal, answer.encode() + b"\n")
            try:
                while more := os.read(terminal, 1024):
                    shown += more
            except OSError:  # the other end of the terminal is closed
                pass
            self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), code, shown)
            os.close(terminal)
            self.assertNotIn(b"words", shown)
            self.assertEqual(out.exists(), code == 0)

    def minisign(self, *words):
        done = subprocess.run(["minisign", *map(str, words)], capture_output=True, text=True, stdin=subprocess.DEVNULL)
        return done.returncode, done.stdout + done.stderr

    def test_minisign_checks_what_was_signed_and_refuses_what_was_changed(self):
        if not shutil.which("minisign"):
            self.skipTest("minisign is not installed (docker/packages.txt): this test did not run")
        secret, words, public = self.sealed()
        self.file("w.pub", public)
        exported = self.file("w.minisign", self.keys("export", "--minisign", self.folder / "w.pub").stdout)
        heads = self.file("heads.txt", "head1 ...\n" * 30000)
        sign = ("sign", "--minisign", "--key", secret, "--passphrase-file", words)
        self.keys(*sign, heads)
        code, said = self.minisign("-Vm", heads, "-p", exported)
        self.assertEqual(code, 0, said)
        self.assertRegex(said, r"Trusted comment: timestamp:\d+\tfile:heads.txt\thashed")
        code, said = self.minisign("-Vm", heads, "-P", exported.read_text().splitlines()[1])
        self.assertEqual(code, 0, said)
        self.assertIn("is not replaced", self.keys(*sign, heads, expect=2).stderr)

        signature = self.folder / "heads.txt.minisig"
        good = signature.read_text()
        for changed in (good.replace("file:heads", "file:heats"), good.replace("timestamp:", "timestamp:1"), good[:60] + "A" + good[61:]):
            self.assertNotEqual(changed, good)
            signature.write_text(changed)
            self.assertNotEqual(self.minisign("-Vm", heads, "-p", exported)[0], 0)
        signature.write_text(good)
        other = self.file("other.minisign", self.keys("export", "--minisign", self.other_key()).stdout)
        self.assertNotEqual(self.minisign("-Vm", heads, "-p", other)[0], 0)
        heads.write_text(heads.read_text() + "x")
        self.assertNotEqual(self.minisign("-Vm", heads, "-p", exported)[0], 0)

        empty = self.file("empty", "")
        self.keys(*sign, empty, "--comment", "heads of 3 May, Zoë")
        code, said = self.minisign("-Vm", empty, "-p", exported)
        self.assertEqual((code, "Zoë" in said), (0, True), said)

    def other_key(self):
        public = self.keys("generate", "--name", "o.example", "--out", self.folder / "o.key").stdout
        return self.file("o.pub", public)

    def test_what_cannot_be_signed_is_not(self):
        secret = self.folder / "k.key"
        self.keys("generate", "--role", "witness", "--name", "k", "--out", secret)
        text = self.file("text", "text")
        sign = ("sign", "--minisign", "--key", secret)
        self.assertIn("cosigner", self.keys(*sign, text, expect=78).stderr)
        self.assertIn("say --minisign", self.keys("sign", "--key", secret, text, expect=2).stderr)
        self.assertIn("name one file", self.keys(*sign, expect=2).stderr)
        self.assertIn("cannot open", self.keys(*sign, self.folder / "absent", expect=65).stderr)
        self.other_key()
        sign = ("sign", "--minisign", "--key", self.folder / "o.key")
        for comment in ("two\nlines", "x" * 1025):
            self.assertIn("trusted comment", self.keys(*sign, text, "--comment", comment, expect=65).stderr)
        self.assertFalse((self.folder / "text.minisig").exists())


if __name__ == "__main__":
    harness.main()
