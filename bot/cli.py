"""The command line: rawi serve | console | ask | reindex | status | evaluate.

Exit codes: 0 done, 1 the work failed (one line on stderr), 2 usage, 130 interrupted.
Nothing heavy is imported here, so that `rawi --help` answers at once.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from knowledge.errors import RawiError

FAILED = 1
INTERRUPTED = 130
_ABOUT = """\
Rawi answers questions about articles by quoting the sentences that answer, word for word.
راوي يجيب عن الأسئلة حول المقالات بنقل الجمل التي تجيب عنها حرفيا، مع ذكر موضعها."""
_COMMANDS = {
    "serve": ("answer on Telegram", "الإجابة في تيليغرام"),
    "console": ("ask in this terminal", "الأسئلة في هذه الشاشة"),
    "ask": (
        "answer one question, or one a line from standard input",
        "الإجابة عن سؤال واحد، أو عن سؤال في كل سطر",
    ),
    "reindex": ("bring the index up to date with the articles", "تحديث الفهرس من المقالات"),
    "status": ("say what the index holds", "ما يحتويه الفهرس"),
    "evaluate": ("measure the answers with a file of questions", "قياس الأجوبة بملف أسئلة"),
}


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line; a parsed command's name is in `command`."""
    parser = argparse.ArgumentParser(
        prog="rawi", description=_ABOUT, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--version", action=_Version, help="show the version and leave")
    everywhere = argparse.ArgumentParser(add_help=False)
    everywhere.add_argument(
        "--debug", action="store_true", help="log in detail, and show where an unexpected failure happened"
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    added = {}
    for name, (english, arabic) in _COMMANDS.items():
        added[name] = commands.add_parser(
            name,
            parents=[everywhere],
            help=english,
            description=f"{english[0].upper()}{english[1:]}.\n{arabic}.",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
    _add_ask(added["ask"])
    _add_reindex(added["reindex"])
    _add_evaluate(added["evaluate"])
    added["status"].add_argument("--json", action="store_true", help="print one JSON object")
    return parser


def _add_ask(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "question",
        nargs="*",
        metavar="QUESTION",
        help="the words of one question, or questions in quotes; none: one a line from standard input",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object a question, one per line")
    parser.add_argument(
        "--always", action="store_true", help="quote the best sentences even when they may not answer"
    )


def _add_reindex(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print the report as one JSON object")
    parser.add_argument(
        "--progress",
        action="store_true",
        help="show progress though stderr is no terminal; one JSON object a line",
    )
    # For bot/child_reindex.py, which says what is different then.
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)


def _add_evaluate(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "files",
        nargs="+",
        type=Path,
        metavar="FILE",
        help=".json in SQuAD format, or .jsonl about the articles",
    )
    parser.add_argument("--json", type=Path, metavar="OUT", help="write the figures to OUT as JSON too")
    parser.add_argument(
        "--compare", type=Path, metavar="REPORT", help="say what changed since an earlier --json"
    )
    parser.add_argument("--plots", type=Path, metavar="FOLDER", help="draw plots there (needs matplotlib)")
    parser.add_argument(
        "--worst", type=_count, default=5, metavar="N", help="show N failures of each sort (5)"
    )
    parser.add_argument(
        "--limit", type=_count, metavar="N", help="ask the first N questions of each file only"
    )
    parser.add_argument(
        "--given-passage", action="store_true", help="ask each SQuAD question on its own document alone"
    )


def _count(value: str) -> int:
    """Return a whole number from 0; argparse names the value that is none."""
    if not value.isdecimal():
        raise argparse.ArgumentTypeError(f"{value!r} is no whole number from 0")
    return int(value)


class _Version(argparse.Action):
    """Reading the version takes an import that other commands do without."""

    def __init__(self, option_strings: Sequence[str], dest: str, help: str | None = None) -> None:
        super().__init__(option_strings, dest, nargs=0, default=argparse.SUPPRESS, help=help)

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from importlib.metadata import version

        print(f"rawi {version('rawi')}")
        parser.exit()


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; no failure ends in a traceback unless `--debug` is given."""
    for stream in (sys.stdout, sys.stderr):
        # Arabic must come out whatever the locale, and half a character that came in must not end the run.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    args = build_parser().parse_args(argv)
    try:
        code: int = getattr(import_module("bot.commands"), args.command)(args)
        sys.stdout.flush()
    except RawiError as error:
        print(f"rawi: {_one_line(error)}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        print("\nتوقف العمل · stopped", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read the output has seen enough.
        _drop_output()
        return 0
    except Exception as error:
        return _unexpected(error, debug=args.debug)
    return code


def _unexpected(error: Exception, *, debug: bool) -> int:
    from bot.logging_setup import keep_traceback

    where = keep_traceback(error, show=debug)
    print(f"rawi: unexpected failure, {type(error).__name__}: {_one_line(error)}; {where}", file=sys.stderr)
    try:
        sys.stdout.flush()
    except OSError:
        _drop_output()
    return FAILED


def _drop_output() -> None:
    """Send what is still unwritten nowhere, so that Python's own flush at exit does not fail again."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split()) or "no further detail"


if __name__ == "__main__":
    sys.exit(main())
