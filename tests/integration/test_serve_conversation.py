"""A scripted conversation with the bot as a process: what a reader gets, step by step."""

import re
from itertools import pairwise

import pytest

from tests.integration.bot_api import Call, Fault, Group, Person, RunningBotApi
from tests.integration.bot_api.formatting import utf16_length
from tests.integration.bot_api.people import button
from tests.integration.serving import Serving

QUESTION = "متى بدأت قصة تعدين البيتكوين؟"
QUOTE = "بدأت قصة تعدين البيتكوين في كازاخستان في عام 2021."
UNANSWERABLE = "كم سعر البرتقال اليوم؟"

pytestmark = pytest.mark.usefixtures("bot")


def ask(api: RunningBotApi, reader: Person, question: str = QUESTION) -> Call:
    return api.reply_to(reader.says(question))


def shown_in_place(api: RunningBotApi, reader: Person, call: Call, label: str) -> Call:
    """Press a button and return the edit that follows."""
    before = len(api.calls("editMessageText", chat_id=call.chat_id))
    query = reader.presses(call.result, button(call, label))
    api.wait_for("answerCallbackQuery", lambda c: c.params["callback_query_id"] == query)
    api.wait_for(
        "editMessageText", lambda _: len(api.calls("editMessageText", chat_id=call.chat_id)) > before
    )
    return api.calls("editMessageText", chat_id=call.chat_id)[-1]


def next_message(api: RunningBotApi, reader: Person, text: str) -> Call:
    """Say something and return the next message of the bot in the chat."""
    before = len(api.calls("sendMessage", chat_id=reader.id))
    reader.says(text)
    api.wait_for("sendMessage", lambda _: len(api.calls("sendMessage", chat_id=reader.id)) > before)
    return api.calls("sendMessage", chat_id=reader.id)[-1]


def test_start_greets_names_articles_and_offers_questions(api: RunningBotApi, reader: Person) -> None:
    call = next_message(api, reader, "/start")
    assert call.text.startswith("أهلا بك")
    assert "كازاخستان & <البيتكوين>" in call.text
    assert "(4)" in call.text
    assert call.buttons[0]["text"] == QUESTION
    assert all(len(b["callback_data"].encode()) <= 64 for b in call.buttons)


def test_start_hints_at_english_for_an_english_client(api: RunningBotApi) -> None:
    call = next_message(api, Person(api, 770001, language_code="en"), "/start")
    assert call.text.startswith("أهلا بك")
    assert "Prefer English?" in call.text
    assert button(call, "English") == "l:1"


def test_a_suggested_question_is_answered_with_the_question_shown(api: RunningBotApi, reader: Person) -> None:
    start = next_message(api, reader, "/start")
    reader.presses(start.result, button(start, QUESTION))
    call = api.wait_for("sendMessage", lambda c: c.chat_id == reader.id and QUOTE in c.text)
    assert QUESTION in call.text
    assert not call.reply_to
    context = shown_in_place(api, reader, call, "السياق")
    assert QUOTE in shown_in_place(api, reader, context, "العودة").text


def test_a_suggestion_that_is_gone_says_so(api: RunningBotApi, reader: Person) -> None:
    start = next_message(api, reader, "/start")
    query = reader.presses(start.result, "q:12345")
    told = api.wait_for("answerCallbackQuery", lambda c: c.params["callback_query_id"] == query)
    assert "لم يعد هذا الزر صالحا" in told.params["text"]


def test_a_question_gets_typing_and_one_quotation_in_reply(api: RunningBotApi, reader: Person) -> None:
    call = ask(api, reader)
    assert call.params["parse_mode"] == "HTML"
    assert "<blockquote>" in call.params["text"]
    assert "<b>2021</b>" in call.params["text"]
    assert QUOTE in call.text
    assert "المصدر: \u2068كازاخستان & <البيتكوين>\u2069، المقطع 1، الجملة 1" in call.text
    assert {e["type"] for e in call.result["entities"]} == {"blockquote", "bold"}
    typing = api.calls("sendChatAction", chat_id=reader.id)
    assert typing[0].params["action"] == "typing"
    api.settle(0.3)
    assert len(api.calls("sendMessage", chat_id=reader.id)) == 1


