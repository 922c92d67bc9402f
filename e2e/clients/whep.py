"""A WHEP player (draft-ietf-wish-whep) made of aiortc: POST the offer, count what arrives, DELETE the resource.

usage: whep.py URL PICTURES LOUD_FRAMES [--codec h264|vp8]
URL is the WHEP endpoint. Watches until it has so many pictures and frames that are not silent, or 60 s are over. Prints one JSON
line.
"""
import argparse
import asyncio
import json
import time
from urllib.parse import urljoin

import requests
from aiortc import RTCPeerConnection, RTCSessionDescription

from meters import Meters, prefer


def arguments():
    p = argparse.ArgumentParser()
    p.add_argument("url")
    p.add_argument("pictures", type=int)
    p.add_argument("loud", type=int)
    p.add_argument("--codec", choices=["h264", "vp8"])
    return p.parse_args()


async def main():
    args = arguments()
    pc = RTCPeerConnection()
    meters = Meters(pc)
    video = pc.addTransceiver("video", direction="recvonly")
    pc.addTransceiver("audio", direction="recvonly")
    if args.codec:
        prefer(video, args.codec)
    await pc.setLocalDescription(await pc.createOffer())
    loop = asyncio.get_running_loop()
    call = lambda f, *a, **k: loop.run_in_executor(None, lambda: f(*a, timeout=15, **k))
    reply = await call(requests.post, args.url, data=pc.localDescription.sdp, headers={"Content-Type": "application/sdp"})
    if reply.status_code != 201:
        print(json.dumps({"status": reply.status_code, "error": reply.json()}))
        await pc.close()
        return
    await pc.setRemoteDescription(RTCSessionDescription(reply.text, "answer"))
    t0 = time.monotonic()
    while (meters.seen["video"] < args.pictures or meters.loud < args.loud) and time.monotonic() - t0 < 60:
        await asyncio.sleep(0.05)
    deleted = await call(requests.delete, urljoin(args.url, reply.headers["Location"]))
    result = {
        "status": reply.status_code,
        "location": reply.headers["Location"],
        "pictures": meters.seen["video"],
        "frames": meters.seen["audio"],
        "loudFrames": meters.loud,
        "sizes": sorted(meters.sizes),
        "deleted": deleted.status_code,
    }
    print(json.dumps(result), flush=True)
    await pc.close()


asyncio.run(main())
