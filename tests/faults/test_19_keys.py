"""Row 19: a key that may not sign. The worker refuses to start (78) before it joins the group; a running one ends before its next
COMMIT when its key is retired or revoked, and a clean one goes on."""
import harness
import scenario


class Keys(scenario.Scenario):
    row = 19

    def refuse(self, line, key, sentence, *more):
        worker = self.worker(line, "--key", key, *more, ready=False)
        self.refused(worker, sentence, code=78)
        self.assertFalse([row for row in worker.err if "lane." in row or "group." in row], "it joined the group")
        self.hit(1, sentence)

    @scenario.fast
    def test_refused_before_the_group_is_joined(self):
        line = self.watched_line(partitions=1)
        stranger, root = line.folder / "stranger.key", line.folder / "root.key"
        line.run("keys", "generate", "--name", "x.news.example", "--out", stranger)
        self.refuse(line, stranger, "not in the key log")
        self.refuse(line, line.folder / "no.key", "no.key")
        stranger.chmod(0o644)
        self.refuse(line, stranger, "stranger.key")
        empty = line.folder / "empty.key"
        empty.touch(mode=0o600)
        self.refuse(line, empty, "empty.key")
        locked, word = line.folder / "locked.key", line.folder / "word"
        word.touch(mode=0o600)
        word.write_text("a long and right passphrase\n")
        line.run("keys", "generate", "--name", "y.news.example", "--encrypt", "--passphrase-file", word, "--out", locked)
        word.write_text("a long and wrong passphrase\n")
        self.refuse(line, locked, "passphrase", "--passphrase-file", word)
        retired = harness.make_worker_key(line, "old")
        line.run("keys", "retire", "--root-key", root, "--sizes", "last", "old.news.example")
        self.refuse(line, retired, "was retired")
        revoked = harness.make_worker_key(line, "bad")
        line.run("keys", "revoke", "--root-key", root, "--reason", "stolen", "--sizes", "last", "bad.news.example")
        self.refuse(line, revoked, "was revoked")
        self.split(line, 4)
        self.healed()
        self.finish(line, self.worker(line))

    @scenario.fast
    def test_revoked_under_way(self):
        line = self.watched_line(partitions=1)
        worker = self.worker(line)
        self.split(line, 5)
        self.wait_recovered(line)
        root = line.folder / "root.key"
        line.run("keys", "revoke", "--root-key", root, "--reason", "stolen", "--sizes", "last", "w0.news.example")
        self.refused(worker, "was revoked", code=78)
        self.hit(1, "a running worker ended")
        self.split(line, 5)
        second = harness.make_worker_key(line, "w1")
        self.healed()
        self.finish(line, self.worker(line, "--key", second))
