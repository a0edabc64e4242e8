"""Training and development data (../shared/data and its README) as examples: a text, and what is known about spans of it.

Spans here are code points of the example's text. Nothing of these files is ever copied into the repository.
"""
import csv
import dataclasses
import json
import os
import pathlib
import random
import re
import subprocess

from inputs import BUILD, ROOT
from network import NEUTRAL, OPPOSE, SUPPORT

DATA = pathlib.Path(os.environ.get("ONR_DATA", ROOT.parent / "shared" / "data"))
PARTS = ("source", "cue", "content")
WINDOW_WORDS = 180  # ONR_WINDOW_WORDS of common/base/limits.h
NOBODY = ("None", "Not in the list", "")
NAME = re.compile(r"(?:[A-Z][\w’'-]+)(?: (?:[A-Z][\w’'-]*\.?|de|van|von|bin|al))*")
NO_NAME = set("the a an he she it they we i you his her their its this that these those but and or if in on at for with from by as "
              "when while what who how why there here mr mrs ms dr sen rep gov president monday tuesday wednesday thursday friday "
              "saturday sunday january february march april may june july august september october november december".split())
SPEECH = r"(?:said|says|told|added|tweeted|argued|called|wrote|claimed|insisted|noted|asked|continued|explained|warned|vowed|blasted|accused)"

HEAD = (r"(?:Republican|Democrat|senator|congress(?:man|woman)|lawmaker|governor|president|leader|candidate|nominee|chair(?:man|woman)|secretary|speaker|mayor|"
        r"attorney general|billionaire|businessman|official|lawyer|attorney|judge|director)")
SHORT = rf"(?:[Hh]e|[Ss]he|[Tt]he (?:[\w’'.-]+ ){{0,3}}{HEAD})"  # how one who was named before is spoken of


@dataclasses.dataclass
class Pair:
    """The stance of a speaker toward a target in part of the text; stance or is_target None where nobody said."""

    speaker: tuple | None
    target: tuple | None
    reach: tuple
    speaker_name: str
    target_name: str
    stance: int | None
    is_target: bool | None = None


@dataclasses.dataclass
class Same:
    """A mention and the names it may stand for; right are those it does stand for, none of them where it is empty."""

    mention: tuple
    names: list
    right: list


@dataclasses.dataclass
class Example:
    text: str
    attributions: list | None = None  # of {part: [span, ...]}; None where nobody read the text for them
    inner: tuple = (False, False)  # is the text's beginning, its end, a cut through an article
    pairs: list = dataclasses.field(default_factory=list)
    same: list = dataclasses.field(default_factory=list)


def json_lines(path):
    with open(path, encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def rows(path):
    with open(path, encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))


def statements(texts, cache):
    """Statement boundaries of {id: text} as the splitter cuts them."""
    if cache.exists():
        return json.loads(cache.read_text())
    lines = "".join(json.dumps({"id": i, "text": t}) + "\n" for i, t in texts.items())
    done = subprocess.run([BUILD / "onrecord", "annotate"], input=lines.encode(), stdout=subprocess.PIPE, check=True)
    found = {}
    for line in done.stdout.decode().splitlines():
        row = json.loads(line)
        found.setdefault(row["article"], []).append((row["begin"], row["end"]))
    cache.write_text(json.dumps(found))
    return found


