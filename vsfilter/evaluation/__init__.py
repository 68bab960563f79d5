"""Measuring what models give: against the truth, or without it."""
