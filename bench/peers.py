"""The peers of the benchmark: the same work in scikit-learn, numpy or PyTorch, on all processors as ours; and the ceilings.

Usage: peers.py WORKLOAD DIRECTORY. The directory holds the arrays as .npy files. Prints the peer's name and version, then
for each line on standard input does one unit of work and prints its milliseconds.
"""

import sys
import time
import warnings
from pathlib import Path

import numpy as np


def elapsed(work):
    start = time.perf_counter()
    work()
    return 1000 * (time.perf_counter() - start)


def per_iteration(fit, few=2, many=8):
    """What an iteration costs, the start apart."""
    start = elapsed(lambda: fit(few))
    return (elapsed(lambda: fit(many)) - start) / (many - few)


def kmeans(arrays):
    import sklearn
    from sklearn.cluster import KMeans

    y = arrays["y"].astype(np.float32)
    start = np.ascontiguousarray(arrays["start"].T, np.float32)

    def fit(iterations):
        model = KMeans(len(start), init=start, n_init=1, max_iter=iterations, tol=0, algorithm="lloyd").fit(y)
        assert model.n_iter_ == iterations

    return f"scikit-learn {sklearn.__version__}", fit


def lloyd(arrays):
    """One step as a user asks for it: a fit of one iteration from given centres, labels and inertia included."""
    title, fit = kmeans(arrays)
    return title, lambda: elapsed(lambda: fit(1))


def lloyd_iteration(arrays):
    """One more iteration of a fit that runs anyway."""
    title, fit = kmeans(arrays)
    return title, lambda: per_iteration(fit, 2, 32)


def em(arrays):
    import sklearn
    from sklearn.mixture import GaussianMixture

    y = arrays["y"]
    start = arrays["start"]
    precisions = np.repeat(np.eye(y.shape[1])[None], len(start), axis=0)
    weights = np.full(len(start), 1 / len(start))

    def fit(iterations):
        model = GaussianMixture(
            len(start), tol=0, max_iter=iterations, means_init=start, weights_init=weights, precisions_init=precisions
        ).fit(y)
        assert model.n_iter_ == iterations

    return f"scikit-learn {sklearn.__version__}", lambda: per_iteration(fit)


def forward_backward(arrays):
    """Scaled forward and backward passes (Rabiner 1989), vectorised over the sequences."""
    pi, a, b = (arrays[name].astype(np.float32) for name in ("pi", "A", "B"))
    x = arrays["x"].astype(np.int64)

    def work():
        likelihood = np.ascontiguousarray(b.T[x.T])  # [T, N, S]
        alpha = np.empty_like(likelihood)
        scale = np.empty(likelihood.shape[:2], np.float32)
        message = pi * likelihood[0]
        for t in range(len(likelihood)):
            if t > 0:
                message = (alpha[t - 1] @ a) * likelihood[t]
            scale[t] = message.sum(1)
            alpha[t] = message / scale[t][:, None]
        beta = np.ones_like(alpha[0])
        for t in range(len(likelihood) - 1, 0, -1):
            beta = ((likelihood[t] * beta) @ a.T) / scale[t][:, None]
            alpha[t - 1] *= beta

    return f"numpy {np.__version__}", lambda: elapsed(work)


def fista(arrays):
    """Beck and Teboulle 2009 for 1/2 ||y - W z||^2 + 0.1 ||z||_1, in the form with W'W."""
    w, y = arrays["W"].astype(np.float32), arrays["y"].astype(np.float32)

    def work():
        gram, target = w.T @ w, y @ w
        step = np.float32(1 / np.linalg.eigvalsh(gram)[-1])
        z = np.zeros_like(target)
        point, momentum = z, 1.0
        for _ in range(100):
            move = point - step * (point @ gram - target)
            new = np.sign(move) * np.maximum(np.abs(move) - np.float32(0.1) * step, 0)
            after = (1 + np.sqrt(1 + 4 * momentum**2)) / 2
            point = new + np.float32((momentum - 1) / after) * (new - z)
            z, momentum = new, after

    return f"numpy {np.__version__}", lambda: elapsed(work)


def contraction(arrays):
    a, b = arrays["a"].astype(np.float32), arrays["b"].astype(np.float32)
    return f"numpy {np.__version__}", lambda: elapsed(lambda: a @ b)


def elementwise(arrays):
    x = arrays["x"].astype(np.float32)

    def work():
        made = np.exp(-x) * np.sin(x) + np.log(x)
        largest = made.max()
        return largest + np.log(np.exp(made - largest).sum())

    return f"numpy {np.__version__}", lambda: elapsed(work)


def elimination(arrays):
    """Energies: what is summed out are their negatives."""
    table = -arrays["table"].astype(np.float32)
    return f"numpy {np.__version__}", lambda: elapsed(lambda: -np.logaddexp.reduce(table, axis=0))


def network(arrays):
    import torch
    from torch import nn

    image = torch.tensor(arrays["image"], dtype=torch.float32)
    y = torch.tensor(arrays["y"], dtype=torch.long)
    model = nn.Sequential(nn.Linear(image.shape[1], 256), nn.ReLU(), nn.Linear(256, 10))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    loss = nn.CrossEntropyLoss()
    generator = torch.Generator().manual_seed(8)

    def steps(count):
        for _ in range(count):
            rows = torch.randint(len(image), (128,), generator=generator)
            optimizer.zero_grad()
            loss(model(image[rows]), y[rows]).backward()
            optimizer.step()

    return f"PyTorch {torch.__version__}", lambda: per_iteration(steps, 8, 72)


def ceiling_flops(_):
    """2 GFLOP of multiplications and additions, in a product of matrices that fit a cache."""
    a, b = (np.random.default_rng(seed).random((1000, 1000), np.float32) for seed in (0, 1))
    return f"numpy {np.__version__}", lambda: elapsed(lambda: a @ b)


def ceiling_bytes(_):
    """0.6 GB read and written: a scaled sum of two arrays larger than any cache, on all processors (McCalpin's triad)."""
    import os
    from concurrent.futures import ThreadPoolExecutor

    count = os.cpu_count() or 1
    a, b, c = (np.ones(count * (50_000_000 // count), np.float32) for _ in range(3))
    parts = [tuple(x.reshape(count, -1)[i] for x in (a, b, c)) for i in range(count)]
    pool = ThreadPoolExecutor(count)

    def part(arrays, width=16_384):
        a, b, c = arrays
        for start in range(0, len(a), width):
            end = start + width
            np.multiply(b[start:end], np.float32(3), out=a[start:end])
            np.add(a[start:end], c[start:end], out=a[start:end])

    return f"numpy {np.__version__}", lambda: elapsed(lambda: list(pool.map(part, parts)))


PEERS = {
    "ceiling-flops": ceiling_flops,
    "ceiling-bytes": ceiling_bytes,
    "contraction": contraction,
    "elementwise": elementwise,
    "elimination": elimination,
    "network": network,
    "lloyd": lloyd,
    "lloyd-iteration": lloyd_iteration,
    "em": em,
    "forward-backward": forward_backward,
    "fista": fista,
}

if __name__ == "__main__":
    warnings.filterwarnings("ignore")
    workload, directory = sys.argv[1:]
    title, work = PEERS[workload]({p.stem: np.load(p) for p in Path(directory).glob("*.npy")})
    print(title, flush=True)
    for _ in sys.stdin:
        print(work(), flush=True)
