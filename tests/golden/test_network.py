"""The network in C beside the network in PyTorch, through the model file that training writes: the same tags, nearly the same probabilities;
and beside the one in numpy (model/train/reference.py): the same bits.

A small network with weights from a seed, and made-up texts. The heads in PyTorch get the states that C computed and weights of eight bits, so that
what is compared is the arithmetic of the heads; the encoder's states are compared beside it.

Needs a Python with torch and numpy: $ONR_TRAIN_PYTHON, else build/train/bin/python; and the release build.
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
CONFIG = {"hidden_size": 128, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 256, "max_position_embeddings": 512}
LETTERS = "abcdefghijklmnopqrstuvwxyz"
PIECES = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[unused0]", *'.,"“”', *LETTERS, *("##" + x for x in LETTERS)]
TEXTS = 12
RELEASED = ROOT / "model" / "onrecord-en.model"  # in numpy it takes a while: a text or two
NEAR = 2e-4  # of a probability: float sums in another order, an exponential by a polynomial
LEAST_COSINE = 0.99  # of a state of the encoder, which rounds to seven bits


def packages():
    return all(importlib.util.find_spec(name) for name in ("torch", "numpy"))


def made_up(rng, words):
    """Words of one to three letters, quotations, paragraphs."""
    said = ["".join(rng.choice(LETTERS) for _ in range(rng.randrange(1, 4))) for _ in range(words)]
    said = [w.title() if rng.random() < 0.2 else w for w in said]
    out = []
    for w in said:
        out.append(w + rng.choice(["", "", "", ".", ",", "\n\n"]))
        if rng.random() < 0.1:
            out[-1] = "“" + w + "”"
    return " ".join(out)


def spans_of(rng, view, n):
    """Up to n spans of pieces, ascending, as (first, end)."""
    cuts = sorted(rng.sample(range(1, len(view) - 1), min(2 * n, len(view) - 2) // 2 * 2))
    return list(zip(cuts[::2], cuts[1::2]))


class Question:
    """What is asked of one text: (link, query, candidates) and (speaker, target, reach, names)."""

    def __init__(self, rng, text, view):
        self.text, self.view = text, view
        self.links = [(link, spans_of(rng, view, 1)[0], spans_of(rng, view, n)) for link in range(3) for n in (0, 1, 7, 40)]
        self.pairs = []
        for there in range(4):
            speaker, target = (spans_of(rng, view, 1)[0] if there & bit else (0, 0) for bit in (1, 2))
            names = [[rng.randrange(5, len(PIECES)) for _ in range(rng.choice([0, 1, 5, 16]))] for _ in range(2)]
            self.pairs.append((speaker, target, rng.choice(spans_of(rng, view, 3)), *names))

    def fed(self):
        raw, numbers = self.text.encode(), [len(self.links)]
        for link, query, candidates in self.links:
            numbers += [link, *query, len(candidates), *(x for c in candidates for x in c)]
        numbers.append(len(self.pairs))
        for *spans, speaker, target in self.pairs:
            numbers += [x for s in spans for x in s] + [len(speaker), *speaker, len(target), *target]
        return struct.pack("<I", len(raw)) + raw + struct.pack(f"<{len(numbers)}I", *numbers)


class Answers:
    """What heads_dump said, in its order."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def numbers(self, n, kind="<f4"):
        import numpy as np

        self.at += 4 * n
        return np.frombuffer(self.data, kind, n, self.at - 4 * n)


def compiled(folder):
    program = pathlib.Path(folder) / "heads_dump"
    libraries = [BUILT / f"libonr-{layer}.a" for layer in ("model", "event", "text", "base")]
    words = [os.environ.get("CC", "cc"), "-std=c11", "-D_POSIX_C_SOURCE=200809L", "-O2", "-I.", "-o", program, "tests/golden/heads_dump.c"]
    subprocess.run([*words, *libraries, "-lavro", "-lcrypto"], cwd=ROOT, check=True)
    return program


