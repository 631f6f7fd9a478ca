"""What the console and the command line say."""

from typing import Final

MESSAGES: Final[dict[str, tuple[str, str]]] = {
    "console_welcome": (
        "راوي يجيب عن أسئلتك من نص المقالات. اكتب سؤالك، أو /مساعدة",
        "Rawi answers your questions from the text of the articles. Write a question, or /help",
    ),
    "console_try": ("أسئلة يمكنك أن تبدأ بها:", "Questions you may begin with:"),
    "console_unsure": (
        "لست واثقا من أن المقالات تجيب عن هذا السؤال. أقرب الجمل:",
        "The articles may not answer this question. The nearest sentences:",
    ),
    "console_confidence_high": ("الثقة عالية", "confidence high"),
    "console_confidence_fair": ("الثقة متوسطة", "confidence fair"),
    "console_confidence_low": ("الثقة ضعيفة", "confidence low"),
    "console_building": (
        "لا يوجد فهرس بعد، وسأبنيه الآن مرة واحدة.",
        "There is no index yet; it is being built now, once.",
    ),
    "console_ask_first": ("اسأل سؤالا أولا.", "Ask a question first."),
    "console_no_more": ("لا مقاطع أخرى لهذا السؤال.", "There are no more passages for this question."),
    "console_file": ("الملف: {file}", "File: {file}"),
    "console_title": ("العنوان: {title}", "Title: {title}"),
    "console_origin": ("الأصل: {source}", "Published: {source}"),
    "console_place": (
        "الموضع: من الحرف {start} إلى الحرف {end}",
        "Place: characters {start} to {end}",
    ),
    "console_more_hint": ("لمقاطع أخرى: /المزيد", "For other passages: /more"),
    "console_reindexing": ("تحديث الفهرس…", "Bringing the index up to date…"),
    "console_stopped": (
        "أوقفت تحديث الفهرس، وما زال الفهرس السابق يجيب.",
        "The reindex was stopped; the old index still answers.",
    ),
    "console_language": ("سأخاطبك بالعربية.", "I will write to you in English."),
    "console_unknown": (
        "لا أعرف الأمر \u200e{name}\u200e، جرب: \u200e{nearest}",
        "There is no command {name}. Try {nearest}",
    ),
    "console_help": (
        "اكتب سؤالك ثم مفتاح الإدخال. والأوامر:",
        "Write a question and press Enter. The commands:",
    ),
    "console_help_line": ("{does}:", "{does}:"),
    "console_help_source": ("أين يقف الجواب الأخير", "where the last answer stands"),
    "console_help_more": ("المقاطع التالية للسؤال الأخير", "the next passages for the last question"),
    "console_help_reindex": ("تحديث الفهرس من المقالات", "bring the index up to date with the articles"),
    "console_help_status": ("ما يحتويه الفهرس", "what the index holds"),
    "console_help_language": ("لغة هذه الشاشة", "the language of this screen"),
    "console_help_help": ("هذه القائمة", "this list"),
    "console_help_quit": ("الخروج", "leave"),
    "index_status": (
        "الفهرس: {generation}\nبني في: {built_at}\nالنموذج: {model}\n"
        "المقالات: {documents}\nالمقاطع: {passages}\nالجمل: {sentences}",
        "Index: {generation}\nBuilt: {built_at}\nModel: {model}\n"
        "Documents: {documents}\nPassages: {passages}\nSentences: {sentences}",
    ),
    "stage_model": ("بناء النموذج", "building the model"),
    "stage_split": ("تقطيع المقالات", "splitting the articles"),
    "stage_embed": ("حساب المتجهات", "embedding"),
    "stage_words": ("فهرسة الكلمات", "indexing the words"),
    "stage_write": ("الكتابة", "writing"),
    "stage_verify": ("التحقق", "verifying"),
    "stage_evaluate": ("الإجابة عن الأسئلة", "answering the questions"),
}
