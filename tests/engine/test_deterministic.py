"""With --deterministic, the number of cores and threads changes no bit of a result."""

import numpy as np
import pytest
import torch

from tests.golden_case import read_weights
from vsfilter.engine.model_pool import ModelPool
from vsfilter.engine.restorer import Restorer
from vsfilter.engine.settings import Settings
from vsfilter.errors import OptionError

FRAMES = list(np.random.default_rng(0).random((4, 3, 33, 47), np.float32))


@pytest.fixture(scope="module")
def deformable(tmp_path_factory):
    """Weights of an EDVR, whose matrix products torch splits by its threads."""
    path = tmp_path_factory.mktemp("weights") / "edvr.pth"
    torch.save({"params": read_weights("edvr_tsa_5f")}, path)
    return path


@pytest.fixture
def threads():
    """Put the number of threads back."""
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def restore(weights, threads):
    """Restore a window on a thread of its own, of a process that has so many threads."""
    torch.set_num_threads(threads)
    settings = Settings(weights=weights, deterministic=True, cuts="off")
    with Restorer(settings, width=47, height=33) as restorer:
        assert restorer.loaded.precision == "fp32"
        return restorer.restore(restorer.grid.window(0, len(FRAMES)), FRAMES, ())


@pytest.mark.usefixtures("threads")
@pytest.mark.parametrize("network", ["basicvsr", "deformable"])
def test_the_number_of_threads_changes_nothing(request, network):
    weights = request.getfixturevalue(network)
    results = [restore(weights, count) for count in (1, 2, 3)]
    for other in results[1:]:
        np.testing.assert_array_equal(other, results[0])


@pytest.mark.usefixtures("threads")
def test_a_clip_without_a_wish_gets_the_threads_of_torch_after_another_one(basicvsr):
    torch.set_num_threads(2)
    pool = ModelPool()
    for wished, given in ((1, 1), (None, 2)):
        settings = Settings(weights=basicvsr, threads=wished)
        with Restorer(settings, width=16, height=16, pool=pool):
            assert pool.thread.submit(torch.get_num_threads).result() == given
    pool.thread.shutdown()


def test_lower_precisions_are_refused():
    for precision in ("bf16", "fp16"):
        with pytest.raises(OptionError, match=rf"precision is '{precision}', but deterministic"):
            Settings(precision=precision, deterministic=True)
