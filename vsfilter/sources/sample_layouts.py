"""Where the samples of FFmpeg's pixel formats lie in their planes; data only, no FFmpeg.

The figures are those of FFmpeg's pixel format descriptors (libavutil/pixdesc.c). Taking the samples
out by them is exact; swscale, which could do it too, resamples some formats at odd widths.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from vsfilter.frame import PixelFormat
from vsfilter.pixel_formats import FULL_RANGE, PLANAR, alpha_name


@dataclass(frozen=True, slots=True, kw_only=True)
class Samples:
    """Where the samples of one of our planes lie in one of FFmpeg's.

    Attributes:
        plane: Index of FFmpeg's plane.
        offset: Words before the first sample of a row.
        step: Words from one sample to the next.
        shift: Bits below the sample in its word.
    """

    plane: int
    offset: int
    step: int
    shift: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleLayout:
    """How a format of FFmpeg holds the samples of one of ours.

    Attributes:
        format: The planar format of the same samples, without alpha.
        word: numpy's type of a word, with its byte order.
        samples: One entry a plane of the planar format, in our order.
        alpha: Where alpha lies; None where there is none.
    """

    format: PixelFormat
    word: str
    samples: tuple[Samples, ...]
    alpha: Samples | None = None


def _interleaved(order: str, wanted: str, *, shift: int = 0) -> tuple[Samples, ...]:
    """Find the letters of `wanted` in a word order such as "yuyv"."""
    return tuple(
        Samples(
            plane=0,
            offset=order.index(letter),
            step=len(order) // order.count(letter),
            shift=shift,
        )
        for letter in wanted
    )


def _semi_planar(chroma: str, *, shift: int = 0) -> tuple[Samples, ...]:
    luma = Samples(plane=0, offset=0, step=1, shift=shift)
    return luma, *(
        Samples(plane=1, offset=chroma.index(letter), step=2, shift=shift) for letter in "uv"
    )


def _bit_fields(*shifts: int) -> tuple[Samples, ...]:
    return tuple(Samples(plane=0, offset=0, step=1, shift=shift) for shift in shifts)


def _separate(name: str, *, shift: int = 0) -> tuple[Samples, ...]:
    """Give the planes of a planar format; FFmpeg keeps RGB in the order G, B, R."""
    planes = (2, 0, 1) if name.startswith("gbr") else range(PLANAR[name].plane_count)
    return tuple(Samples(plane=plane, offset=0, step=1, shift=shift) for plane in planes)


_BYTES = {
    "nv12": ("yuv420p", _semi_planar("uv")),
    "nv21": ("yuv420p", _semi_planar("vu")),
    "nv16": ("yuv422p", _semi_planar("uv")),
    "nv24": ("yuv444p", _semi_planar("uv")),
    "nv42": ("yuv444p", _semi_planar("vu")),
    "yuyv422": ("yuv422p", _interleaved("yuyv", "yuv")),
    "uyvy422": ("yuv422p", _interleaved("uyvy", "yuv")),
    "yvyu422": ("yuv422p", _interleaved("yvyu", "yuv")),
    "ayuv": ("yuv444p", _interleaved("ayuv", "yuv")),
    "vuya": ("yuv444p", _interleaved("vuya", "yuv")),
    "vuyx": ("yuv444p", _interleaved("vuyx", "yuv")),
    "uyva": ("yuv444p", _interleaved("uyva", "yuv")),
    "vyu444": ("yuv444p", _interleaved("vyu", "yuv")),
    "rgb24": ("gbrp", _interleaved("rgb", "rgb")),
    "bgr24": ("gbrp", _interleaved("bgr", "rgb")),
    **{
        name: ("gbrp", _interleaved(name, "rgb"))
        for name in ("rgba", "bgra", "argb", "abgr", "rgb0", "bgr0", "0rgb", "0bgr")
    },
    "ya8": ("gray", _interleaved("ya", "y")),
}
# Names without their "le" or "be"
_PAIRS = {
    "nv20": ("yuv422p10le", _semi_planar("uv")),
    **{
        f"p{digit}{bits}": (f"yuv{sampling}p{bits}le", _semi_planar("uv", shift=16 - bits))
        for digit, sampling in (("0", 420), ("2", 422), ("4", 444))
        for bits in (10, 12, 16)
    },
    **{
        f"y2{bits}": (f"yuv422p{bits}le", _interleaved("yuyv", "yuv", shift=16 - bits))
        for bits in (10, 12, 16)
    },
    "ayuv64": ("yuv444p16le", _interleaved("ayuv", "yuv")),
    "xv36": ("yuv444p12le", _interleaved("uyvx", "yuv", shift=4)),
    "xv48": ("yuv444p16le", _interleaved("uyvx", "yuv")),
    "rgb48": ("gbrp16le", _interleaved("rgb", "rgb")),
    "bgr48": ("gbrp16le", _interleaved("bgr", "rgb")),
    "rgba64": ("gbrp16le", _interleaved("rgba", "rgb")),
    "bgra64": ("gbrp16le", _interleaved("bgra", "rgb")),
    "ya16": ("gray16le", _interleaved("ya", "y")),
}
_FIELDS = {
    "x2rgb10": ("gbrp10le", _bit_fields(20, 10, 0)),
    "x2bgr10": ("gbrp10le", _bit_fields(0, 10, 20)),
    "xv30": ("yuv444p10le", _bit_fields(10, 0, 20)),
    "v30x": ("yuv444p10le", _bit_fields(12, 2, 22)),
}
_HALVES = {
    "rgbf16": ("gbrpf16le", _interleaved("rgb", "rgb")),
    "rgbaf16": ("gbrpf16le", _interleaved("rgba", "rgb")),
    "yaf16": ("grayf16le", _interleaved("ya", "y")),
}
_FLOATS = {
    "rgbf32": ("gbrpf32le", _interleaved("rgb", "rgb")),
    "rgbaf32": ("gbrpf32le", _interleaved("rgba", "rgb")),
    "yaf32": ("grayf32le", _interleaved("ya", "y")),
}


_ALPHA_ORDERS = {
    **{name: name for name in ("ayuv", "vuya", "uyva", "rgba", "bgra", "argb", "abgr")},
    **dict.fromkeys(("ya8", "ya16", "yaf16", "yaf32"), "ya"),
    **dict.fromkeys(("rgba64", "rgbaf16", "rgbaf32"), "rgba"),
    "ayuv64": "ayuv",
    "bgra64": "bgra",
}
"""Order of the words in interleaved formats with alpha; names without their "le" or "be"."""


def _interleaved_alpha(name: str) -> Samples | None:
    order = _ALPHA_ORDERS.get(name)
    return None if order is None else _interleaved(order, "a")[0]


def _word(format: PixelFormat) -> str:
    """Give numpy's name of the type that holds a sample, without its byte order."""
    kind = "f" if format.is_float else "u"
    return f"{kind}{-(-format.bits // 8)}"


