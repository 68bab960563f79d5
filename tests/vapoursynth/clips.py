"""Clips, a restorer and hashes, for tests and for the scripts that they run."""

import hashlib
from collections import Counter

import numpy as np
import vapoursynth as vs

from vsfilter.window import Grid, split_at_cuts

core = vs.core


class MeanRestorer:
    """Enlarges by repetition, and mixes each frame with the mean of its run, so windows show."""

    def __init__(self, *, core=10, context=4, blend=0, scale=2):
        self.grid = Grid(core=core, context=context, blend=blend)
        self.scale = scale
        self.calls = []

    def room_for(self, wished):
        return wished

    def restore(self, window, frames, cuts):
        self.calls.append(window.index)
        restored = []
        for run in split_at_cuts(window, cuts):
            part = np.stack(frames[run.start - window.start : run.stop - window.start])
            restored.append((part * 0.5 + part.mean(axis=0) * 0.5)[run.keep])
        return np.concatenate(restored).repeat(self.scale, 2).repeat(self.scale, 3)


def noise_clip(  # noqa: PLR0913  # each test sets one or two
    *, length=103, format=vs.YUV420P8, width=32, height=24, counts=None, seed=0
):
    """A clip of other noise in each frame; `counts` learns how often each frame is made."""
    counts = Counter() if counts is None else counts
    blank = core.std.BlankClip(format=format, width=width, height=height, length=length, keep=True)

    def fill(n, f):
        counts[n] += 1
        generator = np.random.default_rng((seed, n))
        filled = f.copy()
        for index in range(f.format.num_planes):
            plane = np.asarray(filled[index])
            if f.format.sample_type == vs.FLOAT:
                is_chroma = index and f.format.color_family == vs.YUV
                middle, spread = (0, 0.1) if is_chroma else (0.5, 0.3)
                plane[...] = generator.uniform(middle - spread, middle + spread, plane.shape)
            else:
                low, high = (1 << f.format.bits_per_sample - 8) * np.array([16, 236])
                plane[...] = generator.integers(low, high, plane.shape)
        filled.props["Number"] = n
        return filled

    return core.std.ModifyFrame(blank, blank, fill)


def samples(frame):
    return [np.asarray(frame[index]) for index in range(frame.format.num_planes)]


def frame_hash(frame):
    digest = hashlib.sha1()
    for plane in samples(frame):
        digest.update(np.ascontiguousarray(plane))
    return digest.hexdigest()


def clip_hashes(clip, **request):
    return [frame_hash(frame) for frame in clip.frames(close=True, **request)]
