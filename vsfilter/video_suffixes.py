"""How files of a folder are told to be videos."""

_CONTAINERS = "avi flv m2t m2ts m4v mkv mov mp4 mpeg mpg mts mxf ts vob webm wmv y4m"
_STREAMS = "264 265 dv h264 hevc m2v"
VIDEO_SUFFIXES = frozenset(f".{suffix}" for suffix in f"{_CONTAINERS} {_STREAMS}".split())
