"""Films with everything that a file can hold, and what becomes of it."""
