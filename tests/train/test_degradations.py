import math
from collections import Counter

import numpy as np
import pytest

from tests.train.conftest import make_frames
from vsfilter.blur_down import blur_down
from vsfilter.errors import OptionError
from vsfilter.resize import imresize
from vsfilter_train.degradations.bicubic import Bicubic
from vsfilter_train.degradations.blur import PAPER_SHARES, Blur
from vsfilter_train.degradations.blur_down import BlurDown
from vsfilter_train.degradations.drift import drift
from vsfilter_train.degradations.dv import Dv
from vsfilter_train.degradations.interlace import Interlace
from vsfilter_train.degradations.jpeg import Jpeg
from vsfilter_train.degradations.low_clip import make_low, to_float
from vsfilter_train.degradations.median import Median
from vsfilter_train.degradations.motion_blur import MotionBlur, line
from vsfilter_train.degradations.noise import Noise
from vsfilter_train.degradations.quarter_scenarios import SCENARIOS, QuarterScenarios
from vsfilter_train.degradations.resize import Resize
from vsfilter_train.degradations.resize_to import METHODS, ResizeTo
from vsfilter_train.degradations.shuffle import Shuffle
from vsfilter_train.degradations.step import Step
from vsfilter_train.degradations.unsharp import Unsharp
from vsfilter_train.degradations.video_compression import CODECS, VideoCompression
from vsfilter_train.kernels import gaussian

KINDS = {
    "bicubic": Bicubic(width=12, height=8),
    "blur": Blur(),
    "blur_down": BlurDown(factor=4),
    "dv": Dv(),
    "interlace": Interlace(),
    "jpeg": Jpeg(),
    "median": Median(),
    "motion_blur": MotionBlur(),
    "noise": Noise(),
    "quarter_scenarios": QuarterScenarios(),
    "resize": Resize(),
    "resize_to": ResizeTo(width=20, height=10),
    "shuffle": Shuffle(groups=((Noise(),), (Blur(), Jpeg()))),
    "unsharp": Unsharp(),
    "video_compression": VideoCompression(),
}
SAME_SIZE = set(KINDS) - {"bicubic", "blur_down", "quarter_scenarios", "resize", "resize_to"}


def rng(seed=0):
    return np.random.default_rng(seed)


@pytest.fixture(scope="module")
def clip():
    """Give five frames of 48x32 px of a texture that moves."""
    return to_float(make_frames(count=5, height=32, width=48))


def psnr(a, b):
    return -10 * math.log10(float(np.mean((a - b) ** 2)))


@pytest.mark.parametrize("name", KINDS)
def test_a_degradation_gives_a_clip_of_the_same_kind_and_leaves_its_input_alone(clip, name):
    before = clip.copy()
    for seed in range(4):
        degraded = KINDS[name](clip, rng(seed))
        assert degraded.dtype == np.float32
        assert (degraded.shape[0], degraded.shape[3]) == (5, 3)
        assert degraded.min() >= 0
        assert degraded.max() <= 1
        if name in SAME_SIZE:
            assert degraded.shape == clip.shape
            assert not np.array_equal(degraded, clip)
    np.testing.assert_array_equal(clip, before)


@pytest.mark.parametrize("name", KINDS)
def test_a_degradation_is_a_pure_function_of_clip_and_seed(clip, name):
    np.testing.assert_array_equal(KINDS[name](clip, rng(3)), KINDS[name](clip, rng(3)))


@pytest.mark.parametrize("name", ["blur", "dv", "jpeg", "motion_blur", "noise", "shuffle"])
def test_another_seed_gives_another_degradation(clip, name):
    assert not np.array_equal(KINDS[name](clip, rng(3)), KINDS[name](clip, rng(4)))


@pytest.mark.parametrize("name", sorted(set(KINDS) - {"bicubic", "resize_to"}))
@pytest.mark.parametrize("size", [(1, 4, 4), (1, 16, 20), (3, 17, 23)])
def test_short_clips_and_odd_sides_are_degraded_too(name, size):
    clip = rng().random((*size, 3), dtype=np.float32)
    for seed in range(4):
        degraded = KINDS[name](clip, rng(seed))
        assert len(degraded) == size[0]
        assert np.isfinite(degraded).all()


