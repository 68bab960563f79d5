"""Encoded video in segments, which a later run can use."""
