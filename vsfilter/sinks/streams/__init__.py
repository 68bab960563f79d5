"""The streams of an input that are copied or converted into an output."""
