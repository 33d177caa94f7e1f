"""The IPTC digital source type as XMP: the mark of a clip's origin that photo tools and platforms read.

In an MP4, XMP lies in a ``uuid`` box at the top level (Adobe's XMP Specification, part 3, MPEG-4). At the end
of the file it moves nothing that the index points at, and a player that does not know it skips it.
"""

from __future__ import annotations

import re
import struct
from pathlib import Path

from engine.clips.mp4 import top_boxes

BOX_ID = bytes.fromhex("BE7ACFCB97A942E89C71999491E3AFAC")

_MOST_BYTES = 64 * 1024
_PACKET = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">\
<rdf:Description rdf:about="" xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/">\
<Iptc4xmpExt:DigitalSourceType>{source_type}</Iptc4xmpExt:DigitalSourceType>\
</rdf:Description></rdf:RDF></x:xmpmeta>
<?xpacket end="r"?>"""
# Written as an element or as an attribute; a stranger's XML is searched, never parsed.
_SOURCE_TYPE = re.compile(rb"Iptc4xmpExt:DigitalSourceType\s*(?:>|=\s*[\"'])\s*([^<\"'\s]+)")


def source_type_box(source_type: str) -> bytes:
    """The box to append to an MP4.

    Args:
        source_type: one of IPTC's addresses, see :mod:`engine.provenance.statement`.
    """
    packet = _PACKET.format(source_type=source_type).encode()
    return struct.pack(">I4s", 8 + len(BOX_ID) + len(packet), b"uuid") + BOX_ID + packet


def read_source_type(path: Path) -> str | None:
    """The digital source type in an MP4's XMP; None if there is none.

    Raises:
        ValueError: the file is no MP4, or it is cut short.
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        for box in top_boxes(path):
            if box.name == b"uuid" and box.end - box.start <= _MOST_BYTES:
                file.seek(box.start)
                contents = file.read(box.end - box.start)
                found = _SOURCE_TYPE.search(contents) if contents.startswith(BOX_ID) else None
                if found is not None:
                    return found[1].decode("utf-8", "replace")
    return None
