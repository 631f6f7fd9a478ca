"""Draws a real exchange with `rawi serve` as a picture, right to left: for README.

    python -m benchmarks.conversation_picture [--out benchmarks/pictures/conversation.png]

Needs Chromium and an Arabic font (Debian: chromium, fonts-noto-core, fonts-noto-color-emoji).
"""

import argparse
import html
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.telegram import borrowed, data_dir
from tests.integration.bot_api import Call, Person, RunningBotApi
from tests.integration.bot_api.people import button

PROJECT = Path(__file__).resolve().parent.parent
STYLE = """
body { margin: 0; width: 640px; background: #cfdfc9; padding: 12px 0;
  font: 17px/1.55 "Noto Sans Arabic", "Noto Color Emoji", sans-serif; }
.bubble { max-width: 480px; margin: 5px 14px; padding: 7px 13px; border-radius: 14px; background: #fff;
  white-space: pre-line; unicode-bidi: plaintext; text-align: start; width: fit-content; }
.reader { background: #e3fed2; margin-left: auto; }
blockquote { margin: 3px 0; padding: 2px 9px; border-inline-start: 3px solid #4fa052; direction: rtl;
  background: #eaf5ea; border-radius: 5px; }
.quoted { font-size: 14px; color: #356; border-inline-start: 3px solid #59b; padding-inline-start: 7px;
  direction: rtl; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
.buttons { max-width: 506px; margin: 0 14px 6px; }
.row { display: flex; gap: 4px; direction: rtl; margin-bottom: 4px; }
.button { flex: 1; text-align: center; background: #7d9a76; color: #fff; border-radius: 8px;
  padding: 4px 6px; }
.note { text-align: center; color: #466; font-size: 14px; margin: 6px; direction: rtl; }
"""


PAGE = """<!doctype html><meta charset="utf-8"><style>{style}</style><body>{body}
<script>document.body.dataset.height = document.body.offsetHeight</script>"""


def bubble(call: Call, quoted: str = "") -> str:
    """Return a message of the bot with its buttons as HTML."""
    above = f'<div class="quoted">{html.escape(quoted)}</div>' if quoted else ""
    body = call.params["text"].replace("</blockquote>\n", "</blockquote>")
    rows = (call.params.get("reply_markup") or {}).get("inline_keyboard", [])
    buttons = "".join(
        '<div class="row">'
        + "".join(f'<div class="button">{html.escape(b["text"])}</div>' for b in row)
        + "</div>"
        for row in rows
    )
    return f'<div class="bubble">{above}{body}</div><div class="buttons">{buttons}</div>'


def said(text: str) -> str:
    """Return a message of the reader as HTML."""
    return f'<div class="bubble reader">{html.escape(text)}</div>'


def exchange(api: RunningBotApi, questions: list[str]) -> list[str]:
    """Have the conversation and return it as HTML blocks."""
    reader = Person(api, 7)
    reader.says("/start")
    blocks = [said("/start"), bubble(api.wait_for("sendMessage", timeout=180))]
    for number, question in enumerate(questions):
        answer = api.reply_to(reader.says(question), timeout=60)
        blocks += [said(question), bubble(answer, question)]
        if number == 0:
            reader.presses(answer.result, button(answer, "السياق"))
            blocks.append('<div class="note">بعد الضغط على «السياق»، في الرسالة نفسها:</div>')
            blocks.append(bubble(api.wait_for("editMessageText"), question))
    return blocks


def draw(blocks: list[str], out: Path) -> None:
    """Take the picture."""
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if browser is None:
        sys.exit("no Chromium found, expected one; run: apt-get install chromium fonts-noto-core")
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "page.html"
        page.write_text(PAGE.format(style=STYLE, body="".join(blocks)), encoding="utf-8")
        command = [browser, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
        measured = run([*command, "--window-size=640,900", "--dump-dom", page.as_uri()])
        height = measured.split('data-height="')[1].split('"')[0]
        scale = "--force-device-scale-factor=2"
        picture = f"--screenshot={out.resolve()}"
        run([*command, scale, f"--window-size=640,{height}", picture, page.as_uri()])
    # Few colours are in it, and a README should load fast.
    from PIL import Image

    Image.open(out).convert("RGB").quantize(48, dither=Image.Dither.NONE).save(out, optimize=True)


def run(command: list[str]) -> str:
    """Run the browser and return what it prints."""
    return subprocess.run(command, check=True, capture_output=True, timeout=120, text=True).stdout


def main() -> None:
    """Run the bot, talk to it, and draw what was said."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=PROJECT / "benchmarks/pictures/conversation.png")
    parser.add_argument("--question", action="append", default=[])
    arguments = parser.parse_args()
    questions = arguments.question or [
        "متى بدأت قصة تعدين البيتكوين في كازاخستان؟",
        "كم سعر البيتكوين اليوم؟",
    ]
    with RunningBotApi() as api, tempfile.TemporaryFile() as log, tempfile.TemporaryDirectory() as folder:
        settings = {
            "RAWI_TELEGRAM_API_URL": api.url,
            "RAWI_TELEGRAM_TOKEN": api.token,
            "RAWI_DATA_DIR": str(borrowed(data_dir(), Path(folder))),
        }
        bot = subprocess.Popen(
            [sys.executable, "-m", "bot", "serve"],
            cwd=PROJECT,
            env={**os.environ, **settings},
            stdout=log,
            stderr=log,
        )
        try:
            blocks = exchange(api, questions)
        finally:
            bot.terminate()
            bot.wait(20)
    draw(blocks, arguments.out)


if __name__ == "__main__":
    started = time.monotonic()
    main()
    print(f"drawn in {time.monotonic() - started:.0f} s")
