"""Sets of weights that a backend knows by name: bundled with its plugin, or published elsewhere."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from vsfilter.errors import PluginError

Degradation = Literal["BI", "BD", "blur", "compression", "noise", "real"]
"""What the input of training suffered. BI: MATLAB's bicubic; BD: Gaussian blur, then every 4th
pixel; real: random mixtures of all."""


Quality = Literal["fast", "good"]
"""What weighed more when a set was made: the time that it takes, or the picture."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """What the publisher measured.

    Attributes:
        data: The test set, such as "Vid4 (BI)".
        channel: Over which channel the error was taken.
        psnr: Mean PSNR, in dB.
        ssim: Mean SSIM, up to 1.
    """

    data: str
    channel: Literal["RGB", "Y"]
    psnr: float
    ssim: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedFile:
    """A weights file that others publish, which does not come with the plugin.

    Attributes:
        name: Name of the file as published.
        page: Web page where a person finds it.
        url: Where the file itself can be fetched over HTTP; empty where that takes a browser.
        size: Length in bytes, or None where no source states it.
        scores: What the publisher measured; empty where no source states it.
    """

    name: str
    page: str
    url: str = ""
    size: int | None = None
    scores: tuple[Score, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what cannot be the name of a file in a folder, or is fetched in another way.

        Raises:
            PluginError: The name holds a path, or the URL is not of HTTP.
        """
        if not re.fullmatch(r"\w[\w.+-]*", self.name):
            raise PluginError(f"published file {self.name!r} is no plain name of a file")
        if self.url and not self.url.startswith(("https://", "http://")):
            raise PluginError(
                f"published file {self.name!r} has URL {self.url!r}: give an HTTP one"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedWeights:
    """A set of weights that a backend knows by name.

    Attributes:
        name: What the user types.
        file: Where the file lies, when it comes with the plugin; otherwise how it is published.
        scale: Scale of the model that it makes.
        sha256: Hash of the file, in hex; its first 8 digits at least, where no more is published.
        source: Where it came from, in a few words.
        licence: SPDX identifier, or what the source states.
        degradation: What it was trained to undo, in the order in which it was done.
        context: Frames that it needs on each side of a core, as measured; None for as many as its
            backend takes by default.
        quality: What weighed more when it was made.
    """

    name: str
    file: Path | PublishedFile
    scale: int
    sha256: str
    source: str
    licence: str
    degradation: tuple[Degradation, ...] = ()
    context: int | None = None
    quality: Quality = "fast"

    def __post_init__(self) -> None:
        """Refuse a name that cannot be typed, and a hash that proves nothing.

        Raises:
            PluginError: The name has a character that is none of a-z 0-9 . _ -, or the hash is
                not of 8 to 64 hexadecimal digits.
        """
        if not re.fullmatch(r"[a-z0-9][a-z0-9._-]*", self.name):
            raise PluginError(f"weights {self.name!r} have a name that is not of a-z 0-9 . _ -")
        if not re.fullmatch(r"[0-9a-f]{8,64}", self.sha256):
            raise PluginError(
                f"weights {self.name!r} have hash {self.sha256!r}: give 8 to 64 digits"
            )

    def has_hash(self, digest: str) -> bool:
        """Tell whether a file with this full SHA-256 is the one."""
        return digest.startswith(self.sha256)


def read_published(path: Path) -> tuple[NamedWeights, ...]:
    """Read a table of published sets.

    It is TOML: a `[[publisher]]` has `source`, `page`, `licence` and its `[[publisher.weights]]`,
    which have the fields of `NamedWeights` and `PublishedFile`; `file` is the file's name, and each
    of `scores` is [data, channel, PSNR in dB, SSIM].

    Raises:
        PluginError: A field is missing, unknown or wrong.
    """
    with path.open("rb") as file:
        content = tomllib.load(file)
    try:
        return tuple(
            _read_set(publisher, dict(entry))
            for publisher in content["publisher"]
            for entry in publisher["weights"]
        )
    except (KeyError, TypeError, ValueError) as error:
        raise PluginError(f"'{path}' is no table of published weights: {error!r}") from error


def _read_set(publisher: dict[str, Any], entry: dict[str, Any]) -> NamedWeights:  # Any: TOML
    scores = [
        Score(data=data, channel=channel, psnr=psnr, ssim=ssim)
        for data, channel, psnr, ssim in entry.pop("scores", [])
    ]
    file = PublishedFile(
        name=entry.pop("file"),
        page=entry.pop("page", publisher["page"]),
        url=entry.pop("url", ""),
        size=entry.pop("size", None),
        scores=tuple(scores),
    )
    return NamedWeights(
        file=file,
        source=publisher["source"],
        licence=publisher["licence"],
        degradation=tuple(entry.pop("degradation")),
        **entry,
    )
