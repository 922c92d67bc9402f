"""How good predicted mouth coefficients are. Used while training and by the gate (evaluate.py)."""
import numpy as np
import torch

from phonemes import INDEX, opening

CLOSED_ABOVE = 0.5
_MPB, _FV = INDEX['MPB'], INDEX['FV']


def predict(net, speech):
    was_training = net.training
    net.eval()
    with torch.no_grad():
        parts = [net(speech.windows(speech.index[i:i + 2048])).numpy() for i in range(0, len(speech.index), 2048)]
    net.train(was_training)
    return np.concatenate(parts)


def _runs(flags):
    edges = np.flatnonzero(np.diff(np.concatenate([[0], flags.astype(np.int8), [0]])))
    return list(zip(edges[::2], edges[1::2]))


def _correlation(a, b):
    return float(np.corrcoef(a, b)[0, 1]) if a.std() > 1e-6 and b.std() > 1e-6 else 0.0


def _recall(flags, events):
    found = [flags[max(0, a - 2):b + 2].any() for a, b in _runs(events)]
    return float(np.mean(found)), len(found)


def score(predicted, speech, closed_above=CLOSED_ABOVE):
    """Frames between utterances are in no run: flags are laid out on the corpus's own time line."""
    index = speech.index
    truth = speech.coefficients.numpy()[index]
    total = len(speech.mel)
    lay = lambda flags: np.bincount(index[flags], minlength=total).astype(bool)
    shut, teeth = lay(predicted[:, _MPB] > closed_above), lay(predicted[:, _FV] > closed_above)
    inside = lay(np.ones(len(index), bool))
    lips_events, teeth_events = speech.events[:, 0] & inside, speech.events[:, 1] & inside
    recall, closures = _recall(shut, lips_events)
    near = np.convolve(lips_events, np.ones(13), 'same') > 0  # within 75 ms of a true closure
    minutes = len(index) / 80 / 60
    said, shown = opening(truth), opening(predicted)
    # Shut lips in a pause are no error: only runs in which the mouth should have been open count.
    open_truth = lay(said > 0.08)
    false = sum(1 for a, b in _runs(shut) if not near[a:b].any() and open_truth[a:b].any())
    lags = range(-8, 9)
    by_lag = [_correlation(shown[max(0, k):len(shown) + min(0, k)], said[max(0, -k):len(said) + min(0, -k)]) for k in lags]
    per_shape = [_correlation(predicted[:, k], truth[:, k]) for k in range(truth.shape[1])]
    return dict(r_opening=round(_correlation(shown, said), 3), lag_ms=12.5 * lags[int(np.argmax(by_lag))],
                opening_scale=round(float(shown.std() / said.std()), 2), pbm_recall=round(recall, 3), pbm_count=closures,
                false_closures_per_min=round(false / minutes, 1), closures_per_min=round(closures / minutes, 1),
                fv_recall=round(_recall(teeth, teeth_events)[0], 3), r_shapes=round(float(np.mean(per_shape)), 3))
