"""Writes the model file that common/model/model_file.h reads: named arrays in a canonical order, and the encoder's among them.

Needs numpy alone. Weights become s8 with one scale for each output, packed as the kernels want them (common/model/kernel.h).
"""
import hashlib
import struct

import numpy as np

VERSION = 1
TYPES = {np.dtype("uint8"): 1, np.dtype("int8"): 2, np.dtype("<u4"): 3, np.dtype("<f4"): 4}
ALIGN = 64


def file_bytes(arrays):
    """The file of {name: array of one or two dimensions}."""
    at, table, body = ALIGN * (1 + len(arrays)), b"", b""
    for name, array in arrays.items():
        array = np.ascontiguousarray(np.atleast_2d(array))
        gap = -(at + len(body)) % ALIGN
        body += b"\0" * gap
        kind = TYPES[array.dtype]
        table += struct.pack("<32s4I2Q", name.encode(), kind, *array.shape, 0, at + len(body), array.nbytes)
        body += array.tobytes()
    rest = table + body
    return struct.pack("<8s2I2Q32s", b"onrmodel", VERSION, len(arrays), ALIGN + len(rest), 0, hashlib.sha256(rest).digest()) + rest


def quantise_rows(weights):
    """s8 and one scale a row: symmetric, so that 0 stays 0."""
    scale = np.maximum(np.abs(weights).max(1), 1e-12) / 127
    return np.clip(np.round(weights / scale[:, None]), -127, 127).astype(np.int8), scale.astype("<f4")


def packed(weights):
    """[outputs][inputs] as [outputs / 16][inputs / 4][16][4], in the shape it had."""
    n, k = weights.shape
    return weights.reshape(n // 16, 16, k // 4, 4).transpose(0, 2, 1, 3).reshape(n, k)


def linear(name, weight, bias):
    quantised, scale = quantise_rows(weight)
    return {name: packed(quantised), name + "_scale": np.stack([scale, bias]).astype("<f4")}


def vocabulary(pieces):
    encoded = [piece.encode() for piece in pieces]
    offset = np.cumsum([0] + [len(piece) for piece in encoded]).astype("<u4")
    return {"vocabulary.bytes": np.frombuffer(b"".join(encoded), np.uint8), "vocabulary.offset": offset}


def bert(weights, n_layers, case_class):
    """Sections of a BERT encoder from its tensors by HuggingFace's names, without 'bert.' before them, as numpy float arrays."""
    w = weights
    pieces, scale = quantise_rows(w["embeddings.word_embeddings.weight"])
    position = w["embeddings.position_embeddings.weight"] + w["embeddings.token_type_embeddings.weight"][0]
    hidden = len(w["encoder.layer.0.intermediate.dense.bias"])
    shape = [pieces.shape[1], hidden, n_layers, len(pieces), len(case_class), len(position)]
    arrays = {"encoder.shape": np.array(shape, "<u4"), "encoder.piece": pieces, "encoder.piece_scale": scale}
    arrays |= {"encoder.position": position.astype("<f4"), "encoder.case": case_class.astype("<f4")}

    def norm(name, of):
        return {name: np.stack([w[of + ".weight"], w[of + ".bias"]]).astype("<f4")}

    arrays |= norm("encoder.norm", "embeddings.LayerNorm")
    for i in range(n_layers):
        of, name = f"encoder.layer.{i}.", f"encoder.{i}."
        attention = [of + f"attention.self.{part}." for part in ("query", "key", "value")]
        arrays |= linear(name + "qkv", *(np.concatenate([w[a + part] for a in attention]) for part in ("weight", "bias")))
        for part, tensor in (("out", "attention.output.dense"), ("up", "intermediate.dense"), ("down", "output.dense")):
            arrays |= linear(name + part, w[of + tensor + ".weight"], w[of + tensor + ".bias"])
        arrays |= norm(name + "norm1", of + "attention.output.LayerNorm") | norm(name + "norm2", of + "output.LayerNorm")
    return arrays
