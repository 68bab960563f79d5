r"""Multiply what a trained network adds to its input: the last layer's weights, by one factor.

Usage: uv run scripts/weaken.py runs/restore_x1/best.safetensors \
           runs/restore_x1/weak.safetensors 0.6

A small network that has learned from much damage takes the texture of good video for noise. Part
of what it adds keeps most of the gain where there is damage, and does little harm where there is
none. For the small tails only (`tail_width = 0`), whose last convolution gives the pixels.
"""

import sys
from pathlib import Path

from vsfilter.weights import read_checkpoint, save_weights

TAIL = "tail.conv_last."


def main(trained: Path, weak: Path, factor: float) -> None:
    """Write the weights with a weaker last layer."""
    checkpoint = read_checkpoint(trained)
    state = {
        key: tensor * factor if TAIL in key else tensor for key, tensor in checkpoint.state.items()
    }
    save_weights(weak, state, {**checkpoint.header, "weakened": factor})
    print(f"{weak}: {factor}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3]))
