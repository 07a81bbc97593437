"""Footnotes of a chart, which tell of horse after horse, cut into what is said of each."""

import re
from collections.abc import Iterable, Mapping

_SENTENCE = re.compile(r"(?<=[.!?])\s+")


def notes_of(lines: Iterable[str], names: Mapping[str, str]) -> dict[str, str]:
    """What the footnotes say of each horse; `names` are horse ids by name in capitals.

    A sentence that begins with a name begins what is said of that horse; others belong to the one before.

    >>> notes_of(["RIKEN led. He drew", "clear. WOODBURY tired."], {"RIKEN": "r", "WOODBURY": "w"})
    {'r': 'RIKEN led. He drew clear.', 'w': 'WOODBURY tired.'}
    """
    longest_first = sorted(names, key=lambda name: (-len(name), name))
    found: dict[str, list[str]] = {}
    whose: str | None = None
    for sentence in _SENTENCE.split(" ".join(" ".join(lines).split())):
        named = next((n for n in longest_first if _begins(sentence, n)), None)
        whose = names[named] if named else whose
        if whose is not None and sentence:
            found.setdefault(whose, []).append(sentence)
    return {horse: " ".join(said) for horse, said in found.items()}


def _begins(sentence: str, name: str) -> bool:
    rest = sentence[len(name) :]
    return sentence.startswith(name) and not rest[:1].isalnum()
