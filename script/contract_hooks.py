"""Pictures for schemathesis: random bytes alone would never get past the decoder."""

import struct
import zlib

import schemathesis
from hypothesis import strategies as st


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width, height, colour):
    """A PNG of one colour (8-bit RGB)."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = (b"\0" + bytes(colour) * width) * height
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(kind, data) for kind, data in parts)


# The site takes 16 pixels a side and more; a narrower picture is refused.
pictures = st.builds(png, st.integers(15, 40), st.integers(16, 40), st.tuples(*[st.integers(0, 255)] * 3))
schemathesis.openapi.format("binary", st.one_of(pictures, pictures, pictures, st.binary(max_size=200)))
