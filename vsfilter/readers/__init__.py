"""Clips read in another way: a part of them, at another rate, upright."""
