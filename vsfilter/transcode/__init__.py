"""The front end for files: from an input to a whole output."""
