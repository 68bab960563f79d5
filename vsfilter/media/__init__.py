"""Media files and the clocks of their packets, for sources and sinks alike."""