def test_a_setting_drifts_in_steps_inside_its_range():
    first = [drift(rng(seed), (2.0, 3.0), step=0.1, count=30) for seed in range(50)]
    values = np.stack(first)
    assert values.min() >= 2
    assert values.max() <= 3
    assert np.abs(np.diff(values)).max() <= 0.1
    assert np.abs(np.diff(values)).max() > 0.09
    assert values[:, 0].std() == pytest.approx(1 / math.sqrt(12), rel=0.2)
    assert drift(rng(), (0.0, 9.0), step=0, count=3, first=4).tolist() == [4, 4, 4]


def blurred_dot(**settings):
    """Give what blur makes of a dot, in frames of 41x41 px: the kernels themselves."""
    dot = np.full((6, 41, 41, 3), 0.5, np.float32)  # gray: kernels may have values below 0
    dot[:, 20, 20] = 1
    return 2 * Blur(**settings)(dot, rng(1))[..., 0] - 1


def test_a_blur_of_known_sigma_is_that_gaussian():
    spots = blurred_dot(shapes=("iso",), sizes=(21,), sigma=(2.0, 2.0))
    np.testing.assert_allclose(spots[3, 10:31, 10:31], gaussian(21, 2, 2), atol=1e-6)


@pytest.mark.parametrize("shape", PAPER_SHARES)
def test_each_shape_of_blur_drifts_slowly_and_keeps_the_light(shape):
    spots = blurred_dot(shapes=(shape,), sizes=(15,), sigma=(1.5, 2.0), cutoff=(1.5, 1.6))
    np.testing.assert_allclose(spots.sum(axis=(1, 2)), 1, atol=1e-4)
    changes = np.abs(np.diff(spots, axis=0)).max(axis=(1, 2))
    assert (changes > 0).all()
    assert changes.max() < 0.1 * spots.max()


def test_only_the_anisotropic_shapes_have_a_direction():
    for shape in ("iso", "generalized_iso", "plateau_iso", "sinc"):
        spot = blurred_dot(shapes=(shape,), sigma=(0.5, 3.0))[0]
        np.testing.assert_allclose(spot, spot.T, atol=1e-6)
    for shape in ("aniso", "generalized_aniso", "plateau_aniso"):
        spot = blurred_dot(shapes=(shape,), sigma=(0.5, 3.0))[0]
        assert np.abs(spot - spot.T).max() > 1e-3


def test_the_shapes_of_blur_are_drawn_as_often_as_the_paper_says(monkeypatch):
    drawn = Counter()

    def note(self, shape, size, count, random):
        drawn.update([shape])
        return [np.ones((1, 1))]

    monkeypatch.setattr(Blur, "_draw_kernels", note)
    random, clip = rng(5), np.zeros((1, 4, 4, 3), np.float32)
    for _ in range(4000):
        Blur()(clip, random)
    for shape, share in PAPER_SHARES.items():
        assert drawn[shape] / 4000 == pytest.approx(share, abs=0.03)
    assert sum(PAPER_SHARES.values()) == pytest.approx(1)


def test_sizes_are_drawn_larger_smaller_and_kept_as_often_as_set():
    clip = np.zeros((1, 100, 100, 3), np.float32)
    random = rng(6)
    sides = np.array([Resize()(clip, random).shape[1] for _ in range(1000)])
    assert np.mean(sides > 100) == pytest.approx(0.2, abs=0.04)
    assert np.mean(sides == 100) == pytest.approx(0.1, abs=0.04)
    assert sides.min() >= 14
    assert sides.max() <= 150
    assert (sides % 2 == 0).all()


def test_frames_that_are_resized_differently_end_at_one_size(clip):
    drifting = Resize(shares=(0, 1, 0), scale=(0.3, 1.2), scale_step=0.2, methods=("area",))
    still = Resize(shares=(0, 1, 0), scale=(0.3, 1.2), scale_step=0.0, methods=("area",))
    moved, kept = drifting(clip, rng(2)), still(clip, rng(2))
    assert moved.shape == kept.shape
    np.testing.assert_array_equal(moved[0], kept[0])
    assert not np.array_equal(moved[1:], kept[1:])


