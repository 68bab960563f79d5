"""All checks, in the order in which they help most."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from vsfilter.errors import VsfilterError
from vsfilter.testing.case import BrokenPromiseError, Case
from vsfilter.testing.loading import (
    computes_in_every_precision,
    has_a_sound_record,
    has_one_of_its_scales,
    is_found_by_its_weights,
    refuses_an_unknown_option,
    refuses_bad_weights,
    runs_on_every_device,
)
from vsfilter.testing.process import is_found_without_heavy_imports, leaves_the_process_as_it_is
from vsfilter.testing.repetition import (
    gives_the_same_twice,
    remembers_nothing,
    works_from_any_thread,
)
from vsfilter.testing.results import (
    gives_finite_values_near_the_input_s_range,
    keep_equals_slicing_the_whole,
    keeps_a_flat_colour,
    leaves_its_input_alone,
    leaves_no_graph,
    restores_any_number_of_frames,
    restores_any_size,
    windows_give_the_frames_of_the_whole_clip,
)
from vsfilter.testing.training import (
    learns_with_every_parameter,
    loads_what_was_trained,
    maps_batches_of_clips,
    recognises_its_own_keys_alone,
)

CHECKS: tuple[Callable[[Case], None], ...] = (
    is_found_without_heavy_imports,
    has_a_sound_record,
    has_one_of_its_scales,
    refuses_an_unknown_option,
    refuses_bad_weights,
    is_found_by_its_weights,
    gives_finite_values_near_the_input_s_range,
    keeps_a_flat_colour,
    restores_any_number_of_frames,
    restores_any_size,
    keep_equals_slicing_the_whole,
    windows_give_the_frames_of_the_whole_clip,
    leaves_its_input_alone,
    leaves_no_graph,
    gives_the_same_twice,
    remembers_nothing,
    works_from_any_thread,
    computes_in_every_precision,
    runs_on_every_device,
    leaves_the_process_as_it_is,
    maps_batches_of_clips,
    learns_with_every_parameter,
    loads_what_was_trained,
    recognises_its_own_keys_alone,
)
"""Each takes a `Case` and raises an BrokenPromiseError of one line where a promise is broken."""


def run_checks(case: Case) -> Iterator[tuple[str, str]]:
    """Run all checks.

    Args:
        case: The backend.

    Yields:
        The name of each check, and what is wrong; empty where all is well.

    Raises:
        VsfilterError: There is no such backend, or the case cannot be loaded.
    """
    _ = case.loaded  # what cannot be loaded is one error, not one for each check
    for check in CHECKS:
        problem = ""
        try:
            check(case)
        except (BrokenPromiseError, VsfilterError) as error:
            problem = " ".join(str(error).split())
        yield check.__name__, problem


def check_backend(case: Case) -> None:
    """Hold a backend to all that is promised of it.

    Args:
        case: The backend.

    Raises:
        BrokenPromiseError: At least one check fails; one line for each.
        VsfilterError: There is no such backend, or the case cannot be loaded.
    """
    problems = [f"{name}: {problem}" for name, problem in run_checks(case) if problem]
    if problems:
        count = f"fails {len(problems)} of {len(CHECKS)} checks"
        raise BrokenPromiseError("\n- ".join([f"backend {case.backend!r} {count}:", *problems]))
