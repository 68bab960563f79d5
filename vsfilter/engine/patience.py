"""Waiting for a window that is being restored: a word when it takes long, an end when too long."""

from __future__ import annotations

import logging
import math
from concurrent.futures import Future

from vsfilter.errors import ModelHangsError
from vsfilter.uninterrupted import wait_until_done
from vsfilter.window import Window

_LOG = logging.getLogger(__name__)
_WORD_AFTER_S = 600.0


def wait_for[Result](
    result: Future[Result], window: Window, *, model: str, limit_s: float | None
) -> Result:
    """Give the result of a window.

    A machine may be slow and a window large, so that no time is too long by itself: without a limit
    one line says that the model is still at work, once.

    Args:
        result: What is waited for.
        window: The window.
        model: Name of the model, for messages.
        limit_s: How long it may take from now on, in s; None for as long as it needs.

    Raises:
        ModelHangsError: It has taken longer. The model goes on: nothing can stop it in its thread.
    """
    frames = f"frames {window.core_start} to {window.core_stop - 1}"
    waited_s = 0.0
    if limit_s is None or limit_s > _WORD_AFTER_S:
        waited_s = _WORD_AFTER_S
        if not wait_until_done(result, limit_s=waited_s):
            _LOG.warning(
                "model %r has worked on %s for %.0f minutes: it may be slow, or hang; --watchdog "
                "SECONDS ends it",
                model,
                frames,
                _WORD_AFTER_S / 60,
            )
    if not wait_until_done(result, limit_s=math.inf if limit_s is None else limit_s - waited_s):
        raise ModelHangsError(
            f"model {model!r} has worked on {frames} for more than {limit_s:g} s, the limit of "
            "--watchdog: raise it if the machine is slow, else give a smaller --core or --tile, or "
            "another model"
        )
    return result.result()