def test_context_marks_the_quoted_sentence_and_leads_back(api: RunningBotApi, reader: Person) -> None:
    answer = ask(api, reader)
    context = shown_in_place(api, reader, answer, "السياق")
    assert context.result["message_id"] == answer.result["message_id"]
    assert f"<b>{QUOTE}</b>" in context.params["text"]
    assert "الطاقة الكهربائية الرخيصة" in context.text
    back = shown_in_place(api, reader, context, "العودة")
    assert back.text == answer.text
    assert [b["text"] for b in back.buttons] == [b["text"] for b in answer.buttons]


def test_other_passages_are_paged_in_place(api: RunningBotApi, reader: Person) -> None:
    answer = ask(api, reader)
    first = shown_in_place(api, reader, answer, "مقاطع أخرى")
    assert "(1 من 3)" in first.text
    assert QUOTE not in first.text
    assert [b["text"] for b in first.buttons] == ["التالي", "العودة"]
    second = shown_in_place(api, reader, first, "التالي")
    assert "(2 من 3)" in second.text
    last = shown_in_place(api, reader, second, "التالي")
    assert [b["text"] for b in last.buttons] == ["السابق", "العودة"]


def test_pressing_the_same_button_twice_is_no_error(api: RunningBotApi, bot: Serving, reader: Person) -> None:
    answer = ask(api, reader)
    shown_in_place(api, reader, answer, "السياق")
    reader.presses(answer.result, button(answer, "السياق"))
    api.wait_for("editMessageText", lambda c: c.chat_id == reader.id, failed=True)
    api.settle(0.2)
    assert len(api.calls("sendMessage", chat_id=reader.id)) == 1


@pytest.mark.parametrize(("label", "said"), [("مفيد 👍", "مفيد"), ("غير مفيد", "غير مفيد")])
def test_votes_are_thanked_for(api: RunningBotApi, reader: Person, label: str, said: str) -> None:
    answer = ask(api, reader)
    query = reader.presses(answer.result, button(answer, label))
    told = api.wait_for("answerCallbackQuery", lambda c: c.params["callback_query_id"] == query)
    assert said in told.params["text"]


def test_no_answer_is_said_kindly_with_a_way_on(api: RunningBotApi, reader: Person) -> None:
    call = ask(api, reader, UNANSWERABLE)
    assert call.text.startswith("لم أجد في المقالات جوابا")
    labels = [b["text"] for b in call.buttons]
    assert labels[0] == "أقرب مقطع"
    assert len(labels) == 4
    assert QUESTION in labels
    nearest = shown_in_place(api, reader, call, "أقرب مقطع")
    assert nearest.text.startswith("أقرب ما وجدته")
    back = shown_in_place(api, reader, nearest, "العودة")
    assert back.text == call.text


def test_a_quote_with_markup_and_a_latin_beginning_is_shown_as_it_stands(
    api: RunningBotApi, reader: Person
) -> None:
    call = ask(api, reader, "ماذا عن <b>شركات</b> انتقلت & دول أخرى؟")
    assert "Bitcoin <b>& شركات</b> انتقلت إلى دول أخرى." in call.text
    # It begins with a Latin word, and would be laid out from left to right without the mark.
    assert call.text.startswith("\u200fBitcoin")


def test_a_long_answer_is_split_and_only_its_end_has_buttons(api: RunningBotApi, reader: Person) -> None:
    message = reader.says("سؤال عن نص طويل جدا؟")
    api.wait_for("sendMessage", lambda c: c.chat_id == reader.id and "المصدر" in c.text, timeout=20)
    parts = api.calls("sendMessage", chat_id=reader.id)
    assert len(parts) > 1
    assert all(utf16_length(part.text) <= 4096 for part in parts)
    assert all(part.reply_to == message["message_id"] for part in parts)
    assert [bool(part.buttons) for part in parts] == [False] * (len(parts) - 1) + [True]
    quoted = " ".join(part.text for part in parts)
    assert len(re.findall("<قليلا> & كثيرا", quoted)) == 120
    # No sooner than Telegram allows in one chat.
    assert all(b.at - a.at > 0.9 for a, b in pairwise(parts))


