"""Several programmes of a broadcast in one transport stream, each with a clock of its own."""

import struct

import av
import numpy as np

from tests.resume_runs import FFV1, SETTINGS, run

PACKET = 188
COUNT = 40


def programme(path, number, *, start_s):
    """Write a programme with tables and streams at numbers of its own; give its packets."""
    options = {
        "mpegts_start_pid": str(0x100 * number),
        "mpegts_pmt_start_pid": str(pmt_pid(number)),
        "mpegts_service_id": str(number),
        "output_ts_offset": str(start_s),
    }
    with av.open(str(path), "w", format="mpegts", options=options) as container:
        stream = container.add_stream("mpeg2video", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for n in range(COUNT):
            picture = np.full((48, 64, 3), 3 * n + 50 * number, np.uint8)
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    data = path.read_bytes()
    packets = [data[n : n + PACKET] for n in range(0, len(data), PACKET)]
    return [each for each in packets if pid(each) not in (0, 0x11)]


def pmt_pid(number):
    return 0x1000 + 16 * number


def pid(packet):
    return (packet[1] & 0x1F) << 8 | packet[2]


def crc(data):
    """Compute the checksum of MPEG's tables (ISO 13818-1, annex A)."""
    value = 0xFFFFFFFF
    for byte in data:
        value ^= byte << 24
        for _ in range(8):
            value = (value << 1 ^ (0x04C11DB7 if value & 0x80000000 else 0)) & 0xFFFFFFFF
    return value


def table_of(numbers):
    """Give the packet that lists the programmes."""
    body = b"".join(struct.pack(">HH", n, 0xE000 | pmt_pid(n)) for n in numbers)
    section = struct.pack(">BHHBBB", 0, 0xB000 | len(body) + 9, 1, 0xC1, 0, 0) + body
    section += struct.pack(">I", crc(section))
    return (b"\x47\x40\x00\x10\x00" + section).ljust(PACKET, b"\xff")


def test_programmes_whose_clocks_are_hours_apart_begin_together(tmp_path):
    ours = programme(tmp_path / "1.ts", 1, start_s=0)
    other = programme(tmp_path / "2.ts", 2, start_s=7200)
    packets = sorted(
        [
            (n / len(all_), which, each)
            for which, all_ in ((1, ours), (0, other))
            for n, each in enumerate(all_)
        ]
    )
    film = tmp_path / "film.ts"
    film.write_bytes(table_of((1, 2)) + b"".join(each for _, _, each in packets))
    with av.open(str(film)) as container:
        starts = [stream.start_time * stream.time_base for stream in container.streams]
    assert abs(starts[1] - starts[0]) > 7000

    run(film, tmp_path / "out.mkv", encoder=FFV1, settings=SETTINGS)

    with av.open(str(tmp_path / "out.mkv")) as container:
        times = [[], []]
        for packet in container.demux():
            if packet.size:
                times[packet.stream_index].append(float(packet.pts * packet.time_base))
    assert [len(each) for each in times] == [COUNT, COUNT]
    assert all(0 <= each[0] < 0.2 for each in times)
    assert all(1.4 < each[-1] < 2 for each in times)
