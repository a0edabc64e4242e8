"""The lanes of a line, checked by other code than ours: hashes, sequence and tree in Python, then `onrecord audit --rerun`."""
import hashlib
import json
import struct

import feed_articles as feed


def sha(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def root_of(leaves):
    """RFC 6962 root of leaf hashes."""
    if not leaves:
        return sha()
    if len(leaves) == 1:
        return leaves[0]
    split = 1 << (len(leaves) - 1).bit_length() - 1
    return sha(b"\x01", root_of(leaves[:split]), root_of(leaves[split:]))


def input_hash(record):
    def part(value):
        return b"\xff\xff\xff\xff" if value is None else struct.pack(">I", len(value)) + value

    return sha(b"stmtlog/input/v1\n\0", part(record.key), part(record.value))


def commit_body(record):
    """The 256 bytes of a COMMIT: the first field of its Avro, behind the frame and a length of two bytes."""
    at = record.value.index(b"stmtlog/cmt/v1\n\0")
    return record.value[at : at + 256]


def check_lane(test, inputs, records):
    """One partition: every input has exactly one leaf, in order, made from its bytes, and the last COMMIT signs their root.
    Returns (size, root)."""
    leaves = [r for r in records if r.header("onr-type") != b"commit"]
    commits = [r for r in records if r.header("onr-type") == b"commit"]
    hashes = []
    test.assertEqual(len(leaves), len(inputs), "one outcome for each input")
    for seq, (given, made) in enumerate(zip(inputs, leaves)):
        d = made.header("onr-leaf")
        length, number, offset = struct.unpack(">IQQ", d[4:24])
        payload = made.value[5:]
        test.assertEqual((number, offset), (seq, given.offset))
        test.assertEqual(d[56:88], input_hash(given), f"seq {seq}: made from another input")
        test.assertEqual((length, d[120:152]), (len(payload), sha(payload)), f"seq {seq}: another payload")
        hashes.append(sha(b"\x00", d))
    test.assertTrue(commits, "a lane without COMMIT")
    numbers = [struct.unpack(">Q", commit_body(c)[64:72])[0] for c in commits]
    test.assertEqual(numbers, list(range(len(commits))), "COMMITs without gap or repeat")
    last = commit_body(commits[-1])
    test.assertEqual(struct.unpack(">Q", last[112:120])[0], len(hashes))
    test.assertEqual(last[120:152], root_of(hashes), "the signed root is that of the leaves")
    return len(hashes), last[120:152].hex()


def check(test, line, rerun=True, seconds=None):
    """All lanes of a line against its inputs; then audit, which classifies every input again and compares the roots."""
    inputs, outputs = feed.settled(line, "statements"), feed.settled(line, "attributions")
    roots = {}
    for p in range(line.partitions):
        mine = [r for r in inputs if r.partition == p]
        roots[p] = check_lane(test, mine, [r for r in outputs if r.partition == p])
    words = ["--signatures", *(["--rerun"] if rerun else ["--inputs"])]
    report = json.loads(line.run("audit", "--json", *words, seconds=seconds).stdout)
    test.assertEqual(report["verdict"], "valid", json.dumps(report, indent=1)[:3000])
    audited = {lane["partition"]: (lane["size"], lane["root"]) for lane in report["lanes"]}
    test.assertEqual(audited, roots, "audit and this file disagree")
    return sum(size for size, _ in roots.values())
