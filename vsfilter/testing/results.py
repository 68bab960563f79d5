"""Checks of what `restore` gives: shapes, values, kept frames; and of what it leaves alone."""

from __future__ import annotations

import torch

from vsfilter.testing.case import TOLERANCE, Case, make_clip, show
from vsfilter.window import Grid, split_at_cuts

COLOUR = (0.75, 0.5, 0.25)
LONGEST = 7
"""Every length from 1 to this many frames is tried."""
SIZES = ((1, 1), (1, 9), (17, 6), (19, 30))
KEPT = (
    slice(0, 1),
    slice(2, 4),
    slice(4, None),
    slice(None, 2),
    slice(1, -1),
    slice(-1, None),
    slice(-3, -1),
    slice(4, 99),
    slice(3, 3),
    slice(4, 2),
)


def gives_finite_values_near_the_input_s_range(case: Case) -> None:
    """Restore a textured clip: all values are numbers, those of trained weights near [0, 1]."""
    restored = case.restore(make_clip(4, 24, 32).to(case.device))
    case.expect(bool(restored.isfinite().all()), "gives finite values", "some are not")
    if not case.is_trained:
        return
    promise = "gives values from -1 to 2 for frames in [0, 1]"
    low, high = restored.min().item(), restored.max().item()
    case.expect(low >= -1 and high <= 2, promise, f"they reach from {low:.3g} to {high:.3g}")


def keeps_a_flat_colour(case: Case) -> None:
    """Restore flat frames: the mean of each channel stays; range and channel order are RGB's."""
    if not case.is_trained:
        return
    colour = torch.tensor(COLOUR, device=case.device)
    restored = case.restore(colour.view(1, 3, 1, 1).expand(3, 3, 24, 24).clone())
    means = restored.mean(dim=(0, 2, 3))
    came = f"became {', '.join(f'{mean:.2f}' for mean in means.tolist())}"
    is_kept = bool((means - colour).abs().max() <= 0.2)
    case.expect(is_kept, f"keeps a flat picture of RGB {COLOUR} (within 0.2)", came)


def restores_any_number_of_frames(case: Case) -> None:
    """Restore clips of 1, 2, 3 and more frames, and one that is longer than a window."""
    window = case.record.core + 2 * case.record.context
    for frame_count in (*range(1, LONGEST + 1), window + 3):
        case.restore(make_clip(frame_count, 8, 8).to(case.device))


def restores_any_size(case: Case) -> None:
    """Restore pictures down to one pixel, with odd sides; they come padded to `multiple`."""
    for height, width in SIZES:
        case.restore(make_clip(2, height, width).to(case.device))


def keep_equals_slicing_the_whole(case: Case) -> None:
    """Restore with every kind of `keep`: it says what is wanted, and changes no frame."""
    frames = make_clip(6, 16, 20).to(case.device)
    whole = case.restore(frames)
    for keep in KEPT:
        promise = f"keep={show(keep)} gives the same frames as slicing the whole output"
        kept = case.restore(frames, keep)
        case.expect_equal(kept, whole[keep], promise, tolerance=TOLERANCE)


def leaves_its_input_alone(case: Case) -> None:
    """Restore, then look at the frames that went in."""
    frames = make_clip(3, case.record.multiple, case.record.multiple).to(case.device)
    before = frames.clone()
    promise = "leaves its input as it is"
    with case.blame(promise), torch.inference_mode():
        case.loaded.model.restore(frames)  # not through the engine, which may pad into a copy
    case.expect(torch.equal(frames, before), promise, "restore changed it")


def leaves_no_graph(case: Case) -> None:
    """Restore where torch would record gradients: nobody wants them, and they fill the memory."""
    promise = "restores without recording gradients"
    side = 8 * case.record.multiple
    frames = make_clip(2, side, side).to(case.device)
    case.restore(frames)  # what inference mode leaves behind must not hinder others
    with case.blame(promise), torch.enable_grad():
        restored = case.loaded.model.restore(frames)
    case.expect(not restored.requires_grad, promise, "the result requires a gradient")


def windows_give_the_frames_of_the_whole_clip(case: Case) -> None:
    """Restore in windows of the default core and context, where the case promises the same."""
    if not case.has_exact_windows:
        return
    backend = case.loaded.backend  # two stages have more context
    grid = Grid(core=backend.core, context=backend.context)
    frames = make_clip(2 * grid.core + 3, 8, 8).to(case.device)
    parts = [
        case.restore(frames[run.start : run.stop], run.keep)
        for window in grid.windows(len(frames))
        for run in split_at_cuts(window, ())
    ]
    promise = f"windows of core {grid.core} and context {grid.context} give the whole clip's frames"
    case.expect_equal(torch.cat(parts), case.restore(frames), promise, tolerance=TOLERANCE)
