"""The network once more, in numpy, from the model file alone: the same bits as common/model, written by the rules and not from its code.

The rules are those of common/model/kernel.h: sums of integers are exact, floats are rounded after each operation, and a sum of floats is of 16 lanes,
lane i taking every 16th product in order, the lanes added as a tree. Slow, and needs nothing but numpy: whoever doubts an answer can compute it again.
"""
import struct

import numpy as np

F = np.float32
TYPES = {1: "u1", 2: "i1", 3: "<u4", 4: "<f4"}
QUERY_MAX, VALUE_MAX, WEIGHT_MAX, SMALLEST = F(4095), F(511), F(8191), F(1e-20)
HEAD = 32  # values of a head of the encoder's attention
SCORE_FACTOR = F(0.17677669) * F(1.44269504)
LOG2_E = F(1.44269504)
EXP2 = [F(x) for x in (0.00957020878, 0.0559178779, 0.240247423, 0.693121812, 0.999999262)]
PHI = [F(x) for x in (-0.405450955, 1.94878755, -4.12350818, 5.1194172, -4.20875523, 2.45176324, -1.05603946, 0.398734222)]
LINKS = ("source", "cue", "same")
TAGS, STANCE_HEADS, FEW, FORBIDDEN = 7, 8, 4, F(10000)


def sections(data):
    """{name: array} of a model file's bytes."""
    found, (count,) = {}, struct.unpack_from("<I", data, 12)
    for i in range(count):
        name, kind, rows, columns, _, offset, size = struct.unpack_from("<32s4I2Q", data, 64 * (1 + i))
        found[name.rstrip(b"\0").decode()] = np.frombuffer(data, TYPES[kind], rows * columns, offset).reshape(rows, columns)
    return found


# -- arithmetic


def polynomial(x, factors):
    p = np.full_like(x, factors[0])
    for factor in factors[1:]:
        p = p * x + factor
    return p


def exp2_below_0(x):
    x = np.maximum(x, F(-100))
    n = np.rint(x)
    return np.ldexp(polynomial(x - n, EXP2), n.astype(np.int32))


def gelu(x):
    c = np.minimum(np.maximum(x, F(-3.9)), F(3.9))
    return x * (polynomial(c * c * F(0.0625), PHI) * c + F(0.5))


def sum_16(products):
    """Of the last axis."""
    lanes = np.zeros((*products.shape[:-1], 16), F)
    for i in range(0, products.shape[-1], 16):
        lanes = lanes + products[..., i : i + 16]
    for half in (8, 4, 2, 1):
        lanes = lanes[..., :half] + lanes[..., half : 2 * half]
    return lanes[..., 0]


def in_order(rows):
    """Sum over the first axis, from 0 on."""
    total = np.zeros(rows.shape[1:], F)
    for row in rows:
        total = total + row
    return total


def softmax(x):
    e = exp2_below_0((x - x.max()) * LOG2_E)
    return e / in_order(e)


def sigmoid(x):
    e = exp2_below_0(-abs(np.asarray(x, F)) * LOG2_E)
    return (F(1) if x > 0 else e) / (F(1) + e)


def exact(a, b):
    """Product of matrices of integers: doubles hold every sum."""
    return np.rint(a.astype(np.float64) @ b.astype(np.float64)).astype(np.int64)


