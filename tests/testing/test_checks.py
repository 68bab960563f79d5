"""A sound backend passes all checks; each fault is found by the check that is for it."""

import hashlib
import os
import re
from functools import partial
from pathlib import Path

import pytest
import torch
from torch import nn

from tests.fresh_python import install, run
from vsfilter import discovery
from vsfilter.discovery import Plugin
from vsfilter.errors import PluginError, WeightsError
from vsfilter.plugin import NamedWeights
from vsfilter.testing import CHECKS, Case, check_backend, process, suite
from vsfilter.weights import save_weights

from .sound import Network, is_network, load_network, offer

ROOT = Path(__file__).parents[2]
CHECK = {check.__name__: check for check in CHECKS}
RANGE = "gives_finite_values_near_the_input_s_range"
IN_ITS_PROCESS = {"is_found_without_heavy_imports", "leaves_the_process_as_it_is"}
FAULTS_OF_MODELS = [
    ("unlicensed", "has_a_sound_record", "states no licence"),
    ("on_two_lines", "has_a_sound_record", r"its summary is 'one\\ntwo', not one line"),
    ("half_a_frame", "has_a_sound_record", "its core is 4.5, not a whole number"),
    ("of_another_scale", "has_one_of_its_scales", r"one of its scales \(2,\), but has 3"),
    ("of_one_scale", "has_one_of_its_scales", "for scale=4, but has scale 2"),
    ("any_option", "refuses_an_unknown_option", "'no_such_option' .* OptionError, but loaded"),
    ("any_weights", "refuses_bad_weights", r"missing \(missing.pth\) .* but loaded"),
    ("in_many_words", "refuses_bad_weights", r"does not name it: 'cannot read:\\nline 1"),
    ("not_finite", RANGE, "gives finite values, but some are not"),
    ("in_grey_levels", RANGE, r"from -1 to 2 for frames in \[0, 1\], but they reach from .* to 25"),
    ("needs_gradients", RANGE, "failed: RuntimeError"),
    ("in_bgr", "keeps_a_flat_colour", r"\(0.75, 0.5, 0.25\) .*, but became 0.25, 0.50, 0.75"),
    ("needs_two_frames", "restores_any_number_of_frames", "1 frames of .*failed: AssertionError"),
    ("needs_short_clips", "restores_any_number_of_frames", "9 frames .*it is broken"),
    ("needs_even_sides", "restores_any_size", "frames of 1x1 px .*it is broken"),
    ("sees_kept_frames_only", "keep_equals_slicing_the_whole", "keep=0:1 .* differ by 0"),
    ("counts_from_the_start", "keep_equals_slicing_the_whole", "keep=1:-1, but it raised"),
    ("writes_into_its_input", "leaves_its_input_alone", "restore changed it"),
    ("records_gradients", "leaves_no_graph", "requires a gradient"),
    ("grainy", "gives_the_same_twice", "differ by 0"),
    ("remembering", "remembers_nothing", "after other clips, but values differ"),
    ("new_each_time", "remembers_nothing", "when loaded again, but values differ"),
    ("bound_to_a_thread", "works_from_any_thread", "failed: AttributeError"),
    ("coarse", "computes_in_every_precision", r"bf16 is near to fp32 .* the PSNR is \d\d\.\d dB"),
    ("half", "computes_in_every_precision", "torch.float16 .* instead of torch.float32"),
    ("on_another_device", "runs_on_every_device", r"on meta instead of .* on cpu"),
]
FAULTS_OF_NETWORKS = [
    ("untold", "maps_batches_of_clips", "tells its scale as a whole number, but it is None"),
    ("mixes_clips", "maps_batches_of_clips", "as if it were alone .*, but values differ"),
    ("in_half", "maps_batches_of_clips", "float32 .*, but torch.bfloat16 .* came"),
    ("batch_last", "maps_batches_of_clips", r"to float32 \(2, 3, .*\(3, 2, .* came"),
    ("half_idle", "learns_with_every_parameter", "2 have none .*'idle.weight'"),
    ("exploding", "learns_with_every_parameter", "that of 'conv.weight' is not finite"),
    ("makes_nothing", "learns_with_every_parameter", "made a NoneType"),
    ("of_other_weights", "loads_what_was_trained", "as its network does .*, but values differ"),
    ("knows_nothing", "is_found_by_its_weights", r"by its weights '.*bare.pth' alone, but"),
    ("knows_nothing", "recognises_its_own_keys_alone", "says no .*'conv.weight'"),
    ("knows_all", "recognises_its_own_keys_alone", "says yes to any"),
    ("knows_a_kin", "recognises_its_own_keys_alone", "is the only one .*, but .*network.* do"),
]


