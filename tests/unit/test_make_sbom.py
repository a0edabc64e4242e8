"""`make sbom`: every program and every library that one loads is in it, twice the same, and it refers to nothing that is not there."""
import hashlib
import json
import os
import pathlib
import re
import shlex
import subprocess
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
MAKE = shlex.split(os.environ.get("MAKE", "make"))
SBOM = ROOT / "build" / "release" / "onrecord.spdx.json"
ID = re.compile(r"SPDXRef-[A-Za-z0-9.-]+")
# Clauses 6 to 8 of SPDX 2.3 for its JSON form.
DOCUMENT = {"spdxVersion", "dataLicense", "SPDXID", "name", "documentNamespace", "creationInfo", "packages"}
PACKAGE = {"SPDXID", "name", "downloadLocation"}
FILE = {"SPDXID", "fileName", "checksums"}


@unittest.skipUnless(os.environ.get("ONR_BIN", "release").endswith("release"), "of the release build only")
class Sbom(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.text = cls.make()
        cls.made = json.loads(cls.text)

    @staticmethod
    def make():
        done = subprocess.run([*MAKE, "-s", "sbom", "BUILD=release"], cwd=ROOT, capture_output=True, text=True)
        if done.returncode != 0:
            raise AssertionError(done.stderr)
        return SBOM.read_text()

    def test_it_has_what_the_format_asks_for(self):
        made = self.made
        self.assertLessEqual(DOCUMENT, made.keys())
        self.assertEqual((made["spdxVersion"], made["dataLicense"], made["SPDXID"]), ("SPDX-2.3", "CC0-1.0", "SPDXRef-DOCUMENT"))
        self.assertRegex(made["creationInfo"]["created"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
        for part, needs in [(p, PACKAGE) for p in made["packages"]] + [(f, FILE) for f in made["files"]]:
            self.assertLessEqual(needs, part.keys())
            self.assertTrue(ID.fullmatch(part["SPDXID"]), part["SPDXID"])
        ids = [part["SPDXID"] for part in [made, *made["packages"], *made["files"]]]
        self.assertEqual(len(ids), len(set(ids)))
        for link in made["relationships"]:
            self.assertLessEqual({link["spdxElementId"], link["relatedSpdxElement"]}, set(ids))
        self.assertIn(("SPDXRef-DOCUMENT", "DESCRIBES"), {(r["spdxElementId"], r["relationshipType"]) for r in made["relationships"]})

    def test_every_program_is_in_it_with_its_hash(self):
        files = {f["fileName"]: {c["algorithm"]: c["checksumValue"] for c in f["checksums"]} for f in self.made["files"]}
        programs = [p for p in SBOM.parent.glob("onrecord*") if os.access(p, os.X_OK) and p.is_file()]
        self.assertEqual({f"./{p.name}" for p in programs}, set(files))
        for program in programs:
            self.assertEqual(files[f"./{program.name}"]["SHA256"], hashlib.sha256(program.read_bytes()).hexdigest())

    def test_every_library_that_a_program_loads_is_in_it_with_its_version(self):
        package = {p["name"]: p["versionInfo"] for p in self.made["packages"]}
        for name in ("librdkafka1", "libavro23", "libsodium23", "libjansson4", "libcsv3", "libcsv-dev", "libssl3", "libc6"):
            said = subprocess.run(["dpkg-query", "-W", "-f=${Version}", name], capture_output=True, text=True, check=True).stdout
            self.assertEqual(package.get(name), said)

    def test_the_same_build_gives_the_same_document(self):
        self.assertEqual(self.make(), self.text)


if __name__ == "__main__":
    unittest.main()
