"""Time other ways to compute the parts of a recurrent network, against the one that is in use.

    python scripts/compare_ways.py [--width 320 --height 180] [--rounds 7]

The ways of a part take turns, so that whatever else the machine does slows all of them; each row is
the median of the ratios of the rounds: 2.00 takes twice the time of what is in use. Ways whose
library or compiler is not there are named as such (OpenVINO: uv run --with openvino ...).
"""

from __future__ import annotations

import argparse
import copy
import statistics
import time
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vsfilter_basicvsr.basicvsr import Trunk
from vsfilter_basicvsr.warp import warp
from vsfilter_edvr.deform import deform_conv2d
from vsfilter_edvr.upsample import PixelShuffleTail, SubpixelTail

CHANNELS, BLOCKS = 48, 6

type Way = Callable[[], object]
type Ways = dict[str, Callable[[], Way]]
"""Each is made when its turn comes, so that one that cannot be made is told of."""


def channels_last(x: Tensor) -> Tensor:
    """Lay a picture out as convolutions like it."""
    return x.contiguous(memory_format=torch.channels_last)


def trunk_ways(height: int, width: int) -> Ways:
    """Give ways to run a trunk: a convolution, a leaky ReLU, and residual blocks."""
    trunk = Trunk(CHANNELS + 3, CHANNELS, BLOCKS).eval()
    x = torch.rand(1, CHANNELS + 3, height, width)
    low = copy.deepcopy(trunk).bfloat16().to(memory_format=torch.channels_last)

    def unfused() -> Way:
        plain = as_published(copy.deepcopy(low))
        picture = channels_last(x.bfloat16())
        return lambda: plain(picture)

    def compiled() -> Way:
        fast = torch.compile(as_published(copy.deepcopy(low)))
        picture = channels_last(x.bfloat16())
        fast(picture)
        return lambda: fast(picture)

    def openvino() -> Way:
        import openvino

        graph = openvino.convert_model(as_published(copy.deepcopy(trunk)), example_input=x)
        hint = {"INFERENCE_PRECISION_HINT": "bf16", "PERFORMANCE_HINT": "LATENCY"}
        threads = {"INFERENCE_NUM_THREADS": torch.get_num_threads()}
        fast = openvino.compile_model(graph, "CPU", hint | threads)
        picture = x.numpy()
        return lambda: fast(picture)

    return {
        "bf16, channels last, with the activation in one pass": lambda: of(low, x.bfloat16()),
        "bf16, channels last, activation in a pass of its own": unfused,
        "the same by torch.compile": compiled,
        "the same by OpenVINO": openvino,
        "bf16, NCHW": lambda: at_once(as_published(copy.deepcopy(trunk).bfloat16()), x.bfloat16()),
        "fp32, channels last": lambda: of(as_published(copy.deepcopy(trunk)), x),
        "fp32, NCHW": lambda: at_once(as_published(copy.deepcopy(trunk)), x),
    }


def of(module: nn.Module, x: Tensor) -> Way:
    """Run a module on a picture that is laid out channels last."""
    return at_once(module.to(memory_format=torch.channels_last), channels_last(x))


def at_once(module: nn.Module, x: Tensor) -> Way:
    """Run a module on a picture as it is."""
    return lambda: module(x)


def as_published(trunk: Trunk) -> nn.Module:
    """Write a trunk down as the published code does, each layer on its own."""
    first, activation, blocks = trunk.main

    class Block(nn.Module):
        def __init__(self, block: nn.Module) -> None:
            super().__init__()
            self.conv1 = block.get_submodule("conv1")
            self.conv2 = block.get_submodule("conv2")

        def forward(self, x: Tensor) -> Tensor:
            y: Tensor = self.conv2(F.relu(self.conv1(x)))
            return x + y

    assert isinstance(blocks, nn.Sequential)
    return nn.Sequential(first, activation, *(Block(block) for block in blocks))


def warp_ways(height: int, width: int) -> Ways:
    """Give ways to warp features along a flow."""
    x = channels_last(torch.rand(1, CHANNELS, height, width).bfloat16())
    flow = torch.randn(1, 2, height, width) * 3
    rows = torch.linspace(-1, 1, height)[:, None].expand(height, width)
    columns = torch.linspace(-1, 1, width).expand(height, width)
    grid = torch.stack((columns, rows), -1)[None]

    def in_bf16() -> Way:
        shifted = (grid + 2 * flow.permute(0, 2, 3, 1) / torch.tensor([width, height])).bfloat16()
        return lambda: F.grid_sample(x, shifted, align_corners=True)

    return {
        "pixels read as vectors, in fp32": lambda: lambda: warp(x, flow),
        "grid_sample in fp32": lambda: with_gradients(lambda: warp(x, flow)),
        "grid_sample in bf16 (positions half a pixel off)": in_bf16,
        "four gathers in bf16": lambda: lambda: gather_warp(x, flow),
    }


