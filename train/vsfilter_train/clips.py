"""Clips to train on: which files of a folder may be used, and their frames."""

import json
import logging
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from vsfilter.errors import OptionError, SourceError

log = logging.getLogger(__name__)
VIDEO_SUFFIXES = {".avi", ".m2ts", ".mkv", ".mov", ".mp4", ".ts", ".webm"}


def list_clips(folder: Path, *, leave_out_licences: Sequence[str] = ()) -> list[Path]:
    """List the video files of a folder, sorted.

    Args:
        folder: Holds video files and maybe a `manifest.json` that states their licences.
        leave_out_licences: Clips whose stated licence contains one of these are left out, as are
            those without a stated one; empty takes all clips.

    Raises:
        SourceError: The folder has no video files that may be used.
        OptionError: Licences matter, and the manifest is missing or damaged.
    """
    files = sorted(p for p in folder.glob("*") if p.suffix.lower() in VIDEO_SUFFIXES)
    kept = files
    if leave_out_licences:
        licences = _read_licences(folder / "manifest.json")
        if unstated := [path.name for path in files if path.name not in licences]:
            log.warning("left out: licences of %s are not stated", ", ".join(unstated))
        kept = [
            path
            for path in files
            if path.name in licences
            and not any(text in licences[path.name] for text in leave_out_licences)
        ]
    if not kept:
        raise SourceError(f"folder '{folder}' has no video files to train on")
    return kept


def _read_licences(manifest: Path) -> dict[str, str]:
    """Give the stated licence of each file."""
    try:
        entries = json.loads(manifest.read_text(encoding="utf-8"))
        return {str(entry["file"]): str(entry["repo_licence"]) for entry in entries}
    except FileNotFoundError as error:
        raise OptionError(f"'{manifest}' is missing: licences cannot be told without it") from error
    except (ValueError, KeyError, TypeError) as error:
        raise OptionError(
            f"'{manifest}' is no list of entries with file and repo_licence: mend it"
        ) from error


def read_clip(path: Path, *, start: int = 0, count: int | None = None) -> NDArray[np.uint8]:
    """Read frames of a clip, by default all of a short one.

    Args:
        path: A video file.
        start: The first frame, from 0.
        count: Frames, fewer where the file ends; None reads to its end.

    Returns:
        (t, h, w, 3), uint8, RGB.

    Raises:
        SourceError: The file cannot be read, or has no such frame.
    """
    capture = cv2.VideoCapture(str(path))
    frames: list[NDArray[np.uint8]] = []
    is_there = all(capture.grab() for _ in range(start))  # seeking is not exact
    while is_there and len(frames) != count:
        is_there, frame = capture.read()
        if is_there:
            frames.append(frame[..., ::-1].astype(np.uint8, copy=False))
    capture.release()
    if not frames:
        reason = f"has no frame {start}" if start else "cannot be read as a video"
        raise SourceError(f"'{path}' {reason}")
    return np.stack(frames)
