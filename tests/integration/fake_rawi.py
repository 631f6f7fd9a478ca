"""`rawi serve` with a tiny answering in place of the index: starts in a second, and breaks down on request.

Run as a module, `python -m tests.integration.fake_rawi`; reads the RAWI_ settings that concern Telegram.
Words that a question may contain: "بطيء" takes a while, "انفجر" raises, "طويل جدا" gets a long quotation.
"""

import logging
import os
import re
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from bot.answer import Answer, ArticleSummary, FoundPassage, Quote, Span, Turn, Verdict
from bot.journal import Journal
from bot.telegram.application import serve
from bot.telegram.options import TelegramOptions
from index.errors import IndexBusyError, IndexDamagedError
from index.reports import IndexStatus, ReindexReport
from knowledge.types import Passage, Sentence

ARTICLE = (
    "بدأت قصة تعدين البيتكوين في كازاخستان في عام 2021. ساعدت الطاقة الكهربائية الرخيصة على زيادة الاستثمار. "
    "في بداية عام 2022 بدأت الحكومة بتطبيق إجراءات أكثر صرامة. كان هناك قلق كبير من انقطاع التيار الكهربائي. "
    "Bitcoin <b>& شركات</b> انتقلت إلى دول أخرى. الدرس المستفاد هو أن الاستدامة مطلوبة. "
    "انخفاض أسعار العملات ساهم في تفاقم المشكلة. هناك توقعات بأن تقدم الطاقة المتجددة حلا. "
)
LONG = "هذه جملة طويلة تتكرر كثيرا حتى تملأ رسالة كاملة ثم تزيد عليها <قليلا> & كثيرا. " * 120
QUESTIONS = (
    "متى بدأت قصة تعدين البيتكوين؟",
    "ماذا ساعد على زيادة الاستثمار؟",
    "ما الدرس المستفاد؟",
    "ماذا ساهم في تفاقم المشكلة؟",
)
GREETINGS = {"مرحبا": "greeting", "شكرا": "thanks"}


def words(text: str) -> set[str]:
    return {word for word in re.findall(r"\w+", text) if len(word) > 3}


def passages_of(document_id: str, title: str, text: str) -> list[Passage]:
    """Cut a text into passages of two sentences."""
    sentences = [Sentence(m.group().strip(), m.start(), m.start() + len(m.group().strip()))
                 for m in re.finditer(r"[^.]+\.\s*", text)]  # fmt: skip
    passages = []
    for ordinal, index in enumerate(range(0, len(sentences), 2)):
        pair = tuple(sentences[index : index + 2])
        start, end = pair[0].start, pair[-1].end
        passages.append(
            Passage(
                f"{document_id}#{ordinal}", document_id, title, ordinal, text[start:end], start, end, pair
            )
        )
    return passages


