"""Texts as the encoder sees them: model/train/view_model.c, which is the code that runs in production, read into arrays."""
import dataclasses
import os
import pathlib
import struct
import subprocess

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BUILD = pathlib.Path(os.environ.get("ONR_BUILD", ROOT / "build" / "release"))
PIECE = np.dtype([("id", "<u4"), ("begin", "<u4"), ("end", "<u4"), ("word", "<u4"), ("paragraph", "<u4"), ("kind", "u1"), ("flags", "u1")])


@dataclasses.dataclass
class View:
    """One text: arrays by piece, markers at both ends; begin and end are code points of the text."""

    text: str
    id: np.ndarray
    kind: np.ndarray
    begin: np.ndarray
    end: np.ndarray
    word: np.ndarray
    paragraph: np.ndarray
    starts: np.ndarray
    breaks: np.ndarray

    def __len__(self):
        return len(self.id)

    def pieces(self, span):
        """Pieces [first, end) that stand in the code points of span, or None."""
        inside = np.nonzero((self.begin < span[1]) & (self.end > span[0]))[0]
        return (int(inside[0]), int(inside[-1]) + 1) if len(inside) else None

    def words(self, span):
        """The same, from the first piece of a word to the last piece of one, breaks left out at both ends."""
        found = self.pieces(span)
        if not found:
            return None
        first, end = found
        while first > 0 and self.word[first - 1] == self.word[first]:
            first -= 1
        while end < len(self) and self.word[end] == self.word[end - 1]:
            end += 1
        return first, end


def code_points(text):
    """Byte offset -> code points that begin before it; None where bytes are code points."""
    raw = text.encode()
    if len(raw) == len(text):
        return None
    is_start = (np.frombuffer(raw, np.uint8) & 0xC0) != 0x80
    return np.concatenate([[0], np.cumsum(is_start)])


def views(texts, model):
    """Views of many texts, in their order. `model` is any model file with the vocabulary."""
    raw = b"".join(struct.pack("<I", len(t.encode())) + t.encode() for t in texts)
    done = subprocess.run([BUILD / "model/train/view_model", model], input=raw, stdout=subprocess.PIPE, check=True)
    out, at, data = [], 0, done.stdout
    for text in texts:
        (n,) = struct.unpack_from("<I", data, at)
        a = np.frombuffer(data, PIECE, n, at + 4)
        at += 4 + n * PIECE.itemsize
        table = code_points(text)
        begin, end = (a["begin"], a["end"]) if table is None else (table[a["begin"]], table[a["end"]])
        out.append(View(text, a["id"].astype(np.int64), a["kind"].astype(np.int64), begin.astype(np.int64), end.astype(np.int64),
                        a["word"].astype(np.int64), a["paragraph"].astype(np.int64), (a["flags"] & 1) > 0, (a["flags"] & 2) > 0))
    if at != len(data):
        raise RuntimeError("view_model said more than it was asked")
    return out