def ask(rng, program, model, texts):
    """(questions about the texts, what the program says)."""
    import inputs

    asked = [Question(rng, text, view) for text, view in zip(texts, inputs.views(texts, model))]
    return asked, subprocess.run([program, model], input=b"".join(q.fed() for q in asked), stdout=subprocess.PIPE, check=True).stdout


def rounded(weight):
    """As the model file holds it: eight bits and one scale a row."""
    import torch
    from model_file import quantise_rows

    quantised, scale = quantise_rows(weight.detach().numpy())
    return torch.from_numpy(quantised.astype("f4") * scale[:, None])


def round_heads(network):
    """Weights of the heads as C has them."""
    from export import turned_heads

    for name in ("source", "cue", "same"):
        linker = getattr(network, name)
        for part in (linker.query, linker.candidate):
            part.weight.data = rounded(part.weight)
        linker.form.data = rounded(linker.form.data.T).T
    stance, width = network.stance, CONFIG["hidden_size"]
    for part in (stance.name, stance.query, stance.value, stance.mix):
        part.weight.data = rounded(part.weight)
    turned = rounded(turned_heads(stance.key.weight))
    stance.key.weight.data = turned.view(-1, width, turned.shape[1]).transpose(1, 2).reshape(width, width)
    network.encoder.piece.weight.data = rounded(network.encoder.piece.weight)


def random_network():
    import torch
    from network import Network

    torch.manual_seed(4)
    network = Network(CONFIG | {"vocab_size": len(PIECES)}).eval()
    for p in network.parameters():  # nothing stays zero, or the test would not see it
        p.data += 0.1 * torch.randn_like(p)
    return network


