"""Memory of this process."""

from pathlib import Path


def resident_kib():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4
