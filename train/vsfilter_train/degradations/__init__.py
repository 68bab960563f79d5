"""Degradations: what makes training input worse, one kind a file, each on whole clips."""
