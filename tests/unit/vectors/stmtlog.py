#!/usr/bin/env python3
"""Test vectors of docs/stmtlog.md, computed without a line of the project's C: hashlib and the Ed25519 of RFC 8032.

Prints the header that tests/unit/test_stmtlog_vectors.c reads:

    python3 tests/unit/vectors/stmtlog.py > tests/unit/vectors/stmtlog_vectors.h

`--check` compares that header and the vectors in docs/stmtlog.md with what it computes; `--text` prints the latter.
"""
import base64
import hashlib
import os
import struct
import sys


def h(data):
    return hashlib.sha256(data).digest()


# --- Ed25519, RFC 8032 section 5.1, slow and plain ------------------------------------------------------------------

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P


def recover_x(y, sign):
    x2 = (y * y - 1) * pow(D * y * y + 1, P - 2, P)
    x = pow(x2, (P + 3) // 8, P)
    if (x * x - x2) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    return P - x if x & 1 != sign else x


BASE_Y = 4 * pow(5, P - 2, P) % P
BASE_X = recover_x(BASE_Y, 0)
BASE = (BASE_X, BASE_Y, 1, BASE_X * BASE_Y % P)


def add(p, q):
    a = (p[1] - p[0]) * (q[1] - q[0]) % P
    b = (p[1] + p[0]) * (q[1] + q[0]) % P
    c = 2 * p[3] * q[3] * D % P
    d = 2 * p[2] * q[2] % P
    e, f, g, i = b - a, d - c, d + c, b + a
    return (e * f % P, g * i % P, f * g % P, e * i % P)


def multiply(s, p):
    q = (0, 1, 1, 0)
    while s > 0:
        if s & 1:
            q = add(q, p)
        p = add(p, p)
        s >>= 1
    return q


def compress(p):
    z = pow(p[2], P - 2, P)
    x, y = p[0] * z % P, p[1] * z % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def expand(seed):
    digest = hashlib.sha512(seed).digest()
    a = int.from_bytes(digest[:32], "little")
    return (a & ((1 << 254) - 8)) | (1 << 254), digest[32:]


def public_key(seed):
    return compress(multiply(expand(seed)[0], BASE))


def sign(seed, message):
    a, prefix = expand(seed)
    pk = compress(multiply(a, BASE))
    r = int.from_bytes(hashlib.sha512(prefix + message).digest(), "little") % L
    big_r = compress(multiply(r, BASE))
    k = int.from_bytes(hashlib.sha512(big_r + pk + message).digest(), "little") % L
    return big_r + ((r + k * a) % L).to_bytes(32, "little")


# --- the log ---------------------------------------------------------------------------------------------------------


def key_id(name, kind, pk):
    return h(name.encode() + b"\n" + bytes([kind]) + pk)[:8]


class Key:
    def __init__(self, name, seed_text, kind=1):
        self.name, self.kind, self.seed = name, kind, h(seed_text.encode())
        self.pk = public_key(self.seed)
        self.id = key_id(name, kind, self.pk)

    def verifier(self):
        return f"{self.name}+{self.id[:4].hex()}+{base64.b64encode(bytes([self.kind]) + self.pk).decode()}"

    def line(self, payload):
        return f"\u2014 {self.name} {base64.b64encode(self.id[:4] + payload).decode()}\n"


def input_hash(key, value):
    def part(x):
        return struct.pack(">I", 0xFFFFFFFF) if x is None else struct.pack(">I", len(x)) + x

    return h(b"stmtlog/input/v1\n\0" + part(key) + part(value))


def node(left, right):
    return h(b"\x01" + left + right)


def split(n):
    k = 1
    while k * 2 < n:
        k *= 2
    return k


def root(leaves):
    """RFC 6962 2.1, by its recursion."""
    if not leaves:
        return h(b"")
    if len(leaves) == 1:
        return leaves[0]
    k = split(len(leaves))
    return node(root(leaves[:k]), root(leaves[k:]))


def inclusion(m, leaves):
    if len(leaves) == 1:
        return []
    k = split(len(leaves))
    if m < k:
        return inclusion(m, leaves[:k]) + [root(leaves[k:])]
    return inclusion(m - k, leaves[k:]) + [root(leaves[:k])]


def consistency(m, leaves, whole=True):
    if m == len(leaves):
        return [] if whole else [root(leaves)]
    k = split(len(leaves))
    if m <= k:
        return consistency(m, leaves[:k], whole) + [root(leaves[k:])]
    return consistency(m - k, leaves[k:], False) + [root(leaves[:k])]


def frontier(leaves):
    out, at = [], 0
    for bit in reversed(range(64)):
        if len(leaves) >> bit & 1:
            out.append(root(leaves[at : at + (1 << bit)]))
            at += 1 << bit
    return out


ORIGIN = "news.example/stance/v1/statements/7/1"
LANE_ID = h(b"stmtlog/lane/v1\n\0" + ORIGIN.encode())
WORKER = Key("w0.news.example", "test-seed")
ROOT = Key("admin.news.example", "test-root")
WITNESS = Key("w.example.org", "test-witness", 4)
CONFIG = h(
    b"stmtlog/config/v1\n\0" + h(b"model") + h(b"people") + h(b"manifest") + h(b"schema-v1") + h(b"schema-v2")
)


def leaf(kind, seq, offset, key, value, payload):
    body = struct.pack(">BBHIQQ", 1, kind, 0, len(payload), seq, offset)
    return body + LANE_ID + input_hash(key, value) + h(b"schema-v1") + h(payload)


LEAVES = [
    leaf(1, 0, 100, None, b"stmt-A", b"stance=0"),
    leaf(1, 1, 101, b"k", b"stmt-B", b"stance=1"),
    leaf(2, 2, 102, None, b"BAD", b"R:parse"),
]
HASHES = [h(b"\0" + d) for d in LEAVES]


def commit(flags, number, prev, before, after, in_from, in_next, time_ms):
    body = b"stmtlog/cmt/v1\n\0" + struct.pack(">HHI", 1, flags, after - before) + WORKER.id + LANE_ID
    body += struct.pack(">Q", number) + prev + struct.pack(">QQ", before, after) + root(HASHES[:after])
    body += struct.pack(">QQ", in_from, in_next) + bytes(32) + CONFIG + struct.pack(">Q", time_ms) + bytes(range(16))
    assert len(body) == 256
    return body


COMMIT0 = commit(0, 0, bytes(32), 0, 3, 100, 103, 1700000000000)
COMMIT1 = commit(1, 1, h(COMMIT0), 3, 3, 103, 110, 1700000060000)

ENTRY0 = (
    "onrecord key log v1\nentry 0\nprev " + base64.b64encode(bytes(32)).decode() + "\nGENESIS\nlane " + ORIGIN + "\n"
)


def entry_hash(text):
    return h(b"stmtlog/key/v1\n\0" + text.encode())


ENTRY1 = (
    "onrecord key log v1\nentry 1\nprev "
    + base64.b64encode(entry_hash(ENTRY0)).decode()
    + "\nADD\nkey "
    + WORKER.verifier()
    + "\nrole worker\nlane news.example/stance/v1/statements/*/*\n"
)
CHECKPOINT = f"{ORIGIN}\n3\n{base64.b64encode(root(HASHES)).decode()}\n"
SECONDS = 1679315147
COSIGNED = sign(WITNESS.seed, f"cosignature/v1\ntime {SECONDS}\n{CHECKPOINT}".encode())


def note(text, key):
    return text + "\n" + key.line(sign(key.seed, text.encode()))


def many(n):
    return [h(b"\0" + struct.pack(">I", i)) for i in range(n)]


def vectors():
    yield "LANE_ID", LANE_ID.hex()
    yield "WORKER_PK", WORKER.pk.hex()
    yield "WORKER_ID", WORKER.id.hex()
    yield "WORKER_VERIFIER", WORKER.verifier()
    yield "ROOT_VERIFIER", ROOT.verifier()
    yield "WITNESS_VERIFIER", WITNESS.verifier()
    for i in range(3):
        yield f"LEAF{i}", LEAVES[i].hex()
        yield f"LEAF{i}_HASH", HASHES[i].hex()
        message = b"stmtlog/rec/v1\n\0" + WORKER.id + HASHES[i]
        yield f"LEAF{i}_SIG", (b"\x01\x01\0\0" + WORKER.id + sign(WORKER.seed, message)).hex()
    yield "INPUT_NULL_NULL", input_hash(None, None).hex()
    yield "INPUT_NULL_EMPTY", input_hash(None, b"").hex()
    yield "INPUT_EMPTY_NULL", input_hash(b"", None).hex()
    yield "EMPTY_ROOT", root([]).hex()
    yield "ROOT3", root(HASHES).hex()
    yield "FRONTIER3", b"".join(frontier(HASHES)).hex()
    yield "INCLUSION_1_OF_3", b"".join(inclusion(1, HASHES)).hex()
    yield "CONSISTENCY_2_TO_3", b"".join(consistency(2, HASHES)).hex()
    yield "ROOT7", root(many(7)).hex()
    yield "ROOT_3_OF_7", root(many(3)).hex()
    yield "INCLUSION_5_OF_7", b"".join(inclusion(5, many(7))).hex()
    yield "CONSISTENCY_3_TO_7", b"".join(consistency(3, many(7))).hex()
    yield "CONSISTENCY_4_TO_7", b"".join(consistency(4, many(7))).hex()
    yield "CONSISTENCY_6_TO_8", b"".join(consistency(6, many(8))).hex()
    yield "ROOT8", root(many(8)).hex()
    yield "ROOT_6_OF_8", root(many(6)).hex()
    yield "CONFIG", CONFIG.hex()
    yield "COMMIT0", COMMIT0.hex()
    yield "COMMIT0_HASH", h(COMMIT0).hex()
    yield "COMMIT0_SIG", sign(WORKER.seed, COMMIT0).hex()
    yield "COMMIT1", COMMIT1.hex()
    yield "COMMIT1_HASH", h(COMMIT1).hex()
    yield "COMMIT1_SIG", sign(WORKER.seed, COMMIT1).hex()
    yield "OFFSET_METADATA", f"onr1;1;3;{h(COMMIT1)[:8].hex()};4711"
    yield "CHECKPOINT_NOTE", note(CHECKPOINT, WORKER)
    yield "COSIGNATURE_LINE", WITNESS.line(struct.pack(">Q", SECONDS) + COSIGNED)
    yield "ENTRY0_NOTE", note(ENTRY0, ROOT)
    yield "ENTRY0_HASH", entry_hash(ENTRY0).hex()
    yield "ENTRY1_NOTE", note(ENTRY1, ROOT)
    yield "ENTRY1_HASH", entry_hash(ENTRY1).hex()


def literal(text):
    """C string literals of at most 90 columns, one line each."""
    data = text.encode()
    out, line = [], ""
    for byte in data:
        piece = {10: "\\n", 34: '\\"', 92: "\\\\"}.get(byte, chr(byte) if 32 <= byte < 127 else f"\\{byte:03o}")
        line += piece
        if byte == 10 or len(line) >= 84:
            out.append(line)
            line = ""
    if line or not out:
        out.append(line)
    return " \\\n".join(f'    "{part}"' for part in out)


def render():
    yield "/* tests/unit/vectors/stmtlog_vectors.h - printed by stmtlog.py beside it; edit that. */"
    yield "/* clang-format off */"
    yield "#ifndef ONR_TESTS_STMTLOG_VECTORS_H"
    yield "#define ONR_TESTS_STMTLOG_VECTORS_H"
    for name, text in vectors():
        yield f"\n#define V_{name} \\\n{literal(text)}"
    yield "\n#endif"


def listing():
    """The vectors as docs/stmtlog.md shows them."""
    out = []
    for name, text in vectors():
        if "\n" in text:
            out.append(f"\n{name}\n{text.rstrip()}\n")
        else:
            out.append(f"{name:<19} {text}")
    return "\n".join(out).rstrip() + "\n"


def check():
    here = os.path.dirname(os.path.abspath(__file__))
    header = os.path.join(here, "stmtlog_vectors.h")
    page = os.path.join(here, "..", "..", "..", "docs", "stmtlog.md")
    bad = 0
    with open(header, encoding="ascii") as file:
        if file.read() != "\n".join(render()) + "\n":
            print(f"{header} is not what stmtlog.py prints", file=sys.stderr)
            bad = 1
    with open(page, encoding="utf-8") as file:
        if f"```\n{listing()}```\n" not in file.read():
            print("the vectors in docs/stmtlog.md are not what stmtlog.py --text prints", file=sys.stderr)
            bad = 1
    return bad


def main():
    if sys.argv[1:] == ["--check"]:
        return check()
    sys.stdout.write(listing() if sys.argv[1:] == ["--text"] else "\n".join(render()) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
