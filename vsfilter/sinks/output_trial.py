"""A trial of an output: can its container hold what is planned?"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from av.error import FFmpegError

from vsfilter.errors import SinkError
from vsfilter.sinks.encoding.encoder_check import open_checked
from vsfilter.sinks.encoding.encoder_setup import ANY_CODEC, EncoderSetup
from vsfilter.sinks.image_streams import image_streams
from vsfilter.sinks.output_file import OutputFile, Streams


def try_streams(setup: EncoderSetup, *, streams_from: Path | None) -> Streams:
    """Tell which streams an output would have, by writing the header of one that is thrown away.

    Args:
        setup: The encoder, for a container or for images.
        streams_from: The input whose other streams are copied.

    Raises:
        SinkError: The container cannot hold a stream, or the input cannot be read.
        OptionError: The encoder refuses the clip or an option.
    """
    video = open_checked(setup)
    if setup.suffix == ANY_CODEC:
        return image_streams(streams_from)
    with TemporaryDirectory() as folder:
        try:
            path = Path(folder) / f"trial{setup.suffix}"
            output = OutputFile(path, video, setup.info, streams_from=streams_from)
        except (FFmpegError, OSError, ValueError) as error:
            name = setup.encoder.name
            raise SinkError(f"{name} cannot be used for a {setup.suffix}: {error}") from error
        output.close()
        return output.streams
