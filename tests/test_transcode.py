"""The main job as its user runs it: the command, on real containers, in a process of its own."""

import json
import os
import signal
import subprocess
import sys
import time
from fractions import Fraction

import av
import cv2
import numpy as np
import pytest
import torch

from tests.clips import Clip, make_clip
from tests.golden_case import read_weights
from tests.interlaced import woven_clip
from tests.ready_process import run_entry
from tests.small_models import save_basicvsr
from vsfilter.sinks.y4m_sink import Y4MSink

# a shell that starts the tests in the background makes them and their children ignore SIGINT
INTERRUPTIBLE = """
import signal
from vsfilter.cli.transcode import run
signal.signal(signal.SIGINT, signal.default_int_handler)
run()
"""


def run_bytes(*arguments, data=b""):
    """Run vsr-transcode with these bytes on its standard input; give the finished process."""
    return run_entry("vsfilter.cli.transcode:run", *arguments, data=data)


def run(*arguments):
    """Run vsr-transcode; give the finished process with its output as text."""
    done = run_bytes(*arguments)
    done.stdout, done.stderr = done.stdout.decode(), done.stderr.decode()
    return done


def packets(path, kind):
    with av.open(str(path)) as container:
        stream = next(s for s in container.streams if s.type == kind)
        return [(p.pts * stream.time_base, bytes(p)) for p in container.demux(stream) if p.size > 0]


def frame_times(path):
    with av.open(str(path)) as container:
        return [Fraction(f.pts) * f.time_base for f in container.decode(video=0)]


def planes(path):
    with av.open(str(path)) as container:
        return [frame.to_ndarray() for frame in container.decode(video=0)]


@pytest.fixture
def film(tmp_path):
    """A clip of variable frame rate with sound."""
    clip = Clip(
        count=21,
        time_base=Fraction(1, 12800),
        pts=[512 * n + (256 if n > 9 else 0) for n in range(21)],
        audio_s=0.9,
        options={"bf": "2"},
    )
    return make_clip(tmp_path / "film.mp4", clip)


def test_every_frame_its_time_and_the_sound_come_through(film, tmp_path):
    result = run(film, tmp_path / "out.mp4", "--model", "bicubic", "--scale", "2")
    assert result.returncode == 0, result.stderr
    assert result.stdout == ""
    assert frame_times(tmp_path / "out.mp4") == frame_times(film)
    assert packets(tmp_path / "out.mp4", "audio") == packets(film, "audio")
    with av.open(str(tmp_path / "out.mp4")) as container:
        context = container.streams.video[0].codec_context
        assert (context.width, context.height) == (128, 96)


def test_a_size_is_met_and_the_picture_keeps_its_shape(film, tmp_path):
    sizes = {}
    for name, wish in (("size", ["--size", "200x96"]), ("scale", ["--scale", "3/2"])):
        target = tmp_path / f"{name}.mkv"
        result = run(film, target, "--model", "bicubic", *wish, "--encoder-opts", "g=5")
        assert result.returncode == 0, result.stderr
        assert "x4, then resized" in result.stderr or "x2, then resized" in result.stderr
        with av.open(str(target)) as container:
            stream = container.streams.video[0]
            context = stream.codec_context
            sizes[name] = (context.width, context.height, stream.sample_aspect_ratio)
            keys = [packet.is_keyframe for packet in container.demux(stream) if packet.size]
        assert sum(keys) == 5
    assert sizes == {"size": (200, 96, Fraction(16, 25)), "scale": (96, 72, Fraction(1))}


def test_options_reach_the_model(tmp_path):
    film = make_clip(tmp_path / "film.mkv", Clip(count=4, width=32, height=32))
    torch.save({"params": read_weights("edvr_tsa_5f")}, tmp_path / "edvr.pth")
    written = {}
    for center in (0, 2):
        out = tmp_path / f"{center}.mkv"
        options = ["--codec", "ffv1", "--precision", "fp32", "--option", f"center={center}"]
        result = run(film, out, "--weights", tmp_path / "edvr.pth", *options)
        assert result.returncode == 0, result.stderr
        written[center] = np.stack(planes(out))
    assert written[0].shape == written[2].shape
    assert not np.array_equal(written[0], written[2])


def test_the_default_model_restores_and_says_what_it_did(film, tmp_path):
    result = run(film, tmp_path / "out.mkv", "--json", "--core", "6", "--context", "2")
    assert result.returncode == 0, result.stderr
    report = json.loads(result.stdout)
    assert (report["frames"], report["model"], report["width"]) == (21, "basicvsr", 256)
    assert len(frame_times(tmp_path / "out.mkv")) == 21