@pytest.fixture
def plugins(tmp_path, monkeypatch):
    """Install modules of this folder as plugins, by real entry points."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), str(ROOT)]))

    def add(*names):
        for name in names:
            install(tmp_path, name, f"from tests.testing.{name.removeprefix('the_')} import *")
        monkeypatch.syspath_prepend(tmp_path)

    return add


@pytest.fixture
def bare_file(tmp_path):
    """Weights of a small network: a bare state dict."""
    torch.save(Network().state_dict(), tmp_path / "bare.pth")
    return tmp_path / "bare.pth"


def message_of(check, case):
    """Give the one line with which a check refuses a backend, which it names."""
    with pytest.raises(AssertionError) as caught:
        CHECK[check](case)
    message = str(caught.value)
    assert "\n" not in message
    assert message.startswith(f"backend {case.backend!r}: ")
    return message


def offer_alone(monkeypatch, backend):
    """Let a backend be the only one that is installed."""
    plugin = Plugin(name="offer", distribution="offer 1", backends=(backend,))
    monkeypatch.setattr(discovery, "discover", lambda: [plugin])


@pytest.mark.parametrize("check", [c for c in CHECKS if c.__name__ not in IN_ITS_PROCESS])
def test_the_models_from_which_the_broken_ones_depart_are_sound(plugins, bare_file, check):
    plugins("the_sound")
    check(Case(backend="averaging", has_exact_windows=True))
    check(Case(backend="network", weights=bare_file))
    save_weights(
        bare_file.with_name("own.safetensors"),
        Network().state_dict(),
        {"backend": "network", "options": {}, "scale": 2},
    )
    check(Case(backend="network", weights=bare_file.with_name("own.safetensors")))


@pytest.mark.parametrize(("name", "check", "came"), FAULTS_OF_MODELS)
def test_a_fault_of_a_model_is_found(plugins, name, check, came):
    plugins("the_broken_models")
    assert re.search(came, message_of(check, Case(backend=name)))


@pytest.mark.parametrize(("name", "check", "came"), FAULTS_OF_NETWORKS)
def test_a_fault_of_a_network_is_found(plugins, bare_file, name, check, came):
    plugins("the_sound", "the_broken_networks")
    assert re.search(came, message_of(check, Case(backend=name, weights=bare_file)))


def test_a_network_is_made_of_the_options_that_its_weights_record(monkeypatch, tmp_path):
    def create(*, kernel):
        module = Network()
        module.conv = nn.Conv2d(3, 12, kernel, padding=kernel // 2)
        return module

    def load(weights, **settings):
        return load_network(weights, make=partial(create, kernel=5), **settings)

    file = tmp_path / "own.safetensors"
    header = {"backend": "network", "options": {"kernel": 5}, "scale": 2}
    save_weights(file, create(kernel=5).state_dict(), header)
    offer_alone(monkeypatch, offer("network", load=load, create=create, recognises=is_network))
    for check in ("learns_with_every_parameter", "loads_what_was_trained"):
        CHECK[check](Case(backend="network", weights=file))


def test_windows_are_held_to_exactness_only_where_it_is_promised(plugins):
    plugins("the_broken_models")
    check = "windows_give_the_frames_of_the_whole_clip"
    CHECK[check](Case(backend="sees_five_frames"))
    message = message_of(check, Case(backend="sees_five_frames", has_exact_windows=True))
    assert "windows of core 4 and context 1 give the whole clip's frames" in message


def test_nothing_is_asked_of_the_colours_of_random_weights(plugins):
    plugins("the_broken_models")
    CHECK["keeps_a_flat_colour"](Case(backend="in_bgr", is_trained=False))
    CHECK[RANGE](Case(backend="in_grey_levels", is_trained=False))


@pytest.mark.parametrize(
    ("changes", "came"),
    [
        ({}, None),
        ({"scale": 4}, "scale 4 is not the model's"),
        ({"licence": ""}, "licence or source is missing"),
        ({"sha256": "00000000"}, "loads its bundled weights 'small', but .*another hash"),
        ({"file": Path("missing.pth")}, "loads its bundled weights 'small', but .*missing"),
    ],
)
def test_the_weights_of_a_record_are_looked_at(monkeypatch, bare_file, changes, came):
    item = {
        "name": "small",
        "file": bare_file,
        "scale": 2,
        "sha256": hashlib.sha256(bare_file.read_bytes()).hexdigest(),
        "source": "here",
        "licence": "CC0-1.0",
    }
    known = (NamedWeights(**{**item, **changes}),)

    def load(weights, **settings):
        from vsfilter.weights import resolve_weights

        return load_network(resolve_weights(weights, known, backend="bundled"), **settings)

    offer_alone(monkeypatch, offer("bundled", load=load, weights=known))
    case = Case(backend="bundled", weights=bare_file)
    if came is None:
        CHECK["has_a_sound_record"](case)
    else:
        assert re.search(came, message_of("has_a_sound_record", case))


def test_a_gpu_that_does_not_work_is_named(plugins, monkeypatch):
    plugins("the_sound")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    if torch.cuda.device_count():
        pytest.skip("the GPU of this machine works")
    message = message_of("runs_on_every_device", Case(backend="averaging"))
    assert "loads on cuda:0, but it raised DeviceError" in message


def test_every_check_is_shown_to_find_something():
    shown = {check for _, check, _ in (*FAULTS_OF_MODELS, *FAULTS_OF_NETWORKS)}
    windows = {"windows_give_the_frames_of_the_whole_clip"}
    assert set(CHECK) == shown | IN_ITS_PROCESS | windows


NOISY = """
import numpy  # too early
import logging, os, random, signal, sys, warnings
from tests.testing.sound import Averaging, load_averaging, offer
from vsfilter.plugin import hookimpl

