"""On a GPU no model waits for it within a run: shapes go through real operators, without a GPU."""

import pytest
import torch
from torch import nn
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from vsfilter.discovery import find_backend
from vsfilter_basicvsr.model import RecurrentModel
from vsfilter_edvr.model import EdvrModel
from vsfilter_realbasicvsr.model import RealBasicVSRModel


class Crossings(TorchDispatchMode):
    """Lists the operators that touch the host's memory; reading a number of a GPU's is an error."""

    def __init__(self):
        super().__init__()
        self.found = []

    def __torch_dispatch__(self, operator, types, args=(), kwargs=None):
        result = operator(*args, **(kwargs or {}))
        tensors = [
            each for each in tree_leaves((args, kwargs, result)) if isinstance(each, torch.Tensor)
        ]
        if any(each.device.type != "cuda" for each in tensors):
            self.found.append(str(operator))
        return result


def move(module):
    """Give a network the tensors that it would have on a GPU, within `FakeTensorMode`."""
    for part in module.modules():
        for name, real in part._parameters.items():
            part._parameters[name] = (
                None if real is None else nn.Parameter(on_gpu(real), requires_grad=False)
            )
        for name, real in part._buffers.items():
            part._buffers[name] = on_gpu(real)


def on_gpu(real):
    return torch.empty_strided(real.shape, real.stride(), dtype=real.dtype, device="cuda:0")


@pytest.mark.parametrize("precision", ["fp16", "bf16"])
@pytest.mark.parametrize(
    ("name", "kind", "options"),
    [
        ("basicvsr", RecurrentModel, {}),
        ("basicvsr", RecurrentModel, {"flow_finest": 1, "tail_width": 0}),
        ("basicvsr", RecurrentModel, {"scale": 1, "fold": 2, "tail_width": 0}),
        ("iconvsr", RecurrentModel, {}),
        ("basicvsrpp", RecurrentModel, {}),
        ("realbasicvsr", RealBasicVSRModel, {}),
        ("edvr", EdvrModel, {}),
    ],
)
def test_a_run_touches_the_gpus_memory_alone(name, kind, options, precision):
    model = kind(find_backend(name).create(**options), device="cpu", precision=precision)
    with FakeTensorMode(), torch.inference_mode():
        move(model.module)
        clip = torch.empty((5, 3, 66, 90), device="cuda:0")
        with Crossings() as crossings:
            if name == "edvr":  # its `restore` reads how far the offsets go, once in a run
                restored = model.module.restore_windows(clip[None], slice(1, 4))[0][0]
            else:
                restored = model.restore(clip, slice(1, 4))
    assert crossings.found == []
    assert restored.shape == (3, 3, 66 * model.scale, 90 * model.scale)
    assert restored.device.type == "cuda"