def test_y4m_on_stdout_equals_the_lossless_file(film, tmp_path):
    settings = ["--model", "bicubic", "--scale", "2", "--quiet"]
    assert run(film, tmp_path / "out.mkv", "--codec", "ffv1", *settings).returncode == 0
    piped = run_bytes(film, "-", *settings)
    (tmp_path / "out.y4m").write_bytes(piped.stdout)
    assert piped.stderr == b""
    for ours, theirs in zip(
        planes(tmp_path / "out.y4m"), planes(tmp_path / "out.mkv"), strict=True
    ):
        np.testing.assert_array_equal(ours, theirs)


def test_rgb_input_is_tagged_as_what_it_becomes(tmp_path):
    film = make_clip(tmp_path / "film.mkv", Clip(count=3, codec="ffv1", pix_fmt="bgr0"))
    result = run(film, tmp_path / "out.mkv", "--model", "bicubic", "--codec", "x264")
    assert result.returncode == 0, result.stderr
    with av.open(str(tmp_path / "out.mkv")) as container:
        context = container.streams.video[0].codec_context
        assert (context.pix_fmt, context.colorspace, context.color_range) == ("yuv444p", 1, 1)


def test_y4m_on_stdin_is_read(film, tmp_path):
    settings = ["--model", "bicubic", "--quiet"]
    piped = run_bytes(film, "-", *settings)
    settings = ["--model", "bicubic", "--scale", "1"]
    again = run_bytes("-", tmp_path / "out.mkv", *settings, data=piped.stdout)
    assert again.returncode == 0, again.stderr
    assert len(planes(tmp_path / "out.mkv")) == 21


def test_windows_of_any_size_give_the_same_file_for_a_model_without_memory(film, tmp_path):
    for core in (1, 5, 50):
        target = tmp_path / f"{core}.mkv"
        settings = ["--model", "bicubic", "--codec", "ffv1", "--core", str(core)]
        assert run(film, target, *settings).returncode == 0
    for core in (5, 50):
        pairs = zip(planes(tmp_path / "1.mkv"), planes(tmp_path / f"{core}.mkv"), strict=True)
        assert all(np.array_equal(a, b) for a, b in pairs)


def test_a_dry_run_writes_nothing(film, tmp_path):
    result = run(film, tmp_path / "out.mkv", "--dry-run", "--json")
    assert result.returncode == 0, result.stderr
    forecast = json.loads(result.stdout)
    assert forecast["frames"] is None
    counts = {"video": 1, "audio": 1}
    assert forecast["streams"] == {"counts": counts, "converted": [], "dropped": []}
    assert forecast["estimated_s"] == pytest.approx(21 * forecast["estimated_frame_s"])
    assert sorted(tmp_path.iterdir()) == [film]


def bad_input(kind, folder, film):
    path = folder / "bad.mp4"
    if kind == "text named .mp4":
        path.write_text("this is no video\n" * 50)
    elif kind == "empty file":
        path.touch()
    elif kind == "file cut off in its index":
        path.write_bytes(film.read_bytes()[-400:])
    elif kind == "sound alone":
        make_sound(path)
    elif kind == "folder without images":
        path = folder / "nothing"
        path.mkdir()
    return path


def make_sound(path):
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=48000)
        samples = av.AudioFrame.from_ndarray(
            np.zeros((1, 48000), np.float32), format="fltp", layout="mono"
        )
        samples.sample_rate = 48000
        container.mux(stream.encode(samples))
        container.mux(stream.encode(None))


@pytest.mark.parametrize(
    "kind",
    [
        "missing file",
        "text named .mp4",
        "empty file",
        "file cut off in its index",
        "sound alone",
        "folder without images",
    ],
)
def test_a_bad_input_is_one_line_and_leaves_nothing(kind, film, tmp_path):
    folder = tmp_path / "work"
    folder.mkdir()
    source = bad_input(kind, folder, film)
    before = sorted(folder.iterdir())
    result = run(source, folder / "out.mkv")
    assert_one_line(result, source.name)
    assert sorted(folder.iterdir()) == before


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["--model", "nonsense"], "nonsense"),
        (["--codec", "nonsense"], "nonsense"),
        (["--weights", "nonsense.pth"], "nonsense.pth"),
        (["--scale", "0"], "0"),
        (["--scale", "wide"], "wide"),
        (["--size", "1920"], "1920"),
        (["--size", "64x48", "--height", "48"], "height"),
        (["--height", "48", "--scale", "2"], "scale"),
        (["--encoder-opts", "g"], "key=value"),
        (["--encoder-opts", "wibble=3"], "wibble"),
        (["--precision", "fp12"], "fp12"),
        (["--device", "cuda:99"], "cuda:99"),
        (["--core", "0"], "core"),
        (["--blend", "99"], "blend"),
        (["--cuts", "soon"], "soon"),
        (["--strength", "2"], "strength"),
        (["--tile", "3"], "tile"),
        (["--ghost-guard", "maybe"], "maybe"),
        (["--option", "center"], "center"),
        (["--option", "centre=2"], "centre"),
        (["--option", "tile=64"], "tile"),
    ],
)
def test_a_bad_option_is_one_line_and_leaves_nothing(arguments, word, film, tmp_path):
    result = run(film, tmp_path / "out.mkv", *arguments)
    assert_one_line(result, word)
    assert sorted(tmp_path.iterdir()) == [film]


