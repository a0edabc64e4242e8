"""The systemd units that `make install` puts there: systemd can read them, they find the programs, and they may do very little."""
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
MAKE = shlex.split(os.environ.get("MAKE", "make"))
EXPOSURE_MAX = 1.5
UNITS = {"onrecord-split", "onrecord-classify@", "onrecord-follow", "onrecord-witness"}


@unittest.skipUnless(os.environ.get("ONR_BIN", "release").endswith("release"), "one build is installed: the release build")
@unittest.skipUnless(shutil.which("systemd-analyze"), "systemd-analyze is missing (Debian package systemd): units not checked")
class Units(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.root = pathlib.Path(tempfile.mkdtemp(prefix="onrecord-units-"))
        cls.addClassCleanup(shutil.rmtree, cls.root)
        words = [*MAKE, "-s", "install", "BUILD=release", f"DESTDIR={cls.root}", "PREFIX=/opt/onrecord"]
        done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True)
        if done.returncode != 0:
            raise AssertionError(done.stderr)
        cls.units = sorted((cls.root / "opt/onrecord/lib/systemd/system").glob("*.service"))

    def analyze(self, *words):
        done = subprocess.run(["systemd-analyze", *map(str, words)], capture_output=True, text=True)
        return done.stdout + done.stderr

    def test_there_is_one_for_each_program_that_stays(self):
        self.assertEqual({unit.stem for unit in self.units}, UNITS)

    def test_each_scores_well(self):
        for unit in self.units:
            with self.subTest(unit.name):
                shown = self.analyze("security", "--offline=true", unit)
                score = re.search(r"Overall exposure level for \S+: ([0-9.]+)", shown)
                self.assertTrue(score, shown)
                self.assertLessEqual(float(score.group(1)), EXPOSURE_MAX, shown)
                print(f"{unit.name}: {score.group(1)}")

    def test_systemd_understands_every_line(self):
        for unit in self.units:
            with self.subTest(unit.name):
                shown = self.analyze("verify", "--man=no", unit)
                mine = [line for line in shown.splitlines() if "onrecord" in line and "not executable" not in line]
                self.assertEqual(mine, [])

    def test_what_they_start_is_what_is_installed(self):
        for unit in self.units:
            text = unit.read_text()
            program, verb, *options = re.search(r"^ExecStart=(.*)$", text, re.M).group(1).split()
            self.assertTrue((self.root / program.lstrip("/")).is_file(), program)
            words = [self.root / "opt/onrecord/libexec/onrecord" / f"onrecord-{verb}", "--help"]
            known = subprocess.run(words, capture_output=True, text=True, check=True).stdout
            for option in (word for word in options if word.startswith("--")):
                self.assertRegex(known, rf"{option}\b(?!-)")
        for file in self.units[0].parent.rglob("*.*"):
            if file.is_file():
                self.assertNotRegex(file.read_text(), "@[A-Z]+@", file.name)


if __name__ == "__main__":
    unittest.main()
