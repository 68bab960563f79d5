"""How fast models are on this machine, beside the same weights in plain torch."""