def test_resize_to_takes_a_size_a_factor_or_the_model_s_input(clip):
    assert ResizeTo(width=7, height=9)(clip, rng()).shape == (5, 9, 7, 3)
    assert ResizeTo(factor=1.5)(clip, rng()).shape == (5, 48, 72, 3)
    assert ResizeTo().for_input(width=12, height=8)(clip, rng()).shape == (5, 8, 12, 3)
    assert ResizeTo(factor=0.5).for_input(width=1, height=1)(clip, rng()).shape == (5, 16, 24, 3)
    with pytest.raises(OptionError, match="resize_to has no size"):
        ResizeTo()(clip, rng())


def test_gaussian_noise_has_the_strength_that_was_set():
    gray = np.full((4, 64, 64, 3), 0.5, np.float32)
    settings = {"poisson_share": 0.0, "gaussian_sigma": (12.0, 12.0)}
    noise = Noise(gray_share=0.0, **settings)(gray, rng()) - gray
    assert noise.std() * 255 == pytest.approx(12, rel=0.02)
    assert abs(np.corrcoef(noise[0].ravel(), noise[1].ravel())[0, 1]) < 0.03
    assert abs(np.corrcoef(noise[..., 0].ravel(), noise[..., 1].ravel())[0, 1]) < 0.03
    noise = Noise(gray_share=1.0, **settings)(gray, rng()) - gray
    np.testing.assert_allclose(noise[..., 0], noise[..., 2], atol=1e-6)


def test_poisson_noise_grows_with_light():
    strength = {}
    for level in (0.1, 0.4):
        flat = np.full((4, 64, 64, 3), level, np.float32)
        noise = Noise(poisson_share=1.0, poisson_scale=(1.0, 1.0))(flat, rng(1)) - flat
        strength[level] = noise.std()
        assert noise.std() == pytest.approx(math.sqrt(level / 256), rel=0.03)
        assert abs(noise.mean()) < 2e-3
    assert strength[0.4] == pytest.approx(2 * strength[0.1], rel=0.05)


def test_noise_is_gray_and_poisson_s_as_often_as_set():
    gray = np.full((1, 8, 8, 3), 0.5, np.float32)
    random = rng(8)
    noises = [Noise()(gray, random) - gray for _ in range(600)]
    is_gray = [np.allclose(n[..., 0], n[..., 1], atol=1e-6) for n in noises]
    assert np.mean(is_gray) == pytest.approx(0.4, abs=0.06)


@pytest.mark.parametrize("make", [lambda q: Jpeg(quality=(q, q), quality_step=0)])
def test_jpeg_of_lower_quality_is_further_from_the_clip(clip, make):
    qualities = [psnr(make(q)(clip, rng()), clip) for q in (5, 30, 95)]
    assert qualities[0] < qualities[1] - 1 < qualities[2] - 2
    # red stays red: OpenCV's order of channels is not ours
    red = np.zeros((1, 16, 16, 3), np.float32)
    red[..., 0] = 1
    assert make(95)(red, rng())[..., 0].mean() > 0.95


@pytest.mark.parametrize("codec", CODECS)
def test_a_lower_bit_rate_is_further_from_the_clip(codec):
    fps = 25 if codec == "mpeg2video" else 1
    texture = to_float(make_frames(count=8, height=96, width=96))
    noise = 0.1 * rng().standard_normal((8, 96, 96, 1), dtype=np.float32)
    clip, values = np.clip(texture + noise, 0, 1), []
    for kbit_a_frame in (12, 36):
        rate = kbit_a_frame * 1e3 * fps
        compress = VideoCompression(codecs=(codec,), bit_rate=(rate, rate), fps=fps)
        values.append(psnr(compress(clip, rng()), clip))
    assert values[0] < values[1] - 1


