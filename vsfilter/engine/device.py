"""Choice of the device and the precision."""

from __future__ import annotations

from pathlib import Path

import torch

from vsfilter.engine.memory import is_out_of_memory
from vsfilter.errors import DeviceError, DeviceMemoryError
from vsfilter.plugin import Precision

PRECISIONS: tuple[Precision, ...] = ("fp32", "bf16", "fp16")


def choose_device(name: str = "auto") -> str:
    """Give the torch device to run on.

    Args:
        name: "auto" for the first GPU, else the CPU; or a torch device such as "cuda:1".

    Raises:
        DeviceError: There is no such device, or it is full.
    """
    if name == "auto":
        return "cuda:0" if torch.cuda.is_available() else "cpu"
    refusal = f"device {name!r} is not available on this machine: choose the device auto or cpu"
    try:
        device = torch.device(name)
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError, NotImplementedError, ImportError) as error:
        if is_out_of_memory(error):
            raise DeviceMemoryError(
                f"device {name!r} has no memory left: close other programs, or use --device cpu"
            ) from error
        raise DeviceError(refusal) from error
    if device.type == "meta":  # torch's device for shapes without values
        raise DeviceError(refusal)
    return str(device)


def choose_precision(name: str, device: str) -> Precision:
    """Give the lowest precision that a model may use.

    Args:
        name: "auto" for what the device computes fastest without a visible loss, else one of
            "fp32", "bf16", "fp16".
        device: A torch device.

    Raises:
        DeviceError: The precision is unknown or the device cannot compute in it.
    """
    kind = torch.device(device).type
    if name == "auto":
        if kind == "cuda":
            return "fp16"
        return "bf16" if kind == "cpu" and _cpu_has_bf16() else "fp32"
    for precision in PRECISIONS:
        if name == precision:
            if precision == "fp16" and kind == "cpu":
                raise DeviceError("precision 'fp16' is for GPUs: use bf16, fp32 or auto on a CPU")
            if precision == "bf16" and kind == "cuda" and not _gpu_has_bf16(device):
                raise DeviceError(
                    f"{gpu_name(device)} cannot compute in bf16: use fp16, fp32 or auto"
                )
            return precision
    raise DeviceError(f"unknown precision {name!r}: choose auto, {', '.join(PRECISIONS)}")


def keep_float32(device: str) -> None:
    """Have a GPU's convolutions compute float32 as such; by default they round it to TF32."""
    if torch.device(device).type == "cuda":
        torch.backends.cudnn.allow_tf32 = False


def model_threads(wished: int | None) -> int:
    """Give the number of threads that a model runs on, on a CPU."""
    # also where another number is wished: a thread that asks for the first time after that number
    # was set on the model's thread would be told that one
    usual = torch.get_num_threads()
    return usual if wished is None else wished


def gpu_name(device: str) -> str:
    """Name the GPU behind a device, such as "NVIDIA H200"; empty where it is none of CUDA's."""
    is_cuda = torch.device(device).type == "cuda"
    return torch.cuda.get_device_name(device) if is_cuda else ""


def processor_instructions() -> str:
    """Name what torch computes with on this processor, such as "AVX512"."""
    return str(torch.backends.cpu.get_cpu_capability())


def _gpu_has_bf16(device: str) -> bool:
    """Tell whether a GPU is of NVIDIA's Ampere or later; others do not have bf16, or emulate it."""
    is_nvidia = torch.version.hip is None
    return not is_nvidia or torch.cuda.get_device_capability(device) >= (8, 0)


def _cpu_has_bf16() -> bool:
    """Tell whether the CPU multiplies bf16 in hardware; emulated, it is slower than fp32."""
    cpuinfo = Path("/proc/cpuinfo")
    if not cpuinfo.is_file():
        return False
    flags = set(cpuinfo.read_text(encoding="utf-8", errors="replace").split())
    return bool(flags & {"avx512_bf16", "amx_bf16", "bf16"})
