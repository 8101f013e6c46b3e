"""
Digits with few labels
======================

You have many images, and only five of each class have a label. M2 (Kingma et al. 2014,
"Semi-supervised Learning with Deep Generative Models") learns from all of them: the class is a
code, which is known for some images and inferred for the others.
"""

import numpy as np
from jaxtyping import Float
from sklearn.linear_model import LogisticRegression
from torch import Tensor

import image_vae
from graphvae_data.images.image_data import ImagePart
from image_vae.plots.classes import analogies, classes

# %%
# The objective
# -------------
# The decoder p(x | y, z) draws an image from its class y and its style z, which are independent.
# The encoder is a classifier q(y | x) and a posterior of the style, q(z | x, y). An image with a
# label has a bound on log p(x, y) (equation 6 of the paper):
#
#     −L(x, y) = E_q(z | x, y) [log p(x | y, z)] + log p(y) − KL(q(z | x, y) ‖ p(z))
#
# For an image without a label, the classifier averages it over the classes (equation 7):
#
#     −U(x) = Σ_y q(y | x) (−L(x, y)) + H(q(y | x))
#
# Equation 8 adds both kinds of images. No term of L trains the classifier on the labels, so
# equation 9 adds −α log q(y | x) for images with a label. ``label_weight`` is α.

result = image_vae.fit(
    "digits",
    "m2",
    labels_per_class=5,
    label_weight=10,
    hidden=(100,),
    latent=(3,),
    binarize="none",
    batch_size=200,
    lr=5e-3,
    epochs=30,
)

# %%
# Accuracy
# --------
# ``label_accuracy`` is that of q(y | x) on the test images. A logistic regression on the same 50
# images is the baseline to beat; one on all labels shows what is possible. The test set has 180
# images, so the standard error of an accuracy of 0.9 is 0.02.

data, train = result.experiment.data, result.experiment.feed("train")
assert train.label is not None
assert data.train.labels is not None
known = train.label.of_row[data.train.rows] >= 0


def pixels(part: ImagePart) -> Float[np.ndarray, "image pixel"]:
    return part.images.take(np.arange(len(part))).reshape(len(part), -1) / 255


few, full = LogisticRegression(max_iter=2_000), LogisticRegression(max_iter=2_000)
few.fit(pixels(data.train)[known], data.train.labels[known])
full.fit(pixels(data.train), data.train.labels)
print(
    f"M2, {known.sum()} labels of {len(known):,}    {result.metrics['test']['label_accuracy']:.3f}"
)
for classifier, name in ((few, "logistic, 50 labels"), (full, "logistic, all labels")):
    print(f"{name:23} {classifier.score(pixels(data.test), data.test.labels):.3f}")

# %%
# The classes are easy to separate here, and M2 is no better than the baseline with the same
# labels. ``graphvae reproduce semisupervised`` measures it on MNIST, beside the figures of the
# paper. What a classifier cannot do follows.
#
# Style varies, class is fixed
# ----------------------------
# ``classes`` draws styles from the prior and decodes each with every class. Here are four styles of
# 2, 3 and 4: a row for each class.

LEVELS = " .:-=+*#%@"


def draw(images: Float[Tensor, "image 1 height width"]) -> None:
    rows = np.concatenate(list(images[:, 0].numpy()), axis=1)
    for row in (rows * (len(LEVELS) - 1)).round().astype(int):
        print("".join(2 * LEVELS[level] for level in row).rstrip())


by_class = classes(result, styles=20).images
for digit in (2, 3, 4):
    draw(by_class[digit, :4])

# %%
# Do they show the class that was asked for? Let the classifier that knows all labels judge.

judged = full.predict(by_class.flatten(0, 1).flatten(1).numpy()).reshape(10, 20)
print(f"judged as intended: {(judged == np.arange(10)[:, None]).mean():.3f}")

# %%
# Class varies, style is fixed
# ----------------------------
# ``analogies`` infers the style of test images and decodes it with every class: the image itself,
# and then the digits 0 to 5 in its style.

shown = analogies(result, count=2)
assert shown.originals is not None
for original, same_style in zip(shown.originals, shown.images, strict=True):
    draw(original[None])
    draw(same_style[:6])

# %%
# ``result.sample(10, label=3)`` draws threes. With a run folder (``out=…``), the same pictures are
# written as ``labels.png`` and ``analogies.png``. `Train with few labels <../how-to/labels.html>`_
# has the commands, other estimators and your own images, in which the label −1 means unknown.
