"""The network: a BERT encoder over one window, and every answer read from its states in one pass.

What is computed here is what common/model computes in C, there with weights of eight bits: keep both alike. States are [windows][pieces][width];
a span is (window, first piece, last piece).
"""
import json
import pathlib

import torch
import torch.nn.functional as F
from torch import nn

TAGS = ["O", "B-source", "I-source", "B-cue", "I-cue", "B-content", "I-content"]
SUPPORT, OPPOSE, NEUTRAL = range(3)
CLASSES = 12  # of onr_view.place_case
DISTANCES = [0, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128]
FEW = 4  # counts of paragraphs and of candidates between two spans end here
RANK = 128
HEADS = 8  # of the attention with which a stance is read
NAME_PIECES = 16
FORBIDDEN = -1e4


class FeatureDropout(nn.Module):
    """Drops a feature of a whole window at once: as good here, and its random numbers cost nothing."""

    def __init__(self, share):
        super().__init__()
        self.share = share

    def forward(self, x):
        if not self.training:
            return x
        kept = torch.rand(x.shape[0], 1, x.shape[2], device=x.device) >= self.share
        return x * (kept.to(x.dtype) / (1 - self.share))


class Layer(nn.Module):
    def __init__(self, width, hidden, heads, dropout):
        super().__init__()
        self.heads = heads
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, hidden), nn.Linear(hidden, width)
        self.norm1, self.norm2 = nn.LayerNorm(width, eps=1e-12), nn.LayerNorm(width, eps=1e-12)
        self.drop = FeatureDropout(dropout)

    def forward(self, x, mask):
        n, length, width = x.shape
        q, k, v = self.qkv(x).view(n, length, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4)
        weight = q @ (k * (width // self.heads) ** -0.5).transpose(2, 3)  # faster on a CPU than scaled_dot_product_attention
        context = ((weight if mask is None else weight + mask).softmax(-1) @ v).transpose(1, 2).reshape(n, length, width)
        x = self.norm1(x + self.drop(self.out(context)))
        return self.norm2(x + self.drop(self.down(F.gelu(self.up(x)))))


class Encoder(nn.Module):
    """Shape from the config.json of a BERT folder; weights by HuggingFace's names (load, tensors)."""

    def __init__(self, config, dropout=0.1):
        super().__init__()
        width, self.n_layers = config["hidden_size"], config["num_hidden_layers"]
        self.piece = nn.Embedding(config["vocab_size"], width)
        self.position = nn.Embedding(config["max_position_embeddings"], width)
        self.case = nn.Embedding(CLASSES, width)
        self.norm, self.drop = nn.LayerNorm(width, eps=1e-12), FeatureDropout(dropout)
        self.layers = nn.ModuleList(Layer(width, config["intermediate_size"], config["num_attention_heads"], dropout) for _ in range(self.n_layers))
        nn.init.zeros_(self.case.weight)

    def forward(self, ids, kinds, mask):
        x = self.drop(self.norm(self.piece(ids) + self.position.weight[: ids.shape[1]] + self.case(kinds)))
        x = x.to(torch.bfloat16) if torch.is_autocast_enabled(x.device.type) else x
        mask = None if bool(mask.all()) else torch.where(mask, 0.0, FORBIDDEN).to(x.dtype)[:, None, None, :]
        for layer in self.layers:
            x = layer(x, mask)
        return x

    def pairs(self):
        """(own tensor, HuggingFace's name or names) for all but position and case."""
        yield self.piece.weight, ["embeddings.word_embeddings.weight"]
        for part in ("weight", "bias"):
            yield getattr(self.norm, part), ["embeddings.LayerNorm." + part]
            for i, layer in enumerate(self.layers):
                of = f"encoder.layer.{i}."
                yield getattr(layer.qkv, part), [f"{of}attention.self.{name}.{part}" for name in ("query", "key", "value")]
                for own, name in ((layer.out, "attention.output.dense"), (layer.norm1, "attention.output.LayerNorm"),
                                  (layer.up, "intermediate.dense"), (layer.down, "output.dense"), (layer.norm2, "output.LayerNorm")):
                    yield getattr(own, part), [f"{of}{name}.{part}"]

    @torch.no_grad()
    def load(self, tensors):
        for own, names in self.pairs():
            own.copy_(torch.cat([tensors[name].float() for name in names]))
        self.position.weight.copy_(tensors["embeddings.position_embeddings.weight"] + tensors["embeddings.token_type_embeddings.weight"][0])

    @torch.no_grad()
    def keep(self, ids):
        """Only these pieces, numbered anew."""
        self.piece = nn.Embedding.from_pretrained(self.piece.weight[torch.tensor(ids)].clone())

    @torch.no_grad()
    def tensors(self):
        found = {}
        for own, names in self.pairs():
            found |= dict(zip(names, (part.numpy() for part in own.detach().float().cpu().chunk(len(names)))))
        found["embeddings.position_embeddings.weight"] = self.position.weight.detach().float().cpu().numpy()
        found["embeddings.token_type_embeddings.weight"] = 0 * found["embeddings.position_embeddings.weight"][:2]
        return found


class Crf(nn.Module):
    """Tags of the words of a window: one score a tag (Linear) and one a pair of neighbours; impossible pairs are forbidden."""

    def __init__(self, width):
        super().__init__()
        self.emit = nn.Linear(width, len(TAGS))
        self.move = nn.Parameter(torch.zeros(len(TAGS), len(TAGS)))
        allowed = [[not b.startswith("I-") or a[2:] == b[2:] for b in TAGS] for a in TAGS]
        self.register_buffer("allowed", torch.tensor(allowed))

    def moves(self):
        return self.move.masked_fill(~self.allowed, FORBIDDEN)

    def loss(self, scores, tags, mask):
        """Mean over words of -log P(tags). scores [n][words][tags], mask [n][words] true up to each length, which is at least 1."""
        moves = self.moves()
        alpha, gold = scores[:, 0], scores[:, 0].gather(1, tags[:, :1])[:, 0]
        for i in range(1, scores.shape[1]):
            live = mask[:, i]
            step = torch.logsumexp(alpha[:, :, None] + moves, 1) + scores[:, i]
            alpha = torch.where(live[:, None], step, alpha)
            gold = gold + live * (moves[tags[:, i - 1], tags[:, i]] + scores[:, i].gather(1, tags[:, i : i + 1])[:, 0])
        return (torch.logsumexp(alpha, 1) - gold).sum() / mask.sum()

    @torch.no_grad()
    def decode(self, scores):
        """The best tags of one window's words [words][tags]; the lower tag where two are equal."""
        moves, best, back = self.moves(), scores[0], []
        for row in scores[1:]:
            value, at = (best[:, None] + moves).max(0)
            best, back = value + row, back + [at]
        tags = [int(best.argmax())]
        for at in reversed(back):
            tags.append(int(at[tags[-1]]))
        return tags[::-1]


class Linker(nn.Module):
    """Scores of every (query span, candidate span), and of none, which comes first."""

    def __init__(self, width):
        super().__init__()
        self.query, self.candidate = nn.Linear(2 * width, RANK), nn.Linear(2 * width, RANK)
        self.form = nn.Parameter(torch.randn(RANK, RANK) * 0.02)
        self.none = nn.Linear(RANK, 1)
        self.distance = nn.Embedding(2 * len(DISTANCES), 1)
        self.paragraphs, self.between = nn.Embedding(FEW, 1), nn.Embedding(FEW, 1)
        for table in (self.distance, self.paragraphs, self.between):
            nn.init.zeros_(table.weight)

    def forward(self, queries, candidates, geometry):
        """[q][2 * width], [c][2 * width], three [q][c] of indices -> [q][1 + c]."""
        q = F.relu(self.query(queries))
        if not len(candidates):
            return self.none(q)
        fit = (q @ self.form) @ F.relu(self.candidate(candidates)).T
        place = sum(table(index.to(fit.device)) for table, index in zip((self.distance, self.paragraphs, self.between), geometry))
        return torch.cat([self.none(q), fit + place.squeeze(-1)], 1)


def geometry(view, queries, candidates):
    """How two spans (first piece, end) stand to each other: distance with side, paragraphs between, candidates between."""
    distance = torch.zeros(len(queries), len(candidates), dtype=torch.long)
    paragraphs, between = distance.clone(), distance.clone()
    begins = sorted(c[0] for c in candidates)
    for i, q in enumerate(queries):
        for j, c in enumerate(candidates):
            left, right = (q, c) if q[0] <= c[0] else (c, q)
            gap = max(0, right[0] - left[1])
            bucket = sum(d <= gap for d in DISTANCES) - 1
            distance[i, j] = bucket + (0 if q[0] <= c[0] else len(DISTANCES))
            paragraphs[i, j] = min(FEW - 1, int(view.paragraph[right[0]] - view.paragraph[left[0]]))
            between[i, j] = min(FEW - 1, sum(left[0] < b < right[0] for b in begins))
    return distance, paragraphs, between


class Stance(nn.Module):
    """Support, oppose, neutral of a speaker toward a target, and whether the target is one at all (a score of its own)."""

    def __init__(self, width):
        super().__init__()
        self.absent = nn.Parameter(torch.randn(2, width) * 0.02)  # stands for a speaker or target that has no span here
        self.name = nn.Linear(width, width, bias=False)
        self.query, self.key, self.value = nn.Linear(2 * width, width), nn.Linear(width, width), nn.Linear(width, width)
        self.mix, self.out, self.drop = nn.Linear(4 * width, 256), nn.Linear(256, 4), nn.Dropout(0.1)

    def pooled(self, states, where, role, names):
        n = where.sum(1, keepdim=True)
        mean = (states * where.unsqueeze(-1)).sum(1) / n.clamp(min=1)
        return torch.where(n > 0, mean, self.absent[role] + self.name(names))

    def forward(self, states, speaker, target, reach, speaker_name, target_name):
        """states [pairs][pieces][width]; speaker, target, reach masks of pieces; names [pairs][width]: mean of their pieces' embeddings."""
        n, length, width = states.shape
        s = self.pooled(states, speaker, 0, speaker_name)
        t = self.pooled(states, target, 1, target_name)
        shape = (n, length, HEADS, width // HEADS)
        query = self.query(torch.cat([s, t], 1)).view(n, HEADS, -1)
        weight = torch.einsum("nhd,nlhd->nhl", query, self.key(states).view(shape)) / (width // HEADS) ** 0.5
        weight = weight.masked_fill(~reach[:, None], FORBIDDEN).softmax(-1)
        context = torch.einsum("nhl,nlhd->nhd", weight, self.value(states).view(shape)).flatten(1)
        return self.out(self.drop(F.relu(self.mix(self.drop(torch.cat([s, t, context, s * t], 1))))))


class Network(nn.Module):
    def __init__(self, config):
        super().__init__()
        width = config["hidden_size"]
        self.encoder, self.tags = Encoder(config), Crf(width)
        self.source, self.cue, self.same = Linker(width), Linker(width), Linker(width)  # cue -> source, content -> cue, mention -> name
        self.stance, self.drop = Stance(width), nn.Dropout(0.1)

    def device(self):
        return self.tags.move.device

    def names(self, ids):
        """Mean embedding of the pieces of names, ids [n][NAME_PIECES] with 0 behind the end."""
        there = (ids > 0).float().unsqueeze(-1)
        return (self.encoder.piece(ids) * there).sum(1) / there.sum(1).clamp(min=1)


def span_states(states, spans):
    """First and last state of each span (first piece, end) of one window [pieces][width]."""
    if not spans:
        return states.new_zeros(0, 2 * states.shape[1])
    first, last = torch.tensor([a for a, _ in spans]), torch.tensor([b - 1 for _, b in spans])
    return torch.cat([states[first], states[last]], 1)


def folder_of(package):
    """Where a Python package carries its model; a path is taken as it is."""
    import importlib.util

    if pathlib.Path(package).is_dir():
        return pathlib.Path(package)
    return pathlib.Path(importlib.util.find_spec(package).origin).parent / "model"


def pretrained(package):
    """(network with the encoder's weights, config, pieces of the vocabulary)."""
    from safetensors.torch import load_file

    folder = folder_of(package)
    config = json.loads((folder / "config.json").read_text())
    network = Network(config)
    network.encoder.load({name.removeprefix("bert."): tensor for name, tensor in load_file(folder / "model.safetensors").items()})
    return network, config, (folder / "vocab.txt").read_text(encoding="utf-8").split("\n")[: config["vocab_size"]]