def test_an_existing_output_is_kept_unless_overwrite_is_given(film, tmp_path):
    target = tmp_path / "out.mkv"
    target.write_text("precious")
    assert_one_line(run(film, target, "--model", "bicubic"), "--overwrite")
    assert target.read_text() == "precious"
    assert run(film, target, "--model", "bicubic", "-y").returncode == 0
    assert len(planes(target)) == 21


def test_the_input_is_never_its_own_output(film):
    before = film.read_bytes()
    assert_one_line(run(film, film, "--overwrite"), "film.mp4")
    assert film.read_bytes() == before


def test_an_output_that_cannot_be_written_is_said_before_any_work(film, tmp_path):
    assert_one_line(run(film, tmp_path / "no" / "out.mkv"), "out.mkv")
    assert_one_line(run(film, tmp_path / "out.xyz"), ".xyz")


def test_a_traceback_is_shown_only_on_request(tmp_path):
    assert "Traceback" in run(tmp_path / "no.mp4", tmp_path / "out.mkv", "--debug").stderr
    assert run(tmp_path / "only-one-argument").returncode == 2


def assert_one_line(result, word):
    lines = result.stderr.strip().splitlines()
    assert result.returncode == 1
    assert result.stdout == ""
    assert lines[-1].startswith("error: ")
    assert word in lines[-1]
    assert "Traceback" not in result.stderr
    assert len([line for line in lines if line.startswith("error")]) == 1


def test_an_interrupt_ends_at_once_and_leaves_nothing(tmp_path):
    """The film is too long to end by itself within the test."""
    film = make_clip(tmp_path / "film.mkv", Clip(count=120, width=320, height=240))
    process = subprocess.Popen(
        [sys.executable, "-c", INTERRUPTIBLE, str(film), str(tmp_path / "out.mkv")],
        stderr=subprocess.PIPE,
        text=True,
    )
    while not list(tmp_path.glob("out*")):
        assert process.poll() is None
        time.sleep(0.01)  # the run needs the core
    process.send_signal(signal.SIGINT)
    errors = process.communicate(timeout=60)[1]
    assert process.returncode == 130
    assert "Traceback" not in errors
    assert sorted(tmp_path.iterdir()) == [film]


def test_an_excerpt_has_the_pictures_of_the_whole(film, tmp_path):
    weights = save_basicvsr(tmp_path / "small.safetensors")
    settings = ["--codec", "ffv1", "--weights", weights, "--core", "6", "--context", "2", "-q"]
    parts = {
        "whole": [],
        "some": ["--frames", "7:12"],
        "time": ["--start", "0.28", "--end", "0:0.5"],
    }
    found = {}
    for name, part in parts.items():
        result = run(film, tmp_path / f"{name}.mkv", *settings, "--blend", "1", *part)
        assert result.returncode == 0, result.stderr
        found[name] = np.stack(planes(tmp_path / f"{name}.mkv"))
    np.testing.assert_array_equal(found["some"], found["whole"][7:12])
    np.testing.assert_array_equal(found["time"], found["whole"][7:12])


def test_an_excerpt_without_frames_is_one_line(film, tmp_path):
    result = run(film, tmp_path / "out.mkv", "--model", "bicubic", "--frames", "50:60")
    assert result.returncode == 1
    assert result.stderr.startswith("error: the excerpt (frames 50:60) begins after the end")
    assert result.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == [film]


