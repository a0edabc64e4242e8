"""From a trained network to the model file of common/model (common/model/model_parts.h lists its sections)."""
import argparse
import json
import pathlib

import numpy as np
import torch

from model_file import bert, file_bytes, quantise_rows, vocabulary
from names import known_names
from network import DISTANCES, HEADS, pretrained
from restore import restore


def encoder_arrays(network, pieces):
    cases = floats(network.encoder.case.weight)
    return bert(network.encoder.tensors(), network.encoder.n_layers, cases) | vocabulary(pieces)


def encoder_file(network, pieces):
    return file_bytes(encoder_arrays(network, pieces))


def floats(array):
    return np.ascontiguousarray(array.detach().float().cpu().numpy().astype("<f4"))


def dense(name, weight, bias=None):
    """s8 outputs x inputs; scale and bias of each output."""
    quantised, scale = quantise_rows(floats(weight))
    return {name: quantised, name + "_scale": np.stack([scale, np.zeros_like(scale) if bias is None else floats(bias)])}


def linker(name, part):
    found = dense(name + ".query", part.query.weight, part.query.bias) | dense(name + ".candidate", part.candidate.weight, part.candidate.bias)
    found |= dense(name + ".form", part.form.T)  # queries times form: its columns are the outputs
    found |= {name + ".none": floats(part.none.weight), name + ".none_bias": floats(part.none.bias)}
    return found | {f"{name}.{table}": floats(getattr(part, table).weight.T) for table in ("distance", "paragraphs", "between")}


def turned_heads(weight):
    """The key's weights, each head turned: from the values of a head to those of a state, head below head."""
    return weight.view(HEADS, -1, weight.shape[1]).transpose(1, 2).reshape(HEADS * weight.shape[1], -1)


def stance_arrays(stance):
    found = {"stance.absent": floats(stance.absent)} | dense("stance.name", stance.name.weight)
    found |= dense("stance.key", turned_heads(stance.key.weight))  # its bias is the same for all pieces: softmax does not see it
    for name in ("query", "value", "mix"):
        found |= dense("stance." + name, getattr(stance, name).weight, getattr(stance, name).bias)
    return found | {"stance.out": floats(stance.out.weight), "stance.out_bias": floats(stance.out.bias)}


def head_arrays(network):
    tags = network.tags
    found = {"tags.emit": floats(tags.emit.weight), "tags.emit_bias": floats(tags.emit.bias)}
    found["tags.move"] = np.maximum(floats(tags.moves()), np.float32(-1000))  # ONR_MODEL_FLOAT_MAX
    found["link.distances"] = np.array(DISTANCES, "<u4")
    for name in ("source", "cue", "same"):
        found |= linker("link." + name, getattr(network, name))
    return found | stance_arrays(network.stance)


def model_file(network, pieces):
    known = {"names.known": np.frombuffer(known_names(), np.uint8)}
    return file_bytes(encoder_arrays(network, pieces) | head_arrays(network) | known)


def trained(work):
    """(network, pieces) of a training run's last checkpoint."""
    held = torch.load(work / "checkpoint.pt", weights_only=False)
    network, _, pieces = pretrained(held["encoder"])
    kept = json.loads((work / "vocabulary.json").read_text())
    network.encoder.keep(kept)
    network.load_state_dict(held["network"])
    return network, [pieces[i] for i in kept]


def mixed(network, pieces, other, share):
    """Move the weights this far towards those of another model file. What a run began with and what it ended with, averaged, is often better
    than either: it keeps more of what the run did not practise."""
    before = {name: value.clone() for name, value in network.state_dict().items()}
    restore(network, pieces, other.read_bytes())
    network.load_state_dict({name: value * share + before[name] * (1 - share) if value.is_floating_point() else value for name, value in network.state_dict().items()})


def main():
    parse = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parse.add_argument("--work", type=pathlib.Path, required=True, help="folder of the training run")
    parse.add_argument("--out", type=pathlib.Path, required=True)
    parse.add_argument("--with", dest="other", type=pathlib.Path, help="model file to average the weights with")
    parse.add_argument("--share", type=float, default=0.25, help="of that file in the average")
    o = parse.parse_args()
    network, pieces = trained(o.work)
    if o.other:
        mixed(network, pieces, o.other, o.share)
    o.out.write_bytes(model_file(network, pieces))
    print(f"{o.out}: {o.out.stat().st_size} bytes")


if __name__ == "__main__":
    main()
