"""Encoders: which one, how it is set up, and what it keeps of a picture."""
