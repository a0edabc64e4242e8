"""Where the model is wrong, how sure it is, and for whom: writes docs/model-report.md from what the C program says of the development data.

Document ids and offsets only, no text of the data.
"""
import argparse
import collections
import json
import pathlib
import random
import re
import sys
import tempfile

import evaluate
from evaluate import DATA, SHARED

sys.path.insert(0, str(SHARED / "eval"))
import score  # noqa: E402

BINS = 10
EXAMPLES = 30
SAMPLES = 400
CAUSES = ("cue not found", "content too short", "content too long", "content elsewhere", "source missing", "source wrong", "found, not in the gold")


def lines(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def table(head, rows):
    return "\n".join(["| " + " | ".join(head) + " |", "|" + "---|" * len(head), *("| " + " | ".join(str(c) for c in row) + " |" for row in rows)])


def percent(right, n):
    return f"{100 * right / n:.1f}" if n else "-"


# -- intervals


def counts_of(article, rows):
    """[right, predicted, gold] of source, cue, content and linked attributions of one article, as score.py counts them."""
    found, gold, out = score.merge_predictions(article["text"], rows), article["attributions"], []
    for kind in ("source", "cue", "content"):
        g = {f for a in gold for f in score.fragments(article["text"], a[kind])}
        p = {f for a in found for f in score.fragments(article["text"], sorted(a[kind]))}
        out.append((len(g & p), len(p), len(g)))
    free, linked = [(score.chars(a["content"] or []), score.chars(a["source"] or [])) for a in gold], 0
    for a in found:
        content, source = score.chars(a["content"]), score.chars(a["source"])
        hit = next((i for i, (c, s) in enumerate(free) if c and content and len(c & content) / len(c | content) >= 0.8 and (s & source or not (s or source))), None)
        if hit is not None:
            free.pop(hit)
            linked += 1
    return [*out, (linked, len(found), len(gold))]


def interval(items, measure, rng):
    """The 2.5 % and 97.5 % points of a measure over samples of the items, drawn with replacement."""
    values = sorted(measure(rng.choices(items, k=len(items))) for _ in range(SAMPLES))
    return f"{values[SAMPLES // 40]:.1f} to {values[-SAMPLES // 40]:.1f}"


def span_f1(part):
    return lambda items: 100 * score.f1(*(sum(c[part][i] for c in items) for i in range(3)))[2]


def macro_f1(items):
    labels = {g for g, _, _ in items}
    return 100 * sum(score.f1(sum(g == c == p for g, p, _ in items), sum(p == c for _, p, _ in items), sum(g == c for g, _, _ in items))[2] for c in labels) / len(labels)


def score_section(folder):
    predicted = score.by_article(lines(folder / "polnear.out"))
    counts = [counts_of(a, predicted.get(a["doc"], [])) for a in lines(DATA / "polnear" / "dev.jsonl")]
    rng, out = random.Random(1), []
    for part, name in enumerate(("source", "cue", "content", "attribution linked")):
        out.append((f"PolNeAR {name} F1", f"{span_f1(part)(counts):.1f}", interval(counts, span_f1(part), rng)))
    for kind in ("dse2qa", "newsmtsc", "seesaw"):
        pairs = list(stances(folder, kind))
        out.append((f"stance {kind} macro-F1", f"{macro_f1(pairs):.1f}", interval(pairs, macro_f1, rng)))
    found = [right for right, *_ in speakers(folder)]
    share = lambda items: 100 * sum(items) / len(items)
    out.append(("speaker right where one is annotated and one named", f"{share(found):.1f}", interval(found, share, rng)))
    return f"""## Scores

95 % intervals by drawing articles, pairs or sentences {SAMPLES} times with replacement.

{table(("", "score", "interval"), out)}
"""


# -- attributions


def cause_of(gold, near):
    """Why a gold attribution is not linked, from the predicted one that shares most of its cue or content."""
    content, source = score.chars(gold["content"] or []), score.chars(gold["source"] or [])
    if not near or not (near["cue_chars"] & score.chars(gold["cue"] or [])):
        return "cue not found"
    found = near["content_chars"]
    if content and found:
        shared = len(content & found)
        if shared / len(content | found) < 0.8:
            if not shared:
                return "content elsewhere"
            return "content too short" if len(found) < len(content) else "content too long"
    if not near["source_chars"]:
        return "source missing"
    return "source wrong"


def attributions(folder):
    gold, predicted = lines(DATA / "polnear" / "dev.jsonl"), score.by_article(lines(folder / "polnear.out"))
    count, kinds, examples = collections.Counter(), collections.Counter(), collections.defaultdict(list)
    for article in gold:
        found = score.merge_predictions(article["text"], predicted.get(article["doc"], []))
        for p in found:
            p |= {f"{k}_chars": score.chars(p[k]) for k in ("cue", "content", "source")}
        used = set()
        for a in article["attributions"]:
            cue, content, source = (score.chars(a[k] or []) for k in ("cue", "content", "source"))
            near = max(range(len(found)), key=lambda i: (len(found[i]["cue_chars"] & cue), len(found[i]["content_chars"] & content)), default=None)
            p = found[near] if near is not None and (found[near]["cue_chars"] & cue or found[near]["content_chars"] & content) else None
            if p:
                used.add(near)
            linked = p and content and len(p["content_chars"] & content) / len(p["content_chars"] | content) >= 0.8 and (p["source_chars"] & source or not (source or p["source_chars"]))
            kinds[a["type"], bool(linked)] += 1
            if not linked:
                cause = cause_of(a, p)
                count[cause] += 1
                examples[cause].append((article["doc"], a["cue"], a["content"]))
        for i, p in enumerate(found):
            if i not in used:
                count[CAUSES[-1]] += 1
                examples[CAUSES[-1]].append((article["doc"], sorted(p["cue"]), p["content"]))
    return count, kinds, examples


def shown(spans):
    return " ".join(f"{b}-{e}" for b, e in spans or []) or "-"


def chosen(examples):
    """As many of each cause as its share, the longest contents first: they show most."""
    per = EXAMPLES // len(CAUSES) + 1
    out = []
    for cause in CAUSES:
        ranked = sorted(examples[cause], key=lambda x: (-sum(e - b for b, e in x[2] or []), x[0]))
        seen, kept = set(), []
        for doc, cue, content in ranked:
            if doc not in seen and len(kept) < per:
                seen.add(doc)
                kept.append((cause, doc, shown(cue), shown(content)))
        out += kept
    return out[:EXAMPLES] if len(out) > EXAMPLES else out


# -- speakers and stances


def parties():
    known = json.loads((DATA / "lexicons" / "seesaw_ideologyKB.json").read_text(encoding="utf-8"))
    return {name.lower(): entry[0] for name, entry in known.items()}


def speakers(folder):
    """(right, sure, how, pronoun, speaker) of sentences with quotation marks in which one is named and one is found."""
    arts = {a["doc"]: a for a in score.lines(DATA / "seesaw" / "valid_articles.jsonl")}
    predicted, gold = score.by_article(lines(folder / "seesaw.out")), collections.defaultdict(set)
    for row in score.tsv(DATA / "seesaw" / "valid.tsv"):
        if re.search('["“”]', row["sentence"]):
            gold[row["doc"], int(row["sent_id"])].add(row["speaker"])
    for (doc, sentence), names in gold.items():
        if len(names) != 1 or names & {"None", "Not in the list", ""}:
            continue
        name = names.pop()
        b, e = score.sentence_spans(arts[doc])[sentence]
        here = [a for r in predicted.get(doc, []) if r["begin"] < e and r["end"] > b for a in r["attributions"] if a["speaker"]["name"]]
        if len({a["speaker"]["name"] for a in here}) != 1:
            continue
        a = here[0]
        mention = score.seesaw_text(arts[doc])[slice(*a["speaker"]["mention"])].lower() if a["speaker"]["mention"] else ""
        yield score.same_name(a["speaker"]["name"], name), a["confidences"]["speaker"], a["speaker"]["how"], mention, name


def stances(folder, kind):
    gold = {g["id"]: g["gold"] for g in lines(folder / f"pairs-{kind}.jsonl")}
    for row in lines(folder / f"stance-{kind}.jsonl"):
        yield gold[row["id"]], row["stance"], row["confidence"]


def calibration_error(pairs):
    """Expected calibration error of (right, sure), in BINS of equal width."""
    bins = collections.defaultdict(list)
    for right, sure in pairs:
        bins[min(BINS - 1, int(sure * BINS))].append((right, sure))
    n = sum(map(len, bins.values()))
    return sum(abs(sum(r for r, _ in b) - sum(s for _, s in b)) for b in bins.values()) / max(1, n)


def thresholds(pairs):
    pairs = list(pairs)
    for least in (0.0, 0.5, 0.7, 0.8, 0.9):
        kept = [right for right, sure in pairs if sure >= least]
        yield f"{least:.1f}", percent(len(kept), len(pairs)), percent(sum(kept), len(kept))


def speaker_section(folder):
    found = list(speakers(folder))
    by_how, by_pronoun, by_party, known = (collections.defaultdict(list) for _ in range(4))
    known = parties()
    for right, _, how, mention, name in found:
        by_how[how].append(right)
        if mention in ("he", "she"):
            by_pronoun[mention].append(right)
        by_party[known.get(name.lower(), "not listed")].append(right)
    rows = lambda groups: [(k, len(v), percent(sum(v), len(v))) for k, v in sorted(groups.items())]
    pairs = [(right, sure) for right, sure, *_ in found]
    return f"""## Speakers

SEESAW valid, sentences with quotation marks in which one speaker is annotated and one is named by the model ({len(found)} sentences).
Expected calibration error {calibration_error(pairs):.3f}.

{table(("at least this sure", "kept %", "right %"), thresholds(pairs))}

{table(("found by", "sentences", "right %"), rows(by_how))}

{table(("pronoun", "sentences", "right %"), rows(by_pronoun))}

{table(("party of the speaker (list of the data set)", "sentences", "right %"), rows(by_party))}
"""


def stance_section(folder):
    parts = ["## Stances\n"]
    for kind in ("dse2qa", "newsmtsc", "seesaw"):
        found = list(stances(folder, kind))
        labels = sorted({g for g, _, _ in found})
        count = collections.Counter((g, p) for g, p, _ in found)
        pairs = [(g == p, sure) for g, p, sure in found]
        parts.append(f"""{kind}: {len(found)} pairs, expected calibration error {calibration_error(pairs):.3f}; rows are gold, columns the answer.

{table(("", *labels), [(g, *(count[g, p] for p in labels)) for g in labels])}

{table(("at least this sure", "kept %", "right %"), thresholds(pairs))}
""")
    return "\n".join(parts)


def report(folder):
    count, kinds, examples = attributions(folder)
    types = sorted({k for k, _ in kinds})
    return f"""# The model on the development data: where it errs

Written by `model/train/report.py` from the answers of the C program. Ids and offsets (code points) are those of the data; their text is not
part of this repository. Scores stand in [model/CARD.md](../model/CARD.md).

{score_section(folder)}
## Attributions

PolNeAR dev. An attribution is linked when its content agrees to 80 % and its source overlaps.

{table(("kind", "gold", "linked %"), [(t, kinds[t, True] + kinds[t, False], percent(kinds[t, True], kinds[t, True] + kinds[t, False])) for t in types])}

{table(("cause", "attributions"), [(c, count[c]) for c in CAUSES])}

{speaker_section(folder)}
{stance_section(folder)}
## Instructive errors

{table(("cause", "article", "cue", "content"), chosen(examples))}
"""


def main():
    parse = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parse.add_argument("--model", default=evaluate.ROOT / "model" / "onrecord-en.model")
    parse.add_argument("--from", dest="folder", type=pathlib.Path, help="folder of evaluate.py --keep; without it everything is asked anew")
    o = parse.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = o.folder or pathlib.Path(temporary)
        if not o.folder:
            evaluate.everything(o.model, folder)
        (evaluate.ROOT / "docs" / "model-report.md").write_text(report(folder), encoding="utf-8")


if __name__ == "__main__":
    main()
