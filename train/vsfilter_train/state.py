"""The state of a training on disk, so that a run that was cut off goes on exactly."""

import io
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import nn
from torch.optim import Optimizer
from torch.optim.swa_utils import AveragedModel

from vsfilter.errors import WeightsError
from vsfilter.whole_file import whole_file

type Content = dict[str, Any]  # Any: what torch.save can hold
OF_RECIPE = ("factor", "betas")
"""Settings of the optimiser's groups that are the recipe's: it may have changed since."""
SCALER = "scaler"
"""Name of the scale of fp16's losses, which begins anew where the recipe was another one."""


@dataclass(slots=True, kw_only=True)
class Progress:
    """Where a training is.

    Attributes:
        step: Steps done.
        best_psnr: Best validation so far, in dB.
        lost: Steps that were done and given up by going back; the batch of a step is that of
            `step + lost`, so that no batch comes twice.
        rate_factor: By which the learning rates are multiplied, after going back.
        parts: Parts into which a batch is divided to fit into the memory.
        bad_steps: Bad steps in a row until now.
        rollbacks: How often training went back to this state.
        log_size: Bytes of the log when this state was kept; -1 when that is not known.
        unmeasured: Loss of the last step while its evaluation is under way, for the log; a state
            that was kept then is evaluated first when training goes on.
    """

    step: int = 0
    best_psnr: float = 0.0
    lost: int = 0
    rate_factor: float = 1.0
    parts: int = 1
    bad_steps: int = 0
    rollbacks: int = 0
    log_size: int = -1
    unmeasured: float | None = None


class Stateful(Protocol):
    """Anything else that a step changes."""

    def state_dict(self) -> dict[str, Any]:  # Any: what torch.save can hold
        """Give its state."""

    def load_state_dict(self, state_dict: dict[str, Any], /) -> object:  # Any: as above
        """Take a state."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingState:
    """All that a step changes. The data need no state: a batch is a function of seed and number.

    Attributes:
        module: The network.
        average: Its moving average.
        optimizer: The optimiser of the network.
        progress: Where the training is.
        others: What else learns or counts, by name.
        recipe: The recipe as JSON values, to tell later what has changed since.
    """

    module: nn.Module
    average: AveragedModel
    optimizer: Optimizer
    progress: Progress
    others: Mapping[str, Stateful] = field(default_factory=dict)
    recipe: Mapping[str, object] = field(default_factory=dict)

    def is_finite(self) -> bool:
        """Tell whether all weights are finite."""
        return all(bool(p.isfinite().all()) for p in self.module.parameters())

    def save(self, folder: Path) -> None:
        """Write the state, whole or not at all.

        Raises:
            OSError: It cannot be written; what was there before is still there.
        """
        folder.mkdir(parents=True, exist_ok=True)
        content = {
            "module": self.module.state_dict(),
            "average": self.average.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "others": {name: other.state_dict() for name, other in self.others.items()},
            "random": _random_states(),
            "recipe": json.dumps(self.recipe),
            **asdict(self.progress),
        }
        with whole_file(folder / "state.pt") as part:
            _write(content, part)

    def load(self, content: Content, path: Path) -> None:
        """Go back to a state that was read, with the settings of the recipe as it is now.

        Args:
            content: What `read_state` has given.
            path: Where it is from, for messages.

        Raises:
            WeightsError: It is of another recipe.
        """
        groups = self.optimizer.param_groups
        wanted = [{name: group[name] for name in OF_RECIPE} for group in groups]
        try:
            self.module.load_state_dict(content["module"])
            self.average.load_state_dict(content["average"])
            self.optimizer.load_state_dict(content["optimizer"])
            for name, other in self.others.items():
                if name != SCALER or name in content["others"]:  # it may have become fp16 since
                    other.load_state_dict(content["others"][name])
        except (RuntimeError, ValueError, KeyError) as error:
            raise WeightsError(
                f"'{path}' is of another recipe: start without --resume, with another --out"
            ) from error
        for group, settings in zip(self.optimizer.param_groups, wanted, strict=True):
            group.update(settings)
        for item in fields(Progress):
            if item.name in content:  # older states have only the first two
                setattr(self.progress, item.name, content[item.name])
        _set_random_states(content.get("random", {}))


def has_state(folder: Path) -> bool:
    """Tell whether a folder holds a state."""
    return (folder / "state.pt").is_file()


def read_state(folder: Path) -> Content:
    """Read a state.

    Raises:
        WeightsError: There is none, or it is damaged.
    """
    path = folder / "state.pt"
    if not has_state(folder):
        raise WeightsError(f"'{path}' does not exist: start without --resume")
    try:
        content: Content = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # a damaged pickle raises whatever it runs into
        raise WeightsError(
            f"'{path}' is damaged: start without --resume, with another --out"
        ) from error
    return content


def read_recipe_of(content: Content) -> dict[str, object] | None:
    """Give the recipe with which a state was made, as JSON values; older states lack it."""
    recipe: dict[str, object] | None = json.loads(content.get("recipe", "null"))
    return recipe


def _write(content: Content, path: Path) -> None:
    """Write a content to the disk itself, not only to its cache."""
    packed = io.BytesIO()  # torch's own writer hides why it failed
    torch.save(content, packed)
    with path.open("wb") as file:
        file.write(packed.getbuffer())
        file.flush()
        os.fsync(file.fileno())


def _random_states() -> dict[str, torch.Tensor]:
    states = {"cpu": torch.get_rng_state()}
    if torch.cuda.is_available():
        states["cuda"] = torch.cuda.get_rng_state()
    return states


def _set_random_states(states: Mapping[str, torch.Tensor]) -> None:
    if "cpu" in states:
        torch.set_rng_state(states["cpu"])
    if "cuda" in states and torch.cuda.is_available():
        torch.cuda.set_rng_state(states["cuda"])
