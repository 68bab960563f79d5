"""Damage weights, Y4M, recipes, journals and pictures at random, and see that each is borne.

python scripts/fuzz_inputs.py [--count 700] [--seed 0] [--keep FOLDER]

Each damaged file must be taken as it is, or be refused by an error of vsfilter's own, in one line.
Anything else is a failure: another error, a crash, a minute without an end (the last two end this
process too, with their signal). `--keep` saves the files that made one.
"""

from __future__ import annotations

import argparse
import random
import resource
import shutil
import signal
import sys
import tempfile
import warnings
import zlib
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from fidelity.damage import DAMAGES
from safetensors.torch import save_file
from torch import Tensor

from vsfilter.engine.load import load
from vsfilter.engine.settings import Settings
from vsfilter.errors import VsfilterError
from vsfilter.sinks.encoding.encoder import EncoderSettings
from vsfilter.sources.y4m_source import Y4MSource
from vsfilter.transcode.transcode import Callbacks, transcode
from vsfilter.weights import save_weights
from vsfilter_basicvsr.checkpoint import build
from vsfilter_basicvsr.options import Options
from vsfilter_train.picture_clip import read_picture
from vsfilter_train.recipe import read_recipe

_LIMIT_S = 60
_MEMORY_BYTES = 12 << 30
_OPTIONS = Options(channels=8, blocks=1, flow_levels=2, flow_widths=(8,), flow_kernel=3)
_RECIPES = Path(__file__).parents[1] / "train" / "recipes"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of file.

    Attributes:
        whole: Files that are not damaged.
        read: Reads one, in a folder where it may write.
    """

    whole: list[Path]
    read: Callable[[Path, Path], object]


class _StopError(Exception):
    """Ends a run in its middle."""


def main() -> None:
    """Damage, read, judge and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=700, help="damaged files")
    parser.add_argument("--seed", default="0", help="any word, of which the damage is a function")
    parser.add_argument("--keep", type=Path, help="where files go that made a failure")
    arguments = parser.parse_args()
    endings: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        kinds = _make_all(folder)
        torch.set_num_threads(1)
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
        for number in range(arguments.count):
            endings[_try(number, kinds, folder, arguments)] += 1
    print(", ".join(f"{count} {word}" for word, count in sorted(endings.items())))
    sys.exit(bool(set(endings) - {"taken", "refused"}))


def _make_all(folder: Path) -> dict[str, Kind]:
    """Make whole files of every kind."""
    network = build(_OPTIONS)
    state = network.state_dict()
    ours, zipped, old = (folder / name for name in ("a.safetensors", "zip.pth", "old.pth"))
    header = {"backend": "basicvsr", "options": asdict(_OPTIONS), "scale": _OPTIONS.scale}
    save_weights(ours, state, header)
    torch.save({"params": state}, zipped)
    torch.save({"params": state}, old, _use_new_zipfile_serialization=False)
    film = folder / "film.y4m"
    frame = b"FRAME\n" + bytes(range(96))
    film.write_bytes(b"YUV4MPEG2 W8 H8 F25:1 Ip A1:1 C420jpeg XCOLORRANGE=FULL\n" + frame * 12)
    _work(film, folder, stop_at=9)
    pictures = [folder / f"picture{suffix}" for suffix in (".png", ".jpg", ".tiff", ".bmp")]
    for path in pictures:
        cv2.imwrite(str(path), np.arange(1200, dtype=np.uint8).reshape(20, 20, 3))
    foreign = [folder / "compact.pth", folder / "compact.safetensors"]
    compact = _compact()
    torch.save({"params": compact}, foreign[0])
    save_file(compact, foreign[1])
    return {
        "weights": Kind(whole=[ours, zipped, old], read=lambda path, _: load(weights=path)),
        "spandrel": Kind(whole=foreign, read=lambda path, _: load("spandrel", weights=path)),
        "picture": Kind(whole=pictures, read=lambda path, _: read_picture(path)),
        "y4m": Kind(whole=[film], read=lambda path, _: list(Y4MSource(str(path)))),
        "recipe": Kind(
            whole=sorted(_RECIPES.glob("*.toml")), read=lambda path, _: read_recipe(path)
        ),
        "journal": Kind(
            whole=[folder / "out.mkv.part" / "journal"],
            read=lambda path, place: _go_on(path, place, folder),
        ),
    }


def _compact() -> dict[str, Tensor]:
    """Make the tensors of a small network that spandrel knows."""
    with warnings.catch_warnings():  # of what it imports
        warnings.simplefilter("ignore")
        from spandrel.architectures.Compact import Compact
    state: dict[str, Tensor] = Compact(num_feat=8, num_conv=2, upscale=2).state_dict()
    return state


def _work(film: Path, folder: Path, *, stop_at: int | None = None) -> None:
    """Transcode a film into a folder, with segments of four frames."""

    def frame(done: int) -> None:
        if done == stop_at:
            raise _StopError

    try:
        transcode(
            str(film),
            str(folder / "out.mkv"),
            settings=Settings(model="bicubic", scale=1, core=4, precision="fp32"),
            encoder=EncoderSettings(codec="ffv1", threads=1, segment_frames=4),
            callbacks=Callbacks(frame=frame),
        )
    except _StopError:
        return


def _go_on(journal: Path, place: Path, folder: Path) -> None:
    """Go on with work whose journal is damaged, each line of which still has its checksum."""
    shutil.copytree(folder / "out.mkv.part", place / "out.mkv.part")
    lines = [line.partition(b" ")[2] for line in journal.read_bytes().split(b"\n")]
    signed = b"".join(b"%08x %s\n" % (zlib.crc32(line), line) for line in lines)
    (place / "out.mkv.part" / "journal").write_bytes(signed)
    _work(folder / "film.y4m", place)


def _try(number: int, kinds: dict[str, Kind], folder: Path, arguments: argparse.Namespace) -> str:
    """Damage and read one file; give one word for how that ended."""
    chance = random.Random(f"{arguments.seed}/{number}")
    name = list(kinds)[number % len(kinds)]
    source = chance.choice(kinds[name].whole)
    damage = chance.choice(list(DAMAGES))
    with tempfile.TemporaryDirectory(dir=folder) as place:
        damaged = Path(place) / source.name
        damaged.write_bytes(DAMAGES[damage](bytearray(source.read_bytes()), chance))
        ending = _read(kinds[name], damaged, Path(place))
        print(f"{number}: {name} {source.name}, {damage}: {ending}", flush=True)
        if not ending.startswith(("taken", "refused")) and arguments.keep is not None:
            arguments.keep.mkdir(parents=True, exist_ok=True)
            shutil.copy(damaged, arguments.keep / f"{number}-{source.name}")
    return ending.partition(":")[0]


def _read(kind: Kind, path: Path, place: Path) -> str:
    """Tell how reading a file ended: one word, and after a colon what else there is to say."""
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(_LIMIT_S)  # it ends the process, whatever that is doing
    try:
        kind.read(path, place)
    except VsfilterError as error:
        text = str(error)
        return f"lines: {text!r}" if "\n" in text else f"refused: {text[:120]}"
    except Exception as error:  # noqa: BLE001  # which is what is looked for
        return f"unexpected: {type(error).__name__}: {error}"
    finally:
        signal.alarm(0)
    return "taken"


if __name__ == "__main__":
    main()
