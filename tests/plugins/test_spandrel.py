"""Models of the real spandrel library, small and with random weights."""

import resource
import struct
import warnings
import zipfile

import numpy as np
import pytest
import torch
import vapoursynth as vs
from safetensors.torch import save_file
from torch import nn

import vsfilter
from tests.clips import Clip, make_clip
from tests.fresh_python import run_code
from tests.golden_case import read_weights
from tests.ready_process import run_entry
from vsfilter.engine.load import load_model
from vsfilter.errors import OptionError, WeightsError
from vsfilter.sources.pyav_source import FileSource
from vsfilter_spandrel import checkpoint
from vsfilter_spandrel.model import SpandrelModel

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # what a foreign library and its kin warn of on import
    from spandrel import ModelLoader
    from spandrel.architectures.Compact import Compact
    from spandrel.architectures.DnCNN import DnCNN
    from spandrel.architectures.ESRGAN import ESRGAN
    from spandrel.architectures.LaMa import LaMa
    from spandrel.architectures.RCAN import RCAN
    from spandrel.architectures.SwinIR import SwinIR

FP32 = {"device": "cpu", "precision": "fp32"}
WITHOUT_SPANDREL = """
import sys

class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "spandrel":
            raise ModuleNotFoundError(f"No module named {name!r}", name="spandrel")

sys.meta_path.insert(0, Blocker())
"""
TRY_TO_LOAD = """
import vsfilter
assert "spandrel" in vsfilter.backends()
try:
    vsfilter.load("spandrel:model.pth")
except vsfilter.VsfilterError as error:
    print(type(error).__name__, error)
"""
TRY_TO_IMPORT = """
from vsfilter.errors import PluginError
from vsfilter_spandrel.library import require_spandrel
try:
    require_spandrel()
except PluginError as error:
    print(error)
"""


def make_compact(scale=2, **sizes):
    torch.manual_seed(1)
    return Compact(num_feat=8, num_conv=2, upscale=scale, **sizes)


def make_swinir():
    torch.manual_seed(1)
    sizes = {"depths": [2], "embed_dim": 16, "num_heads": [2], "window_size": 8}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch's, on how it calls meshgrid
        return SwinIR(img_size=64, upscale=2, upsampler="pixelshuffledirect", **sizes)


NETWORKS = {
    "compact": make_compact,
    "denoiser": lambda: make_compact(scale=1),
    "esrgan": lambda: ESRGAN(num_filters=8, num_blocks=1),
    "swinir": make_swinir,
    "rcan": lambda: RCAN(n_resgroups=1, n_resblocks=1, n_feats=16),
}


def save(path, network):
    torch.save({"params_ema": network.state_dict()}, path)
    return path


def spandrels_own(path):
    """Load a file as spandrel itself does."""
    descriptor = ModelLoader().load_from_file(path)
    descriptor.model.eval()
    return descriptor


@pytest.fixture(scope="module")
def compact(tmp_path_factory):
    return save(tmp_path_factory.mktemp("weights") / "compact.pth", make_compact())


@pytest.mark.parametrize("size", [(1, 1), (16, 16), (17, 23)])
@pytest.mark.parametrize("network", NETWORKS)
def test_a_frame_is_restored_as_spandrel_restores_it(network, size, tmp_path):
    path = save(tmp_path / "model.pth", NETWORKS[network]())
    own = spandrels_own(path)
    model = vsfilter.load(f"spandrel:{path}", **FP32)
    frames = torch.rand(3, 3, *size)
    before = frames.clone()
    restored = model.restore(frames)
    assert model.scale == own.scale
    assert restored.shape == (3, 3, size[0] * own.scale, size[1] * own.scale)
    for frame, ours in zip(before, restored, strict=True):
        assert torch.allclose(ours, own(frame[None].clone())[0], atol=1e-5)
    assert torch.equal(frames, before)


def test_the_same_tensors_in_any_container_restore_the_same(compact, tmp_path):
    state = make_compact().state_dict()
    save_file(state, tmp_path / "bare.safetensors")
    torch.save({"net": state, "epoch": 3}, tmp_path / "net.pth")
    torch.save({"model": {f"module.{k}": v.half() for k, v in state.items()}}, tmp_path / "half.pt")
    frames = torch.rand(1, 3, 9, 12)
    expected = vsfilter.load("spandrel", compact, **FP32).restore(frames)
    for name in ("bare.safetensors", "net.pth"):
        assert torch.equal(
            vsfilter.load(f"spandrel:{tmp_path / name}", **FP32).restore(frames), expected
        )
    halved = vsfilter.load("spandrel", tmp_path / "half.pt", **FP32).restore(frames)
    assert torch.allclose(halved, expected, atol=5e-3)


def test_values_that_are_infinite_are_not_hidden_by_the_clamp(compact):
    """They are what 16 bits overflow to; the engine then takes float32."""
    model = vsfilter.load("spandrel", compact, **FP32)
    model.descriptor.model.body[-1].bias.data[:] = float("inf")
    assert model.restore(torch.rand(1, 3, 8, 8)).isnan().any()


