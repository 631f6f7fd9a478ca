"""Answer → the JSON object of `rawi ask --json`."""

import json
from typing import Final

from bot.answer import Answer

PASSAGES_SHOWN: Final = 10
# Legal inside JSON strings, but some readers end a line at them and some terminals obey them.
_ESCAPED: Final = {code: f"\\u{code:04x}" for code in (*range(0x7F, 0xA0), 0x2028, 0x2029)}


def answer_json(answer: Answer) -> str:
    """Return the answer as one line of JSON, as README's section on scripts describes it."""
    line = json.dumps(
        {
            "question": answer.question,
            "answered": answer.answered,
            "confidence": answer.confidence,
            "answer": answer.text,
            "quotes": [
                {
                    "document": quote.document_id,
                    "title": quote.title,
                    "start": quote.start,
                    "end": quote.end,
                    "text": quote.text,
                    "spans": [{"start": span.start, "end": span.end} for span in quote.spans],
                }
                for quote in answer.quotes
            ],
            "passages": [
                {
                    "document": found.passage.document_id,
                    "ordinal": found.passage.ordinal,
                    "text": found.passage.text,
                    "score": found.score,
                }
                for found in answer.passages[:PASSAGES_SHOWN]
            ],
            "elapsed_ms": answer.elapsed_ms,
        },
        ensure_ascii=False,
    )
    return line.translate(_ESCAPED)