class Noisy(Averaging):
    def restore(self, frames, keep=slice(None)):
        random.random()
        return super().restore(frames, keep)

def load(weights, **settings):
    import torch
    torch.manual_seed(0)
    torch.set_default_dtype(torch.float64)
    torch.set_num_threads(3)
    torch.backends.cudnn.benchmark = True
    warnings.filterwarnings("ignore", "anything")
    os.environ["NOISY"] = "1"
    os.chdir(os.sep)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    logging.basicConfig(level=logging.INFO)
    sys.path.append("noisy")
    print("loaded")
    return load_averaging(weights, make=Noisy, **settings)

@hookimpl
def vsfilter_backends():
    return [offer("noisy", load=load, needs_weights=False)]
"""
TRACES = [
    "Python's random numbers (by restore)",
    "sys.path",
    "the environment variable NOISY",
    "the handler of SIGINT",
    "the handlers of the root logger",
    "the level of the root logger",
    "the warnings filters",
    "the working directory",
    "torch's default dtype",
    "torch's number of threads",
    "torch's random numbers (seeded by load)",
    "torch.backends.cudnn",
]


def test_what_a_plugin_does_to_its_process_is_named(tmp_path, monkeypatch):
    install(tmp_path, "noisy_plugin", NOISY)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), str(ROOT)]))
    monkeypatch.syspath_prepend(tmp_path)
    message = message_of("is_found_without_heavy_imports", Case(backend="noisy"))
    assert "is found by its plugin 'noisy_plugin' without importing torch" in message
    assert "numpy, torch came with it: import inside load" in message
    message = message_of("leaves_the_process_as_it_is", Case(backend="noisy"))
    assert sorted(message.partition(", but changes ")[2].split(", ")) == sorted(TRACES)


def test_what_a_plugin_prints_is_found(monkeypatch):
    code = 'import json\nprint("loading")\nprint("\\n" + json.dumps([]))'
    monkeypatch.setattr(process, "RUN", code)
    message = message_of("leaves_the_process_as_it_is", Case(backend="bicubic"))
    assert message.endswith("stdout, where the video goes, but printed 'loading'")


def test_all_failures_are_listed_at_once(plugins, monkeypatch):
    plugins("the_broken_models")
    quick = tuple(check for name, check in CHECK.items() if name not in IN_ITS_PROCESS)
    monkeypatch.setattr(suite, "CHECKS", quick)
    with pytest.raises(AssertionError) as caught:
        check_backend(Case(backend="in_grey_levels"))
    first, *rest = str(caught.value).splitlines()
    assert first == "backend 'in_grey_levels' fails 2 of 22 checks:"
    assert rest[0].startswith(f"- {RANGE}: backend 'in_grey_levels': gives values from -1 to 2")
    assert rest[1].startswith("- keeps_a_flat_colour: ")


def test_what_cannot_be_loaded_is_one_error_and_not_one_for_each_check():
    with pytest.raises(PluginError, match="unknown model 'vanished'"):
        check_backend(Case(backend="vanished"))
    with pytest.raises(WeightsError, match="no weights of its own"):
        check_backend(Case(backend="iconvsr"))


def test_a_load_that_fails_otherwise_is_told_in_one_line(monkeypatch):
    offer_alone(monkeypatch, offer("worn_out", load=lambda weights, **settings: 1 / 0))
    with pytest.raises(PluginError, match="'worn_out' failed: ZeroDivisionError: division"):
        check_backend(Case(backend="worn_out"))


RUN_VSR = "from vsfilter.cli.main import run; run()"


def test_the_command_says_what_holds_and_what_does_not(tmp_path):
    install(tmp_path, "the_broken_models", "from tests.testing.broken_models import *")
    folders = os.pathsep.join([str(tmp_path), str(ROOT)])
    done = run("-c", RUN_VSR, "plugins", "--check", "in_bgr", folder=folders)
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    assert len(lines) == len(CHECKS)
    failed = ["is_found_without_heavy_imports", "keeps_a_flat_colour"]
    assert [line.split()[1].strip(":") for line in lines if line.startswith("FAIL")] == failed
    assert all(line.startswith(("ok    ", "FAIL  ")) for line in lines)
    assert done.stderr == f"error: model 'in_bgr' fails 2 of 24 checks: {', '.join(failed)}\n"


def test_weights_without_a_model_to_check_are_refused():
    done = run("-c", RUN_VSR, "plugins", "--weights", "a.pth")
    assert done.returncode == 1
    assert "name the model with --check" in done.stderr
