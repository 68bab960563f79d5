"""Options that several commands have, declared once."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from types import SimpleNamespace
from typing import Any, get_type_hints

_MADE = "runner"


def takes(options: Callable[..., object]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command the options of a function, whose result it gets as `runner`.

    The function runs before the command does anything.
    """
    shared = _parameters(options)

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        own = _parameters(command)
        named = [each for each in own.values() if each.kind is each.KEYWORD_ONLY]
        first = [each for each in own.values() if each.kind is not each.KEYWORD_ONLY]
        signature = inspect.Signature([*first, *shared.values(), *named])

        @wraps(command)
        def run(*arguments: Any, **by_name: Any) -> None:  # Any: as the two functions declare them
            given = signature.bind(*arguments, **by_name).arguments
            made = options(**{name: given[name] for name in shared if name in given})
            command(**{name: given[name] for name in own if name in given}, **{_MADE: made})

        # what typer reads, and `inspect` for whoever else asks
        run.__dict__["__signature__"] = signature
        run.__annotations__ = {name: each.annotation for name, each in signature.parameters.items()}
        return run

    return decorate


def _parameters(function: Callable[..., object]) -> dict[str, inspect.Parameter]:
    """Give a function's parameters with their types, which stand there as text."""
    given = dict(inspect.signature(function).parameters)
    given.pop(_MADE, None)  # its type is known to type checkers only
    texts = SimpleNamespace(__annotations__={name: p.annotation for name, p in given.items()})
    types = get_type_hints(texts, inspect.getmodule(function).__dict__, include_extras=True)
    return {name: each.replace(annotation=types[name]) for name, each in given.items()}