def test_interlaced_video_is_deinterlaced_and_that_is_said(tmp_path):
    _, clip = woven_clip(12)
    with (tmp_path / "tape.y4m").open("wb") as stream, Y4MSink(stream, clip.info) as sink:
        for frame in clip.frames:
            sink.write(frame)
    settings = ["--model", "bicubic", "--scale", "1", "--codec", "ffv1"]

    auto = run(tmp_path / "tape.y4m", tmp_path / "auto.mkv", *settings)
    part = ["--deinterlace", "field", "--frames", "3:7"]
    field = run(tmp_path / "tape.y4m", tmp_path / "field.mkv", *settings, *part)

    assert auto.returncode == field.returncode == 0, auto.stderr + field.stderr
    lines = [line for line in auto.stderr.splitlines() if "field first" in line]
    assert len(lines) == 1
    assert "top field first (as the stream says); deinterlaced to 24 frames a second" in lines[0]
    frames, fields = planes(tmp_path / "auto.mkv"), planes(tmp_path / "field.mkv")
    assert (len(frames), len(fields)) == (12, 8)
    assert all(np.array_equal(a, b) for a, b in zip(fields[::2], frames[3:7], strict=True))
    times = frame_times(tmp_path / "field.mkv")
    assert all(abs(t - Fraction(n, 48)) < Fraction(1, 1000) for n, t in enumerate(times))
    with av.open(str(tmp_path / "auto.mkv")) as container:
        assert not any(frame.interlaced_frame for frame in container.decode(video=0))


def test_strict_refuses_a_loss_before_any_work(film, tmp_path):
    settings = ["--model", "bicubic", "--scale", "1", "--strict"]
    result = run(film, tmp_path / "out.webm", *settings)
    assert_one_line(result, "stream 1 (audio aac): encoded anew")
    assert sorted(tmp_path.iterdir()) == [film]
    result = run(film, tmp_path / "out.mkv", *settings)
    assert result.returncode == 0, result.stderr


