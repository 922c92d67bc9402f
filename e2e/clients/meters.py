"""What arrives at an aiortc peer: counts, time stamps and sizes of pictures, and how loud each frame of sound is."""
import asyncio
import time

import numpy as np
from aiortc import RTCRtpReceiver
from aiortc.mediastreams import MediaStreamError

LOUD = 300  # RMS of 16-bit samples


class Meters:
    """Receives every track of a peer connection from now on."""

    def __init__(self, pc):
        self.seen = {"video": 0, "audio": 0}
        self.stamps = {"video": [], "audio": []}
        self.loud = 0
        self.sizes = set()
        self.arrived = {}  # kind -> time.monotonic() of the first one
        pc.on("track", lambda track: asyncio.ensure_future(self._receive(track)))

    async def _receive(self, track):
        while True:
            try:
                frame = await track.recv()
            except MediaStreamError:
                return
            self.seen[track.kind] += 1
            self.arrived.setdefault(track.kind, time.monotonic())
            self.stamps[track.kind].append(frame.pts)
            if track.kind == "audio":
                self.loud += bool(np.sqrt((frame.to_ndarray().astype(np.float64) ** 2).mean()) > LOUD)
            else:
                self.sizes.add(f"{frame.width}x{frame.height}")


def prefer(transceiver, codec):
    """Offers one video codec alone: h264 or vp8."""
    codecs = RTCRtpReceiver.getCapabilities("video").codecs
    transceiver.setCodecPreferences([c for c in codecs if c.mimeType.lower() == f"video/{codec}"])
