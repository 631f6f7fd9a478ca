"""What any reader may be told."""

from typing import Final

MESSAGES: Final[dict[str, tuple[str, str]]] = {
    # Replies to what is no question about the articles; the keys are those of Answer.small_talk.
    "greeting": (
        "أهلا وسهلا بك! أنا راوي، أجيب عن أسئلتك من نص المقالات. ما سؤالك؟",
        "Hello! I am Rawi, and I answer questions from the text of the articles. What is yours?",
    ),
    "thanks": ("على الرحب والسعة. هل لديك سؤال آخر؟", "You are welcome. Is there anything else?"),
    "farewell": ("مع السلامة، أهلا بك متى شئت.", "Goodbye, and welcome back any time."),
    "identity": (
        "أنا راوي، برنامج آلي ينقل لك من المقالات الجمل التي تجيب عن سؤالك ويذكر موضعها.",
        "I am Rawi, a program that quotes the sentences of the articles that answer you, with their place.",
    ),
    "about_bot": (
        "أبحث في نص المقالات عن الجمل التي تجيب عن سؤالك وأنقلها حرفيا مع موضعها. "
        "لا أؤلف شيئا من عندي، وإن لم أجد جوابا قلت ذلك.",
        "I look for the sentences of the articles that answer you and quote them word for word, "
        "with their place. I make nothing up, and I say so when there is no answer.",
    ),
    "abuse": (
        "لنبق حديثنا طيبا. أنا هنا لأجيب عن أسئلتك حول المقالات.",
        "Let us stay friendly. I am here to answer questions about the articles.",
    ),
    "command": (
        "لا أعرف هذا الأمر، فأنا أجيب عن الأسئلة من نص المقالات فقط. تجد ما أستطيع فعله هنا: \u200e/help",
        "I do not know this command: I only answer questions from the text of the articles. "
        "What I can do is listed here: /help",
    ),
    "empty": ("لم يصلني سؤال. اكتب سؤالك كلاما.", "There was no question. Please write it in words."),
    "only_symbols": (
        "لم أفهم هذه الرموز. اكتب سؤالك كلاما.",
        "I cannot read symbols alone. Please write your question in words.",
    ),
    "too_long": (
        "هذا النص أطول من أن يكون سؤالا واحدا. اختصره في جملة أو جملتين.",
        "This is too long for one question. Please put it in a sentence or two.",
    ),
    "other_script": (
        "أقرأ العربية. اكتب سؤالك بالعربية من فضلك.",
        "I read Arabic. Please write your question in Arabic.",
    ),
    # Answers.
    "source": (
        "المصدر: {title}، المقطع {passage}، {sentences}",
        "Source: {title}, passage {passage}, {sentences}",
    ),
    "one_sentence": ("الجملة {first}", "sentence {first}"),
    "two_sentences": ("الجملتان {first} و{last}", "sentences {first} and {last}"),
    "not_stated": (
        "لم أجد في المقالات جوابا عن هذا السؤال.",
        "The articles do not answer this question, as far as I can find.",
    ),
    "try_these": ("قد يفيدك أحد هذه الأسئلة:", "One of these questions may help:"),
    "your_question": ("سؤالك: {question}", "Your question: {question}"),
    "context_of": ("السياق من {title}، المقطع {passage}", "The context in {title}, passage {passage}"),
    "nearest_of": (
        "أقرب ما وجدته، من {title}، المقطع {passage}",
        "The nearest I found, in {title}, passage {passage}",
    ),
    "other_of": (
        "مقطع آخر ({number} من {total})، من {title}، المقطع {passage}",
        "Another passage ({number} of {total}), in {title}, passage {passage}",
    ),
    # Buttons.
    "button_context": ("السياق", "Context"),
    "button_others": ("مقاطع أخرى", "Other passages"),
    "button_nearest": ("أقرب مقطع", "Nearest passage"),
    "button_back": ("العودة", "Back"),
    "button_next": ("التالي", "Next"),
    "button_previous": ("السابق", "Previous"),
    "button_helpful": ("مفيد 👍", "Helpful 👍"),
    "button_not_helpful": ("غير مفيد 👎", "Not helpful 👎"),
    "vote_helpful": ("شكرا لك، سجلت أن الجواب مفيد.", "Thank you, noted as helpful."),
    "vote_not_helpful": (
        "شكرا لك، سجلت أن الجواب غير مفيد.",
        "Thank you, noted as not helpful.",
    ),
    "stale_button": (
        "لم يعد هذا الزر صالحا. أرسل سؤالك من جديد.",
        "This button is out of date. Please ask again.",
    ),
    "article_changed": (
        "تغير نص المقال منذ ذلك الجواب. أرسل سؤالك من جديد.",
        "The article has changed since that answer. Please ask again.",
    ),
    # Commands.
    "start": (
        "أهلا بك! أنا راوي. أجيب عن أسئلتك من نص المقالات، فأنقل لك الجمل كما وردت وأذكر موضعها.",
        "Welcome! I am Rawi. I answer questions from the text of the articles: "
        "I quote the sentences as they stand and say where.",
    ),
    "start_articles": ("أعرف هذه المقالات:", "I know these articles:"),
    "start_more": (
        "وغيرها ({count})، والقائمة كلها هنا: \u200e/sources",
        "and {count} more, all listed here: /sources",
    ),
    "start_ask": ("اكتب سؤالك، أو اختر واحدا من هذه الأسئلة:", "Write your question, or pick one of these:"),
    "start_write": ("اكتب سؤالك.", "Write your question."),
    "no_articles": ("لا أعرف مقالات بعد.", "I know no articles yet."),
    "other_language_hint": (
        "Prefer English? Press the button below, or send /language",
        "هل تفضل العربية؟ أرسل \u200e/language",
    ),
    "privacy_mode": (
        "في هذه المجموعة وضع الخصوصية مفعل: لا أرى إلا الأوامر والردود على رسائلي. "
        "اسألني هكذا: \u200e/ask ثم السؤال، أو رد على إحدى رسائلي.",
        "Privacy mode is on in this group: I only see commands and replies to my messages. "
        "Ask me with /ask and your question, or reply to one of my messages.",
    ),
    "start_group": (
        "اسألني في المجموعة بالأمر \u200e/ask ثم السؤال، أو بذكر اسمي {mention}، أو بالرد على رسائلي.",
        "Ask me here with /ask and your question, by mentioning {mention}, or by replying to my messages.",
    ),
    "help": (
        "اكتب سؤالك في رسالة، وسأرد بالجمل التي تجيب عنه من المقالات. عدل رسالتك فأعدل جوابي.\n\n"
        "المقالات التي أعرفها: \u200e/sources\n"
        "سؤال في مجموعة: \u200e/ask\n"
        "لغة رسائلي: \u200e/language\n"
        "ما أحتفظ به عنك: \u200e/privacy\n"
        "البداية والأسئلة المقترحة: \u200e/start\n\n"
        "وفي أي محادثة أخرى اكتب {mention} ثم سؤالك.",
        "Write your question, and I reply with the sentences of the articles that answer it. "
        "Edit your message, and I edit my answer.\n\n"
        "The articles I know: /sources\n"
        "Ask in a group: /ask\n"
        "The language of my messages: /language\n"
        "What I keep about you: /privacy\n"
        "The beginning and suggested questions: /start\n\n"
        "In any other chat, write {mention} and your question.",
    ),
    "sources": ("المقالات التي أعرفها ({count}):", "The articles I know ({count}):"),
    "ask_how": (
        "اكتب السؤال بعد الأمر، هكذا: \u200e/ask {example}",
        "Write the question after the command: /ask {example}",
    ),
    "ask_example": ("متى بدأت القصة؟", "متى بدأت القصة؟"),
    "language_ask": ("اختر لغة رسائلي:", "Choose the language of my messages:"),
    "language_set": (
        "سأخاطبك بالعربية.",
        "I will write to you in English. The articles stay in their own language.",
    ),
    "language_name": ("العربية", "English"),
    "privacy": (
        "أحتفظ بأسئلتك وأجوبتي عنها وتقييمك لها ولغتك المختارة، مدة {days} يوما ثم تحذف. "
        "يفيد ذلك في فهم أسئلتك التالية، ويعرف به الناشر الأسئلة التي لا جواب لها في المقالات. "
        "لا يغادر شيء من ذلك خادم الناشر.\n\n"
        "لحذف كل ما أحتفظ به عنك الآن: \u200e/forget",
        "I keep your questions, my answers, your ratings and your language for {days} days, "
        "then delete them. They help me understand your next questions "
        "and show the publisher what the articles do not answer. "
        "None of it leaves the publisher's server.\n\n"
        "To delete everything I keep about you now: /forget",
    ),
    "forgotten": (
        "حذفت كل ما أحتفظ به عنك. عدد الأسئلة المحذوفة: {count}",
        "Everything I kept about you is deleted. Questions deleted: {count}",
    ),
    # Limits and failures.
    "slow_down": (
        "أسئلتك كثيرة في وقت قصير، فلن أجيب عن كلها. أعد السؤال بعد دقيقة من فضلك.",
        "That is many questions in a short time, more than I will answer. Please ask again in a minute.",
    ),
    "only_text": (
        "أقرأ النصوص فقط، فلا أفهم الصور والملصقات والرسائل الصوتية والملفات. اكتب سؤالك كلاما.",
        "I read text only, no pictures, stickers, voice messages or files. Please write your question.",
    ),
    "error": (
        "عذرا، حدث خلل ولم أستطع الإجابة. أعد المحاولة بعد قليل.",
        "Sorry, something went wrong and I could not answer. Please try again in a while.",
    ),
    # Inline mode.
    "inline_answer": ("الجواب", "The answer"),
    "inline_passage": ("مقطع {passage} من {title}", "Passage {passage} of {title}"),
    "inline_nothing": ("لا جواب في المقالات", "No answer in the articles"),
    "inline_start": ("اكتب سؤالك عن المقالات", "Write a question about the articles"),
    # The command menu.
    "menu_start": ("البداية والأسئلة المقترحة", "The beginning and suggested questions"),
    "menu_ask": ("اسأل سؤالا", "Ask a question"),
    "menu_sources": ("المقالات التي أعرفها", "The articles I know"),
    "menu_help": ("المساعدة", "Help"),
    "menu_language": ("لغة الرسائل", "Language of messages"),
    "menu_privacy": ("ما أحتفظ به عنك", "What I keep about you"),
    "menu_forget": ("حذف ما أحتفظ به عنك", "Delete what I keep about you"),
}