class FakeAnswering:
    """Quotes the sentence that shares most words with the question."""

    def __init__(self) -> None:
        self.generation = "g1"
        self.text = ARTICLE
        self.reload()

    def reload(self) -> None:
        self.passages = passages_of("article.txt", "كازاخستان & <البيتكوين>", self.text)

    def answer(
        self, question: str, context: Sequence[Turn] = (), *, always: bool = False, hurried: bool = False
    ) -> Answer:
        if "بطيء" in question:
            time.sleep(float(os.environ.get("FAKE_SLOW", "2")))
        if "انفجر" in question:
            raise RuntimeError(f"boom with {os.environ.get('RAWI_TELEGRAM_TOKEN')}")
        if question in GREETINGS:
            return Answer(question, Verdict.SMALL_TALK, small_talk=GREETINGS[question])
        if len(question) > 2000:
            return Answer(question, Verdict.UNREADABLE, small_talk="too_long")
        if "سابق" in question and context:
            question = context[-1].question
        ranked = sorted(self.passages, key=lambda p: -len(words(p.text) & words(question)))
        found = tuple(FoundPassage(passage, 1.0) for passage in ranked[:10])
        best = max(
            ((p, s) for p in ranked for s in p.sentences),
            key=lambda pair: len(words(pair[1].text) & words(question)),
        )
        if "طويل جدا" in question:
            quote = Quote("article.txt", "مقال طويل", 0, len(LONG), LONG.strip(), 0, 1, (Span(0, 4),))
            return Answer(question, Verdict.ANSWERED, (quote,), 0.9, found, generation=self.generation)
        if len(words(best[1].text) & words(question)) < 2:
            return Answer(question, Verdict.NOT_STATED, (), 0.1, found, generation=self.generation)
        return Answer(
            question, Verdict.ANSWERED, (self._quote(*best),), 0.9, found, generation=self.generation
        )

    def _quote(self, passage: Passage, sentence: Sentence) -> Quote:
        number = [s for p in self.passages for s in p.sentences].index(sentence) + 1
        year = re.search(r"\d{4}", sentence.text)
        spans = (Span(sentence.start + year.start(), sentence.start + year.end()),) if year else ()
        return Quote.of(passage, sentence, number, spans)

    def articles(self) -> Sequence[ArticleSummary]:
        more = [ArticleSummary(f"{n}.txt", f"مقال رقم {n}", "", ()) for n in range(11)]
        first = ArticleSummary(
            "article.txt", "كازاخستان & <البيتكوين>", "https://example.org/a?b=1&c=2", QUESTIONS
        )
        return [first, *more]

    def passage(self, document_id: str, ordinal: int) -> Passage | None:
        return next((p for p in self.passages if (p.document_id, p.ordinal) == (document_id, ordinal)), None)

    def status(self) -> IndexStatus:
        return IndexStatus(self.generation, 12, len(self.passages), 8, "fake/model", "2026-01-01T00:00:00Z")


class FakeReindexing:
    """Takes as long as the file named in FAKE_REINDEX is empty; its text decides how it ends."""

    def __init__(self, answering: FakeAnswering) -> None:
        self.answering = answering
        self.lock = threading.Lock()

    def run(self, progress: Callable[[str, int, int], None] | None = None) -> ReindexReport:
        outcome = Path(os.environ.get("FAKE_REINDEX", "/nonexistent"))
        for done in range(1, 50):
            if progress:
                progress("embedding", done, 50)
            time.sleep(0.1)
            if not outcome.exists() or outcome.read_text():
                break
        said = outcome.read_text() if outcome.exists() else ""
        if said == "busy":
            raise IndexBusyError("another process is reindexing, expected none; wait for it")
        if said == "damaged":
            raise IndexDamagedError("the index is damaged, expected a whole one; run: rawi reindex")
        if said == "boom":
            raise RuntimeError("boom")
        self.answering.text = "نص جديد كل الجدة لا يشبه ما سبق. " + ARTICLE
        self.answering.generation = "g2"
        self.answering.reload()
        unreadable = tuple(f"file{n}.bin: not a text" for n in range(25))
        return ReindexReport("g2", 12, 5, 10, 3, 7, 1.26, unreadable, changed=said != "same")


def main() -> int:
    """Serve with the fakes."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s %(message)s")
    read = os.environ.get
    options = TelegramOptions(
        token=read("RAWI_TELEGRAM_TOKEN", ""),
        api_url=read("RAWI_TELEGRAM_API_URL", "http://127.0.0.1:1"),
        admin_ids=frozenset(map(int, read("RAWI_ADMIN_IDS", "").split())),
        webhook_url=read("RAWI_WEBHOOK_URL", ""),
        webhook_secret=read("RAWI_WEBHOOK_SECRET", ""),
        webhook_port=int(read("RAWI_WEBHOOK_PORT", "8443")),
    )
    answering = FakeAnswering()
    return serve(
        options, answering, FakeReindexing(answering), Journal.open(Path(read("RAWI_DATA_DIR", ".")))
    )


if __name__ == "__main__":
    sys.exit(main())
