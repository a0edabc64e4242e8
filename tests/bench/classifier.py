"""Figures of the model for tests/bench/run: the encoder beside ONNX Runtime, opening, and articles through annotate on one core and on two."""
import os
import pathlib
import re
import subprocess
import sys
import time

from measure import ROOT, SAMPLE_SECONDS, harness

RELEASE = harness.BIN
MODEL = ROOT / "model" / "onrecord-en.model"
LENGTHS = (128, 256, 384)
ASKED = 256  # of LENGTHS: where targets are
ROUND_SECONDS = 0.5
PYTHON = os.environ.get("ONR_TRAIN_PYTHON", str(ROOT / "build" / "train" / "bin" / "python"))


def encoder():
    """{path: {window: wordpieces a second}}, best path first, and {path: percent that the heads add}."""
    done = subprocess.run([RELEASE / "tests/bench/bench_encoder", str(ROUND_SECONDS)], capture_output=True, text=True, check=True)
    speeds, heads = {}, {}
    for line in done.stdout.splitlines():
        if found := re.match(r"(\S+) +window +(\d+) +(\d+) wordpieces/s", line):
            speeds.setdefault(found[1], {})[int(found[2])] = int(found[3])
        if found := re.match(r"(\S+) +heads on \d+ .*, ([\d.]+) %", line):
            heads[found[1]] = float(found[2])
    return speeds, heads


def onnx_runtime():
    """({window: wordpieces a second}, None), or (None, why not)."""
    asked = subprocess.run([PYTHON, "-c", "import onnx, onnxruntime"], capture_output=True, check=False) if os.access(PYTHON, os.X_OK) else None
    if asked is None or asked.returncode:
        return None, f"{PYTHON} lacks onnx and onnxruntime; ONR_TRAIN_PYTHON may name one that has them"
    words = [PYTHON, "-B", "-W", "ignore", ROOT / "tests/bench/onnx_speed.py", ROUND_SECONDS, *LENGTHS]
    done = subprocess.run([str(w) for w in words], capture_output=True, text=True, check=True)
    return {int(length): int(speed) for length, speed in (line.split() for line in done.stdout.splitlines())}, None


def opening():
    """(milliseconds until the model can be asked, its description)."""
    done = subprocess.run([RELEASE / "tests/bench/bench_model", MODEL], capture_output=True, text=True, check=True)
    described, figure = done.stdout.splitlines()
    return float(re.search(r"([\d.]+) ms", figure)[1]), described.partition(", ")[2]


class Annotate:
    """One process over a file of articles, on the cores given."""

    def __init__(self, articles, cores):
        self.began, self.peak_mb, self.cpu, self.seconds = time.monotonic(), 0, 0, None
        with open(articles, "rb") as given:
            self.child = subprocess.Popen(
                [RELEASE / "onrecord-annotate"], stdin=given, stdout=subprocess.DEVNULL, preexec_fn=lambda: os.sched_setaffinity(0, cores)
            )

    def look(self):
        """Size and processor time as long as there is a process to ask; True while it runs."""
        if self.seconds is None and self.child.poll() is not None:
            self.seconds = time.monotonic() - self.began
        try:
            self.peak_mb = max(self.peak_mb, harness.proc_number(self.child.pid, "VmHWM") / 1024)
            fields = pathlib.Path(f"/proc/{self.child.pid}/stat").read_text().rpartition(")")[2].split()
            self.cpu = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        except (OSError, AttributeError):
            pass
        return self.seconds is None


def annotate(articles, core_sets):
    """One process for each set of cores, at the same time; each reads all articles."""
    running = [Annotate(articles, cores) for cores in core_sets]
    while any([a.look() for a in running]):
        time.sleep(SAMPLE_SECONDS / 10)
    for a in running:
        if a.child.returncode:
            sys.exit(f"annotate exited with {a.child.returncode}")
    return running
