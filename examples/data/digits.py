"""Writes the digits of the examples as idx files: `python3 examples/data/digits.py` from the project root.

    pip install scikit-learn==1.9.1

In: scikit-learn's copy of the UCI digits. Out: digits-{train,test}-{images,labels}.idx beside this file. Images 3, 7, 11, … of
1797 are the test set, the others the training set; both hold digits of all 13 writers, in the order of the source.
"""
import struct
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits

images, labels = load_digits(return_X_y=True)
test = np.arange(len(labels)) % 4 == 3


def write(name, array):
    """The IDX format: two zero bytes, the type (8 is uint8), the number of axes, their lengths big-endian, the numbers."""
    header = struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape)
    Path(__file__).with_name(name).write_bytes(header + array.astype(np.uint8).tobytes())


for part, chosen in (("train", ~test), ("test", test)):
    write(f"digits-{part}-images.idx", images[chosen])
    write(f"digits-{part}-labels.idx", labels[chosen])
