"""A worker that holds a good key and signs something else than its model said: only inputs and a re-run can tell.

Takes a lane apart into outcomes, lets a test change them, and writes a lane that is whole in every other respect: leaves,
signatures, tree, COMMIT. Shares no code with the project's C: formats and Ed25519 are those of tests/unit/vectors/stmtlog.py.
"""
import base64
import collections
import struct
import sys

import harness
import tamper

sys.path.insert(0, str(harness.ROOT / "tests" / "unit" / "vectors"))

import stmtlog as log  # noqa: E402

Outcome = collections.namedtuple("Outcome", "type in_offset in_hash schema_fp value key hints")


def outcomes(records):
    found = []
    for record in records:
        if tamper.is_commit(record):
            continue
        d = record.header("onr-leaf")
        hints = [(k, v) for k, v in record.headers if not k.startswith("onr-")]
        offset = struct.unpack(">q", d[16:24])[0]
        found.append(Outcome(d[1], offset, d[56:88], d[88:120], record.value, record.key, hints))
    return found


def seed_of(key_file):
    words = dict(line.split(" ", 1) for line in key_file.read_text().splitlines() if " " in line)
    return base64.b64decode(words["secret"])


def varint(n):
    n, out = 2 * n, b""
    while n > 127:
        out, n = out + bytes([n & 127 | 128]), n >> 7
    return out + bytes([n])


def nodes(leaves):
    """The frontier: roots of the perfect subtrees, largest first."""
    if not leaves:
        return []
    size = 1 << len(leaves).bit_length() - 1
    return [log.root(leaves[:size])] + nodes(leaves[size:])


class Worker:
    """Writes one lane, in one block, with the key in key_file; what else a COMMIT holds is taken from the old lane."""

    def __init__(self, name, key_file):
        self.seed = seed_of(key_file)
        self.id = log.key_id(name, 1, log.public_key(self.seed))

    def record(self, old, lane_id, seq, outcome):
        payload = outcome.value[5:]
        d = struct.pack(">BBHIQq", 1, outcome.type, 0, len(payload), seq, outcome.in_offset)
        d += lane_id + outcome.in_hash + outcome.schema_fp + log.h(payload)
        leaf = log.h(b"\0" + d)
        sig = struct.pack(">BBH", 1, 1, 0) + self.id
        sig += log.sign(self.seed, b"stmtlog/rec/v1\n\0" + self.id + leaf)
        headers = [("onr-leaf", d), ("onr-sig", sig), *outcome.hints]
        return leaf, old._replace(offset=0, key=outcome.key, value=outcome.value, headers=headers)

    def sign_commit(self, old, flags=0, config=None):
        """The COMMIT `old` as this worker would have signed it in an attempt of its own; `flags` are added to its flags."""
        at = old.value.index(b"stmtlog/cmt/v1\n\0")
        body = old.value[at : at + 256]
        word = struct.pack(">H", struct.unpack(">H", body[18:20])[0] | flags)
        body = body[:18] + word + body[20:24] + self.id + body[32:200] + (config or body[200:232]) + body[232:240] + self.id * 2
        value = old.value[:at] + body + varint(64) + log.sign(self.seed, body) + old.value[at + 322 :]
        return old._replace(value=value, headers=[("onr-type", b"commit")])

    def lane(self, records, outcomes_, flags=0):
        """The lane over these outcomes, in place of `records`; flags are those of its one COMMIT."""
        last = [r for r in records if tamper.is_commit(r)][-1]
        at = last.value.index(b"stmtlog/cmt/v1\n\0")
        old = last.value[at : at + 256]
        lane_id, in_next, config = old[32:64], old[160:168], old[200:232]
        made = [self.record(last, lane_id, seq, o) for seq, o in enumerate(outcomes_)]
        leaves = [leaf for leaf, _ in made]
        body = b"stmtlog/cmt/v1\n\0" + struct.pack(">HHI", 1, flags, len(leaves)) + self.id + lane_id
        body += struct.pack(">Q", 0) + bytes(32) + struct.pack(">QQ", 0, len(leaves)) + log.root(leaves)
        body += struct.pack(">q", 0) + in_next + bytes(32) + config + old[232:256]
        assert len(body) == 256
        frontier = nodes(leaves)
        value = last.value[:5] + varint(256) + body + varint(64) + log.sign(self.seed, body)
        value += varint(len(frontier)) + b"".join(frontier) + varint(0)
        commit = last._replace(offset=0, value=value, headers=[("onr-type", b"commit")])
        return [record for _, record in made] + [commit]