def _layouts() -> dict[str, SampleLayout]:
    found = {
        name: SampleLayout(
            format=PLANAR[planar], word="u1", samples=samples, alpha=_interleaved_alpha(name)
        )
        for name, (planar, samples) in _BYTES.items()
    }
    for end, order in (("le", "<"), ("be", ">")):
        for word, group in (("u2", _PAIRS), ("u4", _FIELDS), ("f2", _HALVES), ("f4", _FLOATS)):
            for name, (planar, samples) in group.items():
                found[f"{name}{end}"] = SampleLayout(
                    format=PLANAR[planar],
                    word=f"{order}{word}",
                    samples=samples,
                    alpha=_interleaved_alpha(name),
                )
        for name, format in PLANAR.items():
            layout = SampleLayout(
                format=format, word=f"{order}{_word(format)}", samples=_separate(name)
            )
            other = name if format.bits == 8 else f"{name[:-2]}{end}"
            found[other] = layout
            if format.family != "gray":
                alpha = Samples(plane=3, offset=0, step=1)
                found[alpha_name(other)] = replace(layout, alpha=alpha)
        for sampling, bits in (("yuv444p", 10), ("yuv444p", 12), ("gbrp", 10), ("gbrp", 12)):
            name = f"{sampling}{bits}le"
            found[f"{sampling}{bits}msb{end}"] = SampleLayout(
                format=PLANAR[name],
                word=f"{order}u2",
                samples=_separate(name, shift=16 - bits),
            )
    return found | {full: found[plain] for full, plain in FULL_RANGE.items()}


LAYOUTS = _layouts()
"""Every format of 8 bits a sample and more, by FFmpeg's name."""
