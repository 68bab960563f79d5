"""Windows and tiles that fit into memory, and what happens where they do not."""

import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from vsfilter.engine import memory
from vsfilter.engine.footprint import Footprint, measure_footprint
from vsfilter.engine.geometry import Demand, Geometry, Settled
from vsfilter.engine.load import load_model
from vsfilter.engine.memory import free_bytes, is_out_of_memory
from vsfilter.engine.memory_limit import MemoryLimit
from vsfilter.engine.model_errors import blame_model
from vsfilter.engine.restorer import Restorer
from vsfilter.engine.settings import Settings
from vsfilter.engine.settle import Settler
from vsfilter.engine.try_out import try_out
from vsfilter.errors import DeviceError
from vsfilter.window import Grid, Window

WINDOW = Window(index=0, start=0, lead=0, core_start=0, core_stop=2, stop=2)
FRAMES = [np.full((3, 8, 8), 0.5, np.float32)] * 2
FOOTPRINT = Footprint(per_px=5000, per_core_px=500, per_context_px=100)
WANTED = Geometry(grid=Grid(core=16, context=4), tile=None)


def make_demand(width=1920, height=1080, *, may_tile=True, may_shrink=True):
    return Demand(
        footprint=FOOTPRINT,
        width=width,
        height=height,
        scale=4,
        may_tile=may_tile,
        may_shrink=may_shrink,
    )


def test_what_fits_stays_as_it_is():
    demand = make_demand()
    assert demand.choose(WANTED, limit=demand.bytes(WANTED)) == WANTED


@given(
    share=st.floats(0.01, 0.99),
    size=st.tuples(st.integers(16, 4000), st.integers(16, 4000)),
    may=st.tuples(st.booleans(), st.booleans()),
)
def test_what_is_chosen_fits_or_is_the_smallest(share, size, may):
    demand = make_demand(*size, may_tile=may[0], may_shrink=may[1])
    limit = int(demand.bytes(WANTED) * share)
    chosen = demand.choose(WANTED, limit=limit)
    assert chosen.grid.context == WANTED.grid.context
    assert may[0] or chosen.tile is None
    assert may[1] or chosen.grid.core == WANTED.grid.core
    smallest = demand.bytes(demand.choose(WANTED, limit=0))
    assert demand.bytes(chosen) <= max(limit, smallest)


def test_blended_windows_do_not_get_smaller_than_the_blend():
    wanted = Geometry(grid=Grid(core=16, context=4, blend=3), tile=None)
    assert make_demand().choose(wanted, limit=0).grid.core == 3


def test_a_footprint_tells_what_a_larger_window_takes(basicvsr):
    """Measured on other sizes and lengths than it was taken from, by the same counter."""
    from vsfilter.engine.footprint import _LiveBytes

    loaded = load_model("basicvsr", str(basicvsr), device="cpu", precision="fp32")
    foretold = measure_footprint(loaded).bytes(96 * 128, core=6, context=4)
    live = _LiveBytes()
    with torch.inference_mode(), live:
        loaded.model.restore(torch.rand(10, 3, 96, 128), slice(2, 8))
    assert 0.8 * live.peak < foretold < 1.4 * live.peak


def test_a_limit_is_lowered_for_the_next_run_too(tmp_path, monkeypatch):
    monkeypatch.setenv("VSFILTER_CACHE", str(tmp_path))
    limit = MemoryLimit("cpu", "a model 64x48")
    before = limit.bytes
    assert 0 < before < free_bytes("cpu")
    limit.lower(1000)
    assert MemoryLimit("cpu", "a model 64x48").bytes == limit.bytes == 1000
    assert MemoryLimit("cpu", "a model 64x50").bytes > 1000
    (note,) = (tmp_path / "memory").iterdir()
    note.write_text("{")
    assert MemoryLimit("cpu", "a model 64x48").bytes > 1000


def test_a_device_that_says_it_is_full_gets_less_until_it_is_not(tmp_path, monkeypatch):
    monkeypatch.setenv("VSFILTER_CACHE", str(tmp_path))
    demand, limit = make_demand(), MemoryLimit("cpu", "tried")
    limit.bytes = demand.bytes(WANTED)
    real = limit.bytes // 5
    tried = []

    def restore(geometry):
        tried.append(geometry)
        if demand.bytes(geometry) > real:
            raise torch.OutOfMemoryError("CUDA out of memory")

    chosen = try_out(demand, WANTED, limit, restore)
    assert tried[0] == WANTED
    assert tried[-1] == chosen != WANTED
    assert demand.bytes(chosen) <= real
    assert MemoryLimit("cpu", "tried").bytes == limit.bytes < demand.bytes(WANTED)


