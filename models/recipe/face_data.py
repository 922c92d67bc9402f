"""Rendered face crops and the shipped idle loop -> training pairs (reference face, speaking face, coefficients)."""
import json
import os
import subprocess

import numpy as np
import torch
from PIL import Image

from poses import FACE_BOX, is_test

PICTURE_PX = 720


# The product shrinks a face by area average (BOX). One pair in four is made with another good filter, so that the network
# does not depend on which.
FILTERS = [Image.BOX, Image.BOX, Image.BOX, Image.LANCZOS]


def resize(picture, size, by=Image.BOX):
    """Renders come at another size than the face box: they go through the box's size first, because a box filter at
    another ratio blurs and aliases differently, and the network would be taught that difference."""
    side = FACE_BOX[2]
    if picture.width != side:
        picture = picture.resize((side, side), Image.LANCZOS)
    return picture.resize((size, size), by)


def to_tensor(pictures):
    """RGB images -> [n,3,S,S] uint8 BGR."""
    return torch.from_numpy(np.stack([np.asarray(p)[:, :, ::-1] for p in pictures]).copy()).permute(0, 3, 1, 2).contiguous()


def idle_pictures(bundle):
    """The decoded loop, as the product sees it: H.264 softness included."""
    command = ['ffmpeg', '-v', 'error', '-i', os.path.join(bundle, 'idle.mp4'), '-vf',
               'scale=in_color_matrix=bt709:in_range=tv:out_range=pc,format=rgb24', '-f', 'rawvideo', '-']
    raw = subprocess.run(command, capture_output=True, check=True).stdout
    return np.frombuffer(raw, np.uint8).reshape(-1, PICTURE_PX, PICTURE_PX, 3)


def idle_faces(bundle, size, by=Image.BOX):
    x, y, side = FACE_BOX
    return [resize(Image.fromarray(p[y:y + side, x:x + side]), size, by) for p in idle_pictures(bundle)]


class Faces:
    def __init__(self, reference, said, coefficients):
        self.reference, self.said, self.coefficients = reference, said, coefficients

    def __len__(self):
        return len(self.said)

    def first(self, count):
        return Faces(self.reference[:count], self.said[:count], self.coefficients[:count])

    def pick(self, at):
        return self.reference[at].float() / 255, self.said[at].float() / 255, self.coefficients[at]


def join(parts):
    return Faces(*(torch.cat([getattr(p, key) for p in parts]) for key in ('reference', 'said', 'coefficients')))


def load(poses_file, renders, bundle, size, want_test):
    """The pairs of one presenter; `join` puts several together."""
    with open(poses_file) as f:
        items = json.load(f)['items']
    idle = {by: idle_faces(bundle, size, by) for by in set(FILTERS)}
    rests, reference, said, coefficients = {}, [], [], []
    for i, item in enumerate(items):
        path = os.path.join(renders, f'{i:05d}_said.png')
        if is_test(item) != want_test or not os.path.exists(path):
            continue
        by = Image.BOX if want_test else FILTERS[i // 2 % len(FILTERS)]
        if item['rest'] is None:
            rest = idle[by][item['at']]
        else:
            if (item['rest'], by) not in rests:
                rests[item['rest'], by] = resize(Image.open(os.path.join(renders, f"{item['rest']:05d}_rest.png")).convert('RGB'), size, by)
            rest = rests[item['rest'], by]
        reference.append(rest)
        said.append(resize(Image.open(path).convert('RGB'), size, by))
        coefficients.append(item['mouth'])
    reference, said = to_tensor(reference), to_tensor(said)
    # The decoder shifts colours by about one level. Above the mouth both show the same thing: level them there, so
    # that the network is not taught one decoder's offset.
    half = size // 2
    offset = (reference[:, :, :half].float() - said[:, :, :half].float()).mean((2, 3), keepdim=True)
    said = (said.float() + offset).round().clamp(0, 255).to(torch.uint8)
    return Faces(reference, said, torch.tensor(coefficients, dtype=torch.float32))


def network_input(reference, upper=None):
    """[n,3,S,S] -> [n,6,S,S]: the target's visible half, then the reference."""
    visible = (reference if upper is None else upper).clone()
    visible[:, :, visible.shape[2] // 2:] = 0
    return torch.cat([visible, reference], 1)
