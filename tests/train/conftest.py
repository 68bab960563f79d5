import json

import av
import numpy as np
import pytest


def make_frames(*, count=6, height=72, width=88, seed=0):
    """Make a texture of squares that moves by 2 px a frame: (count, height, width, 3), uint8."""
    random = np.random.default_rng(seed)
    coarse = random.random((height // 8 + 1, (width + 2 * count) // 8 + 1, 3)) * 255
    texture = coarse.repeat(8, axis=0).repeat(8, axis=1).astype(np.uint8)
    return np.stack([texture[:height, 2 * n : 2 * n + width] for n in range(count)])


def write_clip(path, *, count=6, height=72, width=88, seed=0):
    """Write `make_frames` as a lossless clip; return the frames as they were before."""
    frames = make_frames(count=count, height=height, width=width, seed=seed)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=25)
        stream.width, stream.height, stream.pix_fmt = width, height, "bgr0"
        for frame in frames:
            picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(frame), format="rgb24")
            container.mux(stream.encode(picture.reformat(format="bgr0")))
        container.mux(stream.encode(None))
    return frames


@pytest.fixture(scope="session")
def clips(tmp_path_factory):
    """A folder of three short clips with a manifest of their licences."""
    folder = tmp_path_factory.mktemp("clips")
    entries = []
    for seed, (name, licence) in enumerate(
        {"a.mkv": "CC0-1.0", "b.mkv": "CC BY 4.0", "c.mkv": "CC BY-NC 4.0"}.items()
    ):
        write_clip(folder / name, seed=seed)
        entries.append({"file": name, "repo_licence": licence})
    (folder / "manifest.json").write_text(json.dumps(entries))
    return folder
