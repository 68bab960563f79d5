"""One run of frames through the model, held to what is promised of the result."""

from __future__ import annotations

import logging
from math import isfinite

import torch
import torch.nn.functional as F
from torch import Tensor

from vsfilter.engine.checked_model import CheckedModel
from vsfilter.engine.ghost_guard import has_switch, remove_ghosts
from vsfilter.engine.load import LoadedModel, load_chosen
from vsfilter.engine.model_choice import ChosenModel, choose_model
from vsfilter.engine.settings import Settings
from vsfilter.engine.tiles import restore_in_tiles
from vsfilter.errors import PluginError
from vsfilter.window import Run

log = logging.getLogger(__name__)
DETERMINISTIC_THREADS = 2
"""With one thread torch takes other code for some convolutions, with more it splits sums apart."""


class RunRestorer:
    """Restores the frames of one shot at a time; every result is finite and without ghosts.

    Args:
        settings: What to do.
        chosen: The model that the settings ask for; None finds it.

    Raises:
        VsfilterError: The model cannot be loaded, or the settings do not fit it.
    """

    def __init__(self, settings: Settings, chosen: ChosenModel | None = None) -> None:
        self.settings = settings
        self._chosen = chosen or choose_for(settings)
        self.loaded = self._load("fp32" if settings.deterministic else settings.precision)
        self._full_precision: LoadedModel | None = None
        self._is_guarded = settings.ghost_guard == "on" or (
            settings.ghost_guard == "auto" and self.loaded.backend.may_ghost
        )

    def restore(self, run: Run, pictures: Tensor, *, tile: int | None) -> Tensor:
        """Restore one run.

        Args:
            run: Which frames these are, and which of them are wanted.
            pictures: (t, 3, h, w), float32, RGB in [0, 1].
            tile: Side of the tiles in which they are restored, in px; None for whole ones.

        Returns:
            (kept frames, 3, scale * h, scale * w), float32.

        Raises:
            PluginError: The model's output has another shape than it should, or is not finite.
        """
        if self.settings.deterministic:
            torch.set_num_threads(DETERMINISTIC_THREADS)  # it holds for the thread that says so
        restored = self._finite(run, pictures, tile)
        kept = pictures[run.keep]
        if self._is_guarded and (self.settings.ghost_guard == "on" or has_switch(pictures)):

            def restore_alone(index: int) -> Tensor:
                n = run.keep_start + index
                alone = Run(start=n, keep_start=n, keep_stop=n + 1, stop=n + 1)
                return self._finite(alone, kept[index : index + 1], tile)[0]

            # it is read while the model, which may use its memory again, restores single frames
            restored = remove_ghosts(restored.clone(), kept, restore_alone)
        if self.settings.strength == 1:
            return restored
        plain = F.interpolate(kept, size=restored.shape[-2:], mode="bicubic", antialias=True)
        return torch.lerp(plain, restored, self.settings.strength)

    def _finite(self, run: Run, pictures: Tensor, tile: int | None) -> Tensor:
        """Restore a run; again in fp32 where the result is not finite."""
        restored = self._call(self.loaded, run, pictures, tile)
        if not _is_finite(restored) and self.loaded.precision != "fp32":
            log.warning(
                "frames %d to %d: result is not finite in %s, computed again in fp32",
                run.keep_start,
                run.keep_stop - 1,
                self.loaded.precision,
            )
            if self._full_precision is None:
                self._full_precision = self._load("fp32")
            restored = self._call(self._full_precision, run, pictures, tile)
        if not _is_finite(restored):
            raise PluginError(
                f"model {self.loaded.backend.name!r} gave values that are not finite for frames "
                f"{run.keep_start} to {run.keep_stop - 1}: check its weights and the input"
            )
        return restored

    def _call(self, loaded: LoadedModel, run: Run, pictures: Tensor, tile: int | None) -> Tensor:
        return restore_in_tiles(CheckedModel.of(loaded), pictures, run.keep, tile)

    def _load(self, precision: str) -> LoadedModel:
        return load_chosen(self._chosen, device=self.settings.device, precision=precision)


def _is_finite(pictures: Tensor) -> bool:
    """Tell whether no value is infinite or no number: the extremes are not, then.

    `isfinite` says so of each value, and takes twice the memory of the pictures for it.
    """
    return all(map(isfinite, map(float, pictures.aminmax()))) if pictures.numel() else True


def choose_for(settings: Settings) -> ChosenModel:
    """Find out which model settings ask for.

    Raises:
        VsfilterError: There is none such.
    """
    return choose_model(
        settings.model, settings.weights, settings.scale, settings.options, settings.quality
    )
