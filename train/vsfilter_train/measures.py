"""What an evaluation measures."""

from collections.abc import Sequence

from torch import nn

from .flow_gain import flow_gain
from .network import find_flow
from .pairs import HeldPair
from .precision import MixedPrecision
from .validate import validate


def measure(
    module: nn.Module, pairs: Sequence[HeldPair], precision: MixedPrecision
) -> dict[str, float]:
    """Measure a network on clips that it is not trained on.

    Args:
        module: The network.
        pairs: The clips, the same in all processes; without any, its quality is 0.
        precision: Of the convolutions.

    Returns:
        In dB: "psnr_y", of the luma, and "flow_gain" where there is a flow.
    """
    if not pairs:
        return {"psnr_y": 0.0}
    measures = {"psnr_y": validate(module, pairs, precision)}
    flow = find_flow(module)
    if flow is not None:
        measures["flow_gain"] = flow_gain(module, flow, pairs, precision)
    return measures
