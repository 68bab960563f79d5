"""Alpha that lies beside the samples of a packet: WebM's way for VP9, in a stream of its own."""

from __future__ import annotations

from typing import Final

from av.packet import Packet, PacketSideData, packet_sidedata_type_from_literal
from av.stream import Stream
from av.video.stream import VideoStream

_KIND: Final = "matroska_block_additional"


def alpha_of(packet: Packet[VideoStream]) -> bytes:
    """Give what an encoder has put beside a packet; nothing where the packet has no alpha."""
    return bytes(packet.get_sidedata(_KIND)) if packet.has_sidedata(_KIND) else b""


def set_alpha(packet: Packet[Stream], alpha: bytes) -> None:
    """Put beside a packet what `alpha_of` gave."""
    if alpha:
        kind = packet_sidedata_type_from_literal(_KIND)
        beside = PacketSideData(kind, len(alpha))  # type: ignore[call-arg]  # missing in the stub
        beside.update(alpha)
        packet.set_sidedata(beside, move=True)
