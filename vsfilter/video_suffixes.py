"""How files of a folder are told to be videos."""

from pathlib import Path

_CONTAINERS = "avi flv m2t m2ts m4v mkv mov mp4 mpeg mpg mts mxf ts vob webm wmv y4m"
_STREAMS = "264 265 dv h264 hevc m2v"
_SUFFIXES = frozenset(f".{suffix}" for suffix in f"{_CONTAINERS} {_STREAMS}".split())


def is_video(path: Path) -> bool:
    """Tell whether a path is a video by its name; hidden ones, such as macOS's `._a.mp4`, not."""
    return path.suffix.lower() in _SUFFIXES and not path.name.startswith(".")