@pytest.mark.parametrize("codec", ["libx264", "h264"])
def test_small_pictures_come_out_of_a_codec_the_same_every_time(codec):
    clip = to_float(make_frames(count=16, height=48, width=64))
    compress = VideoCompression(codecs=(codec,), bit_rate=(2e4, 2e4), fps=25)
    found = {compress(clip, rng()).tobytes() for _ in range(8)}
    assert len(found) == 1


def test_frames_come_out_of_a_codec_in_their_order_and_colours():
    flat = np.ones((6, 32, 32, 3), np.float32)
    flat *= np.linspace(0.2, 0.8, 6, dtype=np.float32)[:, None, None, None]
    flat[..., 2] = 0.2
    for codec in ("libx264", "mpeg4"):
        out = VideoCompression(codecs=(codec,), bit_rate=(1e5, 1e5))(flat, rng())
        np.testing.assert_allclose(out, flat, atol=0.04)


def test_a_bit_rate_too_low_for_the_encoder_is_raised(clip):
    tiny = clip[:, :4, :4]
    for codec in CODECS:
        compress = VideoCompression(codecs=(codec,), bit_rate=(100, 100), fps=25, area=10**6)
        assert compress(tiny, rng()).shape == tiny.shape


def test_the_bit_rate_follows_the_area_where_one_is_stated(clip):
    large = np.tile(clip, (1, 2, 2, 1))
    settings = {"codecs": ("libx264",), "bit_rate": (6e3, 6e3)}
    plain = VideoCompression(**settings)
    scaled = VideoCompression(**settings, area=32 * 48)
    np.testing.assert_array_equal(plain(clip, rng()), scaled(clip, rng()))
    assert psnr(scaled(large, rng()), large) > psnr(plain(large, rng()), large) + 2


class Mark:
    """Leaves its number in the next free pixel of the first row."""

    def __init__(self, number):
        self.number = number

    def __call__(self, clip, random):
        clip = clip.copy()
        clip[0, 0, int((clip[0, 0, :, 0] > 0).sum()), 0] = self.number
        return clip


def test_a_shuffle_keeps_the_order_inside_its_groups():
    shuffle = Shuffle(groups=((Mark(1),), (Mark(2), Mark(3)), (Mark(4),)))
    blank = np.zeros((1, 1, 4, 3), np.float32)
    random = rng(9)
    orders = Counter(
        tuple(map(int, shuffle(blank, random)[0, 0, :, 0].tolist())) for _ in range(600)
    )
    assert set(orders) == {
        (1, 2, 3, 4), (1, 4, 2, 3), (2, 3, 1, 4), (2, 3, 4, 1), (4, 1, 2, 3), (4, 2, 3, 1),
    }  # fmt: skip
    assert min(orders.values()) > 60


def test_an_unsharp_mask_sharpens_edges_and_leaves_flat_parts_alone():
    step = np.full((1, 64, 200, 3), 0.3, np.float32)
    step[:, :, 100:] = 0.7
    sharp = Unsharp()(step, rng())
    np.testing.assert_array_equal(sharp[:, :, :20], step[:, :, :20])
    assert sharp[0, 32, 100, 0] > 0.75
    assert sharp[0, 32, 99, 0] < 0.25
    faint = np.full_like(step, 0.5)
    faint[:, :, 100:] = 0.52  # 5 grey levels, below the threshold
    np.testing.assert_array_equal(Unsharp()(faint, rng()), faint)


def test_bicubic_and_blur_down_are_those_of_the_evaluation(clip):
    pixels = (clip * 255).round().astype(np.uint8)
    for kind, expected in (
        (Bicubic(), [imresize(frame, 1 / 4) for frame in pixels]),
        (BlurDown(), [blur_down(frame, 4) for frame in pixels]),
    ):
        made = make_low(pixels, [kind], scale=4, random=rng())
        assert made.shape == (5, 8, 12, 3)
        assert np.abs(made.astype(int) - np.stack(expected)).max() <= 1
        assert np.mean(made != np.stack(expected)) < 0.002


def test_a_median_removes_a_lone_pixel():
    clip = np.zeros((1, 9, 9, 3), np.float32)
    clip[0, 4, 4] = 1
    assert Median(radius=1)(clip, rng()).max() == 0
    clip[0, 3:6, 3:6] = 1
    assert Median(radius=1)(clip, rng()).max() == 1
    assert Median(radius=2)(clip, rng()).max() == 0


