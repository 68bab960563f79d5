"""The sets of weights that come with vsfilter, by model: the first is its default."""

BUNDLED = {
    "basicvsr": ["fast-x4", "good-x4", "fast-x2", "good-x2", "restore-fast-x1"],
    "edvr": ["edvr-fast-x4"],
    "realbasicvsr": ["real-fast-x4", "real-good-x4", "real-fast-x2", "real-good-x2"],
}
BUNDLED_NAMES = [name for names in BUNDLED.values() for name in names]
PUBLISHED_COUNT = 36
"""Sets that `vsr weights pull` fetches."""
