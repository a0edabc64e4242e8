"""Kafka's log segments as files: where a topic's records lie on a broker's disk, batch by batch (KIP-98 layout)."""
import struct

CONTROL = 0x20


def segment(cluster, node, topic, partition):
    """The first segment of a partition; in tests there is no second."""
    return cluster.node_dir(node) / "data" / f"{topic}-{partition}" / f"{0:020d}.log"


def batches(data):
    """(base offset, place, end, control) of each batch, in order."""
    at = 0
    while at + 61 <= len(data):
        offset, length = struct.unpack(">qi", data[at : at + 12])
        if length <= 0:
            return
        control = bool(struct.unpack(">h", data[at + 21 : at + 23])[0] & CONTROL)
        yield offset, at, at + 12 + length, control
        at += 12 + length


def flip(path, from_offset):
    """Flip a bit in the records of the first batch at or behind an offset. Returns the place; flipping it again mends it."""
    data = bytearray(path.read_bytes())
    end = next(end for offset, _, end, control in batches(data) if offset >= from_offset and not control)
    flip_at(path, end - 2)
    return end - 2


def flip_at(path, at):
    with open(path, "r+b") as file:
        file.seek(at)
        byte = file.read(1)[0]
        file.seek(at)
        file.write(bytes([byte ^ 0x04]))