@unittest.skipUnless(packages(), "torch and numpy are not in this Python")
class Equal(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        import torch

        sys.path.insert(0, str(ROOT / "model" / "train"))
        os.environ["ONR_BUILD"] = str(BUILT)
        import export

        torch.set_num_threads(1)
        torch.set_grad_enabled(False)
        cls.network = random_network()
        rng = random.Random(4)
        with tempfile.TemporaryDirectory() as folder:
            program, model = compiled(folder), pathlib.Path(folder) / "small.model"
            model.write_bytes(export.model_file(cls.network, PIECES))
            cls.file = model.read_bytes()
            cls.asked, cls.said = ask(rng, program, model, [made_up(rng, rng.choice([12, 40, 150])) for _ in range(TEXTS)])
            fed = b"".join(q.fed() for q in cls.asked)
            cls.portable = subprocess.run([program, model, "portable"], input=fed, stdout=subprocess.PIPE, check=True).stdout
            cls.released = RELEASED.exists() and ask(rng, program, RELEASED, [made_up(rng, 12), made_up(rng, 60)])
        round_heads(cls.network)

    def near(self, got, want, what):
        worst = float(abs(got - want.numpy()).max())
        self.assertLess(worst, NEAR, what)
        return worst

    def test_states_tags_links_and_stances(self):
        import torch

        answers, worst, cosines, tags = Answers(self.said), 0, [], set()
        for q in self.asked:
            n, width = int(answers.numbers(1, "<u4")[0]), CONFIG["hidden_size"]
            self.assertEqual(n, len(q.view))
            states = torch.from_numpy(answers.numbers(n * width).reshape(n, width).copy())
            cosines.append(self.least_cosine(q, states))
            tags |= self.check_tags(q, states, answers.numbers(n, "<u4"), answers.numbers(n))
            for link in q.links:
                worst = max(worst, self.check_link(q, states, link, answers))
            for pair in q.pairs:
                worst = max(worst, self.check_pair(states, pair, answers))
        self.assertEqual(answers.at, len(self.said))
        self.assertEqual(tags, set(range(7)), "some tags were never given")
        print(f"{len(self.asked)} texts: probabilities differ by {worst:.1e} at most, least cosine of a state {min(cosines):.4f}", file=sys.stderr)
        self.assertGreater(min(cosines), LEAST_COSINE)

    def test_portable_c_says_the_same_bytes(self):
        self.assertTrue(self.said == self.portable and len(self.said) > 1000)

    def same_bits(self, got, want, what):
        import numpy as np

        self.assertTrue(np.array_equal(got.view("<u4"), want.astype("<f4").reshape(-1).view("<u4")), what)

    def test_numpy_computes_the_same_bits(self):
        self.check_bits(self.file, self.asked, self.said)

    def test_numpy_computes_the_same_bits_from_the_released_model(self):
        if not self.released:
            self.skipTest(f"there is no {RELEASED.name}")
        self.check_bits(RELEASED.read_bytes(), *self.released)

    def check_bits(self, data, asked, said):
        from reference import Reference

        answers, reference = Answers(said), Reference(data)
        for q in asked:
            n = int(answers.numbers(1, "<u4")[0])
            states = reference.states(q.view.id, q.view.kind)
            self.same_bits(answers.numbers(states.size), states, f"states of a text of {n} pieces")
            tag, sure = reference.tags(states, q.view)
            self.assertEqual(answers.numbers(n, "<u4").tolist(), tag.tolist())
            self.same_bits(answers.numbers(n), sure, "how sure tags are")
            for which, query, candidates in q.links:
                self.same_bits(answers.numbers(1 + len(candidates)), reference.link(which, states, q.view, query, candidates), f"link {which}")
            for pair in q.pairs:
                self.same_bits(answers.numbers(4), reference.stance(states, *pair), f"pair {pair}")

    def least_cosine(self, q, states):
        import torch

        want = self.network.encoder(torch.from_numpy(q.view.id)[None], torch.from_numpy(q.view.kind)[None], torch.ones(1, len(q.view), dtype=torch.bool))[0]
        return float(torch.cosine_similarity(states, want).min())

    def check_tags(self, q, states, tag, sure):
        import torch

        crf, words = self.network.tags, [i for i in range(len(q.view)) if q.view.starts[i] or q.view.breaks[i]]
        scores = crf.emit(states[words])
        scores[torch.from_numpy(q.view.breaks[words]), 1:] -= 1e4
        want, moves = crf.decode(scores), crf.moves()
        self.assertEqual([int(tag[i]) for i in words], want)
        for i in range(len(q.view)):
            if i not in words:
                goes_on = i > 0 and q.view.word[i] == q.view.word[i - 1]
                self.assertEqual((tag[i], sure[i]), (tag[i - 1], sure[i - 1]) if goes_on else (0, 1))
        for k, i in enumerate(words):
            row = scores[k] + (moves[want[k - 1]] if k else 0) + (moves[:, want[k + 1]] if k + 1 < len(words) else 0)
            self.near(sure[i], row.softmax(0)[want[k]], f"how sure piece {i} is")
        return set(want)

    def check_link(self, q, states, link, answers):
        from network import geometry, span_states

        which, query, candidates = link
        linker = (self.network.source, self.network.cue, self.network.same)[which]
        want = linker(span_states(states, [query]), span_states(states, candidates), geometry(q.view, [query], candidates))
        return self.near(answers.numbers(1 + len(candidates)), want.softmax(1)[0], f"link {link}")

    def check_pair(self, states, pair, answers):
        import torch

        masks = torch.zeros(3, 1, len(states), dtype=torch.bool)
        for mask, (first, end) in zip(masks, pair[:3]):
            mask[0, first:end] = True
        names = [self.network.names(torch.tensor([ids + [0] * (16 - len(ids))])) for ids in pair[3:]]
        want = self.network.stance(states[None], *masks, *names)[0]
        return self.near(answers.numbers(4), torch.cat([want[:3].softmax(0), want[3:].sigmoid()]), f"pair {pair}")


@unittest.skipIf(packages(), "this Python has the packages itself")
class EqualElsewhere(unittest.TestCase):
    def test_in_the_python_that_has_the_packages(self):
        if not os.access(PYTHON, os.X_OK):
            self.skipTest("no Python with torch; ONR_TRAIN_PYTHON may name one")
        if "asan" in BUILT.name:
            self.skipTest("the release build does it")
        done = subprocess.run([PYTHON, "-B", __file__], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr[-2000:])


if __name__ == "__main__":
    unittest.main()