class Matrix:
    """s8 weights of a layer of the encoder, out of their packing."""

    def __init__(self, found, name):
        packed = found[name]
        n, k = packed.shape
        self.weight = packed.reshape(n // 16, k // 4, 16, 4).transpose(0, 2, 1, 3).reshape(n, k)
        self.scale, self.bias = found[name + "_scale"]

    def __call__(self, x):
        low, high = np.minimum(x.min(1, keepdims=True), F(0)), np.maximum(x.max(1, keepdims=True), F(0))
        width = np.maximum(high - low, SMALLEST)
        factor = F(127) / width
        zero = np.rint(-low * factor)
        q = np.rint(np.minimum(np.maximum(x * factor + zero, F(0)), F(127)))
        sums = exact(q, self.weight.T) - zero.astype(np.int64) * self.weight.astype(np.int64).sum(1)
        return sums.astype(F) * (width / F(127)) * self.scale + self.bias


def norm(x, gain_and_bias):
    gain, bias = gain_and_bias
    n = F(x.shape[1])
    d = x - (sum_16(x) / n)[:, None]
    return d * (F(1) / np.sqrt(sum_16(d * d) / n + F(1e-12)))[:, None] * gain + bias


def largest(x):
    return max(np.abs(x).max(), SMALLEST)


def attend(q, k, v):
    """One head over one window."""
    top_q, top_k, top_v = largest(q), largest(k), largest(v)
    q, k, v = np.rint(q * (QUERY_MAX / top_q)), np.rint(k * (QUERY_MAX / top_k)), np.rint(v * (VALUE_MAX / top_v))
    scores = exact(q, k.T)
    factor = (top_q / QUERY_MAX) * (top_k / QUERY_MAX) * SCORE_FACTOR
    weights = np.rint(exp2_below_0((scores - scores.max(1, keepdims=True)).astype(F) * factor) * WEIGHT_MAX)
    unit = top_v / VALUE_MAX / weights.astype(np.int64).sum(1, keepdims=True).astype(F)
    return exact(weights, v).astype(F) * unit


# -- the network


class Reference:
    """Spans are (first piece, end); a view has the arrays of onr_view: starts, breaks, word, paragraph."""

    def __init__(self, data):
        self.found = sections(data)
        self.width, _, self.n_layers = (int(x) for x in self.found["encoder.shape"][0, :3])
        parts = ("qkv", "out", "up", "down")
        self.layers = [{part: Matrix(self.found, f"encoder.{i}.{part}") for part in parts} for i in range(self.n_layers)]

    def pieces(self, ids):
        return self.found["encoder.piece"][ids].astype(F) * self.found["encoder.piece_scale"][0, ids][:, None]

    def states(self, ids, classes):
        found = self.found
        x = norm(self.pieces(ids) + found["encoder.position"][: len(ids)] + found["encoder.case"][classes], found["encoder.norm"])
        for i, layer in enumerate(self.layers):
            q, k, v = np.split(layer["qkv"](x), 3, 1)
            context = [attend(q[:, h : h + HEAD], k[:, h : h + HEAD], v[:, h : h + HEAD]) for h in range(0, self.width, HEAD)]
            x = norm(layer["out"](np.concatenate(context, 1)) + x, found[f"encoder.{i}.norm1"])
            x = norm(layer["down"](gelu(layer["up"](x))) + x, found[f"encoder.{i}.norm2"])
        return x

    def dense(self, name, x, rows=slice(None)):
        """s8 weights on one row of floats."""
        scale, bias = self.found[name + "_scale"][:, rows]
        return sum_16(x * self.found[name][rows].astype(F)) * scale + bias

    def tags(self, states, view):
        """(tag, how sure) of each piece."""
        move, words = self.found["tags.move"], np.nonzero(view.starts | view.breaks)[0]
        emit = sum_16(states[words][:, None] * self.found["tags.emit"]) + self.found["tags.emit_bias"][0]
        emit[view.breaks[words], 1:] -= FORBIDDEN
        best, back = emit[:1], []
        for row in emit[1:]:
            reached = best[0][:, None] + move
            back.append(reached.argmax(0))
            best = (reached.max(0) + row)[None]
        path = [int(best[0].argmax())] if len(words) else []
        for at in reversed(back):
            path.insert(0, int(at[path[0]]))
        tag, sure = np.zeros(len(states), int), np.ones(len(states), F)
        for k, i in enumerate(words):
            score = emit[k] + (move[path[k - 1]] if k else F(0))
            score = score + (move[:, path[k + 1]] if k + 1 < len(words) else F(0))
            same = view.word == view.word[i]
            tag[same], sure[same] = path[k], softmax(score)[path[k]]
        return tag, sure

    def span(self, name, states, span):
        return np.maximum(self.dense(name, np.concatenate([states[span[0]], states[span[1] - 1]])), F(0))

    def place(self, link, view, query, candidate, begins):
        behind = query[0] <= candidate[0]
        left, right = (query, candidate) if behind else (candidate, query)
        distances = self.found["link.distances"][0]
        bucket = int(np.searchsorted(distances, max(0, right[0] - left[1]), "right")) - 1 + (0 if behind else len(distances))
        paragraphs = min(FEW - 1, int(view.paragraph[right[0]] - view.paragraph[left[0]]))
        between = min(FEW - 1, sum(left[0] < b < right[0] for b in begins))
        return self.found[link + ".distance"][0, bucket] + self.found[link + ".paragraphs"][0, paragraphs] + self.found[link + ".between"][0, between]

    def link(self, which, states, view, query, candidates):
        """Probabilities of none and of each candidate."""
        link = "link." + LINKS[which]
        q = self.span(link + ".query", states, query)
        formed, begins = self.dense(link + ".form", q), [c[0] for c in candidates]
        scores = [sum_16(q * self.found[link + ".none"][0]) + self.found[link + ".none_bias"][0, 0]]
        scores += [sum_16(formed * self.span(link + ".candidate", states, c)) + self.place(link, view, query, c, begins) for c in candidates]
        return softmax(np.array(scores, F))

    def who(self, role, states, span, name):
        """State of a speaker (0) or target (1): of its span, or of its name, or of nobody."""
        if span[0] < span[1]:
            return in_order(states[span[0] : span[1]]) / F(span[1] - span[0])
        mean = in_order(self.pieces(name)) / F(len(name)) if len(name) else np.zeros(self.width, F)
        return self.found["stance.absent"][role] + self.dense("stance.name", mean)

    def stance(self, states, speaker, target, reach, speaker_name, target_name):
        """Probabilities of support, oppose and neutral, and that the target is one."""
        s, t = self.who(0, states, speaker, speaker_name), self.who(1, states, target, target_name)
        each, part, context = self.width // STANCE_HEADS, states[reach[0] : reach[1]], []
        query = self.dense("stance.query", np.concatenate([s, t]))
        for h in range(STANCE_HEADS):
            folded = self.dense("stance.key", query[h * each : (h + 1) * each], slice(h * self.width, (h + 1) * self.width))
            weight = softmax(sum_16(part * folded) * (F(1) / np.sqrt(F(each))))
            context.append(self.dense("stance.value", in_order(weight[:, None] * part), slice(h * each, (h + 1) * each)))
        mixed = np.maximum(self.dense("stance.mix", np.concatenate([s, t, *context, s * t])), F(0))
        out = sum_16(mixed * self.found["stance.out"]) + self.found["stance.out_bias"][0]
        return np.array([*softmax(out[:3]), sigmoid(out[3])], F)
