import pytest
import torch

from vsfilter.engine.device import choose_device, choose_precision
from vsfilter.errors import DeviceError


def test_auto_takes_the_gpu_where_there_is_one():
    assert choose_device("auto") == ("cuda:0" if torch.cuda.is_available() else "cpu")


@pytest.mark.parametrize("name", ["cpu", "cpu:0"])
def test_the_cpu_is_always_there(name):
    assert choose_device(name) == name


@pytest.mark.parametrize("name", ["cuda:99", "nonsense", "", "CPU", "hpu", "mps", "xpu", "meta"])
def test_a_device_that_cannot_compute_here_is_refused_in_one_line(name):
    with pytest.raises(DeviceError, match=f"'{name}' is not available") as caught:
        choose_device(name)
    assert "\n" not in str(caught.value)


def test_a_device_that_is_full_is_not_said_to_be_missing(monkeypatch):
    def fail(*size, device):
        raise torch.AcceleratorError("CUDA error: out of memory")

    monkeypatch.setattr(torch, "empty", fail)
    with pytest.raises(DeviceError, match="device 'cuda:0' has no memory left: close other"):
        choose_device("cuda:0")


@pytest.mark.parametrize(
    ("name", "device", "expected"),
    [
        ("fp32", "cpu", "fp32"),
        ("bf16", "cpu", "bf16"),
        ("fp16", "cuda:0", "fp16"),
        ("bf16", "cuda:1", "bf16"),
        ("auto", "cuda:0", "fp16"),
        ("auto", "mps", "fp32"),
    ],
)
def test_a_precision_fits_its_device(name, device, expected, monkeypatch):
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: (8, 0))
    assert choose_precision(name, device) == expected


def test_a_gpu_that_has_no_bf16_is_named(monkeypatch):
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: (7, 5))
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda device: "Tesla T4")
    with pytest.raises(DeviceError, match="Tesla T4 cannot compute in bf16: use fp16"):
        choose_precision("bf16", "cuda:0")


def test_auto_on_a_cpu_is_a_precision_that_a_cpu_has():
    assert choose_precision("auto", "cpu") in ("fp32", "bf16")


@pytest.mark.parametrize(
    ("name", "reason"), [("fp16", "is for GPUs"), ("fp8", "unknown precision 'fp8'")]
)
def test_a_precision_that_a_cpu_does_not_have_is_refused(name, reason):
    with pytest.raises(DeviceError, match=reason):
        choose_precision(name, "cpu")
