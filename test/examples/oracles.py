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
from scipy.optimize import lsq_linear, minimize, minimize_scalar
from scipy.special import logsumexp
from scipy.stats import multivariate_normal
from sklearn.cluster import KMeans
from sklearn.decomposition import NMF, dict_learning, sparse_encode
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import ElasticNet, Lasso, LogisticRegression
from sklearn.mixture import GaussianMixture
from sklearn.svm import LinearSVC

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

# ---------------------------------------------------------------- lasso, elastic net: scikit-learn's objective times 2 n
measured = np.loadtxt(data + "diabetes.csv", delimiter=",", skiprows=1)
progression = np.loadtxt(data + "progression.csv", skiprows=1)
patients = len(progression)


def penalised(model, lam, mu=0.0):
    model.fit(measured, progression)
    w, b = model.coef_, model.intercept_
    fit = ((progression - measured @ w - b) ** 2).sum()
    return fit + lam * np.abs(w).sum() + mu * (w @ w), w, b


for lam in (200, 800):
    energy_, w, b = penalised(Lasso(alpha=lam / (2 * patients), tol=1e-15, max_iter=10**7), lam)
    show(f"lasso energy at lambda {lam}", energy_)
    show(f"lasso w at lambda {lam}", w)
    show(f"lasso b at lambda {lam}", b)
show("lasso least lambda at which w = 0", 2 * np.abs(measured.T @ (progression - progression.mean())).max())
show("lasso energy there", ((progression - progression.mean()) ** 2).sum())
for mu in (0.2, 1.0):
    a1, a2 = 200 / (2 * patients), mu / patients
    net = ElasticNet(alpha=a1 + a2, l1_ratio=a1 / (a1 + a2), tol=1e-15, max_iter=10**7)
    energy_, w, b = penalised(net, 200, mu)
    show(f"elastic_net energy at mu {mu}", energy_)
    show(f"elastic_net w at mu {mu}", w)

# ---------------------------------------------------------------- denoising
difference = np.diff(np.eye(100), axis=0)
for lam in (2000, 1000):
    # The dual: min ||x - D'u||^2 over |u| <= lambda / 2, by an active-set method.
    dual = lsq_linear(difference.T, nile, bounds=(-lam / 2, lam / 2), method="bvls", tol=1e-15)
    y = nile - difference.T @ dual.x
    steps = np.flatnonzero(np.abs(difference @ y) > 1e-6) + 1
    show(f"denoise_signal energy at lambda {lam}", ((y - nile) ** 2).sum() + lam * np.abs(difference @ y).sum())
    show(f"denoise_signal steps at lambda {lam}", steps)
    show(f"denoise_signal levels at lambda {lam}", y[[0, *steps]])
for lam in (10.2777, 1000):
    y = np.linalg.solve(np.eye(100) + lam * difference.T @ difference, nile)
    show(f"denoise_smooth energy at lambda {lam}", ((y - nile) ** 2).sum() + lam * ((difference @ y) ** 2).sum())
    show(f"denoise_smooth y at lambda {lam}, t = 0, 28, 50, 99", y[[0, 28, 50, 99]])

# ---------------------------------------------------------------- sparse coding: scikit-learn's objective times 2
sparse = np.loadtxt(data + "sparse.csv", delimiter=",")
planted = np.array(json.load(open(data + "sparse.json"))["W"])


def coded(code, atoms, lam):
    return ((sparse - code @ atoms) ** 2).sum() + lam * np.abs(code).sum()


for lam in (0.2, 1.0):
    code = sparse_encode(sparse, planted.T, algorithm="lasso_cd", alpha=lam / 2, max_iter=10**6)
    show(f"sparse_coding energy at lambda {lam}", coded(code, planted.T, lam))
found = []
for seed in range(10):
    start = np.random.default_rng(seed).normal(size=(10, 8))
    start /= np.linalg.norm(start, axis=1)[:, None]
    code, atoms, _ = dict_learning(
        sparse, 10, alpha=0.1, max_iter=3000, tol=1e-12, method="cd", method_max_iter=10000, random_state=seed,
        dict_init=start, code_init=np.linalg.lstsq(start.T, sparse.T, rcond=None)[0].T,
    )  # fmt: skip
    found.append((coded(code, atoms, 0.2), np.abs(atoms @ planted).max(0).min()))
show("dictionary_learning energies of 10 starts", sorted(e for e, _ in found))
show("dictionary_learning least cosine between a planted column and the nearest learned one, at the best", min(found)[1])

