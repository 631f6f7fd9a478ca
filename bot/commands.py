"""What each command does. Imported only when one runs; the heavy rooms only inside the functions."""

import json
import logging
import sys
from argparse import Namespace
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict
from functools import partial
from typing import IO, TextIO

from bot import logging_setup
from bot.answer import Answer
from bot.messages import LANGUAGES, Language, text
from bot.protocols import Answering
from bot.settings import Settings, load_settings
from bot.terminal import Layout, clean, render
from index.errors import IndexMissingError
from index.reports import IndexStatus, ReindexReport
from knowledge.errors import RawiError

_LONGEST_LINE = 1_000_000
"""Bytes; a longer line on standard input is taken for several questions, so that memory stays bounded."""


def ask(args: Namespace) -> int:
    """Answer the questions of the command line, or those on standard input, each as soon as it is read."""
    settings = _settings(args)
    given = questions_of(args.question)
    questions = given or lines_of(sys.stdin.buffer)
    from bot import assembly
    from bot.answer_json import answer_json

    # Refuses a missing index before a model is loaded or even built.
    assembly.status(settings)
    answering = assembly.answering(settings)
    if args.json:
        answer_all(questions, answering, answer_json, sys.stdout, always=args.always)
        return 0
    layout = Layout.of(sys.stdout)
    # A blank line ends each of several answers.
    end = "" if len(given) == 1 else "\n"
    answer_all(
        questions, answering, lambda answer: render(answer, layout) + end, sys.stdout, always=args.always
    )
    return 0


def answer_all(
    questions: Iterable[str],
    answering: Answering,
    show: Callable[[Answer], str],
    out: TextIO,
    *,
    always: bool = False,
) -> None:
    """Write the answer to each question before the next one is read."""
    for question in questions:
        out.write(f"{show(answering.answer(question, always=always))}\n")
        out.flush()


def questions_of(words: Sequence[str]) -> list[str]:
    """Return the questions of a command line: each quoted argument is one, bare words are together one."""
    given = [word.encode(errors="surrogateescape").decode(errors="replace") for word in words]
    if any(len(word.split()) > 1 for word in given):
        return given
    return [" ".join(given)] if given else []


def lines_of(stream: IO[bytes]) -> Iterator[str]:
    """Yield the lines as soon as they come, blank ones too; bytes that are not UTF-8 become U+FFFD."""
    first = True
    while line := stream.readline(_LONGEST_LINE):
        content = line.removeprefix(b"\xef\xbb\xbf") if first else line
        first = False
        yield content.decode(errors="replace").rstrip("\r\n")


def reindex(args: Namespace) -> int:
    """Bring the index up to date in this process, at low priority when there is one already."""
    from bot import child_reindex, progress_bars

    if not args.child:
        settings = _settings(args)
        if args.progress and not sys.stderr.isatty():
            report = _reindex(settings, progress_bars.json_lines)
        else:
            with progress_bars.bars() as progress:
                report = _reindex(settings, progress)
        sys.stdout.write(json.dumps(asdict(report), ensure_ascii=False) if args.json else report_text(report))
        sys.stdout.write("\n")
        return 0
    try:
        settings = child_reindex.be_a_child()
        _configure(settings, logging.WARNING, debug=args.debug)
        sys.stdout.write(json.dumps(asdict(_reindex(settings, progress_bars.json_lines))))
    except RawiError as error:
        sys.stderr.write(json.dumps({"error": type(error).__name__, "message": str(error)}) + "\n")
        return 1
    return 0


def _reindex(settings: Settings, progress: Callable[[str, int, int], None]) -> ReindexReport:
    from bot import assembly, child_reindex

    try:
        assembly.status(settings)
    except IndexMissingError:
        # Whoever waits for the first index waits for this alone.
        pass
    except RawiError:
        child_reindex.yield_to_readers()
    else:
        child_reindex.yield_to_readers()
    return assembly.builder(settings, partial(progress, "model")).run(progress)


def status(args: Namespace) -> int:
    """Say what the index holds, without loading a model."""
    settings = _settings(args)
    from bot import assembly

    found = assembly.status(settings)
    sys.stdout.write(json.dumps(asdict(found), ensure_ascii=False) if args.json else status_text(found))
    sys.stdout.write("\n")
    return 0


def evaluate(args: Namespace) -> int:
    """Measure the answers to the questions of some files."""
    settings = _settings(args)
    from bot import assembly, evaluating, progress_bars

    with progress_bars.bars() as progress:
        evaluating.evaluate(
            args.files,
            current=partial(assembly.answering, settings),
            temporary=partial(assembly.temporary, settings),
            json_out=args.json,
            plots=args.plots,
            compare=args.compare,
            worst=args.worst,
            limit=args.limit,
            given_passage=args.given_passage,
            progress=progress,
        )
    return 0


def console(args: Namespace) -> int:
    """Ask and answer in this terminal, or line by line when the questions are piped in."""
    settings = _settings(args)
    from bot.console_session import run

    return run(settings)


def serve(args: Namespace) -> int:
    """Answer on Telegram until the process is told to stop."""
    from bot.telegram.signals import leave_at_once

    leave_at_once()
    settings = _settings(args, logging.INFO)
    from bot import assembly

    return assembly.serve(settings)


def _settings(args: Namespace, level: int = logging.WARNING) -> Settings:
    """Load the settings and set the logging up, now that the token to keep out of it is known."""
    logging_setup.configure(level, debug=args.debug)
    settings = load_settings()
    _configure(settings, level, debug=args.debug)
    return settings


def _configure(settings: Settings, level: int, *, debug: bool) -> None:
    token = settings.telegram_token.get_secret_value()
    logging_setup.configure(level, token=token, folder=settings.data_dir, debug=debug)


def report_text(report: ReindexReport) -> str:
    """Return what a reindex did, in Arabic and then in English."""
    return "\n\n".join("\n".join(report_lines(report, language)) for language in LANGUAGES)


def report_lines(report: ReindexReport, language: Language) -> Iterator[str]:
    """Yield what a reindex did and what it could not read."""
    if report.changed:
        figures = {
            name: getattr(report, name) for name in ("documents", "passages", "reused", "embedded", "seconds")
        }
        yield from text("reindex_done", language, **figures).split("\n")
    else:
        yield text("reindex_unchanged", language)
    if report.unreadable:
        yield text("reindex_unreadable", language, count=len(report.unreadable))
        yield from (clean(line) for line in report.unreadable)


def status_text(found: IndexStatus) -> str:
    """Return what the index holds, in Arabic and then in English."""
    return "\n\n".join(text("index_status", language, **asdict(found)) for language in LANGUAGES)
