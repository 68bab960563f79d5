"""`upscale` in scripts, with a real model."""

from pathlib import Path

import numpy as np
import pytest
import vapoursynth as vs

from tests.vapoursynth.clips import frame_hash, noise_clip, samples
from vsfilter import upscale
from vsfilter.clip import ClipInfo
from vsfilter.engine.restorer import Restorer
from vsfilter.engine.run_restorer import DETERMINISTIC_THREADS
from vsfilter.engine.settings import Settings
from vsfilter.engine.stream import Picture, restore_clip
from vsfilter.frame import Colour, Frame
from vsfilter.output_size import AS_SCALED, to_scale
from vsfilter.rgb_converter import FrameToRgb
from vsfilter.transcode.output_picture import OutputPicture
from vsfilter.transcode.plan import frame_converter, make_plan
from vsfilter.vapoursynth.translation import pixel_format

core = vs.core
FORMATS = [
    *(vs.RGBS, vs.RGBH, vs.RGB24, vs.RGB30, vs.RGB48),
    *(vs.YUV420P8, vs.YUV422P8, vs.YUV444P8, vs.YUV410P8, vs.YUV440P8),
    *(vs.YUV420P10, vs.YUV422P10, vs.YUV444P10, vs.YUV420P12, vs.YUV420P16, vs.YUV444P16),
    *(vs.YUV422P12, vs.YUV444P12, vs.YUV422P16),
    *(vs.YUV420PS, vs.YUV444PH, vs.YUV444PS),
    *(vs.GRAY8, vs.GRAY10, vs.GRAY16, vs.GRAYH, vs.GRAYS),
]


@pytest.mark.parametrize("format", FORMATS, ids=lambda format: format.name)
def test_every_constant_format_comes_back_in_kind(format):
    clip = noise_clip(length=5, format=format)
    restored = upscale(clip, "bicubic", scale=2, core=3)
    assert restored.format.id == format
    assert (restored.width, restored.height, restored.num_frames) == (64, 48, 5)
    for before, after in zip(clip.frames(), restored.frames(), strict=True):
        for old, new in zip(samples(before), samples(after), strict=True):
            assert new.shape == tuple(2 * side for side in old.shape)
            spread = float(old.max()) - float(old.min())
            assert abs(float(new.mean()) - float(old.mean())) < 0.05 * spread + 1e-3


@pytest.mark.parametrize(("width", "height"), [(31, 23), (1, 1), (2, 7)])
def test_odd_sizes_are_enlarged_exactly(width, height):
    for format in (vs.YUV444P8, vs.GRAY8, vs.RGB24):
        clip = noise_clip(length=2, format=format, width=width, height=height)
        restored = upscale(clip, "bicubic", scale=3)
        assert samples(restored.get_frame(1))[0].shape == (3 * height, 3 * width)


@pytest.mark.parametrize(
    "wish",
    [
        {"core": 10**9},
        {"core": 10**9, "context": 10**9, "blend": 2},
        {"context": 5000},
        {"context": 6, "blend": 4},
    ],
)
def test_windows_longer_than_the_clip_cost_no_more_than_it(basicvsr, wish):
    clip = noise_clip(length=3)
    settings = {"weights": basicvsr, "precision": "fp32"}
    whole = upscale(clip, **settings, core=3, context=3)
    found = upscale(clip, **settings, **wish)
    for n in range(3):
        assert frame_hash(found.get_frame(n)) == frame_hash(whole.get_frame(n))


def test_the_size_of_the_source_decides_on_unstated_colour():
    clip = core.std.BlankClip(format=vs.YUV420P8, width=64, height=48, length=1)
    props = upscale(clip, "bicubic").get_frame(0).props
    stated = [props[name] for name in ("_Matrix", "_Range", "_Primaries", "_Transfer")]
    assert stated == [6, 0, 6, 6]
    assert props["_ChromaLocation"] == 0


