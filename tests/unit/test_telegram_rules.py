"""The rules that need no network: pacing, limits, buttons, redaction, addressing."""

import io
import logging
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from telegram import Chat, Message, MessageEntity, Update, User

from bot.answer import ArticleSummary
from bot.messages import MESSAGES, known_language, text
from bot.telegram import redaction
from bot.telegram.addressing import command_in, without_mention
from bot.telegram.buttons import Pressed, parse, question_number, suggestions
from bot.telegram.dispatcher import lane_of
from bot.telegram.inbox import Pending
from bot.telegram.limits import Allowance, Limits
from bot.telegram.options import TelegramOptions
from bot.telegram.pacing import GROUP_MESSAGES, Pace
from bot.telegram.router import ALLOWED_UPDATES
from bot.texts import admin, reader

TOKEN = "123456789:AAtest-TEST_token-of-35-characters0"


class TestPace:
    def test_one_message_a_second_in_a_chat(self) -> None:
        pace = Pace()
        assert [pace.chat_slot(1, 100.0) for _ in range(3)] == [100.0, 101.0, 102.0]
        assert pace.chat_slot(2, 100.0) == 100.0
        assert pace.chat_slot(1, 200.0) == 200.0

    def test_twenty_a_minute_in_a_group(self) -> None:
        pace = Pace()
        slots = [pace.chat_slot(-1, 0.0) for _ in range(GROUP_MESSAGES + 2)]
        assert slots[GROUP_MESSAGES - 1] == 19.0
        assert slots[GROUP_MESSAGES] == 60.0
        assert all(later - sooner >= 60 for sooner, later in zip(slots, slots[GROUP_MESSAGES:], strict=False))

    @given(st.lists(st.floats(0, 3), min_size=20, max_size=40))
    def test_thirty_a_second_over_ten_seconds(self, gaps: list[float]) -> None:
        pace, now, slots = Pace(), 0.0, []
        for gap in gaps * 20:
            now += gap / 100
            slots.append(pace.total_slot(now))
        assert all(later - sooner > 0.03 for sooner, later in zip(slots, slots[301:], strict=False))

    def test_a_burst_of_two_hundred_goes_out_at_once(self) -> None:
        pace = Pace()
        assert {pace.total_slot(5.0) for _ in range(200)} == {5.0}

    def test_refused_in_earnest_it_pauses_everything_and_keeps_the_rate_by_the_second(self) -> None:
        pace = Pace()
        for chat in (1, 2, 3):
            assert pace.paused_until == 0.0
            pace.refused(chat, 7, 100.0)
        assert pace.paused_until == 107.0
        assert pace.chat_slot(1, 100.0) == 107.0
        slots = [pace.total_slot(107.0) for _ in range(91)]
        assert slots[29] == 107.0
        assert slots[90] == pytest.approx(109.0, abs=0.1)

    def test_refusals_with_successes_between_them_pause_only_their_chats(self) -> None:
        pace = Pace()
        for chat in range(9):
            pace.refused(chat, 7, 100.0)
            pace.accepted()
        assert pace.paused_until == 0.0

    def test_idle_chats_are_forgotten(self) -> None:
        pace = Pace()
        for chat in range(1, 10_003):
            pace.chat_slot(chat, 0.0)
        pace.chat_slot(1, 1000.0)
        assert len(pace.chats) == 1


class TestLimits:
    def test_one_notice_then_silence_until_refilled(self) -> None:
        now = 0.0
        limits = Limits(4, clock=lambda: now)
        assert [limits.ask(1) for _ in range(7)] == [
            *[Allowance.ANSWER] * 4, Allowance.NOTICE, Allowance.IGNORE, Allowance.IGNORE,
        ]  # fmt: skip
        assert limits.ask(2) is Allowance.ANSWER
        now = 15.0
        assert [limits.ask(1) for _ in range(2)] == [Allowance.ANSWER, Allowance.IGNORE]
        now = 100.0
        assert [limits.ask(1) for _ in range(5)][-1] is Allowance.NOTICE

    def test_people_long_gone_are_forgotten(self) -> None:
        now = 0.0
        limits = Limits(4, clock=lambda: now)
        for person in range(10_002):
            limits.ask(person)
        now = 100.0
        limits.ask(1)
        assert len(limits.buckets) == 1


class TestButtons:
    @given(st.text(max_size=70))
    def test_whatever_is_sent_is_parsed_or_refused(self, data: str) -> None:
        pressed = parse(data)
        assert pressed is None or data.isascii()

    @pytest.mark.parametrize(
        ("data", "pressed"),
        [
            ("c:12", Pressed("c", 12)),
            ("p:12:3", Pressed("p", 12, 3)),
            (None, None),
            ("c:-1", None),
            ("c:1\n", None),
        ],
    )
    def test_known_data(self, data: str | None, pressed: Pressed | None) -> None:
        assert parse(data) == pressed

    def test_suggestions_take_turns_and_leave_out_what_was_asked(self) -> None:
        articles = [ArticleSummary("a", "أ", "", ("1", "2", "3")), ArticleSummary("b", "ب", "", ("4", "1"))]
        assert suggestions(articles, 9) == ["1", "4", "2", "3"]
        assert suggestions(articles, 2, without="4 ", first="b") == ["1", "2"]
        assert suggestions([], 3) == []
        assert question_number("سؤال") == question_number("سؤال")


