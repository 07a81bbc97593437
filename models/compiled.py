"""Functions compiled by Numba, strict in floating point; their machine code is kept on disk."""

import os
from collections.abc import Callable, Iterable
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar, cast

import numba

F = TypeVar("F", bound=Callable[..., Any])

HERE = Path(__file__).parent
USER_CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "horseracepro"


def compiled(signature: str | None = None) -> Callable[[F], F]:
    """Compile a function: with a `signature` at import, else when it is first called; or load what was kept.

    Sums keep their order and nothing is contracted, so a race has the same bits alone and in any block.
    Division by zero gives what IEEE 754 says.
    """

    def decorate(function: F) -> F:
        settings: Any = numba.config
        before, settings.CACHE_DIR = settings.CACHE_DIR, str(FOLDER or "")
        try:
            compiler = numba.njit(signature, error_model="numpy", cache=FOLDER is not None)
            return cast(F, compiler(function))
        finally:
            settings.CACHE_DIR = before

    return decorate


def folder_of(sources: Iterable[Path], places: Iterable[Path]) -> Path | None:
    """Where to keep machine code made from `sources`: the first of `places` that can be written, or None.

    The folder is named by their content: Numba looks at the date of a function's own file only, and would
    go on using code into which another file's function or constant was compiled.
    """
    content = sha256(b"\0".join(path.read_bytes() for path in sources)).hexdigest()[:16]
    for place in places:
        folder = place / f"compiled-{content}"
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError:
            continue
        if os.access(folder, os.W_OK):
            return folder
    return None


FOLDER = folder_of(sorted(HERE.glob("*.py")), (HERE / "__pycache__", USER_CACHE))
