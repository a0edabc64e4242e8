"""From examples to what the losses need: pieces instead of code points, and one batch of windows as tensors."""
import dataclasses

import torch

from corpora import PARTS
from network import NAME_PIECES

EDGE = 12  # pieces beside a cut through an article whose tags are not trained: what they hang on may lie beyond it


@dataclasses.dataclass
class Ready:
    """A view with its labels, spans in pieces [first, end)."""

    view: object
    words: list  # first piece of each word whose tag counts
    tags: list
    cues: list  # spans
    sources: list
    contents: list
    source_of: list  # for each cue: index into sources, or -1 for none, -2 unknown
    cue_of: list  # for each content: index into cues, or -2
    pairs: list  # (speaker span or None, target span or None, reach, speaker pieces, target pieces, stance or -1, target 1, 0 or -1)
    same: list  # (mention span, name spans, indices of right ones)


def tag_words(view, attributions):
    """Spans of each part, and the tag of each piece that starts a word."""
    tag, spans = [0] * len(view), {p: [] for p in PARTS}
    linked = []
    for a in attributions:
        found = {p: [w for s in a[p] for w in fragments(view, s)] for p in PARTS}
        linked.append(found)
        for k, p in enumerate(PARTS):
            for first, end in found[p]:
                if any(tag[first:end]):
                    continue
                spans[p].append((first, end))
                for i in range(first, end):
                    tag[i] = 2 + 2 * k
                tag[first] = 1 + 2 * k
    return tag, {p: sorted(set(s)) for p, s in spans.items()}, linked


def fragments(view, span):
    """The words of a span, apart at paragraph breaks."""
    found = view.words(span)
    if not found:
        return
    first, end = found
    for i in range(first, end + 1):
        if i == end or view.breaks[i]:
            if i > first:
                yield first, i
            first = i + 1


def links(spans, linked):
    source_of, cue_of = {}, {}
    for a in linked:
        for cue in a["cue"]:
            if cue in spans["cue"]:
                known = [s for s in a["source"] if s in spans["source"]]
                source_of[cue] = spans["source"].index(known[0]) if known else (-2 if a["source"] else -1)
        for content in a["content"]:
            if a["cue"] and a["cue"][0] in spans["cue"]:
                cue_of[content] = spans["cue"].index(a["cue"][0])
    return [source_of.get(c, -2) for c in spans["cue"]], [cue_of.get(c, -2) for c in spans["content"]]


def ready(example, view, pieces_of):
    """pieces_of: name -> ids of its pieces."""
    words, tags, spans, source_of, cue_of = [], [], {p: [] for p in PARTS}, [], []
    if example.attributions is not None:
        tag, spans, linked = tag_words(view, example.attributions)
        low, high = (EDGE if example.inner[0] else 0), len(view) - (EDGE if example.inner[1] else 0)
        words = [i for i in range(max(1, low), min(high, len(view) - 1)) if view.starts[i] or view.breaks[i]]
        tags = [tag[i] for i in words]
        source_of, cue_of = links(spans, linked)
    pairs = []
    for p in example.pairs:
        reach = view.pieces(p.reach)
        if reach:
            at = [s and view.pieces(s) for s in (p.speaker, p.target)]
            pairs.append((*at, reach, pieces_of(p.speaker_name), pieces_of(p.target_name), -1 if p.stance is None else p.stance, -1 if p.is_target is None else int(p.is_target)))
    same = []
    for s in example.same:
        mention, names = view.words(s.mention), [view.words(n) for n in s.names]
        kept = [i for i, n in enumerate(names) if n]
        right = [kept.index(i) for i in s.right if i in kept]
        if mention and kept and bool(right) == bool(s.right):
            same.append((mention, [names[i] for i in kept], right))
    return Ready(view, words, tags, spans["cue"], spans["source"], spans["content"], source_of, cue_of, pairs, same)


def tensors(batch):
    """(ids, kinds, mask) of a batch."""
    length = max(len(r.view) for r in batch)
    ids, kinds = torch.zeros(len(batch), length, dtype=torch.long), torch.zeros(len(batch), length, dtype=torch.long)
    mask = torch.zeros(len(batch), length, dtype=torch.bool)
    for i, r in enumerate(batch):
        n = len(r.view)
        ids[i, :n], kinds[i, :n], mask[i, :n] = torch.from_numpy(r.view.id), torch.from_numpy(r.view.kind), True
    return ids, kinds, mask


def tag_tensors(batch):
    """(window of each word row, pieces, tags, mask, breaks) of those that have tags; mask is true at the beginning of each row."""
    rows = [(i, r) for i, r in enumerate(batch) if r.words]
    if not rows:
        return None
    length = max(len(r.words) for _, r in rows)
    at, tags = torch.zeros(len(rows), length, dtype=torch.long), torch.zeros(len(rows), length, dtype=torch.long)
    mask, breaks = torch.zeros(len(rows), length, dtype=torch.bool), torch.zeros(len(rows), length, dtype=torch.bool)
    for k, (_, r) in enumerate(rows):
        n = len(r.words)
        at[k, :n], tags[k, :n], mask[k, :n] = torch.tensor(r.words), torch.tensor(r.tags), True
        breaks[k, :n] = torch.from_numpy(r.view.breaks[r.words])
    return torch.tensor([i for i, _ in rows]), at, tags, mask, breaks


def pair_tensors(batch):
    """What Stance.forward takes, with the window of each pair, stances and targets."""
    rows = [(i, p) for i, r in enumerate(batch) for p in r.pairs]
    if not rows:
        return None
    length = max(len(r.view) for r in batch)
    masks = torch.zeros(3, len(rows), length, dtype=torch.bool)
    names = torch.zeros(2, len(rows), NAME_PIECES, dtype=torch.long)
    for k, (_, p) in enumerate(rows):
        for j in range(3):
            if p[j]:
                masks[j, k, p[j][0] : p[j][1]] = True
        for j in range(2):
            ids = p[3 + j][:NAME_PIECES]
            names[j, k, : len(ids)] = torch.tensor(ids, dtype=torch.long)
    return torch.tensor([i for i, _ in rows]), masks, names, torch.tensor([p[5] for _, p in rows]), torch.tensor([p[6] for _, p in rows])
