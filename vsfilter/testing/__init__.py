"""What every backend must pass; for the tests of plugins, with or without pytest.

    import pytest
    from vsfilter.testing import CHECKS, Case

    CASE = Case(backend="mymodel")


    @pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
    def test_mymodel_keeps_the_contract(check):
        check(CASE)

Without pytest, `check_backend(Case(backend="mymodel"))` runs all checks and raises one
AssertionError that lists what failed; `vsr plugins --check mymodel` does the same on the command
line. Each failure is one line: the backend, what is promised, what came. What a backend does not
promise (to be trained, exact windows) is not asked of it: those checks pass.
"""

from vsfilter.testing.case import BrokenPromiseError, Case
from vsfilter.testing.suite import CHECKS, check_backend

__all__ = ["CHECKS", "BrokenPromiseError", "Case", "check_backend"]
