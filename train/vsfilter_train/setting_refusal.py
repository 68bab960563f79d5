"""Refusing a setting in one line."""

from vsfilter.errors import OptionError


def refuse(name: str, value: object, wanted: str, is_wrong: bool) -> None:
    """Raise when a setting is wrong.

    Args:
        name: Name of the setting.
        value: What it is.
        wanted: What it should be, after "give".
        is_wrong: Whether it is to be refused.

    Raises:
        OptionError: It is wrong.
    """
    if is_wrong:
        raise OptionError(f"{name} is {value}: give {wanted}")
