"""Writing clips into an LMDB, laid out as BasicSR's tools do it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import batched
from pathlib import Path

from vsfilter.closing import Closing
from vsfilter.errors import OptionError, SinkError, SinkExistsError, SourceError

from .clip import Clip
from .lmdb_clip import import_lmdb
from .picture_clip import PictureClip, pack_picture

FIRST_BYTES = 1 << 28
FRAMES_A_COMMIT = 32
"""What is not committed is held in memory."""
_SUFFIX = ".png"

type _Entry = tuple[str, bytes, tuple[int, int]]
"""Key, packed picture, height and width."""


class LmdbWriter(Closing):
    """A database, there under its name when it is whole; a few frames are in memory at a time.

    Args:
        folder: Ends in `.lmdb`.

    Raises:
        OptionError: The library lmdb is not installed, or the name is another.
        SinkExistsError: It exists.
    """

    def __init__(self, folder: Path) -> None:
        self._lmdb = import_lmdb()
        if folder.suffix != ".lmdb":
            raise OptionError(f"output '{folder}' has the suffix {folder.suffix!r}: use .lmdb")
        if folder.exists():
            raise SinkExistsError(f"output '{folder}' exists: remove it, or use another name")
        self._folder, self._part = folder, folder.with_suffix(".lmdb.part")
        shutil.rmtree(self._part, ignore_errors=True)
        self._part.mkdir(parents=True)
        self._database = self._lmdb.open(str(self._part), map_size=FIRST_BYTES)
        self._lines = (self._part / "meta_info.txt").open("w+", encoding="utf-8")
        self.count = 0

    def add(self, clip: Clip) -> int:
        """Write the frames of a clip, all or none: PNG files as they are, all else as PNG.

        Returns:
            Their number.

        Raises:
            SourceError: The clip is damaged.
            SinkError: The disk is full.
        """
        count, begin = 0, self._lines.tell()
        try:
            for batch in batched(_entries(clip), FRAMES_A_COMMIT):
                self._put(batch)
                for key, _, (height, width) in batch:
                    self._lines.write(f"{key}{_SUFFIX} ({height},{width},3) 1\n")
                count += len(batch)
        except SourceError:
            self._take_back(begin)
            raise
        except (OSError, self._lmdb.Error) as error:
            raise SinkError(f"'{self._folder}' cannot be written: {error}") from error
        self.count += count
        return count

    def _put(self, batch: Sequence[_Entry]) -> None:
        """Store entries; a database that is full gets twice the room."""
        while True:
            try:
                with self._database.begin(write=True) as transaction:
                    for key, packed, _ in batch:
                        transaction.put(key.encode(), packed)
                return
            except self._lmdb.MapFullError:
                self._database.set_mapsize(2 * self._database.info()["map_size"])

    def _take_back(self, begin: int) -> None:
        """Remove what the list has from a place on, from the list too."""
        self._lines.seek(begin)
        with self._database.begin(write=True) as transaction:
            for line in self._lines:
                transaction.delete(line.rpartition(_SUFFIX)[0].encode())
        self._lines.seek(begin)
        self._lines.truncate()

    def finish(self) -> None:
        """Give the database its name; one without frames gets none, and goes with `close`.

        Raises:
            SinkError: The disk is full.
        """
        if not self.count:
            return
        try:
            self._lines.close()
            self._database.sync(True)
            self._database.close()
            (self._part / "lock.mdb").unlink(missing_ok=True)
            self._part.replace(self._folder)
        except (OSError, self._lmdb.Error) as error:
            raise SinkError(f"'{self._folder}' cannot be written: {error}") from error

    def close(self) -> None:
        """Let go of it; what is not finished is removed."""
        with suppress(OSError):  # a full disk is told of by what wrote to it
            self._lines.close()
        self._database.close()
        shutil.rmtree(self._part, ignore_errors=True)


def _entries(clip: Clip) -> Iterator[_Entry]:
    paths = clip.paths if isinstance(clip, PictureClip) else ()
    for number, frame in enumerate(clip.frames()):
        path = paths[number] if paths else None
        is_png = path is not None and path.suffix.lower() == ".png"
        packed = path.read_bytes() if path and is_png else pack_picture(frame)
        height, width, _ = frame.shape
        key = f"{clip.name}/{path.stem if path else f'{number:08}'}"
        yield key, packed, (height, width)
