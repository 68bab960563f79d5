"""Write docs/fidelity.md: what of an input is kept in which container.

    python scripts/make_fidelity_table.py [--media FOLDER] [--only NAME]... [--check]

Small films with everything that a file can hold are made, put through vsr-transcode into each
container, and read back by other code than that which wrote them. `--media` adds a table of real
files. `--check` compares with the document instead of writing it.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from fidelity.facts import FileFacts, StreamFacts, disagreement, read_facts
from fidelity.forked import transcode
from fidelity.media import make_all

DOCUMENT = Path(__file__).parent.parent / "docs" / "fidelity.md"
SUFFIXES = (".mkv", ".mp4", ".mov", ".webm")
BEGIN, END = "<!-- table: {} -->", "<!-- end of {} -->"
_ENCODERS = {
    ("web", ".mkv"): ["--codec", "ffv1"],
    ("web", ".mov"): ["--codec", "prores"],
    ("hdr", ".webm"): ["--codec", "svtav1", "--preset", "12"],
    ("camera", ".mov"): ["--codec", "prores"],
    ("alpha_vp9", ".mkv"): ["--codec", "ffv1"],
    ("animated", ".mkv"): ["--codec", "ffv1"],
    ("odd_dimensions_161x121", ".mkv"): ["--codec", "ffv1"],
    ("odd_dimensions_161x121", ".mp4"): ["--codec", "vp9", "--preset", "8"],
}
_NUMBER = re.compile(r"[+-][0-9.]+")
_FRAME_MS = 40
"""Chapters of MP4 end where the next one begins, and the last one with the film."""
_FAST = ["--model", "bicubic", "--scale", "1"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One input in one container.

    Attributes:
        before: What the input holds.
        after: What the output holds; None where there is none.
        messages: What the command said.
    """

    before: FileFacts
    after: FileFacts | None
    messages: str