def test_a_device_that_is_full_for_the_smallest_window_raises_what_torch_says(
    tmp_path, monkeypatch
):
    monkeypatch.setenv("VSFILTER_CACHE", str(tmp_path))

    def restore(geometry):
        raise torch.OutOfMemoryError("CUDA out of memory")

    with pytest.raises(torch.OutOfMemoryError):
        try_out(make_demand(), WANTED, MemoryLimit("cpu", "full"), restore)


def test_a_clip_that_is_too_large_gets_tiles_and_says_so(basicvsr, tmp_path, monkeypatch, caplog):
    monkeypatch.setenv("VSFILTER_CACHE", str(tmp_path))
    loaded = load_model("basicvsr", str(basicvsr), device="cpu", precision="fp32")
    limit = MemoryLimit("cpu", "small")
    limit.bytes = 2_000_000_000

    def settle(**settings):
        return Settler(loaded, Settings(**settings), limit, size=(1920, 1080)).settle()

    chosen = settle()
    assert chosen.tile is not None
    assert f"memory: tiles of {chosen.tile} px in windows of" in caplog.text
    kept = settle(core=16, tile=512)
    assert (kept.grid.core, kept.tile) == (16, 512)
    assert settle(deterministic=True) == Geometry(grid=settle(core=3).grid, tile=None)


def test_a_window_for_which_memory_was_short_is_restored_again(fakes):
    settings = Settings(model="crowded", device="cpu", precision="fp32")
    with Restorer(settings, width=8, height=8) as restorer:
        restored = restorer.restore(WINDOW, FRAMES, ())
    np.testing.assert_array_equal(restored, np.full((2, 3, 16, 16), 0.5, np.float32))


def test_memory_that_stays_short_is_one_clear_line(fakes, tmp_path, monkeypatch):
    monkeypatch.setenv("VSFILTER_CACHE", str(tmp_path))
    settings = Settings(model="full", device="cpu", precision="fp32")
    with (
        Restorer(settings, width=8, height=8) as restorer,
        pytest.raises(DeviceError, match="out of memory on cpu at frames 0 to 1 of 8x8, whole"),
    ):
        restorer.restore(WINDOW, FRAMES, ())
    assert list((tmp_path / "memory").iterdir())


def test_a_caller_may_keep_what_is_left_of_the_host_beside_the_windows(fakes, monkeypatch):
    settings = Settings(model="repeating", core=4, context=2, device="cpu", precision="fp32")
    given, made = 2 * 8, 2 * 4 * 2**2
    frame_bytes = 12 * 640 * 360 * (given + made)
    for module in ("memory_limit", "settle"):
        monkeypatch.setattr(f"vsfilter.engine.{module}.free_bytes", lambda *_, **__: 2 * 10**9)
    with Restorer(settings, width=640, height=360) as restorer:
        assert restorer.room_for(10) == 10
        left = restorer.room_for(10**12)
        assert 10**9 < left < 0.8 * 2 * 10**9 - frame_bytes  # the model takes its part
        assert restorer.room_for(left - 1) == left - 1
    gpu = Settler(
        replace(restorer.loaded, device="meta"),
        settings,
        MemoryLimit("meta", "any"),
        size=(640, 360),
    )
    assert gpu.room_for(restorer.geometry, 10**12) == int(0.8 * 2 * 10**9) - frame_bytes
    monkeypatch.setattr("vsfilter.engine.memory_limit.free_bytes", lambda *_, **__: 1000)
    with Restorer(settings, width=640, height=360) as restorer:
        assert restorer.room_for(10**9) == 0


QUADRATIC = Settings(model="quadratic", device="cpu", precision="fp32")
LARGE = {"width": 640, "height": 360}


def restore_first(restorer, index=0):
    window = restorer.grid.window(index, 1000)
    frames = [np.zeros((3, 360, 640), np.float32)] * (window.stop - window.start)
    return restorer.restore(window, frames, ())


def test_each_run_takes_less_than_one_that_had_no_memory_until_it_is_enough(
    fakes, tmp_path, monkeypatch
):
    """The model takes far more than is foretold from small windows."""
    monkeypatch.setenv("VSFILTER_CACHE", str(tmp_path))
    tried = []
    while not tried or tried[-1].tile != 128:
        with Restorer(QUADRATIC, **LARGE) as restorer:
            assert restorer.geometry not in tried
            tried.append(restorer.geometry)
            if restorer.geometry.tile == 128:
                assert restore_first(restorer).shape[1:] == (3, 720, 1280)
            else:
                with pytest.raises(DeviceError, match="a next run takes less, or give a smaller"):
                    restore_first(restorer)
    assert tried[0].tile is None
    assert 2 < len(tried) < 6


