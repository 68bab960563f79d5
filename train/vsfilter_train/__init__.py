"""Training of vsfilter's models."""
