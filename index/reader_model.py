"""The reader's model folder, built once from the bundled model and the reader's own weights beside this file.

folder = reader_model.ensure(models_folder)
reader = OnnxReader(folder)      # index.onnx_reader
"""

import hashlib
from functools import partial
from pathlib import Path

from index import bundled_model, model_folder, reader_weights
from index.bundled_model import Source
from index.protocols import EmbedderIdentity, Progress

SHIPPED = Path(__file__).parent / "reader" / "weights.safetensors"
_NAME = "reader"
_BUILDER_VERSION = 2


def ensure(models_folder: Path, progress: Progress | None = None, shipped: Path = SHIPPED) -> Path:
    """Return the verified folder of the reader below `models_folder`, building it if need be (10 s).

    Several processes may call it at once: one builds, the others wait. Raises ModelError.
    """
    source = bundled_model.source_of()
    digest = reader_weights.checked(shipped)
    revision = hashlib.sha256(f"{source.sha256} {digest} {_BUILDER_VERSION}".encode()).hexdigest()[:12]
    write = partial(_write, source, shipped, EmbedderIdentity(_NAME, revision, 0), progress)
    return model_folder.ensure(models_folder / f"{_NAME}-{revision}", write)


def _write(
    source: Source, shipped: Path, identity: EmbedderIdentity, progress: Progress | None, folder: Path
) -> None:
    from index import bundled_tokenizer, q4_weights, reader_graph

    report = progress or (lambda _done, _total: None)
    own = reader_weights.load(shipped)
    report(1, 3)
    bundled = q4_weights.read(source.weights)
    kept = bundled_tokenizer.kept_pieces(bundled)
    bundled_tokenizer.write(bundled, kept, folder)
    report(2, 3)
    words = bundled.matrices["emb.word"].take(kept)
    reader_graph.write(bundled, words, own, bundled_tokenizer.BundledTokenizer(folder), folder)
    model_folder.seal(folder, identity, {**source.inputs, shipped.name: model_folder.sha256(shipped)})
    report(3, 3)
