"""Stand-ins that behave: an embedder whose vectors are near where words are shared, and articles."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from hashlib import blake2b, sha256
from time import sleep

import numpy as np

from index.protocols import EmbedderIdentity, Progress, Vectors
from knowledge.arabic import stem, tokenise
from knowledge.documents import Reading
from knowledge.types import Document


def word_vector(word: str, dimension: int) -> Vectors:
    """Return a fixed direction for a word."""
    seed = int.from_bytes(blake2b(word.encode(), digest_size=8).digest(), "little")
    return np.random.default_rng(seed).standard_normal(dimension).astype(np.float32)


FAKE = EmbedderIdentity("fake", "1", 64)


@dataclass
class FakeEmbedder:
    """Sums a fixed direction a word stem, so that texts that share words are near each other."""

    identity: EmbedderIdentity = FAKE
    max_tokens: int = 128
    seconds_a_text: float = 0.0
    embedded: list[str] = field(default_factory=list)
    """Every passage text that was embedded, in order."""

    def count_tokens(self, text: str) -> int:
        """Return the number of words."""
        return len(text.split())

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """Return unit vectors of shape (len(texts), dimension)."""
        dimension = self.identity.dimension
        rows = np.zeros((len(texts), dimension), dtype=np.float32)
        for row, text in enumerate(texts):
            rows[row] = sum(word_vector(stem(word), dimension) for word in tokenise(text) or [text])
        vectors: Vectors = rows / np.linalg.norm(rows, axis=1, keepdims=True)
        return vectors

    def embed_passages(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """Return unit vectors of shape (len(texts), dimension) and remember the texts."""
        self.embedded += texts
        sleep(self.seconds_a_text * len(texts))
        return self.embed_queries(texts)


def article(name: str, *sentences: str, title: str = "") -> Document:
    """Return a document of the given sentences, in one paragraph."""
    text = " ".join(sentences)
    title = title or name
    return Document(
        id=name,
        title=title,
        text=text,
        source="",
        path=f"/articles/{name}",
        content_hash=sha256(f"{title}\0{text}".encode()).hexdigest(),
    )


ARTICLES = (
    article(
        "bitcoin.md",
        "بدأ تعدين البيتكوين في كازاخستان عام 2018 حين كانت الكهرباء رخيصة.",
        "ثم رحلت شركات التعدين بعد أن رفعت الحكومة الأسعار.",
        "وبقيت المستودعات فارغة في مدينة إيكيباستوز.",
    ),
    article(
        "octopus.md",
        "يعد الأخطبوط من أذكى اللافقاريات التي عرفها العلماء.",
        "يملك الأخطبوط ثلاثة قلوب وثماني أذرع.",
        "ويغير لونه في أقل من ثانية.",
    ),
    article(
        "bread.md",
        "يحتاج الخبز المنزلي إلى دقيق وماء وقدر من الصبر.",
        "ضع الوعاء قرب الموقد لا فوقه.",
        "ثم اتركه سبعة أيام حتى تظهر الفقاعات.",
    ),
)


def changed(document: Document, more: str) -> Document:
    """Return `document` with `more` at its end."""
    text = f"{document.text} {more}"
    return replace(document, text=text, content_hash=sha256(f"{document.title}\0{text}".encode()).hexdigest())


def reading(documents: Sequence[Document]) -> Reading:
    """Return what a folder of `documents` would hold."""
    return Reading(documents=tuple(documents), problems=(), notes=())


def fixed(documents: Sequence[Document]) -> Callable[[], Reading]:
    """Return a reader that always finds `documents`."""
    return lambda: reading(documents)
