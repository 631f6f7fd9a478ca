"""What an admin is told."""

from typing import Final

MESSAGES: Final[dict[str, tuple[str, str]]] = {
    "menu_reindex": ("إعادة بناء الفهرس", "Rebuild the index"),
    "menu_status": ("حالة الفهرس", "State of the index"),
    "menu_unanswered": ("أسئلة بلا جواب", "Unanswered questions"),
    "menu_feedback": ("الأجوبة الأقل فائدة", "Least helpful answers"),
    "reindex_started": (
        "بدأت إعادة الفهرسة. أجيب في أثنائها من الفهرس السابق.",
        "Reindexing has begun. Meanwhile I answer from the old index.",
    ),
    "reindex_stage": (
        "إعادة الفهرسة: {stage} ({done} من {total})",
        "Reindexing: {stage} ({done} of {total})",
    ),
    "reindex_busy": (
        "هناك إعادة فهرسة جارية الآن. انتظر حتى تنتهي.",
        "A reindex is under way. Please wait until it ends.",
    ),
    "reindex_failed": (
        "فشلت إعادة الفهرسة، وما زال الفهرس السابق يجيب.\nالسبب: {reason}",
        "The reindex failed; the old index still answers.\nThe cause: {reason}",
    ),
    "reindex_done": (
        "انتهت إعادة الفهرسة.\n"
        "المقالات: {documents}\nالمقاطع: {passages}\nالمعاد استعمالها: {reused}\n"
        "المضمنة من جديد: {embedded}\nالثواني: {seconds}",
        "The reindex is done.\n"
        "Documents: {documents}\nPassages: {passages}\nReused: {reused}\n"
        "Embedded: {embedded}\nSeconds: {seconds}",
    ),
    "reindex_unchanged": ("لم يتغير شيء، وبقي الفهرس كما هو.", "Nothing had changed; the index was kept."),
    "reindex_unreadable": ("ما لم أستطع قراءته ({count}):", "What could not be read ({count}):"),
    "status": (
        "الفهرس: {generation}\nبني في: {built_at}\nالنموذج: {model}\n"
        "المقالات: {documents}\nالمقاطع: {passages}\nالجمل: {sentences}\n"
        "الأسئلة المحفوظة: {questions}\nمنها بلا جواب: {unanswered}\nقيد الإجابة: {pending}",
        "Index: {generation}\nBuilt: {built_at}\nModel: {model}\n"
        "Documents: {documents}\nPassages: {passages}\nSentences: {sentences}\n"
        "Questions kept: {questions}\nUnanswered: {unanswered}\nIn hand: {pending}",
    ),
    "unanswered": (
        "أسئلة بلا جواب، الأكثر تكرارا أولا (صفحة {page} من {pages}):",
        "Unanswered questions, most asked first (page {page} of {pages}):",
    ),
    "unanswered_line": ("عدد المرات {count}: {question}", "{count} times: {question}"),
    "unanswered_none": ("لا أسئلة بلا جواب.", "There are no unanswered questions."),
    "feedback": (
        "الأجوبة الأقل فائدة (صفحة {page} من {pages}):",
        "The least helpful answers (page {page} of {pages}):",
    ),
    "feedback_line": (
        "غير مفيد {not_helpful}، مفيد {helpful}: {question}",
        "Not helpful {not_helpful}, helpful {helpful}: {question}",
    ),
    "feedback_none": ("لم يقيم أحد جوابا بأنه غير مفيد.", "Nobody has marked an answer as not helpful."),
}
