"""A talking clip to look at: preview.py --onnx FILE --bundle DIR --wav FILE --out clip.mp4 [--sheet sheet.png]

Pastes as the product may: the picture's own fine detail is kept wherever the mouth did not change, so that the patch, which
is smaller than its box, does not look soft.
"""
import argparse
import subprocess

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image

import engines
import face_data
from export import session
from mel import FRAMES_BEFORE, FRAMES_PER_SECOND, WINDOW_FRAMES, mel_spectrogram

PICTURE_MS = 40


def scale(face, side):
    """[3,S,S] float -> [side,side,3]."""
    f = F.interpolate(face[None], size=(side, side), mode='bicubic', align_corners=False)
    return f[0].permute(1, 2, 0).numpy()


def mask(side):
    """1 on the lower half, feathered at the half line and the edges."""
    ramp = np.clip((np.arange(side) - 0.5 * side) / (0.06 * side), 0, 1)
    edge = np.clip(np.minimum(np.arange(side), np.arange(side)[::-1]) / (0.05 * side), 0, 1)
    rows = ramp * np.clip((side - 1 - np.arange(side)) / (0.03 * side), 0, 1)
    return (rows[:, None] * edge[None])[:, :, None]


def unchanged(reference, answer, side):
    """1 where the mouth left the picture alone, 0 where it moved anything; grown a little, or edges leave ghosts."""
    moved = (answer - reference).abs().mean(0)[None, None]
    moved = F.max_pool2d(moved, 7, 1, 3)
    moved = F.avg_pool2d(moved, 5, 1, 2, count_include_pad=False)
    moved = F.interpolate(moved, size=(side, side), mode='bilinear', align_corners=False)[0, 0].numpy()
    return (1 - np.clip((moved - 0.012) / 0.04, 0, 1))[:, :, None]


def paste(picture, box, reference, answer):
    """BGR float picture of the loop, network input and output -> picture with the mouth in."""
    x, y, side = box
    own = picture[y:y + side, x:x + side]
    base, said = scale(reference, side), scale(answer, side)
    merged = said + unchanged(reference, answer, side) * (own - base)
    m = mask(side)
    out = picture.copy()
    out[y:y + side, x:x + side] = own * (1 - m) + merged * m
    return np.clip(out, 0, 1)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ('--onnx', '--bundle', '--wav', '--out'):
        parser.add_argument(name, required=True)
    parser.add_argument('--sheet')
    args = parser.parse_args()
    run = session(args.onnx)
    size = run.get_inputs()[1].shape[-1]
    samples = engines.read_wav(args.wav)
    mel = np.pad(mel_spectrogram(samples), ((0, 0), (FRAMES_BEFORE, WINDOW_FRAMES)), constant_values=-4)
    loop = face_data.idle_pictures(args.bundle)
    references = face_data.to_tensor(face_data.idle_faces(args.bundle, size)).float() / 255
    x, y, side = face_data.FACE_BOX
    command = ['ffmpeg', '-y', '-v', 'error', '-f', 'rawvideo', '-pix_fmt', 'bgr24', '-s', '720x720', '-r', '25', '-i', '-', '-i', args.wav,
               '-c:v', 'libx264', '-crf', '16', '-pix_fmt', 'yuv420p', '-c:a', 'aac', args.out]
    encoder = subprocess.Popen(command, stdin=subprocess.PIPE)
    shown = []
    for i in range(int(len(samples) / 16000 * 25)):
        start = int(round(i * PICTURE_MS / 1000 * FRAMES_PER_SECOND))
        window = mel[None, None, :, start:start + WINDOW_FRAMES].astype(np.float32)
        reference = references[i % len(loop)]
        answer = torch.from_numpy(run.run(None, dict(mel=window, face=face_data.network_input(reference[None]).numpy()))[0][0])
        picture = paste(loop[i % len(loop)][:, :, ::-1] / 255, (x, y, side), reference, answer)
        encoder.stdin.write((picture * 255).round().astype(np.uint8).tobytes())
        shown.append((picture[y - 20:y + side, x:x + side, ::-1] * 255).astype(np.uint8))
    encoder.stdin.close()
    encoder.wait()
    if args.sheet:
        shown = shown[5:45]
        Image.fromarray(np.concatenate([np.concatenate(shown[r:r + 8], 1) for r in range(0, len(shown) - 7, 8)])).resize((8 * 200, 200 * len(range(0, len(shown) - 7, 8))), Image.LANCZOS).save(args.sheet)


if __name__ == '__main__':
    main()