def main() -> None:
    """Make the tables and write or compare the document."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--media", type=Path, help="a folder of real files for a second table")
    parser.add_argument("--only", action="append", help="a film: film, phone, camera ...")
    parser.add_argument("--check", action="store_true", help="compare, and write nothing")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        films = [
            path for path in make_all(Path(folder)) if path.stem in (arguments.only or [path.stem])
        ]
        rows = [row for path in films for row in _film_rows(path, Path(folder))]
        if arguments.check:
            _check(rows)
            return
        text = _replaced(DOCUMENT.read_text(encoding="utf-8"), "films", rows)
        if arguments.media is not None:
            real = [
                _media_row(path, Path(folder))
                for path in sorted(arguments.media.iterdir())
                if path.suffix != ".json"
            ]
            text = _replaced(text, "real files", real)
        DOCUMENT.write_text(text, encoding="utf-8")


def _check(rows: list[str]) -> None:
    known = DOCUMENT.read_text(encoding="utf-8").splitlines()
    missing = [row for row in rows if row not in known]
    for row in missing:
        print(f"not in {DOCUMENT.name}: {row}")
    print(f"{len(rows) - len(missing)} of {len(rows)} rows are those of {DOCUMENT.name}")
    sys.exit(bool(missing))


def _replaced(text: str, name: str, rows: list[str]) -> str:
    begin, end = BEGIN.format(name), END.format(name)
    head, rest = text.split(begin + "\n", 1)
    table, tail = rest.split(end, 1)
    header = "\n".join(table.strip().splitlines()[:2])
    return f"{head}{begin}\n{header}\n" + "\n".join(rows) + f"\n{end}{tail}"


def _put_through(path: Path, suffix: str, folder: Path) -> Result:
    """Transcode one file into one container."""
    out = folder / f"out{suffix}"
    out.unlink(missing_ok=True)
    speed = ["--preset", "8"] if suffix == ".webm" else ["--preset", "ultrafast"]
    encoder = _ENCODERS.get((path.stem, suffix), speed)
    ending = transcode([str(path), str(out), *_FAST, *encoder], folder / "log")
    after = read_facts(out) if ending.code == 0 else None
    if after is not None and (words := disagreement(out)):
        print(f"{path.name} to {suffix}: PyAV reads {words}", file=sys.stderr)
    return Result(before=read_facts(path), after=after, messages=ending.errors)


def _film_rows(path: Path, folder: Path) -> list[str]:
    results = [_put_through(path, suffix, folder) for suffix in SUFFIXES]
    before = results[0].before
    rows = {"picture": [_picture(result) for result in results]}
    rows["times"] = [_times(result) for result in results]
    for number, stream in enumerate(before.streams):
        name = " ".join(filter(None, (stream.kind, stream.codec, stream.language)))
        rows[f"{number + 1}: {name}"] = [_stream(result, number) for result in results]
    if before.chapters:
        rows["chapters"] = [_chapters(result) for result in results]
    if len(before.tags) > 1:
        rows["tags"] = [_tags(result) for result in results]
    return [f"| `{path.name}` | {name} | {' | '.join(cells)} |" for name, cells in rows.items()]


def _media_row(path: Path, folder: Path) -> str:
    cells = []
    for suffix in (".mkv", ".mp4"):
        result = _put_through(path, suffix, folder)
        if result.after is None:
            line = result.messages.strip().splitlines()[-1].replace(str(path), path.name)
            cells.append(line.replace("|", "/"))
            continue
        found = [_picture(result), _times(result)]
        found += [
            f"{stream.kind} {stream.codec}: {words}"
            for number, stream in enumerate(result.before.streams)
            if (words := _stream(result, number)) not in ("bit for bit", "kept")
        ]
        found += [_chapters(result), _tags(result)]
        cells.append("; ".join(words for words in found if words != "kept") or "all kept")
    return f"| `{path.name}` | {' | '.join(cells)} |"


def _picture(result: Result) -> str:
    if result.after is None:
        return "refused"
    before, after = result.before.picture, result.after.picture
    lost = []
    for name, value in before.items():
        is_stated = value not in ("", "0", "2", "False") or name == "rotation"
        if is_stated and not _is_kept(name, before, after):
            lost.append(f"{name} {value[:12]} is {after.get(name, '')[:12] or 'lost'}")
    return f"{', '.join(lost)}{_said(result)}" if lost else "kept"


def _said(result: Result) -> str:
    return " (said)" if "lost in the output" in result.messages else ""


def _is_kept(name: str, before: dict[str, str], after: dict[str, str]) -> bool:
    """Tell whether a property is the same, or a finer one where the encoder knows no other."""
    if name == "bits":
        return int(after[name]) >= int(before[name])
    if name == "sampling":
        return after[name] == "rgb" or _area(after[name]) <= _area(before[name])
    if name == "siting" and after["sampling"] != before["sampling"]:
        return True
    if name == "mastering":  # AV1 has units of its own
        values = [[float(part) for part in words[name].split()] for words in (before, after)]
        return len(values[0]) == len(values[1]) and all(
            abs(a - b) < 0.002 for a, b in zip(*values, strict=True)
        )
    return before[name] == after.get(name)


def _area(sampling: str) -> int:
    """Give the luma samples for each chroma sample, from words such as "2x2"."""
    columns, _, rows = sampling.partition("x")
    return int(columns) * int(rows) if rows else 1


def _times(result: Result) -> str:
    if result.after is None:
        return "refused"
    before, after = result.before.times_s, result.after.times_s
    if len(before) != len(after):
        return f"{len(after)} of {len(before)} frames"
    worst = max(
        (abs((b - after[0]) - (a - before[0])) for a, b in zip(before, after, strict=True)),
        default=Fraction(0),
    )
    ends = abs((result.after.end_s - after[0]) - (result.before.end_s - before[0]))
    words = [f"to {float(worst) * 1000:.1f} ms"] if worst > Fraction(1, 1000) else []
    if ends > Fraction(2, 1000):
        words.append(f"the last frame ends {float(ends) * 1000:.0f} ms off")
    return ", ".join(words) or "kept"


def _match(stream: StreamFacts, streams: list[StreamFacts]) -> StreamFacts | None:
    """Find what a stream became: the same bytes, else the same kind and words or language."""
    same = [other for other in streams if other.payload == stream.payload]
    alike = [
        other
        for other in streams
        if other.kind == stream.kind
        and other.language == stream.language
        and (stream.kind != "subtitle" or other.words == stream.words)
        and stream.kind in ("audio", "subtitle", "data")
    ]
    return next(iter(same + alike), None)


def _stream(result: Result, number: int) -> str:
    if result.after is None:
        return "refused"
    stream = result.before.streams[number]
    if stream.codec == "timecode":
        return (
            "as a tag"
            if result.after.picture["timecode"]
            and not any(s.codec == "timecode" for s in result.after.streams)
            else ("kept" if result.after.picture["timecode"] else "left out")
        )
    # of several alike, the n-th is the n-th
    before = [
        s
        for s in result.before.streams
        if (s.kind, s.language, s.words) == (stream.kind, stream.language, stream.words)
    ]
    place = next(i for i, s in enumerate(before) if s is stream)
    found = _match(stream, result.after.streams)
    if found is None:
        return "left out, said" if "cannot hold these streams" in result.messages else "LEFT OUT"
    if found.payload != stream.payload and place:
        alike = [
            s
            for s in result.after.streams
            if s.kind == stream.kind and s.language == stream.language
        ]
        found = alike[min(place, len(alike) - 1)]
    words = ["bit for bit" if found.payload == stream.payload else f"to {found.codec}"]
    if stream.language and found.language != stream.language:
        words.append(f"language {found.language or 'lost'}")
    if stream.title and found.title != stream.title:
        words.append("title lost")
    if lost := sorted(stream.disposition - found.disposition - _same_flags(found)):
        words.append(f"{' and '.join(lost)} lost")
    is_said = re.search(rf"\b{stream.index} \([^()]* (is|are) lost", result.messages) is not None
    return ", ".join(words + ["said"] * (is_said and len(words) > 1))


def _same_flags(found: StreamFacts) -> set[str]:
    """Give the flags that say nothing which the found ones do not."""
    pairs = {"visual_impaired": "descriptions", "hearing_impaired": "captions"}
    return {pairs[flag] for flag in found.disposition if flag in pairs}


def _chapters(result: Result) -> str:
    if result.after is None:
        return "refused"
    before, after = result.before.chapters, result.after.chapters
    if [(start, title) for start, _, title in before] != [(s, title) for s, _, title in after]:
        return "other chapters"
    if all(abs(a - b) <= _FRAME_MS for (_, a, _), (_, b, _) in zip(before, after, strict=True)):
        return "kept"
    is_said = "cannot hold the ends of chapters" in result.messages
    return f"chapters end where the next begins{', said' if is_said else ''}"


def _tags(result: Result) -> str:
    if result.after is None:
        return "refused"
    own = ("encoder", "major_brand", "minor_version", "compatible_brands", "duration")
    lost = sorted(
        name
        for name, text in result.before.tags.items()
        if not name.startswith(own) and not _is_tag_kept(name, text, result.after)
    )
    is_said = "cannot hold these tags" in result.messages
    return f"{', '.join(lost)} lost{', said' if is_said else ''}" if lost else "kept"


def _is_tag_kept(name: str, text: str, after: FileFacts) -> bool:
    found = after.tags.get(name)
    if name == "timecode":  # becomes a track
        return text in (found, after.picture["timecode"])
    if found is None:  # MP4 has one creation time, and 1970 stands for none
        return name == "creation_time" and text.startswith("1970-01-01T00:00:00")
    if name == "creation_time":
        return re.sub(r"\D", "", text)[:14] == re.sub(r"\D", "", found)[:14]
    if name.startswith("location"):
        numbers = [[float(part) for part in _NUMBER.findall(words)] for words in (text, found)]
        return numbers[0][:2] == numbers[1][:2]
    return text == found


if __name__ == "__main__":
    main()
