"""The journal: what it keeps, for how long, and what it forgets."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from bot.answer import Answer, FoundPassage, Quote, Span, Turn, Verdict
from bot.exchanges import Exchange, checksum
from bot.journal import DAY, FILE_NAME, Journal, question_key
from bot.journal_schema import SCHEMA, JournalError
from bot.telegram.inbox import ATTEMPTS, Inbox
from bot.telegram.presence import Presence
from knowledge.types import Passage, Sentence

TEXT = "بدأت القصة في عام 2021."
PASSAGE = Passage("a.txt#0", "a.txt", "عنوان", 0, TEXT, 5, 5 + len(TEXT), (Sentence(TEXT, 5, 5 + len(TEXT)),))
QUOTE = Quote("a.txt", "عنوان", 5, 5 + len(TEXT), TEXT, 0, 1, (Span(23, 27),))


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal.open(tmp_path / "data")


def answered(question: str) -> Answer:
    return Answer(question, Verdict.ANSWERED, (QUOTE,), 0.9, (FoundPassage(PASSAGE, 1.0),), generation="g")


def in_vain(question: str) -> Answer:
    return Answer(question, Verdict.NOT_STATED)


def record(journal: Journal, answer: Answer, message_id: int = 1, person: int = 7) -> Exchange:
    return journal.record(
        answer, chat_id=person, user_id=person, message_id=message_id, conversation=str(person)
    )


def test_an_exchange_comes_back_as_it_was_recorded(journal: Journal) -> None:
    recorded = record(journal, answered("متى؟"))
    assert journal.exchange(recorded.id) == recorded
    assert recorded.quotes == (QUOTE,)
    assert recorded.passages[0].checksum == checksum(TEXT)
    journal.set_replies(recorded.id, [10, 11])
    found = journal.exchange_of(7, 1)
    assert found is not None
    assert found.reply_ids == (10, 11)
    assert journal.exchange(recorded.id + 1) is None
    assert journal.exchange_of(7, 2) is None


def test_an_edited_question_replaces_its_exchange_and_keeps_its_replies(journal: Journal) -> None:
    first = record(journal, answered("متى؟"))
    journal.set_replies(first.id, [10])
    second = record(journal, in_vain("كم؟"))
    assert (second.id, second.reply_ids, second.verdict) == (first.id, (10,), Verdict.NOT_STATED)
    assert journal.count("questions") == 1
    # Questions asked by buttons have no message, and are all kept.
    assert record(journal, answered("أ"), 0).id != record(journal, answered("ب"), 0).id


def test_turns_are_the_last_questions_and_answers_of_a_conversation_oldest_first(journal: Journal) -> None:
    for number in range(1, 6):
        record(journal, answered(f"سؤال {number}"), number)
    record(journal, Answer("مرحبا", Verdict.SMALL_TALK, small_talk="greeting"), 6)
    record(journal, in_vain("لا جواب"), 7)
    record(journal, answered("غيره"), 1, person=8)
    assert journal.turns("7") == (Turn("سؤال 4", TEXT), Turn("سؤال 5", TEXT), Turn("لا جواب", ""))
    assert journal.turns("7", before_message=3) == (Turn("سؤال 1", TEXT), Turn("سؤال 2", TEXT))
    assert journal.turns("9") == ()


def test_unanswered_questions_are_counted_over_their_wordings(journal: Journal) -> None:
    for number, question in enumerate(["كم السعر؟", "كَمِ السعر", "أين المكتب؟", "متى؟"]):
        record(journal, in_vain(question), number + 1)
    record(journal, answered("كم العدد؟"), 9)
    rows = journal.unanswered(10)
    assert [row.count for row in rows] == [2, 1, 1]
    assert question_key(rows[0].question) == question_key("كم السعر؟")
    assert [row.question for row in journal.unanswered(1, offset=1)] == ["متى؟"]
    assert journal.count("unanswered") == 3


def test_the_least_helpful_answers_come_first_and_a_vote_can_be_changed(journal: Journal) -> None:
    bad, good, mixed = (record(journal, answered(q), n) for n, q in enumerate(["سيئ", "جيد", "بين بين"], 1))
    for person in (1, 2, 3):
        journal.vote(bad.id, person, helpful=False)
        journal.vote(good.id, person, helpful=True)
    journal.vote(mixed.id, 1, helpful=True)
    journal.vote(mixed.id, 1, helpful=False)
    rows = journal.least_helpful(10)
    assert [(row.question, row.helpful, row.not_helpful) for row in rows] == [
        ("سيئ", 0, 3),
        ("بين بين", 0, 1),
    ]
    assert journal.count("rated") == 2


def test_forgetting_leaves_nothing_of_a_person_in_the_file(journal: Journal, tmp_path: Path) -> None:
    mine = record(journal, answered("سؤال سري جدا"))
    other = record(journal, answered("سؤال غيري"), person=8)
    journal.set_language(7, "en")
    journal.vote(mine.id, 7, helpful=True)
    journal.vote(other.id, 7, helpful=True)
    assert journal.forget(7) == 1
    assert journal.language(7) is None
    assert journal.exchange(mine.id) is None
    assert journal.exchange(other.id) is not None
    assert journal.run("SELECT * FROM votes") == []
    journal.run("PRAGMA wal_checkpoint(TRUNCATE)")
    assert "سؤال سري جدا".encode() not in (tmp_path / "data" / FILE_NAME).read_bytes()


def test_what_is_older_than_it_may_be_kept_is_purged(journal: Journal) -> None:
    exchange = record(journal, answered("متى؟"))
    journal.vote(exchange.id, 7, helpful=True)
    inbox = Inbox(journal)
    inbox.store([{"update_id": 1}, {"update_id": 2}])
    inbox.done(1)
    now = journal.run("SELECT asked_at FROM exchanges")[0][0]
    journal.purge(30, now + 29 * DAY)
    assert journal.count("questions") == 1
    journal.purge(30, now + 31 * DAY)
    assert journal.count("questions") == 0
    assert journal.run("SELECT * FROM votes") == []
    # What is not answered yet stays, however old.
    assert journal.count("pending") == 1


def test_languages(journal: Journal) -> None:
    assert journal.language(7) is None
    journal.set_language(7, "en")
    journal.set_language(7, "ar")
    assert journal.language(7) == "ar"


def test_the_inbox_knows_what_it_has_seen_across_a_restart(tmp_path: Path) -> None:
    inbox = Inbox(Journal.open(tmp_path))
    assert [p.update_id for p in inbox.store([{"update_id": 1, "x": "أ"}, {"update_id": 2}])] == [1, 2]
    assert inbox.store([{"update_id": 2}, {"update_id": 2}]) == []
    # The same number a quiet week later is another update.
    later = {"update_id": 1, "message": {"message_id": 5, "date": 2, "chat": {"id": 3}}}
    assert len(inbox.store([later])) == 1
    assert inbox.store([dict(later)]) == []
    assert len(inbox.store([{"update_id": 1}])) == 1
    inbox.done(1)
    inbox.delivered(2, 3)
    inbox.journal.close()
    again = Inbox(Journal.open(tmp_path))
    assert again.store([{"update_id": 1}]) == []
    (left,) = again.left_over()
    assert (left.update_id, left.delivered, left.left_over) == (2, 3, True)


def test_the_inbox_gives_up_what_kills_the_process_but_not_what_an_orderly_stop_leaves(
    journal: Journal,
) -> None:
    Inbox(journal).store([{"update_id": 1}])
    for _ in range(ATTEMPTS):
        inbox = Inbox(journal)
        assert inbox.left_over()
        inbox.begun(1)
        inbox.cut_off()
    for _ in range(ATTEMPTS):
        inbox = Inbox(journal)
        assert inbox.left_over()
        inbox.begun(1)
    assert Inbox(journal).left_over() == []


def test_of_several_inboxes_on_a_journal_one_takes_over_what_another_left_once_it_is_gone(
    journal: Journal,
) -> None:
    gone: set[str] = set()
    first, second, third = (Inbox(journal, name, gone.__contains__) for name in ("1", "2", "3"))
    first.store([{"update_id": 1}, {"update_id": 2}])
    first.done(2)
    second.cut_off()
    assert first.left_over() == second.left_over() == []
    gone.add("1")
    assert [left.update_id for left in second.left_over()] == [1]
    assert third.left_over() == second.left_over() == []


def test_storing_is_all_or_nothing(journal: Journal) -> None:
    with pytest.raises(sqlite3.ProgrammingError):
        journal.run_many("INSERT INTO people VALUES (?, ?)", [(1, "ar"), (2, object())])
    assert journal.language(1) is None
    journal.set_language(3, "en")


@pytest.mark.parametrize("content", [b"this is no database, but long enough to look like a file" * 20])
def test_a_damaged_file_is_refused_with_what_mends_it(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / FILE_NAME
    path.write_bytes(content)
    with pytest.raises(JournalError, match=r"mv .*damaged"):
        Journal.open(tmp_path)


def test_a_journal_of_another_version_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / FILE_NAME
    database = sqlite3.connect(path)
    database.execute("PRAGMA user_version = 99")
    database.close()
    with pytest.raises(JournalError, match="version 99"):
        Journal.open(tmp_path)
    with pytest.raises(JournalError, match="version 99"):
        Journal.open(tmp_path)


def test_what_waits_in_a_file_from_before_there_were_several_bots_is_taken_over(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / FILE_NAME, isolation_level=None)) as old:
        old.executescript(SCHEMA.replace("    owner TEXT NOT NULL DEFAULT '',\n", ""))
        old.execute("INSERT INTO inbox (update_id, identity, payload, received_at) VALUES (7, 'a', '{}', 0)")
    journal = Journal.open(tmp_path)
    assert [pending.update_id for pending in Inbox(journal).left_over()] == [7]


def test_a_journal_that_another_process_writes_to_for_long_is_not_called_damaged(tmp_path: Path) -> None:
    holding = sqlite3.connect(tmp_path / FILE_NAME, isolation_level=None)
    holding.execute("BEGIN EXCLUSIVE")
    with pytest.raises(JournalError, match="run the command again"):
        Journal.open(tmp_path)
    holding.close()


def test_what_killed_processes_left_of_their_presence_is_removed(tmp_path: Path) -> None:
    (tmp_path / "serving-killed.lock").touch()
    one, other = Presence(tmp_path), Presence(tmp_path)
    assert not other.is_gone(one.name)
    assert other.is_gone("killed")
    assert len(list(tmp_path.iterdir())) == 2
    one.leave()
    assert other.is_gone(one.name)
    other.leave()
    assert list(tmp_path.iterdir()) == []
