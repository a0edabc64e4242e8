#!/usr/bin/python3
"""onrecord keys on a real Kafka: entries are appended once, two writers at once lose none, what the roots did not sign is ignored,
and a key log that cannot be trusted is refused."""
import os

import harness


class Keys(harness.KafkaTest):
    def listing(self, line):
        return harness.json_lines(line.run("keys", "list", "--json").stdout)

    def key(self, line, name, *options):
        """A new key: paths of its secret and its public part."""
        secret, public = line.folder / f"{name}.key", line.folder / f"{name}.pub"
        public.write_text(line.run("keys", "generate", "--name", f"{name}.example", "--out", secret, *options).stdout)
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

    def test_two_writers_at_once_lose_no_entry(self):
        line, roots = self.two_roots()
        signed = f"{roots[0]},{roots[1]}"
        wanted = [self.key(line, f"w{i}")[1] for i in range(6)]
        running = [line.start("keys", "add", "--root-key", signed, public) for public in wanted]
        codes = [program.wait() for program in running]
        done = {entry["key"] for entry in self.listing(line)}
        for public, code, program in zip(wanted, codes, running):
            self.assertIn(code, (0, 1), program.tail())
            if code == 0:
                self.assertIn(public.read_text().strip(), done)
        self.assertIn(0, codes)
        for public, code in zip(wanted, codes):  # what the sentence of the losers says to do
            if code:
                line.run("keys", "add", "--root-key", signed, public)
        self.assertEqual({entry["key"] for entry in self.listing(line)}, {public.read_text().strip() for public in wanted})

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


if __name__ == "__main__":
    harness.main()