def test_kept_frames_equal_those_of_the_whole_run(compact):
    model = vsfilter.load("spandrel", compact, **FP32)
    frames = torch.rand(5, 3, 8, 8)
    assert torch.equal(model.restore(frames, slice(1, 4)), model.restore(frames)[1:4])
    assert model.restore(frames, slice(2, 2)).shape == (0, 3, 16, 16)


@pytest.mark.parametrize("make", [make_compact, make_swinir])
def test_bf16_takes_and_gives_fp32_and_stays_within_50_db_of_it(make, tmp_path):
    path = save(tmp_path / "model.pth", make())
    frames = torch.rand(1, 3, 17, 23)
    low = vsfilter.load("spandrel", path, device="cpu", precision="bf16").restore(frames)
    full = vsfilter.load("spandrel", path, **FP32).restore(frames)
    assert low.dtype == torch.float32
    assert not torch.equal(low, full)
    assert -10 * torch.log10((low - full).square().mean()) >= 50


def test_a_model_that_does_not_bear_bf16_runs_in_fp32(compact):
    descriptor = spandrels_own(compact)
    descriptor.supports_bfloat16 = False
    frames = torch.rand(1, 3, 9, 9)
    low = SpandrelModel(descriptor, device="cpu", precision="bf16").restore(frames)
    assert torch.equal(low, vsfilter.load("spandrel", compact, **FP32).restore(frames))


def test_a_model_that_draws_noise_draws_the_same_for_each_frame_and_leaves_the_others_theirs(
    compact,
):
    class Noisy(nn.Module):
        def __init__(self, inner):
            super().__init__()
            self.inner = inner

        def forward(self, x):
            return self.inner(x) + 0.1 * torch.randn_like(x[:, :, :1, :1])

    descriptor = spandrels_own(compact)
    descriptor._model = Noisy(descriptor.model)
    model = SpandrelModel(descriptor, device="cpu", precision="fp32")
    frames = torch.full((2, 3, 8, 8), 0.5)
    state = torch.random.get_rng_state()
    first, second = model.restore(frames)
    assert torch.equal(first, second)
    assert torch.equal(torch.random.get_rng_state(), state)


def test_a_model_on_the_cpu_asks_nothing_of_a_gpu_that_may_not_work(compact, monkeypatch):
    def fail(*arguments):
        raise RuntimeError("Found no NVIDIA driver on your system")

    for name in ("get_rng_state", "manual_seed_all", "_lazy_init"):
        monkeypatch.setattr(torch.cuda, name, fail)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    model = SpandrelModel(spandrels_own(compact), device="cpu", precision="fp32")
    assert model.restore(torch.rand(1, 3, 8, 8)).shape == (1, 3, 16, 16)


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda: LaMa().half(), "a model for Inpainting: give one for super-resolution"),
        (DnCNN, "from 1 to 1 channels: give one for RGB"),
        (lambda: make_compact(num_in_ch=4, num_out_ch=4), "from 4 to 4 channels"),
        (lambda: make_compact(scale=5), "of scale 5: give one of scale 1, 2, 3, 4, 8, 16"),
        (lambda: nn.Linear(2, 2), r"no architecture that spandrel .* knows \(first key: 'weight'"),
        (lambda: nn.ModuleDict({"body": nn.ModuleList([nn.Linear(2, 2)] * 3)}), "fit no model"),
    ],
    ids=["mask", "gray", "four_channels", "scale", "unknown", "half_known"],
)
def test_what_cannot_restore_rgb_frames_is_refused_in_one_line(make, reason, tmp_path):
    path = save(tmp_path / "other.pth", make())
    with pytest.raises(WeightsError, match=reason) as caught:
        vsfilter.load("spandrel", path, **FP32)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_checkpoint_of_another_backend_is_refused(tmp_path):
    torch.save({"params": read_weights("basicvsr_basicsr")}, tmp_path / "basicvsr.pth")
    with pytest.raises(WeightsError, match=r"basicvsr\.pth"):
        vsfilter.load(f"spandrel:{tmp_path / 'basicvsr.pth'}", **FP32)


def test_a_pickle_that_holds_code_is_refused_and_not_run(tmp_path):
    class Bomb:
        def __reduce__(self):
            return (open, (str(tmp_path / "exploded"), "w"))

    torch.save({"params": {"body.0.weight": Bomb()}}, tmp_path / "bomb.pth")
    with pytest.raises(WeightsError, match="hold code"):
        vsfilter.load(f"spandrel:{tmp_path / 'bomb.pth'}", **FP32)
    assert not (tmp_path / "exploded").exists()


def make_harm(path):
    """Write shapes of a few bytes whose product is a layer of terabytes."""
    state = make_compact().state_dict()
    state["body.0.weight"] = torch.zeros(1).expand(200_000, 3, 3, 3)
    torch.save(state, path)


def make_many_layers(path):
    state = {f"body.{n}.{k}": torch.zeros(1) for n in range(3) for k in ("weight", "bias")}
    torch.save(state | {"body.999999999.weight": torch.zeros(1)}, path)


