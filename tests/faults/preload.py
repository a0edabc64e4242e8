"""Small libraries for LD_PRELOAD, compiled from a C file of this folder when a scenario needs one."""
import pathlib
import subprocess

HERE = pathlib.Path(__file__).resolve().parent


def library(folder, name):
    made = folder / f"{name}.so"
    words = ["gcc", "-std=gnu11", "-O1", "-Wall", "-Werror", "-shared", "-fPIC", "-o", made, HERE / f"{name}.c"]
    subprocess.run(words, check=True)
    return str(made)
