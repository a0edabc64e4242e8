"""Scores the C program on the development data with eval/score.py and prints one table: `make eval`.

Every figure is the released program's with the model file as it is: integers, not PyTorch.
"""
import argparse
import concurrent.futures
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

from inputs import BUILD, ROOT

SHARED = pathlib.Path(os.environ.get("ONR_SHARED", ROOT.parent / "shared"))
SCORE = SHARED / "eval" / "score.py"
DATA = SHARED / "data"
# name, what the score line says it with, must, aim (of the issue that asked for the model)
BARS = {
    "PolNeAR source exact F1": 82.0, "PolNeAR cue exact F1": 74.5, "PolNeAR content exact F1": 68.0, "PolNeAR attribution linked": 66.5,
    "SEESAW speaker named, quotations": 68.0, "SEESAW speaker, target and stance": 15.0,
    "stance DSE2QA macro-F1": 63.0, "stance NewsMTSC macro-F1": 75.5, "stance SEESAW macro-F1": 76.0,
    "seed speaker of 17": 17.0, "seed speaker and stance of 17": 15.0,
}


def score(*words):
    return subprocess.run([sys.executable, SCORE, *words], stdout=subprocess.PIPE, check=True).stdout.decode()


def program(verb, model, text):
    return subprocess.run([BUILD / "onrecord", verb, "--model", model], input=text.encode(), stdout=subprocess.PIPE, check=True).stdout


def annotated(kind, path, model, folder):
    out = folder / f"{kind}.out"
    out.write_bytes(program("annotate", model, score("input", kind, str(path))))
    return str(out)


def bar(report, pattern):
    return [float(x) for x in re.search(pattern, report).groups()]


def spans(model, folder):
    gold = DATA / "polnear" / "dev.jsonl"
    report = score("spans", "--gold", str(gold), "--pred", annotated("polnear", gold, model, folder))
    values = bar(report, r"BAR spans source ([\d.]+) cue ([\d.]+) content ([\d.]+) linked ([\d.]+)")
    return dict(zip(list(BARS)[:4], values)), report


def speakers(model, folder):
    articles = DATA / "seesaw" / "valid_articles.jsonl"
    report = score("speakers", "--gold", str(DATA / "seesaw" / "valid.tsv"), "--articles", str(articles), "--pred", annotated("seesaw", articles, model, folder))
    _, quoted, joint = bar(report, r"BAR speakers name ([\d.]+) quoted ([\d.]+) joint ([\d.]+)")
    return {"SEESAW speaker named, quotations": quoted, "SEESAW speaker, target and stance": joint}, report


def stances(model, folder, name, kind, path):
    pairs, out = folder / f"pairs-{kind}.jsonl", folder / f"stance-{kind}.jsonl"
    pairs.write_text(score("pairs", kind, str(path)))
    asked = [json.loads(line) for line in pairs.read_text().splitlines()]
    out.write_bytes(program("stance", model, "".join(json.dumps({k: v for k, v in a.items() if k != "gold"}) + "\n" for a in asked)))
    report = score("stance", "--gold", str(pairs), "--pred", str(out))
    return {name: bar(report, r"macro-F1 ([\d.]+)")[0]}, report


def seed(model, folder):
    out = folder / "seed.out"
    article = {"id": "seed", "text": (DATA / "seed_article.txt").read_text()}
    out.write_bytes(program("annotate", model, json.dumps(article) + "\n"))
    report = score("seed", "--gold", str(SHARED / "gold" / "seed_article.jsonl"), "--pred", str(out))
    return dict(zip(list(BARS)[-2:], bar(report, r"speaker (\d+)/\d+ speaker\+stance (\d+)/\d+"))), report


def everything(model, folder):
    jobs = [(spans, ()), (speakers, ()), (seed, ()),
            (stances, ("stance DSE2QA macro-F1", "dse2qa", DATA / "dse2qa" / "valid.txt")),
            (stances, ("stance NewsMTSC macro-F1", "newsmtsc", DATA / "newsmtsc" / "dev.jsonl")),
            (stances, ("stance SEESAW macro-F1", "seesaw", DATA / "seesaw" / "valid.tsv"))]
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        return list(pool.map(lambda job: job[0](model, folder, *job[1]), jobs))


def main():
    parse = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parse.add_argument("--model", default=ROOT / "model" / "onrecord-en.model")
    parse.add_argument("--reports", action="store_true", help="the scorer's own reports, too")
    parse.add_argument("--keep", type=pathlib.Path, help="folder for what the program printed")
    o = parse.parse_args()
    if not SCORE.exists():
        sys.exit(f"make eval: {SCORE} is not there; the development data lie beside the repository")
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as temporary:
        folder = o.keep or pathlib.Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        found = everything(o.model, folder)
    if o.reports:
        for _, report in found:
            print(report)
    values = {name: value for scores, _ in found for name, value in scores.items()}
    print(f"{'':36s}{'score':>7s}{'bar':>7s}")
    for name, least in BARS.items():
        print(f"{name:36s}{values[name]:7.1f}{least:7.1f}{'' if values[name] >= least else '  below'}")
    print(f"{o.model}, {time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main()
