#!/usr/bin/python3
"""Notes, cosignatures, inclusion and consistency proofs of the vectors, read by Go's sumdb/note and sumdb/tlog. That the project's C
makes the same bytes is what tests/unit/test_stmtlog_vectors.c says; tests/kafka/test_evidence.py asks the same of real lanes."""
import base64
import pathlib
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "kafka"), str(HERE.parent / "unit" / "vectors")]

import go_reader  # noqa: E402
import stmtlog as log  # noqa: E402


def b64(data):
    return base64.b64encode(data).decode()


class Read(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        go_reader.build()
        cls.vector = dict(log.vectors())
        cls.note = cls.vector["CHECKPOINT_NOTE"] + cls.vector["COSIGNATURE_LINE"]
        cls.keys = [cls.vector["WORKER_VERIFIER"], cls.vector["WITNESS_VERIFIER"]]

    def accepted(self, words, text=""):
        good, why = go_reader.accepts(words, text)
        self.assertTrue(good, why)

    def refused(self, words, text=""):
        good, why = go_reader.accepts(words, text)
        self.assertFalse(good, "accepted")
        self.assertIn("interop: ", why)

    def test_notes_and_cosignatures_are_accepted_and_changed_ones_refused(self):
        self.accepted(["note", self.keys[0]], self.vector["CHECKPOINT_NOTE"])
        self.accepted(["note", *self.keys], self.note)
        for name in ("ENTRY0_NOTE", "ENTRY1_NOTE"):
            self.accepted(["note", self.vector["ROOT_VERIFIER"]], self.vector[name])
        self.refused(["note", *self.keys], self.vector["CHECKPOINT_NOTE"])
        self.refused(["note", *self.keys], self.note.replace("\n3\n", "\n4\n"))
        self.refused(["note", self.vector["ROOT_VERIFIER"]], self.note)

    def proof(self, index, size, leaves):
        lines = "".join(b64(h) + "\n" for h in log.inclusion(index, leaves[:size]))
        return f"c2sp.org/tlog-proof@v1\nindex {index}\n{lines}\n{self.note}"

    def test_inclusion_proofs_are_accepted_for_their_leaf_only(self):
        for index in range(3):
            file = self.proof(index, 3, log.HASHES)
            for other in range(3):
                words = ["proof", b64(log.LEAVES[other]), *self.keys]
                (self.accepted if other == index else self.refused)(words, file)

    def test_consistency_proofs_are_accepted_between_all_sizes(self):
        leaves = log.many(9)
        for size in range(1, 10):
            for old in range(1, size + 1):
                path = [h.hex() for h in log.consistency(old, leaves[:size])] if old < size else []
                words = [old, log.root(leaves[:old]).hex(), size, log.root(leaves[:size]).hex(), *path]
                self.accepted(["consistent", *words])
                if path:
                    self.refused(["consistent", *words[:3], log.root(leaves[: size - 1]).hex(), *path])


if __name__ == "__main__":
    unittest.main(verbosity=2)