def streamed(clip, settings):
    """Restore a clip as the command does: frame by frame, without a graph."""
    format = pixel_format(clip.format)
    info = ClipInfo(
        width=clip.width,
        height=clip.height,
        format=format,
        colour=Colour(),
        time_base=1 / clip.fps,
    )
    frames = [
        Frame(planes=tuple(samples(frame)), format=format, colour=Colour(), pts=number)
        for number, frame in enumerate(clip.frames())
    ]
    to_rgb = FrameToRgb(info)
    with Restorer(settings, width=clip.width, height=clip.height) as restorer:
        colour = info.colour.resolved(format, width=clip.width, height=clip.height)
        output = OutputPicture(format=format, colour=colour, size=AS_SCALED)
        plan = make_plan("in", "out", info, output, restorer)
        to_frame = frame_converter(plan)
        pictures = (Picture(frame=frame, rgb=to_rgb.convert(frame)) for frame in frames)
        return [
            to_frame.convert(picture.rgb, picture.frame)
            for picture in restore_clip(pictures, restorer)
        ]


def assert_same(streamed_frames, clip):
    for expected, frame in zip(streamed_frames, clip.frames(), strict=True):
        for plane, other in zip(expected.planes, samples(frame), strict=True):
            np.testing.assert_array_equal(plane, other)


@pytest.mark.parametrize("format", [vs.YUV420P8, vs.YUV444P10, vs.GRAY8, vs.RGB24])
def test_streamed_frames_and_script_frames_are_equal(format):
    clip = noise_clip(length=13, format=format)
    settings = Settings(model="bicubic", scale=2, core=5, context=2, blend=2)
    scripted = upscale(clip, "bicubic", scale=2, core=5, context=2, blend=2)
    assert_same(streamed(clip, settings), scripted)


@pytest.mark.parametrize("format", [vs.YUV420P8, vs.YUV422P10, vs.RGB24, vs.RGBS])
@pytest.mark.parametrize(
    ("scale", "size"),
    [(2, (64, 48)), (3, (96, 72)), (1.5, (48, 36)), (2 / 3, (22, 16)), (5, (160, 120))],
)
def test_they_are_equal_at_scales_that_the_weights_do_not_have(basicvsr, format, scale, size):
    clip = noise_clip(length=5, format=format)
    windows = {"core": 3, "context": 1, "weights": basicvsr, "precision": "fp32"}
    scripted = upscale(clip, scale=scale, **windows)
    if pixel_format(clip.format).family == "rgb" and scale == 2 / 3:
        size = (21, 16)  # no chroma that wants even sides
    assert (scripted.width, scripted.height) == size
    assert_same(streamed(clip, Settings(scale=to_scale(scale), **windows)), scripted)


@pytest.mark.parametrize(
    "aspect", [{}, {"_SARNum": 1, "_SARDen": 1}, {"_SARNum": 16, "_SARDen": 11}]
)
def test_pixels_keep_their_shape_where_a_size_is_rounded(aspect):
    """As the command has it: `output_size` changes no shape."""
    clip = noise_clip(length=3, width=54, height=30).std.SetFrameProps(**aspect)
    restored = upscale(clip, "bicubic", scale=1.5)
    assert (restored.width, restored.height) == (82, 46)  # a shape of 82:81 * 45:46 in between
    for frame in restored.frames():
        assert {name: frame.props[name] for name in frame.props if "SAR" in name} == aspect
    lone = restored.get_frame(2).props  # nothing of how it was kept is left
    assert not [name for name in lone if name.startswith("Vsfilter")]


def test_a_smaller_wish_is_the_whole_picture_made_smaller(basicvsr):
    clip = noise_clip(length=2, format=vs.RGBS)
    fine = upscale(clip, weights=basicvsr, precision="fp32")
    expected = core.resize.Spline36(fine, width=64, height=48)
    for ours, theirs in zip(
        upscale(clip, scale=2, weights=basicvsr, precision="fp32").frames(),
        expected.frames(),
        strict=True,
    ):
        np.testing.assert_array_equal(samples(ours), samples(theirs))


def test_nothing_is_decoded_while_the_script_runs():
    def fail(n, f):
        raise AssertionError("decoded")

    blank = core.std.BlankClip(format=vs.YUV420P8, width=32, height=24, length=9)
    restored = upscale(core.std.ModifyFrame(blank, blank, fail), "bicubic")
    assert (restored.width, restored.height, restored.num_frames) == (128, 96, 9)