@pytest.mark.parametrize("angle", [0, 45, 90, -45, 20])
def test_motion_blur_runs_along_its_angle(angle):
    kernel = line(9.0, angle)
    y, x = np.indices(kernel.shape) - kernel.shape[0] // 2
    assert kernel.sum() == pytest.approx(1)
    assert (kernel * x).sum() == pytest.approx(0, abs=1e-9)
    spread = (kernel * x * x).sum(), (kernel * y * y).sum(), (kernel * x * y).sum()
    turned = 0.5 * math.degrees(math.atan2(2 * spread[2], spread[0] - spread[1]))
    assert (turned - angle + 90) % 180 - 90 == pytest.approx(0, abs=2)
    assert spread[0] + spread[1] == pytest.approx(81 / 12, rel=0.1)


def test_interlacing_weaves_two_times():
    clip = np.zeros((3, 6, 4, 3), np.float32)
    clip[:] = np.array([0.1, 0.5, 0.9], np.float32)[:, None, None, None]
    top = Interlace(top_first_share=1.0)(clip, rng())
    np.testing.assert_allclose(top[0, ::2], 0.1, atol=1e-6)
    np.testing.assert_allclose(top[0, 1::2], 0.5, atol=1e-6)
    np.testing.assert_allclose(top[2], 0.9, atol=1e-6)
    bottom = Interlace(top_first_share=0.0)(clip, rng())
    np.testing.assert_allclose(bottom[1, ::2], 0.9, atol=1e-6)
    np.testing.assert_allclose(bottom[1, 1::2], 0.5, atol=1e-6)
    still = np.repeat(clip[:1], 3, axis=0)
    np.testing.assert_allclose(Interlace()(still, rng()), still, atol=1e-6)


def test_dv_leaves_steps_at_the_edges_of_blocks_that_grow_with_its_strength():
    ramp = np.broadcast_to(np.linspace(0, 1, 96, dtype=np.float32)[:, None], (1, 64, 96, 3))
    ramp = np.ascontiguousarray(ramp.transpose(0, 1, 2, 3)) * 0.5 + 0.2
    texture = ramp + 0.05 * rng().standard_normal((1, 64, 96, 1), dtype=np.float32)
    errors, edges = [], []
    for strength in (4.0, 12.0, 40.0):
        out = Dv(strength=(strength, strength), chroma=("4:2:0",))(texture, rng())
        errors.append(psnr(out, texture))
        jumps = np.abs(np.diff(out[0, :, :, 1], axis=1)).mean(axis=0)
        edges.append(jumps[7::8].mean() / np.delete(jumps, np.s_[7::8]).mean())
    assert errors[0] > errors[1] > errors[2]
    assert edges[0] < edges[2]
    assert edges[2] > 1.5


def test_dv_thins_out_colours_across_or_in_both_directions(clip):
    across = Dv(strength=(1.0, 1.0), chroma=("4:1:1",))(clip, rng())
    both = Dv(strength=(1.0, 1.0), chroma=("4:2:0",))(clip, rng())
    assert not np.allclose(across, both, atol=0.02)
    assert min(psnr(across, clip), psnr(both, clip)) > 20


@pytest.mark.parametrize("name", SCENARIOS)
def test_each_scenario_makes_a_quarter_and_differs_from_the_plain_one(clip, name):
    small = QuarterScenarios(names=(name,), quality=(95, 95))(clip, rng())
    plain = QuarterScenarios(names=("plain",), quality=(95, 95))(clip, rng())
    assert small.shape == (5, 8, 12, 3)
    assert np.array_equal(small, plain) == (name == "plain")
    strong = QuarterScenarios(names=(name,), quality=(10, 10))(clip, rng())
    assert psnr(strong, small) < 35


def test_all_scenarios_are_drawn():
    clip, random = np.full((1, 16, 16, 3), 0.5, np.float32), rng()
    clip[:, 5, 6] = 1
    made = {QuarterScenarios(quality=(95, 95))(clip, random).tobytes() for _ in range(60)}
    assert len(SCENARIOS) == 6
    assert len(made) >= 6


