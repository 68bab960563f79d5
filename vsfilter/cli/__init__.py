"""The commands: they read arguments, call the library and report."""
