"""Small disks for tests: an ext4 of a few megabytes in a file, mounted through a loop device; root only."""
import contextlib
import os
import pathlib
import subprocess


def why_not():
    """Why no disk can be made here, or None."""
    if os.geteuid() != 0:
        return "mounting a loop device needs root"
    if not pathlib.Path("/dev/loop-control").exists():
        return "there is no loop device"
    return None


@contextlib.contextmanager
def small(folder, megabytes):
    """A mounted disk of that size in a folder; gone afterwards."""
    image, mount = folder / "disk.img", folder / "disk"
    mount.mkdir()
    with open(image, "wb") as file:
        file.truncate(megabytes << 20)
    subprocess.run(["mkfs.ext4", "-q", "-m", "0", image], check=True)
    subprocess.run(["mount", "-o", "loop", image, mount], check=True)
    try:
        yield mount
    finally:
        subprocess.run(["umount", "-l", mount], check=True)


def fill(mount):
    """Take all the room there is; returns the file that has it."""
    filler = mount / "filler"
    with open(filler, "wb", buffering=0) as file:
        for size in (1 << 20, 1 << 12, 1):
            with contextlib.suppress(OSError):
                while file.write(b"\0" * size):
                    pass
    return filler
