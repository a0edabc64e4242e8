"""The same source gives the same programs, byte for byte, wherever and whenever it is built."""
import hashlib
import os
import pathlib
import shlex
import shutil
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
MAKE = shlex.split(os.environ.get("MAKE", "make"))
RELEASE = ROOT / "build" / "release"


def built(folder):
    """Name and hash of each program, and of the library that others link."""
    made = [p for p in folder.glob("onrecord*") if p.is_file() and os.access(p, os.X_OK)]
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in [*made, folder / "libonrecord.a"]}


@unittest.skipUnless(os.environ.get("ONR_BIN", "release").endswith("release"), "the release build is what others get")
class Reproducible(unittest.TestCase):
    def test_a_second_build_in_another_folder_is_the_same(self):
        there = pathlib.Path(tempfile.mkdtemp(prefix="onrecord-built-in-a-folder-with-a-longer-name-"))
        self.addCleanup(shutil.rmtree, there)
        listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
        for name in filter(None, listed.decode().split("\0")):
            if (ROOT / name).is_file():
                (there / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / name, there / name)
        env = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")}
        for folder in (ROOT, there):
            words = [*MAKE, f"-j{os.cpu_count()}", "all", "BUILD=release"]
            done = subprocess.run(words, cwd=folder, capture_output=True, text=True, env={**env, "TZ": "Asia/Tokyo"})
            self.assertEqual(done.returncode, 0, done.stderr)
        first, second = built(RELEASE), built(there / "build" / "release")
        self.assertGreater(len(first), 10)
        self.assertEqual(first, second)


if __name__ == "__main__":
    unittest.main()
