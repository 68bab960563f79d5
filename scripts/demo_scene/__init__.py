"""The drawn harbour town of the demo clip."""
