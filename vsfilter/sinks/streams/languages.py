"""Languages of streams as an output container names them."""

from __future__ import annotations

import re

_TERMINOLOGIC = {
    "fre": "fra", "cze": "ces", "rum": "ron", "slo": "slk",
}  # fmt: skip
_BIBLIOGRAPHIC = {
    "deu": "ger", "nld": "dut", "ell": "gre", "isl": "ice", "zho": "chi", "eus": "baq",
    "bod": "tib", "mya": "bur", "fas": "per", "hye": "arm", "kat": "geo", "mkd": "mac",
    "msa": "may", "sqi": "alb", "cym": "wel",
}  # fmt: skip
_MAC_LANGUAGES = """
alb amh ara arm asm aym aze baq bel ben bul bur cat ces chi dan dut dzo eng epo est fin fra geo
ger gre grn guj heb hin hun ice ind iri ita jav jpn kan kas kaz khm kin kir kor kur lao lat lav
lit mac mal mar may mlg mlt mol mon nep nor nya ori orm per pol por pus que ron run rus san sin
slk slv smi snd som spa sve swa tam tat tel tgk tgl tha tib tir tuk tur uig ukr urd uzb vie wel
yid
"""
"""QuickTime numbers its languages; FFmpeg's muxer knows each by one code of ISO 639-2."""
_THREE_LETTERS = re.compile("[a-z]{3}")


def language_for(language: str, format: str) -> str:
    """Give the code under which a container knows a language.

    Args:
        language: A code of ISO 639-2.
        format: FFmpeg's name of the output's muxer.
    """
    if format != "mov":
        return language
    return _TERMINOLOGIC.get(language) or _BIBLIOGRAPHIC.get(language, language)


def keeps_language(language: str, format: str) -> bool:
    """Tell whether a container can name a language; "und" is none."""
    if language in ("", "und") or format not in ("mp4", "mov"):
        return True
    if format == "mp4":  # which packs three letters into 15 bits
        return _THREE_LETTERS.fullmatch(language) is not None
    return language_for(language, format) in _MAC_LANGUAGES.split()