def test_a_question_of_5000_characters_is_told_that_it_is_too_long(
    api: RunningBotApi, reader: Person
) -> None:
    call = ask(api, reader, "كلمة " * 1000)
    assert "أطول من أن يكون سؤالا" in call.text


@pytest.mark.parametrize("kind", ["sticker", "photo", "voice", "document", "location"])
def test_what_is_no_text_is_told_what_can_be_read(api: RunningBotApi, reader: Person, kind: str) -> None:
    reader.sends(kind)
    call = api.wait_for("sendMessage", lambda c: c.chat_id == reader.id)
    assert call.text.startswith("أقرأ النصوص فقط")


def test_an_album_gets_one_reply_and_a_caption_is_a_question(api: RunningBotApi, reader: Person) -> None:
    for _ in range(3):
        reader.sends("photo", media_group_id="album-1")
    captioned = reader.sends("photo", caption=QUESTION)
    assert QUOTE in api.reply_to(captioned).text
    notices = [c for c in api.calls("sendMessage", chat_id=reader.id) if "النصوص فقط" in c.text]
    assert len(notices) == 1


@pytest.mark.parametrize(("said", "reply"), [("مرحبا", "أهلا وسهلا"), ("شكرا", "على الرحب والسعة")])
def test_greetings_and_thanks_get_a_human_reply(
    api: RunningBotApi, reader: Person, said: str, reply: str
) -> None:
    call = ask(api, reader, said)
    assert call.text.startswith(reply)
    assert not call.buttons


def test_an_edited_question_edits_its_answer(api: RunningBotApi, reader: Person) -> None:
    message = reader.says(QUESTION)
    answer = api.reply_to(message)
    reader.edits(message, "ما الدرس المستفاد من القصة؟")
    edit = api.wait_for("editMessageText", lambda c: c.chat_id == reader.id)
    assert edit.result["message_id"] == answer.result["message_id"]
    assert "الاستدامة مطلوبة" in edit.text
    context = shown_in_place(api, reader, edit, "السياق")
    assert "الاستدامة" in context.text
    assert len(api.calls("sendMessage", chat_id=reader.id)) == 1


def test_an_edit_that_changes_nothing_or_only_the_link_preview_is_silent(
    api: RunningBotApi, reader: Person
) -> None:
    message = reader.says(QUESTION)
    api.reply_to(message)
    before = len(api.calls(chat_id=reader.id))
    reader.edits(message, QUESTION)
    api.settle()
    assert len(api.calls(chat_id=reader.id)) == before


def test_an_edit_from_short_to_long_and_back_keeps_the_messages_right(
    api: RunningBotApi, reader: Person
) -> None:
    message = reader.says(QUESTION)
    answer = api.reply_to(message)
    edited = reader.edits(message, "سؤال عن نص طويل جدا؟")
    end = api.wait_for(
        "sendMessage", lambda c: c.chat_id == reader.id and "المصدر: \u2068مقال طويل" in c.text, timeout=20
    )
    first = api.calls("editMessageText", chat_id=reader.id)[-1]
    assert first.result["message_id"] == answer.result["message_id"]
    reader.edits(edited, QUESTION)
    gone = api.wait_for(
        "deleteMessage", lambda c: c.params["message_id"] == end.result["message_id"], timeout=20
    )
    assert gone.result is True
    shown = [
        m["text"] for (chat, _), m in api.state.messages.items() if chat == reader.id and m["from"]["is_bot"]
    ]
    assert len(shown) == 1
    assert QUOTE in shown[0]


def test_an_edit_whose_answer_was_deleted_is_answered_anew(api: RunningBotApi, reader: Person) -> None:
    message = reader.says(QUESTION)
    answer = api.reply_to(message)
    del api.state.messages[reader.id, answer.result["message_id"]]
    reader.edits(message, "ما الدرس المستفاد من القصة؟")
    call = api.wait_for("sendMessage", lambda c: c.chat_id == reader.id and "الاستدامة مطلوبة" in c.text)
    assert call.reply_to == message["message_id"]


