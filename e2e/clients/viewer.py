"""A viewer as the Python clients of this API are: aiortc, offer over HTTP, count what arrives.

usage: viewer.py URL SECONDS [--codec h264|vp8] [--order va|av] [--say TEXT] [--after SECONDS] [--wav FILE] [--hang]
SECONDS count from the moment of being connected. Prints one JSON line. --hang exits without closing anything, as a killed client does.
"""
import argparse
import asyncio
import json
import os
import time

import requests
from aiortc import RTCPeerConnection, RTCSessionDescription

from meters import Meters, prefer


def arguments():
    p = argparse.ArgumentParser()
    p.add_argument("url")
    p.add_argument("seconds", type=float)
    p.add_argument("--codec", choices=["h264", "vp8"])
    p.add_argument("--order", default="va")
    p.add_argument("--say")
    p.add_argument("--after", type=float, default=1.0)
    p.add_argument("--wav")
    p.add_argument("--hang", action="store_true")
    return p.parse_args()


async def main():
    args = arguments()
    pc = RTCPeerConnection()
    meters = Meters(pc)
    first = {}
    for letter in args.order:
        kind = {"v": "video", "a": "audio"}[letter]
        transceiver = pc.addTransceiver(kind, direction="recvonly")
        if kind == "video" and args.codec:
            prefer(transceiver, args.codec)
    await pc.setLocalDescription(await pc.createOffer())
    offer = {"sdp": pc.localDescription.sdp, "type": pc.localDescription.type}
    t0 = time.monotonic()
    loop = asyncio.get_running_loop()
    post = lambda path, body: loop.run_in_executor(None, lambda: requests.post(args.url + path, json=body, timeout=15))
    reply = await post("/offer", offer)
    answer = reply.json()
    if "sdp" not in answer:
        print(json.dumps({"status": reply.status_code, "error": answer}))
        return
    first["answer"] = round((time.monotonic() - t0) * 1000)
    await pc.setRemoteDescription(RTCSessionDescription(answer["sdp"], answer["type"]))
    while pc.connectionState != "connected" and time.monotonic() - t0 < 10:
        await asyncio.sleep(0.01)
    first["connected"] = round((time.monotonic() - t0) * 1000)
    said = None
    if args.say:
        await asyncio.sleep(args.after)
        said = (await post("/human", {"sessionid": answer["sessionid"], "type": "echo", "text": args.say})).json()
        await asyncio.sleep(max(0, args.seconds - args.after))
    else:
        await asyncio.sleep(args.seconds)
    for kind, at in meters.arrived.items():
        first[kind] = round((at - t0) * 1000)
    gaps = lambda v: sorted({b - a for a, b in zip(v, v[1:])})
    result = {
        "sessionid": answer["sessionid"],
        "answer": answer["sdp"],
        "pictures": meters.seen["video"],
        "frames": meters.seen["audio"],
        "firstMs": first,
        "pictureSteps": gaps(meters.stamps["video"]),
        "frameSteps": gaps(meters.stamps["audio"]),
        "sizes": sorted(meters.sizes),
        "loudFrames": meters.loud,
        "said": said,
    }
    print(json.dumps(result), flush=True)
    if args.hang:
        os._exit(0)
    await pc.close()


asyncio.run(main())
