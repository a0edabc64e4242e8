"""What `make install` puts there works without the source tree, and `make uninstall` takes it away again."""
import os
import pathlib
import shlex
import shutil
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
MAKE = shlex.split(os.environ.get("MAKE", "make"))
PROGRAM = r"""
#include "common/base/error.h"
#include "common/stmtlog/merkle.h"
#include <stdio.h>

int
main(void)
{
    struct onr_frontier f = { .size = 0 };
    uint8_t root[32];

    onr_frontier_root(&f, root);
    for (int i = 0; i < 4; i++)
        printf("%02x", root[i]);
    return 0;
}
"""


@unittest.skipUnless(
    os.environ.get("ONR_BIN", "release").endswith("release"), "one build is installed once: the release build does it"
)
class Install(unittest.TestCase):
    def setUp(self):
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="onrecord-install-"))
        self.addCleanup(shutil.rmtree, self.root)
        self.make("install")

    def make(self, target):
        words = [*MAKE, "-s", target, "BUILD=release", f"DESTDIR={self.root}", "PREFIX=/opt/onrecord"]
        done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)

    def files(self):
        return sorted(str(p.relative_to(self.root)) for p in self.root.rglob("*") if p.is_file())

    def test_the_installed_command_finds_its_verbs(self):
        command = self.root / "opt/onrecord/bin/onrecord"
        done = subprocess.run(
            [command, "annotate"], input="“We stay,” Anna Berg said.\n", capture_output=True, text=True, cwd="/"
        )
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("Anna Berg", done.stdout)

    def test_others_link_the_library_with_its_pkg_config_file(self):
        lib = self.root / "opt/onrecord/lib"
        env = {**os.environ, "PKG_CONFIG_PATH": str(lib / "pkgconfig"), "PKG_CONFIG_SYSROOT_DIR": str(self.root)}
        words = ["pkg-config", "--cflags", "--libs", "--static", "onrecord"]
        flags = subprocess.run(words, capture_output=True, text=True, env=env, check=True).stdout.split()
        # The sysroot is for our files only: the system's libraries stay where they are.
        flags = [flag.replace(f"{self.root}/usr/", "/usr/") for flag in flags]
        source, made = self.root / "uses.c", self.root / "uses"
        source.write_text(PROGRAM)
        done = subprocess.run(["cc", "-o", made, source, *flags], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(subprocess.run([made], capture_output=True, text=True).stdout, "e3b0c442")

    def test_every_verb_takes_the_sample_of_the_settings(self):
        share, verbs = self.root / "opt/onrecord/share/onrecord", self.root / "opt/onrecord/libexec/onrecord"
        sample = share / "onrecord.conf.sample"
        for program in sorted(verbs.iterdir()):
            env = {"ONRECORD_CONFIG": str(sample), "ONRECORD_BROKERS": "127.0.0.1:1", "ONRECORD_TIMEOUT": "1s"}
            done = subprocess.run([program], input="", capture_output=True, text=True, env=env, cwd=self.root)
            self.assertNotIn(".conf.sample line", done.stderr, program.name)
        wrong = self.root / "wrong.conf"
        wrong.write_text(sample.read_text().replace("commit-ms", "comit-ms"))
        env["ONRECORD_CONFIG"] = str(wrong)
        done = subprocess.run([verbs / "onrecord-classify"], capture_output=True, text=True, env=env, cwd=self.root)
        self.assertIn("comit-ms", done.stderr)

    def test_uninstall_leaves_no_file(self):
        self.assertIn("opt/onrecord/share/onrecord/onrecord.conf.sample", self.files())
        self.make("uninstall")
        self.assertEqual(self.files(), [])


if __name__ == "__main__":
    unittest.main()
