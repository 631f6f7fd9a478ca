"""Bytes of a text file → text, or a reason why they are none."""

import codecs
import unicodedata

from knowledge.errors import KnowledgeError

_BOMS = (
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CONTROLS = bytes(set(range(32)) - set(b"\t\n\v\f\r\x1a\x1b"))
MEND = "iconv -f ENCODING -t UTF-8 FILE > NEW_FILE"


def decode(data: bytes) -> tuple[str, str]:
    """Return the text and the name of the encoding: "utf-8", "utf-8 (damaged)", "utf-16", "windows-1256"...

    Raises `KnowledgeError` for binary data and for text in an encoding that is not recognised.
    """
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            try:
                return data.decode(encoding), encoding
            except UnicodeDecodeError:
                raise KnowledgeError(
                    f"damaged: begins as {encoding.upper()}, but its bytes from some place on are not"
                ) from None
    data = data.removeprefix(codecs.BOM_UTF8)
    if _control_share(data) > 0.01 or 0 in data:
        return _decode_utf16(data)
    try:
        return data.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        return _decode_damaged_utf8(data) or _decode_windows_1256(data)


def _control_share(data: bytes) -> float:
    sample = data[:65536]
    return (len(sample) - len(sample.translate(None, _CONTROLS))) / max(1, len(sample))


def _decode_utf16(data: bytes) -> tuple[str, str]:
    """UTF-16 without its mark: the byte order in which nearly everything is Arabic, Latin or punctuation."""
    for encoding in ("utf-16-le", "utf-16-be"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if sum(map(_is_common, text[:65536])) >= 0.95 * len(text[:65536]):
            return text, encoding
    raise KnowledgeError("binary, not text; expected a .txt or .md file in UTF-8")


def _is_common(character: str) -> bool:
    code = ord(character)
    return character in "\t\n\r" or 32 <= code < 0x250 or 0x600 <= code < 0x780 or 0x2000 <= code < 0x2070


def _decode_damaged_utf8(data: bytes) -> tuple[str, str] | None:
    """UTF-8 with a few bad bytes: as Windows-1256 it would pass for Arabic and be nonsense."""
    text = data.decode("utf-8", errors="replace")
    bad = text.count("\ufffd")
    good = sum(ord(character) > 127 for character in text) - bad
    return (text.replace("\ufffd", ""), "utf-8 (damaged)") if good >= 20 * bad else None


def _decode_windows_1256(data: bytes) -> tuple[str, str]:
    text = data.decode("cp1256")
    letters = [character for character in text if character.isalpha()]
    arabic = sum(unicodedata.name(character, "").startswith("ARABIC") for character in letters)
    foreign = sum(ord(character) > 127 for character in letters) - arabic
    if arabic > len(letters) / 2 and foreign < arabic / 20:
        return text, "windows-1256"
    raise KnowledgeError(
        f"neither UTF-8, UTF-16 nor Arabic in Windows-1256; expected UTF-8: convert it with {MEND}"
    )
