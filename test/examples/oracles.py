"""Recomputes every number in examples/*.expected.json that comes from another library. Not part of the tests.

    pip install numpy==2.4.6 scipy scikit-learn==1.9.1 hmmlearn==0.3.3 statsmodels==0.15.0
    python3 test/examples/oracles.py            # from the project root; about a minute
"""
import json

import hmmlearn
import numpy as np
import scipy
import sklearn
import statsmodels
import statsmodels.api as sm
from hmmlearn.hmm import CategoricalHMM
from scipy.integrate import quad
from scipy.optimize import minimize, minimize_scalar
from scipy.special import logsumexp
from sklearn.cluster import KMeans
from sklearn.mixture import GaussianMixture

data = "examples/data/"
iris = np.loadtxt(data + "iris.csv", delimiter=",")


def show(name, value):
    print(f"{name}: {np.array2string(np.asarray(value), precision=12, separator=', ')}")


print(*(f"{m.__name__} {m.__version__}" for m in (np, scipy, sklearn, hmmlearn, statsmodels)))

# ---------------------------------------------------------------- k-means
show("kmeans inertia", KMeans(3, n_init=50, random_state=0, tol=0).fit(iris).inertia_)


# ---------------------------------------------------------------- mixture with unit determinants, EM written out
def mixture(y, beta, seed, iterations=3000):
    n, d = y.shape
    rng = np.random.default_rng(seed)
    labels = KMeans(3, n_init=1, init="random", random_state=seed).fit(y).labels_ if seed % 2 else rng.integers(3, size=n)
    r = 0.98 * np.eye(3)[labels] + 0.02 / 3
    before = np.inf
    for _ in range(iterations):
        w = (r.T @ y) / r.sum(0)[:, None]
        energies = []
        for k in range(3):
            c = y - w[k]
            s = (r[:, k, None] * c).T @ c
            m = np.linalg.det(s) ** (1 / d) * np.linalg.inv(s)  # argmin of tr(M s) with det M = 1
            energies.append(np.einsum("nd,de,ne->n", c, m, c))
        e = np.stack(energies, 1)
        f = -logsumexp(-beta * e, axis=1) / beta
        r = np.exp(-beta * (e - f[:, None]))
        if before - f.sum() < 1e-12:
            break
        before = f.sum()
    return f.sum()


show("gmm free energy at beta 10, least of 30 starts", min(mixture(iris, 10, s) for s in range(30)))
scatter = (iris - iris.mean(0)).T @ (iris - iris.mean(0))
show("gmm, one centre, energy", 4 * np.linalg.det(scatter) ** 0.25)
show("gmm, one centre, free energy at beta 1", 4 * np.linalg.det(scatter) ** 0.25 - 150 * np.log(3))

# ---------------------------------------------------------------- full mixture
full = GaussianMixture(3, n_init=30, random_state=0, tol=1e-10, max_iter=5000, reg_covar=1e-9).fit(iris)
show("gmm_full log-likelihood", 150 * full.score(iris))
order = np.argsort(full.means_[:, 2])
show("gmm_full weights, by petal length", full.weights_[order])

# ---------------------------------------------------------------- hidden Markov model
letters = np.loadtxt(data + "letters.csv", dtype=int)[:, None]
fits = []
for seed in range(20):
    model = CategoricalHMM(2, n_iter=5000, tol=1e-8, random_state=seed, n_features=26).fit(letters)
    fits.append((model.score(letters), seed))
show("hmm letters log-likelihood, best of 20 seeds", max(fits)[0])

casino = json.load(open(data + "casino.json"))
rolls = np.loadtxt(data + "casino.csv", dtype=int)[:, None]
model = CategoricalHMM(2, n_features=6)
model.startprob_, model.transmat_, model.emissionprob_ = (np.array(casino[k]) for k in ("pi", "A", "B"))
show("hmm casino log-likelihood", model.score(rolls))
best, path = model.decode(rolls, algorithm="viterbi")
show("hmm casino log-probability of the best path", best)
show("hmm casino best path, rolls in state 1", int(path.sum()))
show("hmm casino posterior of state 1, rolls 0, 99, 199, 299", model.predict_proba(rolls)[[0, 99, 199, 299], 1])

# ---------------------------------------------------------------- ellipse
points = np.loadtxt(data + "ellipse.csv", delimiter=",")


def energy(z, y, r):
    return (y[0] - r[0] * np.cos(z)) ** 2 + (y[1] - r[1] * np.sin(z)) ** 2


def distance(y, r):
    grid = np.linspace(-np.pi, np.pi, 401)
    z = grid[np.argmin(energy(grid, y, r))]
    bounds = (z - np.pi / 100, z + np.pi / 100)
    return minimize_scalar(energy, bounds=bounds, args=(y, r), method="bounded", options={"xatol": 1e-12}).fun


def total(r):
    return sum(distance(y, r) for y in points)


def free(y, r, beta):
    least = distance(y, r)
    value, _ = quad(lambda z: np.exp(-beta * (energy(z, y, r) - least)), -np.pi, np.pi, limit=2000, epsabs=1e-12)
    return least - np.log(value) / beta


found = minimize(total, [1.5, 1.5], method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-12})
show("ellipse half axes", found.x)
show("ellipse energy", found.fun)
show("ellipse energy at (2, 1)", total([2, 1]))
for beta in (1, 10, 100):
    show(f"ellipse free energy at (2, 1), beta {beta}", sum(free(y, [2, 1], beta) for y in points))

# ---------------------------------------------------------------- principal components
show("pca eigenvalues", np.linalg.eigvalsh(np.cov(iris.T))[::-1])

# ---------------------------------------------------------------- local level
nile = np.loadtxt(data + "nile.csv")
fit = sm.tsa.UnobservedComponents(nile, "local level").fit(disp=0)
show("local_level statsmodels sigma2_eps, sigma2_eta", fit.params)
q, r = (json.load(open(data + "nile.json"))[k] for k in ("q", "r"))


def covariance(q, r):
    t = np.arange(100)
    return 1e8 + q**2 * np.minimum.outer(t, t), r**2 * np.eye(100)


def dense(q, r):
    prior, noise = covariance(q, r)
    gain = prior @ np.linalg.inv(prior + noise)
    mean = 1000 + gain @ (nile - 1000)
    sd = np.sqrt(np.diag(prior - gain @ prior))
    sign, logdet = np.linalg.slogdet(prior + noise)
    c = nile - 1000
    nll = 0.5 * (100 * np.log(2 * np.pi) + logdet + c @ np.linalg.solve(prior + noise, c))
    return nll, mean, sd


nll, mean, sd = dense(q, r)
show("local_level -log p(y)", nll)
show("local_level means at t = 0, 28, 50, 99", mean[[0, 28, 50, 99]])
show("local_level standard deviations at t = 0, 28, 50, 99", sd[[0, 28, 50, 99]])
mle = minimize(lambda v: dense(*v)[0], [50, 100], method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-11})
show("local_level q, r at the maximum with the prior of the model", mle.x)
show("local_level -log p(y) there", mle.fun)
