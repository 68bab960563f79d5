"""How many frames are measured at once: all of a clip, or fewer where the memory is short."""

import logging
import sys
from collections.abc import Callable

import torch

from vsfilter.engine.memory import is_out_of_memory
from vsfilter.errors import TrainingError

log = logging.getLogger(__name__)


class FrameLimit:
    """The most frames at once, for clips that are measured one after the other.

    Args:
        device: Where the network is.
    """

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._most = sys.maxsize

    def run[Result](self, work: Callable[[int], Result], frames: int, name: str) -> Result:
        """Do a piece of work on a clip, with half of the frames at once until it fits.

        Args:
            work: Is told how many frames it may work on at once.
            frames: Those of the clip.
            name: Of the clip, for the error.

        Raises:
            TrainingError: The memory does not suffice for one frame at a time.
        """
        while True:
            count = max(1, min(frames, self._most))
            try:
                return work(count)
            except (RuntimeError, MemoryError) as error:
                if not is_out_of_memory(error):
                    raise
            # the memory is free only after the handler has let go of the error
            if self._device.type == "cuda":
                torch.cuda.empty_cache()
            if count == 1:
                raise TrainingError(
                    f"the memory does not suffice to measure '{name}', not even frame by frame: "
                    "set fewer data.validation_frames, or choose smaller clips for validation"
                )
            self._most = (count + 1) // 2
            log.warning(
                "out of memory: clips are measured in parts, frames in each: %d", self._most
            )
