"""What the model knows of names beyond the article at hand: surnames of people whom the training data name often, and model/aliases.tsv.

Used only where an article gives no fuller name. A newsroom's own register of people goes before it.
"""
import collections

from corpora import NOBODY, DATA, rows
from inputs import ROOT

OFTEN = 20  # times in the training data, as speaker or target
CLEARLY = 4  # times as often as anybody else of that surname


def surnames():
    by_surname = collections.defaultdict(collections.Counter)
    for row in rows(DATA / "seesaw" / "train.tsv"):
        for name in (row["speaker"], row["target"]):
            words = name.split()
            if name not in NOBODY and 2 <= len(words) <= 3 and all(w[0].isupper() for w in words):
                by_surname[words[-1]][name] += 1
    for surname, names in by_surname.items():
        (name, n), *others = names.most_common(2)
        if n >= OFTEN and all(n >= CLEARLY * m for _, m in others):
            yield surname, name


def aliases():
    for line in (ROOT / "model" / "aliases.tsv").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            yield tuple(line.split("\t"))


def known_names():
    """Lines of alias, tab, name, sorted by their bytes."""
    table = dict(surnames()) | dict(aliases())
    return b"".join(sorted(f"{alias}\t{name}\n".encode() for alias, name in table.items()))
