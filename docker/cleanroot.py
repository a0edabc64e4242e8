"""A clean Debian root in a folder, to run things in where no Docker engine is: debootstrap once, then copies of it.

Used by docker/test-image (the Dockerfile's steps) and docker/test-fresh (a fresh clone on a fresh Debian). Needs root.
"""
import glob
import os
import pathlib
import re
import shutil
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent
WORK = ROOT / "build" / "image"
SUITE = {"debian:12-slim": "bookworm"}
CANNOT_CHECK = 77
MOUNTS = ("dev", "dev/pts", "sys")


class CannotCheck(Exception):
    """What is missing here; nothing is wrong with what was to be checked."""


class Failed(Exception):
    """What is wrong."""


def require():
    if os.geteuid() != 0:
        raise CannotCheck("only root can make a Debian root")
    if not shutil.which("debootstrap"):
        raise CannotCheck("debootstrap is not installed")
    if subprocess.run(["unshare", "--mount", "true"], capture_output=True).returncode != 0:
        raise CannotCheck("this machine lets nobody mount, not even root")


def mirror():
    """The mirror this machine itself uses: none is written down here."""
    for path in ["/etc/apt/sources.list", *sorted(glob.glob("/etc/apt/sources.list.d/*"))]:
        if os.path.isfile(path):
            found = re.search(r"^(?:deb(?: \[[^]]*\])?|URIs:)\s+(http\S+?)/?(?:\s|$)", pathlib.Path(path).read_text(), re.M)
            if found:
                return found.group(1)
    raise CannotCheck("no mirror in this machine's apt sources")


def clean_root(image):
    """The base image: made once, then copied."""
    base = WORK / "base" / image.replace(":", "-")
    if (base / "made").exists():
        return base / "root"
    if image not in SUITE:
        raise Failed(f"FROM {image}: known are {', '.join(SUITE)}")
    print(f"debootstrap of {image} (once)", flush=True)
    shutil.rmtree(base, ignore_errors=True)
    base.mkdir(parents=True)
    log = base / "debootstrap.log"
    with open(log, "wb") as out:
        done = subprocess.run(
            ["debootstrap", "--variant=minbase", SUITE[image], base / "root", mirror()],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    if done.returncode != 0:
        raise CannotCheck(f"debootstrap failed (no mirror reachable?), see {log}: {log.read_text()[-300:]}")
    (base / "made").touch()
    return base / "root"


class CleanRoot:
    """A copy of the clean root, with the user, folder and environment of what runs in it."""

    def __init__(self, name, image):
        self.name, self.root = name, WORK / "roots" / name
        self.user, self.cwd, self.env = "0", "/", {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
        shutil.rmtree(self.root, ignore_errors=True)
        self.root.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(["cp", "-a", clean_root(image), self.root], check=True)
        shutil.copy("/etc/resolv.conf", self.root / "etc" / "resolv.conf")
        for path in glob.glob("/etc/apt/apt.conf.d/*proxy*"):
            shutil.copy(path, self.root / "etc" / "apt" / "apt.conf.d")
        # How this machine reaches the world: its name servers, its proxy, the authorities that its owner added.
        authorities = self.root / "usr" / "local" / "share" / "ca-certificates"
        authorities.mkdir(parents=True, exist_ok=True)
        for path in glob.glob("/usr/local/share/ca-certificates/*.crt"):
            shutil.copy(path, authorities)

    def inside(self, path):
        return self.root / os.path.normpath(os.path.join("/", self.cwd, path)).lstrip("/")

    def run(self, words, stdin=None, capture=False, out=None):
        """Words in the root, as its user, in its folder, with /proc and /dev of its own mount namespace. What they say is
        captured, goes to the open file `out`, or to where ours goes."""
        mounts = " && ".join(f"mount --bind /{m} {self.root}/{m}" for m in MOUNTS)
        inner = f"{mounts} && mount -t proc proc {self.root}/proc && exec chroot --userspec={self.user} {self.root} "
        inner += '/usr/bin/env -i "$@"'
        env = [f"{k}={v}" for k, v in self.env.items()]
        go = ["/bin/sh", "-c", 'cd "$1" && shift && exec "$@"', "sh", self.cwd, *words]
        return subprocess.run(
            ["unshare", "--mount", "--propagation", "private", "/bin/sh", "-c", inner, "sh", *env, *go],
            input=stdin,
            stdin=None if stdin is not None else subprocess.DEVNULL,
            stdout=subprocess.PIPE if capture else out,
            stderr=subprocess.PIPE if capture else subprocess.STDOUT if out else None,
            text=True,
        )

    def remove(self):
        shutil.rmtree(self.root, ignore_errors=True)