def make_many_small_layers(path):
    network = NETWORKS["rcan"]()
    state = network.state_dict()
    layer = next(key for key in state if key.startswith("body.0.body.0."))
    end = layer.removeprefix("body.0.body.0.")
    state[f"body.1000.body.0.{end}"] = state[f"body.0.body.1000.{end}"] = state[layer]
    torch.save(state, path)


def make_zip_bomb(path):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data.pkl", bytes(20_000_000))


def make_endless_tensor(path):
    torch.save({"params": {"body.0.weight": torch.zeros(1).expand(10**6, 10**6)}}, path)


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (make_harm, "describe a network far larger than the file"),
        (make_many_small_layers, "describe a network far larger than the file"),
        (make_many_layers, "a key with the number 999999999, more than any network has"),
        (make_zip_bomb, "would unpack to 20000000 bytes"),
        (make_endless_tensor, "claims 4000000000000 bytes"),
    ],
    ids=["product", "small_layers", "layers", "zip", "tensor"],
)
def test_a_small_file_that_describes_a_large_network_takes_no_memory(make, reason, tmp_path):
    make(tmp_path / "a.pth")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(WeightsError, match=reason):
        vsfilter.load(f"spandrel:{tmp_path / 'a.pth'}", **FP32)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000  # kB


def test_a_safetensors_file_that_lies_is_refused_as_every_other(tmp_path):
    save_file(make_compact().state_dict(), tmp_path / "a.safetensors")
    data = (tmp_path / "a.safetensors").read_bytes()
    (tmp_path / "a.safetensors").write_bytes(struct.pack("<Q", 1 << 60) + data[8:])
    with pytest.raises(WeightsError, match="are damaged"):
        vsfilter.load(f"spandrel:{tmp_path / 'a.safetensors'}", **FP32)


def test_a_missing_file_a_missing_name_and_an_unknown_option_are_refused(compact):
    with pytest.raises(WeightsError, match=r"'lost\.pth' are neither a file nor a set"):
        vsfilter.load("spandrel:lost.pth", **FP32)
    with pytest.raises(WeightsError, match="no weights of its own: give a file"):
        vsfilter.load("spandrel", **FP32)
    with pytest.raises(OptionError, match="'spandrel' has no option 'sharpness'"):
        vsfilter.load("spandrel", compact, sharpness=2, **FP32)


def test_a_file_of_another_scale_keeps_its_own(compact):
    assert load_model(f"spandrel:{compact}", scale=4, **FP32).model.scale == 2


@pytest.mark.parametrize("network", NETWORKS)
def test_a_file_alone_is_recognised(network, tmp_path):
    path = save(tmp_path / "model.pth", NETWORKS[network]())
    found, named = vsfilter.load(weights=path, **FP32), vsfilter.load("spandrel", path, **FP32)
    frames = torch.rand(1, 3, 16, 16)
    assert torch.equal(found.restore(frames), named.restore(frames))


def test_files_of_other_backends_are_not_asked_of_spandrel(tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoint, "recognises", lambda keys: pytest.fail("it was asked"))
    state = read_weights("basicvsr_basicsr")
    torch.save({"params": state}, tmp_path / "basicvsr.pth")
    assert vsfilter.load(weights=tmp_path / "basicvsr.pth", **FP32).scale == 4


def test_without_the_library_the_model_is_listed_and_loading_names_the_extra():
    message = run_code(WITHOUT_SPANDREL + TRY_TO_LOAD).splitlines()
    assert message == [
        "PluginError model 'spandrel' needs the spandrel library: pip install vsfilter[spandrel]"
    ]


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("raise RuntimeError('no operator\\nnms')", "RuntimeError: no operator nms"),
        ("import no_such_module", "ModuleNotFoundError: No module named 'no_such_module'"),
    ],
)
def test_a_broken_library_is_one_line_that_says_what_broke(code, reason, tmp_path):
    (tmp_path / "spandrel.py").write_text(code)
    message = run_code(TRY_TO_IMPORT, folder=tmp_path).splitlines()
    assert len(message) == 1
    assert f"the spandrel library is installed but broken ({reason})" in message[0]


def test_the_command_and_a_script_restore_a_film_to_the_same_planes(compact, tmp_path):
    film = make_clip(tmp_path / "film.mkv", Clip(count=11, width=50, height=38))
    model, out = f"spandrel:{compact}", tmp_path / "out.mkv"
    settings = ["--codec", "ffv1", "--model", model, "--core", "4"]
    done = run_entry("vsfilter.cli.transcode:run", film, out, *settings)
    assert done.returncode == 0, done.stderr
    assert f"spandrel ({compact})" in done.stderr.decode()
    node = vsfilter.upscale(vsfilter.source(film), model, core=4)
    assert (node.width, node.height, node.format.id) == (100, 76, vs.YUV420P8)
    with FileSource(str(out)) as reader:
        written = [frame.planes for frame in reader]
    assert len(written) == len(node) == 11
    for planes, frame in zip(written, node.frames(close=True), strict=True):
        for index, plane in enumerate(planes):
            np.testing.assert_array_equal(plane, np.asarray(frame[index]))
