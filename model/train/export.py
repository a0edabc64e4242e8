"""From a trained network to the model file of common/model (model_parts.h, heads.h name the sections)."""
import numpy as np

from model_file import bert, file_bytes, vocabulary
from network import DISTANCES


def encoder_arrays(network, pieces):
    cases = network.encoder.case.weight.detach().float().numpy()
    return bert(network.encoder.tensors(), network.encoder.n_layers, cases) | vocabulary(pieces)


def encoder_file(network, pieces):
    return file_bytes(encoder_arrays(network, pieces))


def dense(name, linear):
    """f32 outputs x inputs, and the bias."""
    found = {name: linear.weight}
    if linear.bias is not None:
        found[name + "_bias"] = linear.bias
    return found


def linker(name, part):
    found = dense(name + ".query", part.query) | dense(name + ".candidate", part.candidate) | dense(name + ".none", part.none)
    found[name + ".form"] = part.form
    found[name + ".distance"], found[name + ".paragraphs"], found[name + ".between"] = part.distance.weight.T, part.paragraphs.weight.T, part.between.weight.T
    return found


def head_arrays(network):
    stance = network.stance
    found = dense("tags.emit", network.tags.emit) | {"tags.move": network.tags.moves()}
    for name in ("source", "cue", "same"):
        found |= linker("link." + name, getattr(network, name))
    found |= {"stance.absent": stance.absent}
    for name in ("name", "query", "key", "value", "mix", "out"):
        found |= dense("stance." + name, getattr(stance, name))
    found = {name: np.ascontiguousarray(tensor.detach().float().numpy().astype("<f4")) for name, tensor in found.items()}
    found["tags.move"] = np.maximum(found["tags.move"], -1000).astype("<f4")  # ONR_MODEL_FLOAT_MAX
    return found | {"link.distances": np.array(DISTANCES, "<u4")}


def model_file(network, pieces):
    return file_bytes(encoder_arrays(network, pieces) | head_arrays(network))
