"""Titles as sellers type them: odd spacing, shouting, emoji, decoys, quotes, scraps of SQL, nothing at all."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from tzero.starters.device_meta.market.catalogue import MODELS, SPAM_GENERATIONS
from tzero.starters.device_meta.market.hashing import Draws, Ints
from tzero.starters.device_meta.market.listings import MAX_VERSIONS, Listings

_KEEPS_TITLE = 0.85


def _wide(name: str) -> str:
    return name.replace(" ", "  ")


# (weight, how the name is typed, what stands around it); None is a title that the scraper could not read
_STYLES = (
    (220, str, "{}"),
    (120, str, "{} 128GB"),
    (110, str, "{} 256 GB unlocked"),
    (60, str, "{} - like new, box & cable"),
    (50, str, "{} 512GB battery 87%"),
    (60, str.upper, "{}"),
    (40, str.upper, "{} 128GB *** TOP ***"),
    (70, str.lower, "{}"),
    (40, str.lower, "{} 256gb"),
    (35, _wide, "{}"),
    (20, _wide, "  {}   128GB "),
    (20, lambda name: name.replace(" ", "\t", 1), "{}"),
    (15, lambda name: name.replace(" ", "\t\t"), "{}\t256GB"),
    (10, lambda name: name.replace(" ", " \n "), "{}"),
    (8, lambda name: name.replace(" ", "\u00a0"), "{} 128GB"),
    (25, str, "📱 {} 🔥🔥"),
    (15, str, "💥💥{}💥💥"),
    (10, str.swapcase, "{}"),
    (10, lambda name: name.replace(" ", ""), "{}"),
    (8, lambda name: name.removeprefix("iPhone "), "Apple {}"),
    (8, str, '"{}"'),
    (6, str, "{} – garde l'écran d'origine"),
    (3, str, "{}'; DROP TABLE listings; --"),
    (2, str, "{}' OR '1'='1"),
    (2, str, "{}\\"),
    (2, str, "100%_{}_%"),
    (2, str, "{{}} ${} %s"),
    (10, str, "{} with AirPods"),
    (6, str, "{} + AirPods Pro 2"),
    (6, str, "{} incl. screen protector"),
    (5, str, "Swap {} for Galaxy S24 plus cash"),
    (3, str, "{} " + "original invoice " * 12),
    (7, None, ""),
    (6, None, None),
)

_NAMES = (*(model.name for model in MODELS), *(f"iPhone {generation}" for generation in SPAM_GENERATIONS))


def _typed(name: str, style: int) -> str | None:
    _, typing, frame = _STYLES[style]
    return frame if typing is None or frame is None else frame.replace("{}", typing(name), 1)


_POOL = pa.array([_typed(name, style) for name in _NAMES for style in range(len(_STYLES))], type=pa.string())
_WEIGHTS = tuple(weight for weight, _, _ in _STYLES)


def titles(draws: Draws, rows: Listings, row: Ints, version: Ints) -> pa.Array:
    """The title that the given version of the given rows showed; most edits leave it as it was."""
    index = rows.index[row]
    edit = index * MAX_VERSIONS + version
    kept = (version == 0) | draws.chance("keeps title", edit, _KEEPS_TITLE)
    style = draws.pick("title", np.where(kept, index * MAX_VERSIONS, edit), _WEIGHTS)
    return _POOL.take(pa.array(_name(rows)[row] * len(_STYLES) + style))


def _name(rows: Listings) -> Ints:
    old = np.searchsorted(np.array(SPAM_GENERATIONS), rows.true_generation)
    return np.where(rows.spam, len(MODELS) + old, rows.model)
