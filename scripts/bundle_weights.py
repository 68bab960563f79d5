r"""Copy trained weights into a plugin, and print the hash that its record must state.

Usage: uv run scripts/bundle_weights.py runs/fast_x4/best.safetensors \
           plugins/vsfilter_basicvsr/weights/fast-x4.safetensors

Numbers are kept in 16 bits, which halves the file: in float32 the pictures of such weights are 92
to 105 dB from those of the trained ones. The recipe's data folder is left out of the header: it
names one machine's folders.
"""

import sys
from pathlib import Path

from vsfilter.weights import read_checkpoint, save_weights
from vsfilter.weights.folder import sha256


def main(trained: Path, bundled: Path) -> None:
    """Copy the file with a cleaned header, in half precision."""
    checkpoint = read_checkpoint(trained)
    header = dict(checkpoint.header)
    header["recipe"]["data"]["folder"] = "data/train"
    state = {key: value.half() for key, value in checkpoint.state.items()}
    save_weights(bundled, state, header)
    print(f"{bundled}: {bundled.stat().st_size} bytes, {header['metrics']}")
    print(f"sha256 {sha256(bundled)}")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:3]))