def test_nothing_is_promised_where_windows_and_tiles_are_the_users(fakes, tmp_path, monkeypatch):
    monkeypatch.setenv("VSFILTER_CACHE", str(tmp_path))
    for settings in (replace(QUADRATIC, core=2, tile=256), replace(QUADRATIC, deterministic=True)):
        for _ in range(2):
            with (
                Restorer(settings, **LARGE) as restorer,
                pytest.raises(DeviceError, match="close other programs, or give a smaller core"),
            ):
                restore_first(restorer)


def test_a_run_does_not_go_on_with_windows_that_were_too_much(fakes, tmp_path, monkeypatch):
    monkeypatch.setenv("VSFILTER_CACHE", str(tmp_path))
    with Restorer(QUADRATIC, **LARGE) as restorer:
        failed = Settled(geometry=restorer.geometry, must_fit=True)
        with pytest.raises(DeviceError):
            restore_first(restorer)
    with Restorer(QUADRATIC, **LARGE, settled=failed) as restorer:
        assert restorer.geometry != failed.geometry


def test_a_run_goes_on_with_windows_that_did_fit_before_others_took_the_memory(
    fakes, tmp_path, monkeypatch
):
    monkeypatch.setenv("VSFILTER_CACHE", str(tmp_path))
    settings = replace(QUADRATIC, context=0)
    with Restorer(settings, width=8, height=8) as restorer:
        before = restorer.geometry
        restorer.restore(WINDOW, FRAMES, ())
        restorer.loaded.model.refused_px = 8 * 8
        with pytest.raises(DeviceError, match="it did for others before, so close other programs"):
            restorer.restore(WINDOW, FRAMES, ())
    earlier = Settled(geometry=before, must_fit=True)
    with Restorer(settings, width=8, height=8, settled=earlier) as restorer:
        assert restorer.geometry == before
        restorer.restore(WINDOW, FRAMES, ())
        restorer.loaded.model.refused_px = 8 * 8
        with pytest.raises(DeviceError, match="a next run takes less"):  # it does not help
            restorer.restore(WINDOW, FRAMES, ())
    with Restorer(settings, width=8, height=8, settled=earlier) as restorer:
        assert restorer.geometry != before
    with Restorer(settings, width=8, height=8) as restorer:
        assert restorer.geometry.grid.core < before.grid.core


def test_a_device_that_was_full_tries_a_window_before_the_next_clip(fakes, tmp_path, monkeypatch):
    """Torch's device `meta` has shapes without values; it is no CPU."""
    monkeypatch.setenv("VSFILTER_CACHE", str(tmp_path))
    loaded = replace(load_model("quadratic", device="cpu", precision="fp32"), device="meta")
    before, limit = (MemoryLimit("meta", "quadratic") for _ in range(2))
    limit.lower(limit.bytes)
    after = MemoryLimit("meta", "quadratic")

    def settle(limit):
        return Settler(loaded, QUADRATIC, limit, size=(640, 360)).settle()

    assert settle(before).tile is None
    assert settle(after).tile == 128


def test_windows_for_which_there_is_no_memory_are_one_clear_line(fakes, monkeypatch):
    monkeypatch.setattr("vsfilter.engine.memory_limit.free_bytes", lambda device, sharers: 1000)
    settings = Settings(model="full", device="cpu", precision="fp32")
    message = "any window does not fit .*memory of cpu .*, or give a smaller --core and --tile$"
    with pytest.raises(DeviceError, match=message):
        Restorer(settings, width=8, height=8)


def test_torchs_words_for_a_full_host_are_known():
    with pytest.raises((RuntimeError, MemoryError)) as caught:
        torch.empty(1 << 58, dtype=torch.uint8)
    assert is_out_of_memory(caught.value)
    assert not is_out_of_memory(RuntimeError("sizes do not match"))


@pytest.mark.parametrize(
    "error",
    [
        torch.AcceleratorError("CUDA error: out of memory\nCUDA kernel errors might be reported"),
        RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
        RuntimeError("cuDNN error: CUDNN_STATUS_ALLOC_FAILED"),
        RuntimeError("cuDNN error: CUDNN_STATUS_INTERNAL_ERROR_DEVICE_ALLOCATION_FAILED"),
        RuntimeError("MPS backend out of memory (MPS allocated: 5 GB)"),
        RuntimeError("XPU out of memory. Tried to allocate 20.00 MiB."),
        RuntimeError("DefaultCPUAllocator: not enough memory: you tried to allocate 8 bytes."),
    ],
    ids=str,
)
def test_the_words_of_every_device_for_a_lack_of_memory_are_known(error):
    assert is_out_of_memory(error)
    with pytest.raises(type(error)) as caught, blame_model("x"):
        raise error
    assert caught.value is error  # neither the model nor a lost device is to blame


