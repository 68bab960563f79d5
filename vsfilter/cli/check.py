"""Holding a model to its contract: `vsr plugins --check`."""

from __future__ import annotations


def check_model(name: str, weights: str | None, *, as_json: bool) -> None:
    """Run all checks of `vsfilter.testing`; print what came of each.

    Args:
        name: Name of an installed backend.
        weights: A named set or a file; None for the backend's default.
        as_json: Print JSON at the end instead of a line for each.

    Raises:
        VsfilterError: A check fails, or the model cannot be loaded.
    """
    from vsfilter.errors import PluginError
    from vsfilter.testing import Case
    from vsfilter.testing.suite import run_checks

    results = []
    for check, problem in run_checks(Case(backend=name, weights=weights)):
        results.append({"check": check, "problem": problem or None})
        if not as_json:
            print(f"FAIL  {check}: {problem}" if problem else f"ok    {check}", flush=True)
    if as_json:
        import json

        print(json.dumps(results, indent=2))
    if failed := [str(result["check"]) for result in results if result["problem"]]:
        raise PluginError(
            f"model {name!r} fails {len(failed)} of {len(results)} checks: {', '.join(failed)}"
        )
