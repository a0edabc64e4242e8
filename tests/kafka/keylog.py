"""Entries of the key log written by other code than ours: what `onrecord keys` has no word for, or must not write.

    keylog.append(line, "RETENTION", f"lane {origin} 30")

Formats and Ed25519 are those of tests/unit/vectors/stmtlog.py.
"""
import base64

import liar
from liar import log


def texts(line):
    """The note texts of all entries so far."""
    return [record.value.decode().partition("\n\n")[0] + "\n" for record in line.records("keys")]


def append(line, kind, *lines, org="news.example"):
    """Sign an entry with the line's root key and write it behind the last one."""
    before = texts(line)
    prev = log.entry_hash(before[-1]) if before else bytes(32)
    text = f"onrecord key log v1\nentry {len(before)}\nprev {base64.b64encode(prev).decode()}\n{kind}\n"
    text += "".join(f"{words}\n" for words in lines)
    name, seed = f"admin.{org}", liar.seed_of(line.folder / "root.key")
    public = log.public_key(seed)
    signature = log.key_id(name, 1, public)[:4] + log.sign(seed, text.encode())
    note = f"{text}\n\u2014 {name} {base64.b64encode(signature).decode()}\n"
    line.produce("keys", note.encode(), partition=0)


def origin(line, partition, epoch=1, org="news.example"):
    return f"{org}/{line.topic('attributions')}/v1/{line.topic('statements')}/{partition}/{epoch}"