CLIP = core.std.BlankClip(format=vs.YUV420P8, width=16, height=16, length=3)
WRONG_CLIPS = {
    "clip is of type int": 5,
    "clip has a variable format": core.std.BlankClip(CLIP, varformat=True),
    "clip has a variable size": core.std.BlankClip(CLIP, varsize=True),
    "format Gray32 is not supported": core.std.BlankClip(CLIP, format=vs.GRAY32),
}
WRONG_ARGUMENTS = [
    ("unknown model 'nope'", {"model": "nope"}),
    ("model is 5", {"model": 5}),
    ("core is 0", {"core": 0}),
    ("core is 'ten'", {"core": "ten"}),
    ("context is -1", {"context": -1}),
    ("blend is 9", {"blend": 9}),
    ("scale is True", {"scale": True}),
    ("scale is 0", {"scale": 0}),
    ("scale is nan", {"scale": float("nan")}),
    ("scale is 'wide'", {"scale": "wide"}),
    ("would be 160000x160000", {"scale": 10_000}),
    ("tile is 1", {"tile": 1}),
    ("strength is 2", {"strength": 2}),
    ("ghost_guard is 'maybe'", {"ghost_guard": "maybe"}),
    ("ghost_guard is 1", {"ghost_guard": 1}),
    ("strength is 'much'", {"strength": "much"}),
    ("cuts is 'sometimes'", {"cuts": "sometimes"}),
    ("cuts is 5", {"cuts": 5}),
    (r"cuts is \[1, -2\]", {"cuts": [1, -2]}),
    ("device 'abacus'", {"device": "abacus"}),
    ("unknown precision 'fp8'", {"precision": "fp8"}),
    ("weights", {"weights": Path("missing.pth")}),
    ("wibble", {"wibble": 3}),
    ("threads is 0: give 1 to 1024", {"threads": 0}),
    ("threads is '2': give a value of type int", {"threads": "2"}),
    ("deterministic is 1: give a value of type bool", {"deterministic": 1}),
    ("precision is 'bf16', but deterministic", {"deterministic": True, "precision": "bf16"}),
    ("there is no argument 'watchdog_s': leave it out", {"watchdog_s": 3.0}),
]


@pytest.mark.parametrize("message", WRONG_CLIPS)
def test_a_clip_that_cannot_be_restored_is_refused_in_one_line(message):
    with pytest.raises(vs.Error, match=f"^upscale: {message}") as caught:
        upscale(WRONG_CLIPS[message], "bicubic")
    assert "\n" not in str(caught.value)


def test_a_script_may_say_on_how_many_threads_the_model_runs(basicvsr, monkeypatch):
    """With `deterministic` on as many as anywhere, in fp32."""
    import torch

    seen = []
    monkeypatch.setattr(torch, "set_num_threads", seen.append)
    given = {"weights": basicvsr, "core": 4}
    frames = list(upscale(CLIP, threads=3, precision="fp32", **given).frames())
    assert seen == [3]
    exact = list(upscale(CLIP, deterministic=True, **given).frames())
    assert seen[1] == torch.get_num_threads()  # those of the clip before hold no longer
    assert set(seen[2:]) == {DETERMINISTIC_THREADS}
    assert [frame_hash(each) for each in exact] == [frame_hash(each) for each in frames]


def test_a_model_that_cannot_be_loaded_is_named_in_one_line(fakes):
    with pytest.raises(vs.Error, match=r"^upscale: model 'unloadable' failed: KeyError: 'cfg'"):
        upscale(CLIP, "unloadable")


@pytest.mark.parametrize(("message", "arguments"), WRONG_ARGUMENTS)
def test_a_wrong_argument_is_named_in_one_line(message, arguments):
    with pytest.raises(vs.Error, match=f"^upscale: .*{message}") as caught:
        upscale(CLIP, **{"model": "bicubic", **arguments})
    assert "\n" not in str(caught.value)
