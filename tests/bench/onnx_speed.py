"""ONNX Runtime on an encoder of the same shape, int8 (dynamic quantisation, its own recommendation for transformers), one thread:

    onnx_speed.py SECONDS LENGTH ...     prints "LENGTH WORDPIECES_A_SECOND" for each

Weights are random: speed does not depend on them. Needs onnx, onnxruntime and numpy.
"""
import pathlib
import sys
import tempfile
import time

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic

WIDTH, HIDDEN, LAYERS, HEADS, PIECES, POSITIONS = 384, 1536, 6, 12, 30522, 512


class Graph:
    """Nodes and weights of a BERT encoder; each method adds an operation and returns the name of its output."""

    def __init__(self):
        self.nodes, self.weights, self.random = [], [], np.random.default_rng(1)

    def weight(self, array):
        name = f"w{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(array, name))
        return name

    def floats(self, *shape):
        return self.weight((self.random.standard_normal(shape) * 0.05).astype(np.float32))

    def ints(self, *values):
        return self.weight(np.array(values, np.int64))

    def add(self, operation, *inputs, **attributes):
        name = f"x{len(self.nodes)}"
        self.nodes.append(helper.make_node(operation, list(inputs), [name], **attributes))
        return name

    def linear(self, x, k, n):
        return self.add("Add", self.add("MatMul", x, self.floats(k, n)), self.floats(n))

    def norm(self, x):
        return self.add("LayerNormalization", x, self.floats(WIDTH), self.floats(WIDTH), axis=-1, epsilon=1e-12)

    def gelu(self, x):
        half, one, root = (self.weight(np.array(v, np.float32)) for v in (0.5, 1.0, 2**-0.5))
        phi = self.add("Add", self.add("Erf", self.add("Mul", x, root)), one)
        return self.add("Mul", self.add("Mul", x, phi), half)

    def head_first(self, x, order):
        return self.add("Transpose", self.add("Reshape", x, self.ints(0, -1, HEADS, WIDTH // HEADS)), perm=order)

    def layer(self, x):
        q, k, v = (self.head_first(self.linear(x, WIDTH, WIDTH), order) for order in ([0, 2, 1, 3], [0, 2, 3, 1], [0, 2, 1, 3]))
        scores = self.add("Mul", self.add("MatMul", q, k), self.weight(np.array((WIDTH // HEADS) ** -0.5, np.float32)))
        context = self.add("MatMul", self.add("Softmax", scores, axis=-1), v)
        context = self.add("Reshape", self.add("Transpose", context, perm=[0, 2, 1, 3]), self.ints(0, -1, WIDTH))
        x = self.norm(self.add("Add", x, self.linear(context, WIDTH, WIDTH)))
        return self.norm(self.add("Add", x, self.linear(self.gelu(self.linear(x, WIDTH, HIDDEN)), HIDDEN, WIDTH)))


def model():
    g = Graph()
    x = g.add("Add", g.add("Gather", g.floats(PIECES, WIDTH), "ids"), g.add("Gather", g.floats(POSITIONS, WIDTH), "positions"))
    x = g.norm(x)
    for _ in range(LAYERS):
        x = g.layer(x)
    inputs = [helper.make_tensor_value_info(name, TensorProto.INT64, [1, "length"]) for name in ("ids", "positions")]
    outputs = [helper.make_tensor_value_info(x, TensorProto.FLOAT, [1, "length", WIDTH])]
    made = helper.make_model(helper.make_graph(g.nodes, "encoder", inputs, outputs, g.weights), opset_imports=[helper.make_opsetid("", 17)])
    made.ir_version = 8
    onnx.checker.check_model(made)
    return made


def session(folder):
    plain, small = folder / "encoder.onnx", folder / "int8.onnx"
    onnx.save(model(), plain)
    quantize_dynamic(plain, small, weight_type=QuantType.QInt8, per_channel=True)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(small, options, providers=["CPUExecutionProvider"])


def best_speed(run, length, seconds):
    """Wordpieces a second of processor time in the best round: a busy machine does not spoil it."""
    best, begin = 0, time.process_time()
    while time.process_time() - begin < seconds:
        before = time.process_time()
        run()
        best = max(best, length / (time.process_time() - before))
    return best


def main():
    seconds, lengths = float(sys.argv[1]), [int(x) for x in sys.argv[2:]]
    with tempfile.TemporaryDirectory() as folder:
        made = session(pathlib.Path(folder))
        for length in lengths:
            ids = np.random.default_rng(length).integers(0, PIECES, (1, length))
            fed = {"ids": ids, "positions": np.arange(length)[None]}
            print(length, round(best_speed(lambda fed=fed: made.run(None, fed), length, seconds)), flush=True)


if __name__ == "__main__":
    main()
