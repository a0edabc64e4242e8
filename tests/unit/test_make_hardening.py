"""What the release build's programs are made with, read from the programs themselves."""
import os
import pathlib
import platform
import re
import subprocess
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BIN = pathlib.Path(os.environ.get("ONR_BIN", ROOT / "build" / "release"))


@unittest.skipUnless(BIN.name == "release", "only the release build is hardened")
class Hardening(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.programs = [p for p in sorted(BIN.glob("onrecord*")) if os.access(p, os.X_OK) and p.is_file()]
        if len(cls.programs) < 10:
            raise AssertionError(f"{BIN} holds {len(cls.programs)} programs; run make first")

    def each(self, *options):
        """(program, what readelf says of it)."""
        for program in self.programs:
            done = subprocess.run(["readelf", "-W", *options, program], capture_output=True, text=True, check=True)
            yield program.name, done.stdout

    def test_they_run_at_any_address(self):
        for name, shown in self.each("-h", "-d"):
            self.assertRegex(shown, r"Type: +DYN", name)
            self.assertRegex(shown, r"FLAGS_1\).*\bPIE\b", name)
            self.assertNotIn("TEXTREL", shown, name)

    def test_what_is_linked_is_bound_at_the_start_and_then_read_only(self):
        for name, shown in self.each("-l", "-d"):
            self.assertIn("GNU_RELRO", shown, name)
            self.assertRegex(shown, r"FLAGS_1\).*\bNOW\b", name)

    def test_no_memory_is_both_written_and_run(self):
        for name, shown in self.each("-l"):
            self.assertRegex(shown, r"GNU_STACK.* RW +0x", name)
            self.assertNotRegex(shown, r"(?m)^ +LOAD .* RWE ", name)

    def test_libraries_come_from_the_system_only(self):
        for name, shown in self.each("-d"):
            self.assertNotRegex(shown, "RPATH|RUNPATH", name)

    def test_overruns_are_noticed(self):
        for name, shown in self.each("--dyn-syms"):
            self.assertIn("__stack_chk_fail", shown, name)
            self.assertRegex(shown, r"__\w+_chk@", name)

    def test_objects_are_compiled_for_it(self):
        """Flags that leave no trace in a program: each object's own notes, and the compiler line that `make` keeps."""
        flags = (BIN / ".flags").read_text()
        for flag in ("-D_FORTIFY_SOURCE=3", "-fstack-clash-protection", "-ftrivial-auto-var-init=zero"):
            self.assertIn(flag, flags)
        if platform.machine() != "x86_64":
            return
        for made in sorted(BIN.glob("consumers/**/*.o")):
            shown = subprocess.run(["readelf", "-n", made], capture_output=True, text=True, check=True).stdout
            self.assertTrue(re.search("IBT, SHSTK", shown), made.name)


if __name__ == "__main__":
    unittest.main()