def test_an_edit_of_what_was_no_question_is_answered(api: RunningBotApi, reader: Person) -> None:
    message = reader.sends("sticker")
    api.wait_for("sendMessage", lambda c: c.chat_id == reader.id)
    reader.edits(message, QUESTION)
    assert QUOTE in api.reply_to(message).text


def test_the_last_turn_is_passed_on_as_context(api: RunningBotApi, reader: Person) -> None:
    ask(api, reader)
    call = ask(api, reader, "وماذا عن السؤال سابق الذكر؟")
    assert QUOTE in call.text


def test_help_sources_ask_and_unknown_commands(api: RunningBotApi, reader: Person) -> None:
    help_text = next_message(api, reader, "/help").text
    for command in ("/sources", "/ask", "/language", "/privacy", "/start", "@rawi_test_bot"):
        assert command in help_text
    sources = next_message(api, reader, "/sources")
    assert "المقالات التي أعرفها (12)" in sources.text
    assert {"type": "text_link"}.items() <= sources.result["entities"][0].items()
    second = shown_in_place(api, reader, sources, "التالي")
    assert "مقال رقم 10" in second.text
    assert "/ask" in next_message(api, reader, "/ask").text
    asked = reader.says(f"/ask {QUESTION}")
    assert QUOTE in api.reply_to(asked).text
    assert "لا أعرف هذا الأمر" in next_message(api, reader, "/nonsense").text


def test_ask_about_the_message_it_replies_to(api: RunningBotApi, reader: Person) -> None:
    earlier = {"message_id": 1, "date": 1, "chat": {"id": reader.id, "type": "private"}, "text": QUESTION}
    assert QUOTE in api.reply_to(reader.replies("/ask", earlier)).text


def test_the_language_can_be_chosen_and_is_remembered(api: RunningBotApi, reader: Person) -> None:
    offer = next_message(api, reader, "/language")
    reader.presses(offer.result, button(offer, "English"))
    api.wait_for(
        "sendMessage", lambda c: c.chat_id == reader.id and "I will write to you in English" in c.text
    )
    answer = ask(api, reader)
    assert QUOTE in answer.text
    assert "Source: " in answer.text
    assert answer.buttons[0]["text"] == "Context"
    assert next_message(api, reader, "/start").text.startswith("Welcome!")
    query = reader.presses(offer.result, "l:7")
    api.wait_for("answerCallbackQuery", lambda c: c.params["callback_query_id"] == query)


def test_privacy_and_forget(api: RunningBotApi, reader: Person) -> None:
    answer = ask(api, reader)
    privacy = next_message(api, reader, "/privacy").text
    assert "30 يوما" in privacy
    assert "/forget" in privacy
    assert "عدد الأسئلة المحذوفة: 1" in next_message(api, reader, "/forget").text
    query = reader.presses(answer.result, button(answer, "السياق"))
    told = api.wait_for("answerCallbackQuery", lambda c: c.params["callback_query_id"] == query)
    assert "لم يعد هذا الزر صالحا" in told.params["text"]


@pytest.mark.parametrize(
    "data",
    [
        "x:1",
        "c:1; DROP TABLE",
        "",
        "c:٣",
        "c:99999999999",
        "u:0",
        "f:0",
        "p:1:9999",
        "h:1:7",
        "a:abc",
        "c:" + "9" * 50,
    ],
)
def test_forged_buttons_do_nothing(api: RunningBotApi, reader: Person, data: str) -> None:
    answer = next_message(api, reader, "/help")
    before = len(api.calls("sendMessage", "editMessageText"))
    query = reader.presses(answer.result, data)
    api.wait_for("answerCallbackQuery", lambda c: c.params["callback_query_id"] == query)
    api.settle(0.1)
    assert len(api.calls("sendMessage", "editMessageText")) == before