# ---------------------------------------------------------------- nonnegative factorisation
digits = np.frombuffer(open(data + "digits-test-images.idx", "rb").read(), np.uint8, offset=12).reshape(-1, 64).astype(float)
show("nmf energy with no parts", (digits**2).sum())
for parts in (4, 5):
    fits = []
    for seed in range(12):
        model = NMF(parts, init="random", solver="cd", tol=1e-12, max_iter=5000, random_state=seed)
        h = model.fit_transform(digits)
        fits.append(((digits - h @ model.components_) ** 2).sum())
    show(f"nmf energies of 12 starts, K = {parts}", sorted(fits))

# ---------------------------------------------------------------- ratings: the nuclear norm, by iterated soft-thresholding
# (Mazumder, Hastie, Tibshirani 2010); convex, so that this is the least energy of every factorisation of its rank or more.
ratings = np.genfromtxt(data + "ratings.csv", delimiter=",")
given = ~np.isnan(ratings)
held_out = np.loadtxt(data + "held_out.csv", delimiter=",")
held = held_out > 0
low, usual, before = np.zeros(ratings.shape), 0.0, np.inf
while np.abs(low - before).max() > 1e-13:
    before = low
    usual = np.mean((ratings - low)[given])
    u, s, v = np.linalg.svd(np.where(given, ratings - usual, low), full_matrices=False)
    low = (u * np.maximum(s - 2, 0)) @ v
s = np.linalg.svd(low, compute_uv=False)
show("matrix_factorisation energy", ((ratings - usual - low)[given] ** 2).sum() + 2 * 2 * s.sum())
show("matrix_factorisation rank", int((s > 1e-9).sum()))
show("matrix_factorisation usual", usual)
show("matrix_factorisation held-out error", np.sqrt(np.mean((usual + low - held_out)[held] ** 2)))
show("matrix_factorisation held-out error of the mean", np.sqrt(np.mean((np.nanmean(ratings) - held_out[held]) ** 2)))

# ---------------------------------------------------------------- digits: softmax regression, margins
def idx(name):
    content = open(data + name, "rb").read()
    shape = [int.from_bytes(content[4 + 4 * i : 8 + 4 * i], "big") for i in range(content[3])]
    return np.frombuffer(content, np.uint8, offset=4 + 4 * len(shape)).reshape(shape)


images, labels = idx("digits-train-images.idx") / 16, idx("digits-train-labels.idx")
test_images, test_labels = idx("digits-test-images.idx") / 16, idx("digits-test-labels.idx")
for lam in (0.1, 1.0):
    softmax = LogisticRegression(C=1 / (2 * lam), solver="newton-cg", tol=1e-10, max_iter=10**5).fit(images, labels)
    nll = -softmax.predict_log_proba(images)[np.arange(len(labels)), labels].sum()
    show(f"classifier objective at lambda {lam}", nll + lam * (softmax.coef_**2).sum())
    show(f"classifier decay at lambda {lam}", lam * (softmax.coef_**2).sum())
    show(f"classifier accuracies at lambda {lam}", [softmax.score(images, labels), softmax.score(test_images, test_labels)])

machine = LinearSVC(multi_class="crammer_singer", C=5, fit_intercept=False, tol=1e-10, max_iter=10**6).fit(images, labels)
scores = images @ machine.coef_.T
margins = 1 + scores - scores[np.arange(len(labels)), labels][:, None]
margins[np.arange(len(labels)), labels] = 0
svm = margins.max(1).clip(0).sum() + 0.1 * (machine.coef_**2).sum()
show("hinge least objective of a point, with decay 0.1", svm / len(labels))
show("hinge accuracies", [machine.score(images, labels), machine.score(test_images, test_labels)])
hard = LinearSVC(multi_class="crammer_singer", C=1e4, fit_intercept=False, tol=1e-3, max_iter=10**5).fit(images, labels)
show("hinge_all: accuracy of a linear machine without decay", hard.score(images, labels))
narrow = LinearDiscriminantAnalysis(n_components=8).fit(images, labels)
reduced = narrow.transform(images)[:, :8]
centres = np.stack([reduced[labels == c].mean(0) for c in range(10)])
nearest = ((reduced[:, None] - centres) ** 2).sum(2).argmin(1)
show("ranking: accuracy of eight discriminant directions", (nearest == labels).mean())

