"""A changed flag compiles again, an unchanged one does not: `make` knows what the objects were made with."""
import os
import pathlib
import shlex
import shutil
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
MAKE = shlex.split(os.environ.get("MAKE", "make"))


@unittest.skipUnless(os.environ.get("ONR_BIN", "release").endswith("release"), "it is the same in every build")
class Flags(unittest.TestCase):
    def setUp(self):
        self.build = pathlib.Path(tempfile.mkdtemp(prefix="onrecord-flags-"))
        self.addCleanup(shutil.rmtree, self.build)

    def compiled(self, *settings):
        env = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")}
        done = subprocess.run(
            [*MAKE, f"B={self.build}", *settings, f"{self.build}/common/base/span.o"],
            cwd=ROOT, capture_output=True, text=True, check=True, env=env,
        )
        return done.stdout.count("  CC ")

    def test_a_changed_flag_compiles_again(self):
        self.assertEqual(self.compiled(), 1)
        self.assertEqual(self.compiled(), 0)
        self.assertEqual(self.compiled("CFLAGS=-DONR_OTHER"), 1)
        self.assertEqual(self.compiled("CFLAGS=-DONR_OTHER"), 0)

    def test_flags_of_single_files_count_too(self):
        self.assertEqual(self.compiled(), 1)
        self.assertEqual(self.compiled("EXACT=-fwrapv"), 1)


if __name__ == "__main__":
    unittest.main()