def test_a_button_of_another_chat_does_nothing(api: RunningBotApi, reader: Person) -> None:
    answer = ask(api, reader)
    stranger = Person(api, reader.id + 500_000)
    own = next_message(api, stranger, "/help")
    for label in ("السياق", "مقاطع أخرى", "مفيد"):
        query = stranger.presses(own.result, button(answer, label))
        told = api.wait_for("answerCallbackQuery", lambda c, q=query: c.params["callback_query_id"] == q)
        assert "لم يعد هذا الزر صالحا" in told.params["text"]
    assert not api.calls("editMessageText", chat_id=stranger.id)


def test_thirty_questions_of_one_person_get_one_polite_limit(api: RunningBotApi, reader: Person) -> None:
    for number in range(30):
        reader.says(f"{QUESTION} {number}")
    api.wait_for(
        "sendMessage", lambda c: c.chat_id == reader.id and "كثيرة في وقت قصير" in c.text, timeout=40
    )
    api.settle(1.5)
    replies = api.calls("sendMessage", chat_id=reader.id)
    assert sum("كثيرة في وقت قصير" in call.text for call in replies) == 1
    assert sum(QUOTE in call.text for call in replies) >= 15
    assert len(replies) < 25


def test_an_error_is_one_arabic_sentence_and_logged_with_its_cause(
    api: RunningBotApi, bot: Serving, reader: Person
) -> None:
    call = ask(api, reader, "انفجر الآن من فضلك")
    assert call.text == "عذرا، حدث خلل ولم أستطع الإجابة. أعد المحاولة بعد قليل."
    bot.until_logged("RuntimeError: boom with [token]")


def test_what_telegram_cannot_parse_goes_out_as_plain_text(api: RunningBotApi, reader: Person) -> None:
    fault = Fault(400, "Bad Request: can't parse entities: unclosed", chat_id=reader.id, text="<blockquote>")
    api.fail("sendMessage", fault)
    try:
        call = ask(api, reader)
    finally:
        api.heal()
    assert "parse_mode" not in call.params
    assert QUOTE in call.text
    assert "<" not in call.text.replace("<البيتكوين>", "")


def test_bots_and_the_bots_own_inline_messages_get_no_reply(api: RunningBotApi, reader: Person) -> None:
    reader.says(QUESTION, via_bot=api.state.bot)
    other_bot = Person(api, reader.id + 600_000)
    other_bot.user["is_bot"] = True
    other_bot.says(QUESTION)
    api.settle()
    assert not api.calls("sendMessage", chat_id=reader.id)
    assert not api.calls("sendMessage", chat_id=other_bot.id)


def test_an_update_of_no_known_kind_or_broken_holds_up_nothing(
    api: RunningBotApi, bot: Serving, reader: Person
) -> None:
    api.deliver({"message": {"message_id": "broken"}})
    api.deliver({"something_new": {"id": 1}})
    api.deliver(
        {"message": {"message_id": 1, "date": 1, "chat": {"id": reader.id, "type": "private"}, "text": "؟"}}
    )
    assert QUOTE in ask(api, reader).text
    bot.until_logged("could not be answered")