# ---------------------------------------------------------------- tagger: the likelihood and its gradient by forward-backward
read = lambda part, what: json.load(open(f"{data}sentences-{part}-{what}.json"))
sentences = list(zip(read("train", "words"), read("train", "tags")))


def tagger(v, lam):
    emit, trans = v[:48].reshape(12, 4), v[48:].reshape(4, 4)
    value, by_emit, by_trans = lam * (v @ v), 2 * lam * emit, 2 * lam * trans
    for words, tags in sentences:
        e = emit[words]
        forward, backward = [e[0]], [np.zeros(4)]
        for t in range(1, len(words)):
            forward.append(e[t] + logsumexp(forward[-1][:, None] + trans, axis=0))
            backward.append(logsumexp(trans + (e[-t] + backward[-1]), axis=1))
        backward = backward[::-1]
        log_z = logsumexp(forward[-1])
        value += log_z - e[range(len(tags)), tags].sum() - trans[tags[:-1], tags[1:]].sum()
        for t, (word, tag) in enumerate(zip(words, tags)):
            by_emit[word] += np.exp(forward[t] + backward[t] - log_z)
            by_emit[word, tag] -= 1
            if t > 0:
                by_trans += np.exp(forward[t - 1][:, None] + trans + e[t] + backward[t] - log_z)
                by_trans[tags[t - 1], tag] -= 1
    return value, np.concatenate([by_emit.ravel(), by_trans.ravel()])


for lam in (0.1, 1.0):
    fit = minimize(tagger, np.zeros(64), args=(lam,), jac=True, method="L-BFGS-B", options={"maxiter": 5000, "ftol": 1e-15, "gtol": 1e-8, "maxfun": 10**5})  # fmt: skip
    show(f"crf_tagger objective at lambda {lam}", fit.fun)
    show(f"crf_tagger decay at lambda {lam}", lam * (fit.x @ fit.x))
truth = json.load(open(data + "tagger.json"))
emit, trans = np.array(truth["emit"]), np.array(truth["trans"])
log_z, best, right, count = 0, 0, 0, 0
for words, tags in zip(read("test", "words"), read("test", "tags")):
    total, most, back = emit[words[0]], emit[words[0]], []
    for word in words[1:]:
        total = emit[word] + logsumexp(total[:, None] + trans, axis=0)
        back.append((most[:, None] + trans).argmax(0))
        most = emit[word] + (most[:, None] + trans).max(0)
    path = [int(most.argmax())]
    for b in back[::-1]:
        path.append(int(b[path[-1]]))
    log_z, best = log_z + logsumexp(total), best + most.max()
    right, count = right + sum(a == b for a, b in zip(path[::-1], tags)), count + len(tags)
show("crf_tagger with the true parameters: log Z of the test sentences", log_z)
show("crf_tagger with the true parameters: score of the best tags", best)
show("crf_tagger with the true parameters: accuracy on the test sentences", right / count)

# ---------------------------------------------------------------- logistic regression
virginica = np.loadtxt(data + "virginica.csv", dtype=int)
for lam in (0.5, 0.01):
    logistic = LogisticRegression(C=1 / (2 * lam), solver="newton-cholesky", tol=1e-14, max_iter=10**5).fit(iris, virginica)
    p = logistic.predict_proba(iris)
    decay = lam * (logistic.coef_**2).sum()
    show(f"logistic objective at lambda {lam}", decay - np.log(p[np.arange(150), virginica]).sum())
    show(f"logistic w at lambda {lam}", logistic.coef_[0])
    show(f"logistic b at lambda {lam}", logistic.intercept_)

# ---------------------------------------------------------------- Bayesian linear regression
design, width = np.column_stack([iris[:, :3], np.ones(150)]), iris[:, 3]
belief = np.zeros((4, 4))
belief[:3, :3] = 0.8 + 0.2 * np.eye(3)
belief[3, 3] = 100
for sigma in (0.2, 2.0):
    posterior = np.linalg.inv(np.linalg.inv(belief) + design.T @ design / sigma**2)
    show(f"regression means of w, b at sigma {sigma}", posterior @ design.T @ width / sigma**2)
    show(f"regression standard deviations of w, b at sigma {sigma}", np.sqrt(np.diag(posterior)))
    evidence = multivariate_normal(np.zeros(150), design @ belief @ design.T + sigma**2 * np.eye(150))
    show(f"regression log p(y) at sigma {sigma}", evidence.logpdf(width))
