"""Runs `rawi` as a process on folders of its own."""

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

TEXT = (
    "بدأ تعدين البيتكوين في كازاخستان عام 2018 حين كانت الكهرباء رخيصة. "
    "ثم رحلت شركات التعدين بعد أن رفعت الحكومة الأسعار. "
    "يملك الأخطبوط ثلاثة قلوب وثماني أذرع."
)
QUESTION = "كم قلبا يملك الأخطبوط؟"
ANSWER = "يملك الأخطبوط ثلاثة قلوب وثماني أذرع."


@dataclass(frozen=True)
class Home:
    """An articles folder and a data folder below `folder`, and commands that use them."""

    folder: Path

    @property
    def articles(self) -> Path:
        return self.folder / "articles"

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @classmethod
    def of(cls, folder: Path, models: Path | None = None, text: str = TEXT) -> "Home":
        """Make the folders with one article; `models` is a folder of built models to share."""
        home = cls(folder)
        home.articles.mkdir(parents=True)
        home.data.mkdir()
        (home.articles / "مقال.md").write_text(f"---\ntitle: مقال\n---\n\n{text}\n", encoding="utf-8")
        if models:
            (home.data / "models").symlink_to(models)
        return home

    def environment(self, **more: str) -> Mapping[str, str]:
        """Return the environment of a command: no setting of whoever runs the tests gets through."""
        rest = {name: value for name, value in os.environ.items() if not name.startswith("RAWI_")}
        return {**rest, "RAWI_ARTICLES_DIR": str(self.articles), "RAWI_DATA_DIR": str(self.data), **more}

    def run(
        self, *arguments: str, given: bytes = b"", **environment: str
    ) -> subprocess.CompletedProcess[str]:
        """Run `rawi ARGUMENTS` to its end with `given` on standard input."""
        done = subprocess.run(
            command(*arguments),
            input=given,
            capture_output=True,
            env=self.environment(**environment),
            cwd=self.folder,
            timeout=240,
            check=False,
        )
        return subprocess.CompletedProcess(
            done.args, done.returncode, done.stdout.decode(), done.stderr.decode()
        )

    def start(self, *arguments: str) -> "subprocess.Popen[bytes]":
        """Start `rawi ARGUMENTS` with pipes."""
        return subprocess.Popen(
            command(*arguments),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=self.environment(),
            cwd=self.folder,
        )


def command(*arguments: str) -> list[str]:
    """Return the command line of `rawi ARGUMENTS`."""
    return [sys.executable, "-P", "-m", "bot", *arguments]


def long_text(sentences: int) -> str:
    """Return so many different sentences, which take about .01 s each to embed."""
    return " ".join(
        f"في العام {number} زرع الفلاح رقم {number * 7} شجرة زيتون قرب البئر القديمة وسقاها كل صباح."
        for number in range(sentences)
    )


def one_line(shown: str) -> str:
    """Return the only line of an error output."""
    assert shown.endswith("\n")
    assert "Traceback" not in shown
    assert shown.count("\n") == 1, shown
    return shown
