"""The state of a training on disk, so that a run that was cut off goes on exactly."""

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn
from torch.optim import Optimizer
from torch.optim.swa_utils import AveragedModel

from vsfilter.errors import WeightsError


@dataclass(slots=True, kw_only=True)
class Progress:
    """Where a training is.

    Attributes:
        step: Steps done.
        best_psnr: Best validation so far, in dB.
    """

    step: int = 0
    best_psnr: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingState:
    """All that a step changes. The data need no state: a batch is a function of seed and step.

    Attributes:
        module: The network.
        average: Its moving average.
        optimizer: The optimiser of the network.
        progress: Where the training is.
    """

    module: nn.Module
    average: AveragedModel
    optimizer: Optimizer
    progress: Progress

    def save(self, folder: Path) -> None:
        """Write the state, whole or not at all."""
        folder.mkdir(parents=True, exist_ok=True)
        temporary = folder / "state.pt.part"
        torch.save(
            {
                "module": self.module.state_dict(),
                "average": self.average.state_dict(),
                "optimizer": self.optimizer.state_dict(),
                "step": self.progress.step,
                "best_psnr": self.progress.best_psnr,
            },
            temporary,
        )
        temporary.replace(folder / "state.pt")

    def load(self, folder: Path) -> None:
        """Go back to the state that was written.

        Raises:
            WeightsError: There is no state, or it is damaged or of another recipe.
        """
        path = folder / "state.pt"
        if not path.is_file():
            raise WeightsError(f"'{path}' does not exist: start without --resume")
        try:
            content = torch.load(path, map_location="cpu", weights_only=True)
        except Exception as error:  # a damaged pickle raises whatever it runs into
            raise WeightsError(f"'{path}' is damaged: start without --resume") from error
        try:
            self.module.load_state_dict(content["module"])
            self.average.load_state_dict(content["average"])
            self.optimizer.load_state_dict(content["optimizer"])
        except (RuntimeError, ValueError, KeyError) as error:
            raise WeightsError(
                f"'{path}' is of another recipe: start without --resume, or in another folder"
            ) from error
        self.progress.step = content["step"]
        self.progress.best_psnr = content["best_psnr"]