def windows(text, cuts, rng):
    """(begin, end) of windows of whole statements that cover the text, the first of a random size so that no epoch repeats another."""
    out, begin, words, limit = [], cuts[0][0], 0, rng.randint(WINDOW_WORDS // 4, WINDOW_WORDS)
    for b, e in cuts:
        n = len(text[b:e].split())
        if words and words + n > limit:
            out.append((begin, b))
            begin, words, limit = b, 0, WINDOW_WORDS
        words += n
    return out + [(begin, cuts[-1][1])]


def clipped(span, window):
    b, e = max(span[0], window[0]), min(span[1], window[1])
    return (b - window[0], e - window[0]) if b < e else None


class Polnear:
    """Every attribution of 840 articles of US campaign news."""

    def __init__(self, split, work):
        self.articles = {d["doc"]: d for d in json_lines(DATA / "polnear" / f"{split}.jsonl")}
        self.cuts = statements({i: d["text"] for i, d in self.articles.items()}, work / f"statements-polnear-{split}.json")

    def examples(self, rng):
        for i, article in self.articles.items():
            text = article["text"]
            for window in windows(text, self.cuts[i], rng):
                found = []
                for a in article["attributions"]:
                    part = {p: [c for s in a[p] or [] if (c := clipped(s, window))] for p in PARTS}
                    if any(part.values()):
                        found.append(part)
                yield Example(text[window[0] : window[1]], found, (window[0] > 0, window[1] < len(text)))


def find_name(name, text, begin=0, end=None):
    """The best mention of a name in text[begin:end]: whole, last word, another long word of it."""
    if name in NOBODY:
        return None
    part = text[begin:end]
    words = re.findall(r"\w+", name)
    tries = [re.escape(name)] + [r"\b" + re.escape(w) for w in words[-1:] + sorted(words[:-1], key=len, reverse=True) if len(w) > 2]
    for pattern in tries:
        if m := re.search(pattern, part, re.I):
            return begin + m.start(), begin + m.end()
    return None


def capitalised(text, begin, end):
    """Spans that look like names, for what a stance could also be toward."""
    for m in NAME.finditer(text, begin, end):
        b, e = m.span()
        while (word := text[b:e].split(" ")[0]) and word.lower().strip(".") in NO_NAME:
            b += len(word) + 1
            if b >= e:
                break
        if b < e:
            yield b, e


class Seesaw:
    """Who takes which stance toward whom in 486 articles; also, by distance, whom a pronoun or description before a verb of speech stands for."""

    def __init__(self, split):
        self.articles = {d["doc"]: d["sentences"] for d in json_lines(DATA / "seesaw" / f"{split}_articles.jsonl")}
        self.rows = {}
        for row in rows(DATA / "seesaw" / f"{split}.tsv"):
            self.rows.setdefault(row["doc"], {}).setdefault(int(row["sent_id"]), []).append(row)

    def sentence_pairs(self, text, sentence, found, where, rng):
        """Pairs of one sentence at text[sentence]: those that were annotated, and names nobody named as targets."""
        b, e = sentence
        speakers = {}
        for row in found:
            name = "" if row["speaker"] in NOBODY else row["speaker"]
            speaker = find_name(name, text, b, e) or find_name(name, text, 0, b)
            target = find_name(row["target"], text, b, e) or find_name(row["target"], text, 0, b)
            target_name = "" if row["target"] in NOBODY else row["target"]
            here = bool(target and target[0] >= b)
            speakers.setdefault((name, speaker), []).append(target)
            yield Pair(speaker, target, sentence, name, target_name, SUPPORT if row["stance"] == "support" else OPPOSE, True if here else None)
        for (name, speaker), targets in speakers.items():
            others = [c for c in capitalised(text, b, e) if all(t is None or c[1] <= t[0] or c[0] >= t[1] for t in targets + [speaker])]
            for other in rng.sample(others, min(2, len(others))):
                yield Pair(speaker, other, sentence, name, text[other[0] : other[1]], None, False)

    def unnamed(self, text, sentence, found):
        """The one speaker of the sentence, not named in it, behind the pronoun or the description that speaks in it."""
        names = {row["speaker"] for row in found} - set(NOBODY)
        if len(names) != 1 or len((name := names.pop()).split()) < 2:
            return None
        b, e = sentence
        last = name.split()[-1]
        m = re.search(rf"\b({SHORT})\b (?:\w+ )?{SPEECH}\b|\b{SPEECH} ({SHORT})\b", text[b:e])
        if not m or re.search(rf"\b{re.escape(last)}\b", text[b:e]):
            return None
        k = 1 if m.group(1) else 2
        candidates = list(capitalised(text, 0, b))
        right = [i for i, c in enumerate(candidates) if re.search(rf"\b{re.escape(last)}(’s|'s)?$", text[c[0] : c[1]])]
        return Same((b + m.start(k), b + m.end(k)), candidates, right) if right else None

    def examples(self, rng):
        """Windows of articles; and each sentence alone, with one or none before it."""
        for doc, sentences in self.articles.items():
            spans, pos = [], 0
            for s in sentences:
                spans.append((pos, pos + len(s)))
                pos += len(s) + 1
            text, found = "\n".join(sentences), self.rows.get(doc, {})
            for window in windows(text, [(a, min(b + 1, len(text))) for a, b in spans], rng):
                part, pairs, same = text[window[0] : window[1]], [], []
                for i, s in enumerate(spans):
                    if i in found and (s := clipped(s, window)):
                        pairs += self.sentence_pairs(part, s, found[i], doc, rng)
                        if one := self.unnamed(part, s, found[i]):
                            same.append(one)
                if pairs:
                    yield Example(part, pairs=pairs, same=same)
            for i, s in enumerate(sentences):
                if i in found and rng.random() < 0.6:
                    before = sentences[i - 1] + "\n" if i and rng.random() < 0.3 else ""
                    sentence = (len(before), len(before) + len(s))
                    yield Example(before + s, pairs=list(self.sentence_pairs(before + s, sentence, found[i], doc, rng)))


DIRECTIONS = {"0": (NEUTRAL, NEUTRAL), "1": (SUPPORT, NEUTRAL), "2": (NEUTRAL, SUPPORT), "3": (OPPOSE, NEUTRAL), "4": (NEUTRAL, OPPOSE)}


class Dse2qa:
    """Two entities of a sentence: what each thinks of the other, mostly nothing."""

    def __init__(self, split, without=()):
        self.rows = []
        for line in open(DATA / "dse2qa" / f"{split}.txt", encoding="utf-8"):
            sentence, p, _, label = line.rstrip("\n").split("\t")
            marks, text, at = [], "", 0
            for m in re.finditer(r"\[([^\]]*)\]", sentence):
                text += sentence[at : m.start()]
                marks.append((len(text), len(text) + len(m.group(1))))
                text += m.group(1)
                at = m.end()
            text += sentence[at:]
            if len(marks) == 2 and label in DIRECTIONS and text not in without:
                first, second = marks if text[slice(*marks[0])] == p else marks[::-1]
                self.rows.append((text, first, second, DIRECTIONS[label]))

    def examples(self, rng):
        """Neutral pairs in one direction only, half of those beside a pair that is not: they are many."""
        for text, p, q, stances in self.rows:
            pairs = []
            for speaker, target, stance, other in ((p, q, stances[0], stances[1]), (q, p, stances[1], stances[0])):
                if stance != NEUTRAL or rng.random() < 0.5 or (other == NEUTRAL and not pairs and speaker == q):
                    pairs.append(Pair(speaker, target, (0, len(text)), text[slice(*speaker)], text[slice(*target)], stance))
            if pairs:
                yield Example(text, pairs=pairs)


class NewsMtsc:
    """What the author thinks of a target."""

    def __init__(self, split, without=()):
        self.rows = [d for d in json_lines(DATA / "newsmtsc" / f"{split}.jsonl") if d["sentence_normalized"] not in without]

    def examples(self, rng):
        for d in self.rows:
            text = d["sentence_normalized"]
            yield Example(text, pairs=[Pair(None, (t["from"], t["to"]), (0, len(text)), "", t["mention"], {2: OPPOSE, 4: NEUTRAL, 6: SUPPORT}[int(t["polarity"])])
                                       for t in d["targets"]])


class Gap:
    """A pronoun and two names, of which it stands for one or neither."""

    def __init__(self, names=("development", "validation")):
        self.rows = [row for name in names for row in rows(DATA / "gap" / f"gap-{name}.tsv")]

    def examples(self, rng):
        for row in self.rows:
            text, mention = row["Text"], (int(row["Pronoun-offset"]), int(row["Pronoun-offset"]) + len(row["Pronoun"]))
            candidates, right = [], []
            for x in "AB":
                name, at = row[x], int(row[f"{x}-offset"])
                for b, e in {(at, at + len(name))} | {m.span() for m in re.finditer(rf"\b{re.escape(name)}\b", text)}:
                    if row[f"{x}-coref"] == "TRUE":
                        right.append(len(candidates))
                    candidates.append((b, e))
            known = {text[b:e] for b, e in candidates}
            if right:  # other names are wrong where the right one is known
                candidates += [c for c in capitalised(text, 0, len(text)) if not any(text[c[0] : c[1]] in k or k in text[c[0] : c[1]] for k in known)][:12]
            yield Example(text, same=[Same(mention, candidates, right)])


def packed(examples, words, rng):
    """Short texts put together as the paragraphs of one, in a random order, up to a number of words: stances must be read in full windows."""
    examples = list(examples)
    rng.shuffle(examples)
    out, held = [], []
    for e in examples:
        if held and sum(len(h.text.split()) for h in held) + len(e.text.split()) > words:
            out.append(joined(held))
            held = []
        held.append(e)
    return out + ([joined(held)] if held else [])


def joined(examples):
    whole = Example("")
    for e in examples:
        at = len(whole.text) + 1 if whole.text else 0
        whole.text += ("\n" if whole.text else "") + e.text.replace("\n", " ")
        move = lambda span: None if span is None else (span[0] + at, span[1] + at)
        whole.pairs += [dataclasses.replace(p, speaker=move(p.speaker), target=move(p.target), reach=move(p.reach)) for p in e.pairs]
        whole.same += [Same(move(s.mention), [move(n) for n in s.names], s.right) for s in e.same]
    return whole
