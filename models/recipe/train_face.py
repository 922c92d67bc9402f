"""Trains stage B on one or more presenters:

train_face.py --poses poses.json --presenter RENDERS BUNDLE [--presenter ...] --out face.pt --size 160 [--minutes 20] [--init face.pt]
"""
import argparse
import copy
import os
import time

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image

import face_data
from face_net import FaceNet

BATCH = 8
# y0, y1, x0, x1 of the face box: the region that the gate calls the mouth.
MOUTH = (0.54, 0.82, 0.28, 0.72)


def crop_mouth(faces):
    size = faces.shape[-1]
    y0, y1, x0, x1 = (int(v * size) for v in MOUTH)
    return faces[:, :, y0:y1, x0:x1]


def lower(faces):
    return faces[:, :, faces.shape[2] // 2:]


def psnr(a, b):
    return float((-10 * torch.log10(((a - b) ** 2).flatten(1).mean(1) + 1e-9)).mean())


def answer(net, faces, batch=16):
    was_training = net.training
    net.eval()
    out = []
    with torch.no_grad():
        for i in range(0, len(faces), batch):
            reference, _, coefficients = faces.pick(slice(i, i + batch))
            out.append(net(coefficients, face_data.network_input(reference)))
    net.train(was_training)
    return torch.cat(out)


def measure(net, faces):
    got = answer(net, faces)
    reference, said, _ = faces.pick(slice(None))
    edges = lambda f: (crop_mouth(f)[:, :, 1:] - crop_mouth(f)[:, :, :-1]).abs().mean()
    return dict(lower_db=round(psnr(lower(got), lower(said)), 2), mouth_db=round(psnr(crop_mouth(got), crop_mouth(said)), 2),
                reference_mouth_db=round(psnr(crop_mouth(reference), crop_mouth(said)), 2),
                sharpness=round(float(edges(got) / edges(said)), 3))


def augment(reference, said):
    """The same change to both, so that it teaches nothing false: crop, light; and codec noise on the reference alone."""
    size = reference.shape[-1]
    if np.random.random() < 0.3:
        side = np.random.uniform(0.95, 1.0) * size
        x0, y0 = np.random.uniform(0, size - side, 2)
        axis = lambda start: (torch.arange(size) + 0.5) * side / size + start
        gx = axis(x0) / size * 2 - 1
        gy = axis(y0) / size * 2 - 1
        grid = torch.stack([gx[None].expand(size, size), gy[:, None].expand(size, size)], -1)[None].expand(len(said), -1, -1, -1)
        both = F.grid_sample(torch.cat([reference, said], 1), grid, mode='bicubic', padding_mode='border', align_corners=False)
        reference, said = both[:, :3], both[:, 3:]
    if np.random.random() < 0.3:
        light = 1 + 0.06 * (torch.rand(len(said), 3, 1, 1) - 0.5) + 0.06 * (torch.rand(len(said), 1, 1, 1) - 0.5)
        reference, said = reference * light, said * light
    if np.random.random() < 0.3:
        reference = reference + 0.006 * torch.randn_like(reference)
    return reference.clamp(0, 1), said.clamp(0, 1)


def place_weights(size):
    y = (torch.arange(size) + 0.5).view(-1, 1) / size
    x = (torch.arange(size) + 0.5).view(1, -1) / size
    return (1 + 5 * torch.exp(-(((y - 0.66) / 0.13) ** 2 + ((x - 0.5) / 0.2) ** 2)))[size // 2:][None, None]


def loss_of(got, said, reference, place):
    # Where the speaking face differs most from the resting one - teeth, tongue, the dark between the lips - errors
    # read as mumbling: count them up to three times.
    changed = (said - reference).abs().mean(1, keepdim=True)
    weight = place * (1 + 2 * (changed / 0.2).clamp(max=1))
    dx = lambda f: f[..., 1:] - f[..., :-1]
    dy = lambda f: f[..., 1:, :] - f[..., :-1, :]
    return (((got - said).abs() * weight).mean() + ((dx(got) - dx(said)).abs() * weight[..., 1:]).mean()
            + ((dy(got) - dy(said)).abs() * weight[..., 1:, :]).mean())


def sheet(net, faces, path, count=24):
    """Rows alternate truth and network."""
    at = np.linspace(0, len(faces) - 1, count).astype(int)
    some = face_data.Faces(faces.reference[at], faces.said[at], faces.coefficients[at])
    got = answer(net, some)
    picture = lambda f: (f.permute(1, 2, 0).numpy()[int(f.shape[1] * 0.45):, :, ::-1] * 255).round().clip(0, 255).astype(np.uint8)
    rows = []
    for i in range(0, count, 8):
        rows.append(np.concatenate([picture(some.said[k].float() / 255) for k in range(i, i + 8)], 1))
        rows.append(np.concatenate([picture(got[k]) for k in range(i, i + 8)], 1))
    Image.fromarray(np.concatenate(rows)).save(path)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--poses', required=True)
    parser.add_argument('--presenter', required=True, action='append', nargs=2, metavar=('RENDERS', 'BUNDLE'))
    parser.add_argument('--out', required=True)
    parser.add_argument('--size', type=int, default=160)
    parser.add_argument('--minutes', type=float, default=20)
    parser.add_argument('--threads', type=int, default=2)
    parser.add_argument('--rate', type=float, default=2e-3)
    parser.add_argument('--init')
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(0)
    np.random.seed(0)
    names = [os.path.basename(os.path.normpath(bundle)) for _, bundle in args.presenter]
    sets = {t: [face_data.load(args.poses, *presenter, args.size, t) for presenter in args.presenter] for t in (False, True)}
    train, tests = face_data.join(sets[False]), dict(zip(names, sets[True]))
    net = FaceNet().to(memory_format=torch.channels_last)
    if args.init:
        net.load_state_dict(torch.load(args.init))
    average = copy.deepcopy(net).eval()
    print(f'{len(train)} to learn from, {sum(map(len, tests.values()))} to test on, {sum(p.numel() for p in net.parameters()) / 1e6:.2f} M parameters', flush=True)
    place = place_weights(args.size)
    optimiser = torch.optim.AdamW(net.parameters(), args.rate, weight_decay=1e-4)
    started = reported = time.time()
    step = 0
    net.train()
    while (elapsed := (time.time() - started) / 60 / args.minutes) < 1:
        for group in optimiser.param_groups:
            group['lr'] = args.rate * min(1, (step + 1) / 60) * (0.02 + 0.98 * 0.5 * (1 + np.cos(np.pi * elapsed)))
        reference, said, coefficients = train.pick(torch.randint(0, len(train), (BATCH,)))
        reference, said = augment(reference, said)
        got = net(coefficients + 0.01 * torch.randn_like(coefficients), face_data.network_input(reference))
        loss = loss_of(lower(got), lower(said), lower(reference), place)
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimiser.step()
        step += 1
        with torch.no_grad():
            keep = min(0.995, step / (step + 20))
            for mean, now in zip(average.parameters(), net.parameters()):
                mean.lerp_(now, 1 - keep)
        if time.time() - reported > 120:
            reported = time.time()
            print(f'{elapsed:4.0%} step {step} ({step / (time.time() - started):.1f}/s) loss {loss.item():.4f}', flush=True)
            for name, test in tests.items():
                print(f'    {name}', measure(average, test.first(24)), flush=True)
            torch.save(average.state_dict(), args.out)
    torch.save(average.state_dict(), args.out)
    print(f'done at step {step}')
    for name, test in tests.items():
        print(f'    {name}', measure(average, test))
        sheet(average, test, f'{os.path.splitext(args.out)[0]}-{name}.png')


if __name__ == '__main__':
    main()