def test_an_interrupt_keeps_what_is_done_and_the_same_command_goes_on(tmp_path):
    film = make_clip(tmp_path / "film.mkv", Clip(count=96))
    target = tmp_path / "out.mkv"
    arguments = [str(film), str(target), "--core", "4", "--segment", "4", "--json"]
    process = subprocess.Popen(
        [sys.executable, "-c", INTERRUPTIBLE, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    journal = tmp_path / "out.mkv.part" / "journal"
    while not journal.exists() or b'"segment":1' not in journal.read_bytes():
        assert process.poll() is None
        time.sleep(0.01)  # the run needs the core
    process.send_signal(signal.SIGTERM)
    report, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert json.loads(report) == {"error": "interrupted"}
    last = errors.splitlines()[-1]
    kept = int(last.split()[1])
    assert last == f"interrupted: {kept} frames are kept: the same command goes on from there"
    assert kept > 0
    assert not target.exists()

    arguments[2:] = ["--core", "4", "--segment", "4", "--json", "--preview"]
    again = run(*arguments)
    assert again.returncode == 0, again.stderr
    record = json.loads(again.stdout)
    assert record["resumed_from"] >= kept
    assert (record["frames"], record["streams"]["counts"]) == (96, {"video": 1})
    assert f"goes on after the {record['resumed_from']} frames" in again.stderr
    with av.open(str(tmp_path / "out.mkv.preview.png")) as container:
        picture = next(container.decode(video=0))
        assert (picture.width, picture.height) == (2 * 4 * 64, 4 * 48)
    assert sorted(file.name for file in tmp_path.iterdir()) == [
        "film.mkv",
        "out.mkv",
        "out.mkv.preview.png",
    ]


def test_a_header_without_frames_is_one_clear_line(tmp_path):
    done = run_bytes(
        "-", tmp_path / "out.mkv", "--model", "bicubic", data=b"YUV4MPEG2 W64 H48 F24:1 C420jpeg\n"
    )
    assert done.returncode == 1
    assert (
        done.stderr.decode().splitlines()[-1] == "error: input '-' has no frames: give a whole one"
    )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform in ("darwin", "win32"), reason="there names are text alone")
def test_a_name_need_not_be_text(tmp_path):
    make_clip(tmp_path / "film.mkv", Clip(count=2)).rename(tmp_path / os.fsdecode(b"caf\xe9.mkv"))
    source, target = (tmp_path / os.fsdecode(name) for name in (b"caf\xe9.mkv", b"th\xe9.mkv"))
    done = run(source, target, "--model", "bicubic", "--scale", "1")
    assert done.returncode == 0, done.stderr
    assert len(planes(target)) == 2


def test_a_preview_never_lies_among_the_images_of_the_input(tmp_path):
    cv2.imwrite(str(tmp_path / "0.png"), np.zeros((16, 16, 3), np.uint8))
    options = ("--model", "bicubic", "--scale", "1", "--preview")
    refused = run(tmp_path / "*.png", tmp_path / "out.mkv", *options)
    assert refused.returncode == 1
    assert "out.mkv.preview.png' would be among the images of input" in refused.stderr
    assert [file.name for file in tmp_path.iterdir()] == ["0.png"]


def test_a_pipe_has_the_format_that_is_wanted_and_no_encoder(tmp_path):
    film = make_clip(tmp_path / "film.mkv", Clip(count=2))
    plain = ("--model", "bicubic", "--scale", "1")
    done = run_bytes(film, "-", *plain, "--pix-fmt", "yuv444p10")
    assert done.stdout.split(b"\n")[0].decode().split()[6] == "C444p10"
    for option in (("--codec", "x264"), ("--crf", "3"), ("--preset", "fast")):
        refused = run_bytes(film, "-", *plain, *option)
        assert (refused.returncode, refused.stdout) == (1, b"")
        assert f"leave {option[0]} out" in refused.stderr.decode()
    refused = run_bytes(film, "-", *plain, "--pix-fmt", "gbrp")
    assert "Y4M holds no pix_fmt 'gbrp': it holds yuv" in refused.stderr.decode()


def test_alpha_of_twelve_bits_is_named_as_lost_and_the_rest_is_kept(tmp_path):
    film = make_clip(
        tmp_path / "film.mkv", Clip(count=2, codec="ffv1", pix_fmt="yuva444p12le", options={})
    )
    plain = ("--model", "bicubic", "--scale", "1")
    done = run(film, tmp_path / "out.mkv", *plain)
    assert done.returncode == 0, done.stderr
    assert "alpha" in done.stderr
    with av.open(str(tmp_path / "out.mkv")) as container:
        codec = container.streams.video[0].codec_context
        assert (codec.name, codec.pix_fmt) == ("hevc", "yuv444p12le")
    assert run(film, tmp_path / "not.mkv", *plain, "--strict").returncode == 1


@pytest.mark.parametrize(("target", "kind"), [("-", "Y4M"), ("%d.png", "images")])
def test_strict_refuses_outputs_that_cannot_turn_the_picture(tmp_path, target, kind):
    source = make_clip(tmp_path / "phone.mp4", Clip(count=3, rotation=(90, False)))
    place = target if target == "-" else tmp_path / "out" / target
    done = run(source, place, "--model", "bicubic", "--scale", "1", "--strict")
    assert done.returncode == 1
    assert f"players turn the picture, which {kind} cannot say" in done.stderr


def test_a_pipe_says_what_it_lacks_and_strict_refuses_it(film, tmp_path):
    plain = ("--model", "bicubic", "--scale", "1")
    done = run_bytes(film, "-", *plain)
    assert done.returncode == 0
    assert "lost in the output: stream 1 (audio aac)" in done.stderr.decode()
    refused = run_bytes(film, "-", *plain, "--strict")
    assert (refused.returncode, refused.stdout) == (1, b"")
    deep = make_clip(tmp_path / "deep.mkv", Clip(count=2, codec="ffv1", pix_fmt="yuv422p10le"))
    refused = run_bytes(deep, "-", *plain, "--pix-fmt", "yuv420p", "--strict")
    assert "2 of 10 bits; resolution of chroma, since Y4M has less" in refused.stderr.decode()
    refused = run(deep, tmp_path / "gray.mkv", *plain, "--pix-fmt", "gray", "--strict")
    assert "all colour, since gray has none" in refused.stderr


@pytest.mark.parametrize("name", ["%d.png", "%d.tif"])
def test_gray_images_reach_from_black_to_white_as_readers_expect(tmp_path, name):
    film = make_clip(tmp_path / "film.mkv", Clip(count=1, codec="ffv1", pix_fmt="gray"))
    settings = ("--model", "bicubic", "--scale", "1", "--strength", "0", "--pix-fmt", "gray")
    done = run(film, tmp_path / "out" / name, *settings)
    assert done.returncode == 0, done.stderr
    found = cv2.imread(str(tmp_path / "out" / (name % 0)), cv2.IMREAD_UNCHANGED)
    wanted = (planes(film)[0].astype(float) - 16) * 255 / 219  # limited range, as video is
    np.testing.assert_allclose(found, wanted.clip(0, 255), atol=1)


def test_the_times_of_images_begin_with_the_clip_not_with_the_clock_of_a_broadcast(tmp_path):
    film = make_clip(
        tmp_path / "part.ts", Clip(count=3, container_options={"output_ts_offset": "86400"})
    )
    done = run(film, tmp_path / "out" / "%d.png", "--model", "bicubic", "--scale", "1")
    assert done.returncode == 0, done.stderr
    times = (tmp_path / "out" / "timecodes.txt").read_text().splitlines()[1:]
    assert [round(float(time)) for time in times] == [0, 42, 83]