class TestRedaction:
    @pytest.fixture
    def logged(self) -> Iterator[io.StringIO]:
        factory = logging.getLogRecordFactory()
        redaction.install(TOKEN)
        stream = io.StringIO()
        handler = logging.StreamHandler(stream)
        logger = logging.getLogger("a.library")
        logger.addHandler(handler)
        yield stream
        logger.removeHandler(handler)
        logging.setLogRecordFactory(factory)

    def test_the_token_is_in_no_line_and_no_traceback(self, logged: io.StringIO) -> None:
        logger = logging.getLogger("a.library")
        logger.error("POST https://api/bot%s/x", TOKEN)
        logger.error("encoded https://api/bot%s/x", TOKEN.replace(":", "%3A"))
        try:
            int(TOKEN)
        except ValueError:
            logger.exception("failed")
        assert logged.getvalue().count(redaction.HIDDEN) >= 3
        assert TOKEN.split(":")[1] not in logged.getvalue()

    def test_an_empty_token_changes_nothing(self) -> None:
        assert redaction.redacted("a: b", "") == "a: b"


class TestAddressing:
    BOT = User(1, "Rawi", True, username="rawi_test_bot")

    def message(self, words: str, *entities: MessageEntity) -> Message:
        from datetime import UTC, datetime

        return Message(1, datetime.now(UTC), Chat(-1, "group"), text=words, entities=entities)

    def test_commands(self) -> None:
        command = command_in(self.message("/Ask@RAWI_test_bot  متى\nكان؟"), self.BOT)
        assert command is not None
        assert (command.name, command.rest) == ("ask", "متى\nكان؟")
        assert command_in(self.message("/ask@other متى"), self.BOT) is None
        assert command_in(self.message("متى /ask"), self.BOT) is None

    def test_a_mention_by_link_counts(self) -> None:
        mention = MessageEntity(MessageEntity.TEXT_MENTION, 0, 4, user=self.BOT)
        assert without_mention(self.message("راوي متى؟", mention), self.BOT) == "متى؟"
        stranger = MessageEntity(MessageEntity.TEXT_MENTION, 0, 4, user=User(2, "x", False))
        assert without_mention(self.message("زيد متى؟", stranger), self.BOT) is None


@pytest.mark.parametrize("key", sorted(MESSAGES))
def test_every_sentence_fills_the_same_values_in_both_languages(key: str) -> None:
    import string

    fields = [{f for _, f, _, _ in string.Formatter().parse(words) if f} for words in MESSAGES[key]]
    assert fields[0] == fields[1]
    values = dict.fromkeys(fields[0], "x")
    assert text(key, "ar", **values)
    assert text(key, "en", **values)


def test_arabic_sentences_begin_with_an_arabic_letter() -> None:
    import unicodedata

    # The hint for English readers is English in an Arabic chat.
    for key in (reader.MESSAGES | admin.MESSAGES).keys() - {"other_language_hint"}:
        for line in MESSAGES[key][0].splitlines():
            assert not line or unicodedata.bidirectional(line[0]) == "AL", (key, line)


def test_languages() -> None:
    assert known_language("en-GB") == "en"
    assert known_language("ar") == "ar"
    assert known_language("fr") is None
    assert known_language(None) is None


def test_lanes() -> None:
    def lane(**payload: object) -> str:
        return lane_of(Pending(5, {"update_id": 5, **payload}))

    message = {"chat": {"id": 3}, "text": "x"}
    assert lane(message=message) == lane(edited_message=message) == lane(callback_query={"message": message})
    assert lane(message={**message, "text": "/reindex"}) == "update 5"
    assert lane(inline_query={"from": {"id": 3}}) == "inline 3"
    assert lane(message="nonsense") == lane(callback_query={"id": "1"}) == "chat 0"


def test_options_hide_their_secrets_and_derive_the_webhooks() -> None:
    options = TelegramOptions(TOKEN, webhook_url="https://example.org/a/b", api_url="https://x/")
    assert TOKEN not in repr(options)
    assert options.webhook_path == "/a/b"
    assert options.base_url == "https://x"
    assert len(options.secret) == 64
    assert TelegramOptions(TOKEN, webhook_url="https://example.org", webhook_secret="s").secret == "s"


def test_the_updates_asked_for_exist() -> None:
    assert set(ALLOWED_UPDATES) <= set(Update.ALL_TYPES)
