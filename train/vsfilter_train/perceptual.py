"""The perceptual loss: distance between features of a network that recognises things.

Johnson et al., Perceptual Losses for Real-Time Style Transfer and Super-Resolution, ECCV 2016; with
VGG-19 (Simonyan & Zisserman, 2015) before five activations, weighted as in RealBasicVSR's training.
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn

from vsfilter.errors import OptionError, WeightsError

WIDTHS = (64, 64, 0, 128, 128, 0, 256, 256, 256, 256, 0, 512, 512, 512, 512, 0, 512, 512, 512, 512)
"""Channels of the convolutions; 0 halves the size."""
WEIGHTS = {2: 0.1, 7: 0.1, 16: 1.0, 25: 1.0, 34: 1.0}
"""Of the layers that count, by their place in `features`."""
FILE = "vgg19-dcbb9e9d.pth"
"""What torchvision calls its file."""
MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


class Perceptual(nn.Module):
    """The perceptual loss.

    Args:
        path: Weights of VGG-19 with torchvision's keys.

    Raises:
        WeightsError: They cannot be read, or are of another network.
    """

    def __init__(self, path: Path) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        channels = 3
        for width in WIDTHS:
            if width:
                layers += [nn.Conv2d(channels, width, 3, padding=1), nn.ReLU()]
                channels = width
            else:
                layers.append(nn.MaxPool2d(2))
        self.features = nn.Sequential(*layers[: max(WEIGHTS) + 1])
        self.register_buffer("mean", torch.tensor(MEAN).view(1, 3, 1, 1), persistent=False)
        self.register_buffer(
            "deviation", torch.tensor(DEVIATION).view(1, 3, 1, 1), persistent=False
        )
        try:
            content = torch.load(path, map_location="cpu", weights_only=True)
            known = self.state_dict().keys()
            self.load_state_dict({key: value for key, value in content.items() if key in known})
        except Exception as error:  # a damaged pickle raises whatever it runs into
            raise WeightsError(f"'{path}' is no VGG-19 of torchvision: give {FILE}") from error
        self.requires_grad_(False)

    def forward(self, restored: Tensor, target: Tensor) -> Tensor:
        """Compute the loss of frames (n, 3, h, w), RGB in [0, 1]."""
        x = (restored - self.mean) / self.deviation  # type: ignore[operator]  # buffers are tensors
        y = (target - self.mean) / self.deviation  # type: ignore[operator]  # as above
        loss = restored.new_zeros(())
        for number, layer in enumerate(self.features):
            # ReLU must not work in place: what it is given counts
            x, y = layer(x), layer(y)
            if number in WEIGHTS:
                loss = loss + WEIGHTS[number] * (x.float() - y.float()).abs().mean()
        return loss


def find_vgg(given: str) -> Path:
    """Find the file of VGG-19: the user's, or that which torchvision has fetched before.

    Raises:
        OptionError: There is none; says what to do.
    """
    path = Path(given) if given else Path(torch.hub.get_dir()) / "checkpoints" / FILE
    if not path.is_file():
        raise OptionError(
            f"the perceptual loss needs VGG-19, but '{path}' does not exist: set adversarial.vgg "
            f"to torchvision's {FILE}; or do without, by adversarial.perceptual=0 and "
            "adversarial.feature_matching=1"
        )
    return path
