"""From a model file back to a network that trains on: what export.py wrote, with its weights as the eight bits hold them.

So a released model is enough to go on from (`train.py --begin model/onrecord-en.model`); no checkpoint has to be kept.
"""
import numpy as np
import torch

from network import HEADS, TAGS
from reference import Matrix, sections


def dense(found, name):
    """(weights, biases) of a layer of the heads."""
    scale, bias = found[name + "_scale"]
    return found[name] * scale[:, None], bias


def packed(found, name):
    """(weights, biases) of a layer of the encoder, out of their packing."""
    matrix = Matrix(found, name)
    return matrix.weight * matrix.scale[:, None], matrix.bias


def encoder_state(found, n_layers):
    state = {"position.weight": found["encoder.position"], "case.weight": found["encoder.case"]}

    def put(layer, pair):
        state[layer + ".weight"], state[layer + ".bias"] = pair

    put("norm", found["encoder.norm"])
    for i in range(n_layers):
        for part in ("qkv", "out", "up", "down"):
            put(f"layers.{i}.{part}", packed(found, f"encoder.{i}.{part}"))
        for part in ("norm1", "norm2"):
            put(f"layers.{i}.{part}", found[f"encoder.{i}.{part}"])
    return state


def linker_state(found, name):
    state = {"none.weight": found[name + ".none"], "none.bias": found[name + ".none_bias"][0], "form": dense(found, name + ".form")[0].T}
    for part in ("query", "candidate"):
        state[part + ".weight"], state[part + ".bias"] = dense(found, f"{name}.{part}")
    return state | {table + ".weight": found[f"{name}.{table}"].T for table in ("distance", "paragraphs", "between")}


def stance_state(found):
    state = {"absent": found["stance.absent"], "name.weight": dense(found, "stance.name")[0]}
    for part in ("query", "value", "mix"):
        state[part + ".weight"], state[part + ".bias"] = dense(found, "stance." + part)
    width = state["name.weight"].shape[0]
    turned = dense(found, "stance.key")[0]  # heads below one another, each turned (export.turned_heads)
    state["key.weight"] = turned.reshape(HEADS, width, -1).transpose(0, 2, 1).reshape(width, width)
    state["key.bias"] = np.zeros(width, "<f4")  # not in the file: softmax does not see it
    return state | {"out.weight": found["stance.out"], "out.bias": found["stance.out_bias"][0]}


def pieces_of(found):
    """The vocabulary."""
    raw, offset = found["vocabulary.bytes"].tobytes(), found["vocabulary.offset"][0]
    return [raw[a:b].decode() for a, b in zip(offset, offset[1:])]


def network_state(network, found):
    """All of the network's state but the pieces' embeddings, which no training moves, and what pairs of tags are allowed."""
    parts = {"encoder": encoder_state(found, network.encoder.n_layers), "stance": stance_state(found)}
    parts |= {name: linker_state(found, "link." + name) for name in ("source", "cue", "same")}
    move = np.where(network.tags.allowed.cpu().numpy(), found["tags.move"], 0)
    parts["tags"] = {"emit.weight": found["tags.emit"], "emit.bias": found["tags.emit_bias"][0], "move": move.reshape(len(TAGS), len(TAGS))}
    return {f"{part}.{name}": torch.tensor(np.array(value, "f4")) for part, state in parts.items() for name, value in state.items()}


def restore(network, pieces, data):
    """Put the model file's weights into a network of the same shape and vocabulary."""
    found = sections(data)
    if pieces_of(found) != pieces:
        raise ValueError("the model file has another vocabulary than this run: begin with a file that the same data made, or from nothing")
    state = network_state(network, found)
    left = set(network.state_dict()) - set(state)
    if left != {"encoder.piece.weight", "tags.allowed"}:
        raise ValueError(f"the model file lacks {', '.join(sorted(left))}")
    network.load_state_dict(state, strict=False)
