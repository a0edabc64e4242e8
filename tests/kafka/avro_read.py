"""A small reader of Avro records, written apart from the program so that it can disagree with it.

read(value) takes a Kafka value in a Confluent frame and returns (schema file name, dict). Bytes and fixed are bytes,
enums are their symbols. The ids are those of schemas/registry.tsv.
"""
import json
import pathlib

SCHEMAS = pathlib.Path(__file__).resolve().parent.parent.parent / "schemas"
PRIMITIVES = ("null", "boolean", "int", "long", "float", "double", "bytes", "string")


def _registry():
    table = {}
    for line in (SCHEMAS / "registry.tsv").read_text().splitlines():
        if line.strip() and not line.startswith("#"):
            number, name = line.split("\t")[:2]
            table[int(number)] = (name, json.loads((SCHEMAS / name).read_text()))
    return table


REGISTRY = _registry()


def _named(schema):
    """The named types in a schema: where they are used again, the place that defines them may be a branch not taken."""
    found = {}
    for part in schema if isinstance(schema, list) else [schema] if isinstance(schema, dict) else []:
        if not isinstance(part, dict):
            continue
        if "name" in part and part["type"] in ("record", "enum", "fixed"):
            found[part["name"]] = part
        for below in (part["type"], part.get("items"), *(field["type"] for field in part.get("fields", ()))):
            found.update(_named(below))
    return found


class _Reader:
    def __init__(self, data, named):
        self.data, self.at, self.named = data, 0, named

    def take(self, size):
        piece = self.data[self.at : self.at + size]
        if size < 0 or len(piece) != size:
            raise ValueError(f"{size} bytes wanted at {self.at}, {len(piece)} there")
        self.at += size
        return piece

    def long(self):
        value = shift = 0
        while True:
            byte = self.take(1)[0]
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return (value >> 1) ^ -(value & 1)

    def blocks(self, one):
        while count := self.long():
            if count < 0:
                self.long()  # size in bytes
            for _ in range(abs(count)):
                yield one()

    def value(self, schema):
        if isinstance(schema, list):
            return self.value(schema[self.long()])
        kind = schema if isinstance(schema, str) else schema["type"]
        if isinstance(kind, (dict, list)):
            return self.value(kind)
        if kind in PRIMITIVES:
            return self.primitive(kind)
        if kind == "record":
            return {field["name"]: self.value(field["type"]) for field in schema["fields"]}
        if kind == "enum":
            return schema["symbols"][self.long()]
        if kind == "fixed":
            return self.take(schema["size"])
        if kind == "array":
            return list(self.blocks(lambda: self.value(schema["items"])))
        return self.value(self.named[kind.rpartition(".")[2]])

    def primitive(self, kind):
        if kind == "null":
            return None
        if kind == "boolean":
            return self.take(1) == b"\x01"
        if kind in ("int", "long"):
            return self.long()
        if kind == "string":
            return self.take(self.long()).decode("utf-8")
        if kind == "bytes":
            return self.take(self.long())
        raise ValueError(f"no schema of ours has a {kind}")


def read(value):
    """(name of the schema's file, the record as a dict); ValueError where the bytes are not exactly one record."""
    if value[:1] != b"\0" or len(value) < 5:
        raise ValueError("no frame")
    name, schema = REGISTRY[int.from_bytes(value[1:5], "big")]
    reader = _Reader(value[5:], _named(schema))
    record = reader.value(schema)
    if reader.at != len(reader.data):
        raise ValueError(f"{len(reader.data) - reader.at} bytes too many")
    return name, record
