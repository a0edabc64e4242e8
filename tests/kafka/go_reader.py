"""A reader of notes and proofs that is not ours: tests/interop/main.go over golang.org/x/mod, built by the Go that is there."""
import os
import pathlib
import shutil
import subprocess
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SOURCE = ROOT / "tests" / "interop"
BINARY = ROOT / "build" / "interop" / "interop"


def build():
    """Path of the program; skips the test, with the reason, where Go or the pinned module cannot be had."""
    if not shutil.which("go"):
        raise unittest.SkipTest("there is no go here: nobody else's reader was asked")
    env = {**os.environ, "GOTOOLCHAIN": "local", "GOFLAGS": "-mod=readonly -buildvcs=false"}
    fetched = subprocess.run(["go", "mod", "download"], cwd=SOURCE, env=env, capture_output=True, text=True, check=False)
    if fetched.returncode:
        raise unittest.SkipTest(f"golang.org/x/mod cannot be fetched: {fetched.stderr.strip()[-200:]}")
    BINARY.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(["go", "build", "-o", BINARY, "."], cwd=SOURCE, env=env, check=True)
    return BINARY


def accepts(words, text=""):
    """(accepted, why not)"""
    words = [str(word) for word in (BINARY, *words)]
    done = subprocess.run(words, input=text, capture_output=True, text=True, check=False, encoding="utf-8")
    if done.returncode not in (0, 1):
        raise AssertionError(f"{words}: exit code {done.returncode}\n{done.stderr}")
    return done.returncode == 0, done.stderr.strip()