def test_a_step_happens_as_often_as_its_probability_says(clip):
    step = Step(kind="jpeg", degrade=Jpeg(quality=(5, 5)), probability=0.3)
    random = rng(4)
    happened = [step(clip, random) is not clip for _ in range(500)]
    assert np.mean(happened) == pytest.approx(0.3, abs=0.06)


@pytest.mark.parametrize("steps", [[], [ResizeTo(width=5, height=4)], [ResizeTo(factor=2)]])
def test_whatever_size_comes_out_is_brought_to_the_model_s_input(clip, steps):
    pixels = (clip * 255).astype(np.uint8)
    low = make_low(pixels, steps, scale=4, random=rng())
    assert (low.shape, low.dtype) == ((5, 8, 12, 3), np.uint8)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Blur(sigma=(3.0, 0.2)), "sigma is [3.0, 0.2]: give two numbers from 0.01"),
        (lambda: Blur(sigma=(0.2, math.nan)), "sigma is [0.2, nan]"),
        (lambda: Blur(sizes=(7, 8)), "sizes is [7, 8]: give odd numbers"),
        (lambda: Blur(shapes=("round",)), "shapes is ['round']: choose from iso, aniso"),
        (lambda: Blur(shapes=("iso", "sinc"), shares=(0.5,)), "shares is [0.5]: give 2 numbers"),
        (
            lambda: Blur(cutoff=(1.0, 4.0)),
            "cutoff is [1.0, 4.0]: give two numbers",
        ),
        (lambda: Blur(angle_step=-1.0), "angle_step is -1.0: give a number from 0"),
        (lambda: Resize(shares=(0.5, 0.5, 0.5)), "shares is [0.5, 0.5, 0.5]: give 3 numbers"),
        (lambda: Resize(scale=(0.1, 0.9)), "scale is [0.1, 0.9]: give factors on both sides"),
        (lambda: Resize(methods=()), "methods is []: choose from " + ", ".join(METHODS)),
        (lambda: ResizeTo(width=3), "width is 3 and height 0"),
        (lambda: ResizeTo(width=3, height=3, factor=0.5), "factor is 0.5: leave it out"),
        (lambda: Noise(gray_share=1.4), "gray_share is 1.4: give a number from 0 to 1"),
        (lambda: Noise(gaussian_sigma=(0.0, 300.0)), "gaussian_sigma is [0.0, 300.0]"),
        (lambda: Jpeg(quality=(0.0, 50.0)), "quality is [0.0, 50.0]: give two numbers from 1 to"),
        (lambda: VideoCompression(codecs=("vp8",)), "codecs is ['vp8']: choose from libx264"),
        (lambda: VideoCompression(codecs=("mpeg2video",)), "fps is 1: mpeg2video takes 24"),
        (lambda: VideoCompression(bit_rate=(0.0, 1e5)), "bit_rate is [0.0, 100000.0]"),
        (lambda: Shuffle(groups=()), "groups is empty"),
        (lambda: Shuffle(groups=((Jpeg(),), ())), "groups is empty, or one of them"),
        (lambda: Unsharp(size=50), "size is 50: give an odd number"),
        (lambda: Bicubic(height=4), "width is 0 and height 4"),
        (lambda: BlurDown(factor=-1), "factor is -1"),
        (lambda: Median(radius=3), "radius is 3: give 1 or 2"),
        (lambda: MotionBlur(length=(5.0, 1.0)), "length is [5.0, 1.0]"),
        (lambda: Interlace(top_first_share=2.0), "top_first_share is 2.0"),
        (lambda: Dv(chroma=("4:2:2",)), "chroma is ['4:2:2']: choose from 4:1:1, 4:2:0"),
        (lambda: QuarterScenarios(names=("half",)), "names is ['half']: choose from median"),
        (lambda: Step(kind="jpeg", degrade=Jpeg(), probability=7), "probability is 7"),
    ],
)
def test_a_setting_that_cannot_work_is_refused_by_name(make, words):
    with pytest.raises(OptionError) as caught:
        make()
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)
