"""The plugin API: what a plugin offers.

A plugin is an importable module named by an entry point of the group `vsfilter`. Finding plugins
imports no torch: a plugin's `__init__.py` imports this module and loads its model inside `load`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

import pluggy

from vsfilter.errors import OptionError, PluginError
from vsfilter.weights import NamedWeights

if TYPE_CHECKING:
    from torch import Tensor, nn

    from vsfilter.clip import ClipReader
    from vsfilter.input_limits import InputLimits
    from vsfilter.weights import Checkpoint

PROJECT = "vsfilter"
hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)

Precision = Literal["fp32", "bf16", "fp16"]


class Model(Protocol):
    """A network with its weights on a device, ready to restore frames.

    A model that can be trained also has its `torch.nn.Module` as `module`.
    """

    @property
    def scale(self) -> int:
        """How many times larger the output is, in each direction."""

    def restore(self, frames: Tensor, keep: slice = slice(None)) -> Tensor:
        """Restore a run of consecutive frames of one shot.

        Args:
            frames: (t, 3, h, w), float32, RGB in [0, 1], on the model's device; any t, h, w >= 1.
            keep: The frames whose output is wanted, a slice of step 1 that may count from the
                end; the others are context.

        Returns:
            (kept frames, 3, scale * h, scale * w), float32, RGB, on the same device; it may lie in
            memory that the next call writes to, as that of a CUDA graph.
        """


class Load(Protocol):
    """Signature of `Backend.load`."""

    def __call__(
        self,
        weights: str | Path | None,
        *,
        device: str,
        precision: Precision,
        **options: Any,  # Any: each backend checks its own options by name
    ) -> Model:
        """Load a model.

        Args:
            weights: A file, the name of one of the backend's sets, or None for its default.
            device: A torch device that exists, such as "cpu" or "cuda:0".
            precision: The lowest precision that the model may use inside.
            options: The backend's own options.

        Raises:
            WeightsError: The weights cannot be read or are of another architecture.
            OptionError: An option is unknown or has a wrong value.
        """


def refuse_options(backend: str, options: Mapping[str, object]) -> None:
    """Refuse options that a backend does not have; for use in its `load`.

    Raises:
        OptionError: There is an option.
    """
    if options:
        raise OptionError(f"model {backend!r} has no option {min(options)!r}: leave it out")


@dataclass(frozen=True, slots=True, kw_only=True)
class Backend:
    """What a plugin offers: how to make a model, and the windows that it likes.

    Attributes:
        name: What the user types; lower case, unique over all plugins.
        summary: One line for `vsr models`.
        scales: Scales that its models can have.
        core: Default frames delivered by a window.
        context: Default frames read on each side of the core.
        load: Makes a model.
        multiple: Sides of the input are padded to a multiple of this, in px.
        weights: Sets known by name: bundled ones, of which the first is the default, and published
            ones, which a user gets with `vsr weights pull`.
        may_ghost: Its models keep traces of what appears or vanishes between frames, so that the
            engine has an eye on them.
        needs_weights: False for a backend that computes without any; its `load` is given the
            wished scale, where there is one, as the option `scale`.
        recognises: Tells whether a state dict is of this architecture, from its keys.
        recognises_rest: It is only asked where no other backend recognises the keys.
        create: Makes an untrained `torch.nn.Module` from the options that a weights header
            records; None where the backend cannot be trained. The module has its `scale`, and
            maps clips (b, t, 3, h, w) to (b, t, 3, scale * h, scale * w). Where it has a part
            `spynet`, that is its flow: pictures, twice (b, 3, h, w), to (b, 2, h, w) in px. What a
            recipe asks for beyond that it needs too: `loss.centre` calls `module(clips, keep)`,
            `loss.cleaning` its `clean` and `restore_cleaned`. Of parts named `conv_offset` the
            size of the offsets is watched.
        read_options: Reads those options off a checkpoint of another project, so that it can be
            converted; None where only our own files are read.
        paper: Title and year of the paper.
        licence: SPDX identifier of the backend's code.
    """

    name: str
    summary: str
    scales: tuple[int, ...]
    core: int
    context: int
    load: Load
    multiple: int = 1
    weights: tuple[NamedWeights, ...] = ()
    may_ghost: bool = False
    needs_weights: bool = True
    recognises: Callable[[Iterable[str]], bool] | None = None
    recognises_rest: bool = False
    create: Callable[..., nn.Module] | None = None
    read_options: Callable[[Checkpoint], dict[str, Any]] | None = None  # Any: JSON values
    paper: str = ""
    licence: str = ""

    def __post_init__(self) -> None:
        """Refuse a record that breaks the contract, so that its plugin is reported."""
        if not self.name or self.name != self.name.lower() or ":" in self.name:
            raise PluginError(f"backend name {self.name!r} is not lower case without a colon")
        if not self.scales or min(self.scales) < 1:
            raise PluginError(f"backend {self.name!r} has scales {self.scales}: give at least 1")
        if self.core < 1 or self.context < 0 or self.multiple < 1:
            raise PluginError(
                f"backend {self.name!r} has core {self.core}, context {self.context}, multiple "
                f"{self.multiple}: the least are 1, 0 and 1"
            )

    @property
    def bundled(self) -> tuple[NamedWeights, ...]:
        """The sets that come with the plugin; the first one is the default."""
        return tuple(item for item in self.weights if isinstance(item.file, Path))


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A kind of input that a plugin can read.

    Attributes:
        name: Short name for `vsr plugins`.
        summary: What it reads, in a few words for `vsr plugins`.
        accepts: Tells from its name alone (a path, or `-`) whether the input is of this kind.
        open: Opens the input.
        is_fallback: Asked only when no other source accepts the input. Of two that accept it, one
            that does not come with vsfilter is taken.
        open_within: Opens the input within limits, before which it takes no memory for what is
            beyond them; None where the limits are checked once the input is open.
    """

    name: str
    summary: str
    accepts: Callable[[str], bool]
    open: Callable[[str], ClipReader]
    is_fallback: bool = False
    open_within: Callable[[str, InputLimits], ClipReader] | None = None


class Hooks:
    """The hooks that a plugin may implement."""

    @hookspec
    def vsfilter_backends(self) -> list[Backend]:  # type: ignore[empty-body]  # a pluggy spec has no body
        """Return the backends that the plugin offers."""

    @hookspec
    def vsfilter_sources(self) -> list[Source]:  # type: ignore[empty-body]  # a pluggy spec has no body
        """Return the kinds of input that the plugin reads."""
