#!/usr/bin/python3
"""A newsroom's register of people, as people give it to annotate: answers, refusals, and where the setting may stand."""
import pathlib
import tempfile
import unittest

from test_annotate import lines, onrecord

PEOPLE = """name,aliases,role,external_id
Ada Lind,the Iron Lady,defence secretary,https://people.example/lind
Government of Norland,the Castle,,Q2
"""
ARTICLE = """The Castle said on Monday that the ferry would go on. The defence secretary said that she was not asked.

“Nobody told me,” the Iron Lady told reporters. Tom Berg accused the Castle of lying.
"""


class Register(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.file = self.write("people.csv", PEOPLE)

    def write(self, name, text):
        path = self.folder / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    def answers(self, *words, env=None):
        """(speaker's name, type, how, id, target's name) of each attribution."""
        done = onrecord("annotate", *words, stdin=ARTICLE.encode(), env=env)
        self.assertEqual(done.returncode, 0, done.stderr.decode())
        found = []
        for row in lines(done.stdout):
            for a in row["attributions"]:
                s, t = a["speaker"], a["target"]
                found.append((s["name"], s["type"], s["how"], s.get("external_id"), t and t["text"]))
        return found

    def refused(self, *words, stdin=ARTICLE.encode()):
        done = onrecord("annotate", *words, stdin=stdin)
        self.assertEqual((done.returncode, done.stdout), (78, b""))
        return done.stderr.decode().strip()

    def test_its_people_are_the_speakers_and_targets(self):
        lind = ("Ada Lind", "person", "register", "https://people.example/lind")
        got = self.answers("--register", self.file)
        self.assertEqual([g[:4] for g in got[:3]], [("Government of Norland", "organisation", "register", "Q2"), lind, lind])
        self.assertEqual(got[3], ("Tom Berg", "person", "named", None, "Government of Norland"))

    def test_without_it_nothing_of_it_is_said(self):
        self.assertFalse({"Ada Lind", "Government of Norland"} & {g[0] for g in self.answers()})
        self.assertEqual({g[3] for g in self.answers()}, {None})
        self.assertEqual(self.answers(), self.answers("--register", self.write("empty.csv", "name\n")))

    def test_the_setting_may_stand_in_the_environment_and_in_a_file(self):
        want = self.answers("--register", self.file)
        self.assertEqual(self.answers(env={"ONRECORD_REGISTER": str(self.file)}), want)
        conf = self.write("line.conf", f"[annotate]\nregister = {self.file}\n")
        self.assertEqual(self.answers("--config", conf), want)

    def test_explanations_show_the_id(self):
        done = onrecord("annotate", "--explain", "--register", self.file, stdin=ARTICLE.encode())
        text = done.stdout.decode()
        self.assertIn("found in the newsroom's register of people", text)
        self.assertIn("      id        https://people.example/lind\n", text)

    def test_a_wrong_file_is_a_wrong_setting(self):
        bad = self.write("bad.csv", "name,aliases\nAda Lind,\nTom Berg,Ada Lind\n")
        self.assertEqual(
            self.refused("--register", bad),
            f'onrecord annotate: --register: {bad} line 3, aliases: "Ada Lind" already names "Ada Lind" of line 2; one name, '
            "one person: take it out of one of the lines",
        )
        self.assertIn("not UTF-8", self.refused("--register", self.write("latin.csv", b"name\nR\xe9my\n")))
        self.assertIn("cannot open", self.refused("--register", self.folder / "missing.csv"))
        self.assertIn("line 3, aliases", self.refused("--register", bad, "--model", "noop"))
        conf = self.write("line.conf", f"[annotate]\nregister = {bad}\n")
        self.assertIn(f"{conf} line 2: {bad} line 3", self.refused("--config", conf))


if __name__ == "__main__":
    unittest.main()