@pytest.mark.parametrize("place", ["run_restorer._is_finite", "restorer.fetch"])
def test_a_gpu_that_fails_is_named_wherever_it_is_first_waited_for(monkeypatch, place):
    def fail(*arguments):
        raise torch.AcceleratorError("CUDA error: an illegal memory access was encountered\nmore")

    monkeypatch.setattr(f"vsfilter.engine.{place}", fail)
    settings = Settings(model="bicubic", device="cpu", precision="fp32")
    message = r"device failed under model 'bicubic' \(CUDA error: an illegal memory access .*ed\):"
    with Restorer(settings, width=8, height=8) as restorer:
        with pytest.raises(DeviceError, match=message) as caught:
            restorer.restore(WINDOW, FRAMES, ())
        assert not is_out_of_memory(caught.value)


def test_a_copy_for_which_memory_was_short_is_made_again(monkeypatch):
    copied = []

    def fetch(restored, device):
        copied.append(restored)
        if len(copied) == 1:
            raise torch.AcceleratorError("CUDA error: out of memory")
        return restored[0].numpy()

    monkeypatch.setattr("vsfilter.engine.restorer.fetch", fetch)
    with Restorer(Settings(model="bicubic", device="cpu"), width=8, height=8) as restorer:
        assert len(restorer.restore(WINDOW, FRAMES, ())) == len(FRAMES)
    assert len(copied) == 2


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such limit")
def test_a_limit_of_the_process_counts():
    program = (
        "import resource, psutil\n"
        "from vsfilter.engine.memory import free_bytes\n"
        "used = psutil.Process().memory_info().vms\n"
        "resource.setrlimit(resource.RLIMIT_AS, (used + 300_000_000,) * 2)\n"
        "print(free_bytes('cpu'), free_bytes('cpu', sharers=4))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env=os.environ
    )
    for free in done.stdout.split():  # its own, whoever shares the machine
        assert 100_000_000 < int(free) <= 300_000_000


def test_processes_of_one_container_have_a_part_of_its_memory_each(tmp_path, monkeypatch):
    files = {"memory.max": "900000", "memory.current": "500000", "memory.stat": "inactive_file 1"}
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    monkeypatch.setattr("vsfilter.engine.memory._CGROUP", tmp_path)
    assert free_bytes("cpu") == 400_001
    assert free_bytes("cpu", sharers=4) == 100_000
    monkeypatch.setenv("VSFILTER_CACHE", str(tmp_path / "cache"))
    assert MemoryLimit("cpu", "a model").bytes == 4 * MemoryLimit("cpu", "a model", workers=4).bytes


def test_a_window_that_goes_to_another_process_takes_more():
    demand, tiles = make_demand(), replace(WANTED, tile=256)
    shipped = replace(demand, is_shipped=True)
    frames, results = 12 * 1920 * 1080 * 24, 12 * 1920 * 1080 * 16 * 16
    for geometry in (WANTED, tiles):
        assert shipped.bytes(geometry) - demand.bytes(geometry) == 4 * frames + results


@pytest.mark.parametrize(
    ("line", "base", "names"),
    [
        (
            "0::/system.slice/job.scope",
            ".",
            ("memory.max", "memory.current", "inactive_file"),
        ),
        (
            "4:cpuset,memory:/system.slice/job.scope",
            "memory",
            ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
        ),
    ],
)
def test_a_limit_of_a_job_or_of_what_it_is_within_is_known(
    tmp_path, monkeypatch, line, base, names
):
    (tmp_path / "cgroup").write_text(f"1:cpu:/other\n{line}\n")
    monkeypatch.setattr(memory, "_OWN_CGROUPS", tmp_path / "cgroup")
    monkeypatch.setattr(memory, "_CGROUP", tmp_path)
    for group, limit in (("system.slice", 3000), ("system.slice/job.scope", 9000)):
        folder = tmp_path / base / group
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in zip(names, (str(limit), "1000"), strict=False):
            (folder / name).write_text(text)
        (folder / "memory.stat").write_text(f"anon 7\n{names[2]} 50\n")
    assert memory.free_bytes("cpu") == 3000 - 1000 + 50
