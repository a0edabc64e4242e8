"""Limits on a running process by a control group of its own (version 1, as the controllers are mounted here); root only."""
import contextlib
import os
import pathlib

ROOT = pathlib.Path("/sys/fs/cgroup")


def why_not(controller):
    """Why there can be no such group here, or None."""
    if not os.access(ROOT / controller / "cgroup.procs", os.W_OK):
        return f"no writable {controller} control group (version 1, root)"
    return None


@contextlib.contextmanager
def group(controller, **limits):
    """A control group with these limits (file name with _ for ., value); yields its folder. Its processes must have ended."""
    folder = ROOT / controller / f"onrecord-faults-{os.getpid()}"
    folder.mkdir()
    try:
        for name, value in limits.items():
            (folder / f"{controller}.{name}").write_text(str(value))
        yield folder
    finally:
        folder.rmdir()


def enter(folder, pid):
    (folder / "cgroup.procs").write_text(str(pid))