class TestGroups:
    """In a group the bot answers what is meant for it, and nothing else."""

    def test_answers_ask_mention_and_reply(self, api: RunningBotApi, reader: Person) -> None:
        group = Group(api, -1001)
        asked = reader.says(f"/ask@rawi_test_bot {QUESTION}", group.id)
        answer = api.reply_to(asked)
        assert QUOTE in answer.text
        mentioned = reader.says(f"@rawi_test_bot {QUESTION}", group.id)
        assert QUOTE in api.reply_to(mentioned).text
        replied = reader.replies("ما الدرس المستفاد من القصة؟", answer.result, group.id)
        assert "الاستدامة" in api.reply_to(replied).text

    def test_is_silent_on_everything_else(self, api: RunningBotApi, reader: Person) -> None:
        group = Group(api, -1002)
        said = reader.says(QUESTION, group.id)
        reader.edits(said, f"{QUESTION} حقا")
        reader.says(f"/ask@other_bot {QUESTION}", group.id)
        reader.says("/nonsense", group.id)
        reader.says("/status", group.id)
        reader.sends("sticker", chat_id=group.id)
        reader.says(f"@other_bot {QUESTION}", group.id)
        other = reader.says("@other_bot", group.id)
        reader.edits(other, f"/ask@other_bot {QUESTION}")
        api.settle(0.8)
        assert not api.calls("sendMessage", "sendChatAction", chat_id=group.id)

    def test_an_addressed_edit_edits_its_answer(self, api: RunningBotApi, reader: Person) -> None:
        group = Group(api, -1003)
        asked = reader.says(f"/ask {QUESTION}", group.id)
        answer = api.reply_to(asked)
        reader.edits(asked, "/ask ما الدرس المستفاد من القصة؟")
        edit = api.wait_for("editMessageText", lambda c: c.chat_id == group.id)
        assert edit.result["message_id"] == answer.result["message_id"]
        started = reader.says("/start", group.id)
        api.reply_to(started)
        reader.edits(started, "/start again")
        api.settle(0.3)
        assert len(api.calls("sendMessage", chat_id=group.id)) == 2

    def test_start_explains_privacy_mode(self, api: RunningBotApi, reader: Person) -> None:
        group = Group(api, -1004)
        call = api.reply_to(reader.says("/start@rawi_test_bot", group.id))
        assert "وضع الخصوصية مفعل" in call.text
        assert "@rawi_test_bot" in call.text

    def test_a_picture_sent_to_the_bot_in_a_group(self, api: RunningBotApi, reader: Person) -> None:
        group = Group(api, -1005)
        answer = api.reply_to(reader.says(f"/ask {QUESTION}", group.id))
        quoted = {k: v for k, v in answer.result.items() if k != "reply_to_message"}
        sent = reader.sends("sticker", chat_id=group.id, reply_to_message=quoted)
        assert "أقرأ النصوص فقط" in api.reply_to(sent).text

    def test_a_group_speaking_as_itself_is_answered(self, api: RunningBotApi, reader: Person) -> None:
        group = Group(api, -1006)
        anonymous = Person(api, 1087968824)
        anonymous.user["is_bot"] = True
        asked = anonymous.says(
            f"/ask {QUESTION}", group.id, sender_chat={"id": group.id, "type": "supergroup", "title": "م"}
        )
        assert QUOTE in api.reply_to(asked).text

    def test_a_topic_is_answered_in_the_topic(self, api: RunningBotApi, reader: Person) -> None:
        group = Group(api, -1007)
        asked = reader.says(f"/ask {QUESTION}", group.id, is_topic_message=True, message_thread_id=77)
        assert api.reply_to(asked).params["message_thread_id"] == 77


class TestInline:
    """`@bot question` anywhere."""

    @staticmethod
    def results(api: RunningBotApi, reader: Person, text: str) -> list[dict[str, object]]:
        query = reader.types_inline(text)
        call = api.wait_for("answerInlineQuery", lambda c: c.params["inline_query_id"] == query)
        return list(call.params["results"])

    def test_offers_the_answer_and_the_next_passages(self, api: RunningBotApi, reader: Person) -> None:
        results = self.results(api, reader, QUESTION)
        assert [result["id"] for result in results] == ["answer", "passage-0", "passage-1", "passage-2"]
        content = results[0]["input_message_content"]
        assert QUOTE.replace("2021", "<b>2021</b>") in str(content)
        assert QUESTION in str(content)

    def test_offers_nearest_passages_or_says_that_there_is_nothing(
        self, api: RunningBotApi, reader: Person
    ) -> None:
        results = self.results(api, reader, UNANSWERABLE)
        assert all(str(result["id"]).startswith("passage") for result in results)
        assert self.results(api, reader, "") == []
        assert "أهلا" in str(self.results(api, reader, "مرحبا"))

    def test_a_query_that_is_too_old_is_no_error(
        self, api: RunningBotApi, bot: Serving, reader: Person
    ) -> None:
        query = reader.types_inline(QUESTION)
        api.state.callbacks.discard(query)
        api.settle(0.3)
        assert QUOTE in ask(api, reader).text