def with_gradients(run: Way) -> Way:
    """Take the way that also serves for training, which is what other processors take."""

    def way() -> object:
        with torch.enable_grad():
            return run()

    return way


def gather_warp(x: Tensor, flow: Tensor) -> Tensor:
    """Warp (1, c, h, w) by fetching the four neighbours of each place."""
    _, c, h, w = x.shape
    at_x = torch.arange(w) + flow[0, 0]
    at_y = torch.arange(h)[:, None] + flow[0, 1]
    left, top = at_x.floor(), at_y.floor()
    samples = x[0].permute(1, 2, 0).reshape(h * w, c)
    total = torch.zeros_like(samples)
    for dy in (0, 1):
        for dx in (0, 1):
            column, row = left + dx, top + dy
            share = (1 - (at_x - column).abs()) * (1 - (at_y - row).abs())
            is_inside = (column >= 0) & (column < w) & (row >= 0) & (row < h)
            place = row.clamp(0, h - 1) * w + column.clamp(0, w - 1)
            weight = (share * is_inside).flatten()[:, None].to(x.dtype)
            total += samples[place.long().flatten()] * weight
    return total.view(1, h, w, c).permute(0, 3, 1, 2)


def tail_ways(height: int, width: int) -> Ways:
    """Give ways to make a picture four times larger from features."""
    x = torch.rand(1, CHANNELS, height, width).bfloat16()
    published = PixelShuffleTail(CHANNELS).bfloat16().eval()
    return {
        "one convolution, then pixel shuffle": lambda: of(SubpixelTail(CHANNELS).bfloat16(), x),
        "the published tail: 64 channels at the final size": lambda: of(published, x),
    }


def deform_ways(height: int, width: int) -> Ways:
    """Give ways to convolve with deformed kernels."""
    groups, kernel = 8, 3
    x = channels_last(torch.rand(1, 64, height, width).bfloat16())
    offset = channels_last(torch.randn(1, 2 * groups * kernel**2, height, width))
    mask = channels_last(torch.rand(1, groups * kernel**2, height, width))
    weight, bias = torch.rand(64, 64, kernel, kernel).bfloat16(), torch.rand(64).bfloat16()

    def by_torchvision() -> Way:
        from torchvision.ops import deform_conv2d as other

        inputs = [value.float().contiguous() for value in (x, offset, weight, bias)]
        plain_mask = mask.contiguous()
        return lambda: other(*inputs, padding=1, mask=plain_mask)

    def ours() -> Tensor:
        return deform_conv2d(x, offset, mask, weight, bias)

    return {
        "pixels read as vectors, in fp32, then a product in bf16": lambda: ours,
        "grid_sample in fp32, then a product in bf16": lambda: with_gradients(ours),
        "torchvision's operator, fp32": by_torchvision,
    }


def compare(title: str, ways: Ways, rounds: int) -> None:
    """Time the ways in turn, and print their ratios to the first."""
    made: dict[str, Way] = {}
    print(f"\n{title}")
    for name, make in ways.items():
        try:
            run = make()
            run()
        except (ImportError, RuntimeError) as error:  # no such library, or no compiler for torch
            if not made:  # the way in use
                raise
            print(f"    --  {name}: {str(error).splitlines()[0][:90]}")
        else:
            made[name] = run
    times: dict[str, list[float]] = {name: [] for name in made}
    for _ in range(rounds):
        for name, run in made.items():
            began = time.perf_counter()
            run()
            times[name].append(time.perf_counter() - began)
    first = next(iter(times.values()))
    for name, own in times.items():
        ratio = statistics.median(a / b for a, b in zip(own, first, strict=True))
        print(f"{ratio:6.2f}  {name} ({1000 * statistics.median(own):.1f} ms)")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--width", type=int, default=320)
    parser.add_argument("--height", type=int, default=180)
    parser.add_argument("--rounds", type=int, default=7)
    arguments = parser.parse_args()
    size = (arguments.height, arguments.width)
    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads, {size[1]}x{size[0]}")
    with torch.inference_mode():
        compare(f"trunk, {CHANNELS} channels, {BLOCKS} blocks", trunk_ways(*size), arguments.rounds)
        compare("warp", warp_ways(*size), arguments.rounds)
        compare("tail", tail_ways(*size), arguments.rounds)
        compare("deformable convolution, 64 channels", deform_ways(*size), arguments.rounds)


if __name__ == "__main__":
    main()
