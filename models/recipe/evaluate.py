"""The gate: evaluate.py --corpus DIR --speech speech.pt --face face.pt --poses poses.json --presenter RENDERS BUNDLE [--presenter ...] --onnx FILE

Judges voices and texts that were never learned from (corpus.HELD_OUT, texts.HELD_OUT) and idle pictures that were never
rendered for training. Exits 1 if a requirement is missed.
"""
import argparse
import os
import sys

import numpy as np
import torch

import face_data
import speech_data
from engines import sustained
from export import session
from face_net import FaceNet
from mel import FRAMES_BEFORE, WINDOW_FRAMES, mel_spectrogram
from phonemes import INDEX, opening
from scores import predict, score
from speech_net import SpeechNet
from train_face import crop_mouth, measure

REQUIRED_R = {'espeak': 0.8, 'espeak-default': 0.8, 'flite': 0.7, 'festival': None}
ABOVE_LOUDNESS = 0.2
PBM_RECALL = 0.85
MOUTH_DB = 32


def loudness_features(speech, frames):
    """All a loudness-driven mouth can know: the level of each of the window's 16 frames."""
    level = speech.windows(frames)[:, 0].mean(1).numpy()
    return np.concatenate([level, np.ones((len(level), 1))], 1)


def fit_loudness(train, random):
    frames = random.choice(train.index, 40000, replace=False)
    x, y = loudness_features(train, frames), train.coefficients[frames].numpy()
    return np.linalg.solve(x.T @ x + 10 * np.eye(x.shape[1]), x.T @ y)


def picture_motion(run, speech, reference, count=600):
    """r between the labels' opening and how much the network's own picture differs from one with shut lips."""
    frames = speech.index[4000:4000 + count * 3:3]
    face = face_data.network_input(reference).numpy()
    windows = speech.windows(frames).numpy()
    pictures = [run.run(None, dict(mel=windows[i:i + 1], face=face))[0] for i in range(len(frames))]
    mouths = crop_mouth(torch.from_numpy(np.concatenate(pictures)))
    truth = speech.coefficients[frames].numpy()
    shut = mouths[torch.from_numpy(truth[:, INDEX['MPB']] > 0.9)].mean(0)
    return float(np.corrcoef((mouths - shut).abs().mean((1, 2, 3)).numpy(), opening(truth))[0, 1])


def held_sounds(net, random):
    """Shares of held 'mmm' that are shut and held 'aaa' that are open, at the same loudness."""
    shut, wide = [], []
    for _ in range(40):
        samples, spoken = sustained(random)
        mel = np.pad(mel_spectrogram(samples), ((0, 0), (FRAMES_BEFORE, WINDOW_FRAMES)), constant_values=-4)
        for start, end, name in spoken:
            if name not in ('m', 'ɑ', 'æ') or end - start < 0.4:
                continue
            at = np.arange(int((start + 0.12) * 80), int((end - 0.15) * 80))
            windows = torch.from_numpy(np.stack([mel[:, i:i + WINDOW_FRAMES] for i in at])[:, None].astype(np.float32))
            with torch.no_grad():
                got = net(windows).numpy()
            if name == 'm':
                shut.append(np.mean(got[:, INDEX['MPB']] > 0.5))
            else:
                wide.append(np.mean(opening(got) > 0.5))
    return float(np.mean(shut)), float(np.mean(wide))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ('--corpus', '--speech', '--face', '--poses', '--onnx'):
        parser.add_argument(name, required=True)
    parser.add_argument('--presenter', required=True, action='append', nargs=2, metavar=('RENDERS', 'BUNDLE'))
    args = parser.parse_args()
    failures = []

    def require(ok, what):
        if not ok:
            failures.append(what)

    train = speech_data.load(args.corpus, 'train-*.npz')
    baseline = fit_loudness(train, np.random.default_rng(1))
    net = SpeechNet()
    net.load_state_dict(torch.load(args.speech))
    net.eval()
    run = session(args.onnx)
    size = run.get_inputs()[1].shape[-1]
    references = {bundle: face_data.to_tensor(face_data.idle_faces(bundle, size)[7:8]).float() / 255 for _, bundle in args.presenter}
    reference = references[args.presenter[0][1]]
    for name, needed in REQUIRED_R.items():
        speech = speech_data.load(args.corpus, f'test-{name}.npz')
        got = score(predict(net, speech), speech)
        loud = score(np.clip(loudness_features(speech, speech.index) @ baseline, 0, 1), speech, closed_above=0.2)
        moved = picture_motion(run, speech, reference)
        print(f'{name}: {got}\n   loudness only: r_opening={loud["r_opening"]} pbm_recall={loud["pbm_recall"]} '
              f'false_closures_per_min={loud["false_closures_per_min"]}\n   r of the pictures\' mouth motion: {moved:.3f}', flush=True)
        if needed:
            require(got['r_opening'] >= needed, f'{name}: r_opening {got["r_opening"]} < {needed}')
            require(got['r_opening'] - loud['r_opening'] >= ABOVE_LOUDNESS, f'{name}: only {got["r_opening"] - loud["r_opening"]:.2f} above loudness')
            require(got['pbm_recall'] >= PBM_RECALL, f'{name}: p/b/m {got["pbm_recall"]} < {PBM_RECALL}')
    mmm, aaa = held_sounds(net, np.random.default_rng(4321))
    print(f"held sounds of equal loudness: 'mmm' shut {mmm:.0%}, 'aaa' open {aaa:.0%}")
    net = FaceNet()
    net.load_state_dict(torch.load(args.face))
    net.eval()
    silence = torch.full((1, 1, 80, 16), -4.0)
    for renders, bundle in args.presenter:
        who = os.path.basename(os.path.normpath(bundle))
        faces = face_data.load(args.poses, renders, bundle, size, want_test=True)
        got = measure(net, faces)
        print(f'{who}: {len(faces)} held-out renders at {size} px: {got}')
        require(got['mouth_db'] >= MOUTH_DB, f'{who}: mouth {got["mouth_db"]} dB < {MOUTH_DB}')
        resting = references[bundle]
        still = run.run(None, dict(mel=silence.numpy(), face=face_data.network_input(resting).numpy()))[0]
        change = np.abs(still - resting.numpy())
        print(f'   silence against the idle picture: largest change {change.max():.3f}, mean {change.mean():.4f}')
    print('GATE ' + ('passed' if not failures else 'MISSED: ' + '; '.join(failures)))
    sys.exit(1 if failures else 0)


if __name__ == '__main__':
    main()
