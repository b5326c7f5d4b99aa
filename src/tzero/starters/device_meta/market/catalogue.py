"""What exists on the market: models, their launch dates and prices, their colours.

Launch dates, variants and colours follow the maker's announcements, colours folded into the store's vocabulary
(the 14's purple counts as ``deep_purple``, ultramarine as ``deep_blue``); what the vocabulary has no word for stays
outside it (``red``, ``teal``, ``yellow``). Generation 18 is a guess.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

VOCABULARY = (
    "graphite", "black_titanium", "silver", "space_black", "midnight", "sierra_blue", "blue", "natural_titanium",
    "gold", "deep_purple", "white_titanium", "starlight", "desert_titanium", "blue_titanium", "black", "alpine_green",
    "pink", "green", "deep_blue", "cosmic_orange",
)  # fmt: skip
OUTSIDE_VOCABULARY = ("red", "teal", "yellow", "")
"""Colour keys that labellers also give; the empty one is a labeller who pressed enter."""

OLDEST_CATEGORY, NEWEST_CATEGORY = 13, 18
"""The search categories that the scraper visits. Older phones turn up in them as spam."""
SPAM_GENERATIONS = (8, 10, 11, 12)


@dataclass(frozen=True, slots=True)
class Model:
    """A segment of the market: one generation in one variant.

    ``price`` is the launch price in euro, ``demand`` the relative number sold of it in its generation.
    """

    generation: int
    variant: str
    launch: date
    price: int
    demand: float
    colours: tuple[str, ...]

    @property
    def name(self) -> str:
        """The name on the box.

        >>> MODELS[3].name
        'iPhone 13 Pro Max'
        """
        words = self.variant.replace("_", " ").title()
        return f"iPhone {self.generation}" if self.variant == "base" else f"iPhone {self.generation} {words}"


_13 = ("midnight", "starlight", "blue", "pink", "green", "red")
_13_PRO = ("graphite", "gold", "silver", "sierra_blue", "alpine_green")
_14 = ("midnight", "starlight", "blue", "deep_purple", "red", "yellow")
_14_PRO = ("space_black", "silver", "gold", "deep_purple")
_15 = ("black", "blue", "green", "pink", "yellow")
_15_PRO = ("natural_titanium", "blue_titanium", "white_titanium", "black_titanium")
_16 = ("black", "starlight", "pink", "teal", "deep_blue")
_16_PRO = ("desert_titanium", "natural_titanium", "white_titanium", "black_titanium")
_17 = ("black", "starlight", "sierra_blue", "green", "deep_purple")
_17_AIR = ("space_black", "starlight", "gold", "blue")
_17_PRO = ("silver", "deep_blue", "cosmic_orange")

MODELS = (
    Model(13, "base", date(2021, 9, 24), 909, 1.00, _13),
    Model(13, "mini", date(2021, 9, 24), 809, 0.35, _13),
    Model(13, "pro", date(2021, 9, 24), 1159, 0.75, _13_PRO),
    Model(13, "pro_max", date(2021, 9, 24), 1259, 0.70, _13_PRO),
    Model(14, "base", date(2022, 9, 16), 999, 0.95, _14),
    Model(14, "plus", date(2022, 10, 7), 1149, 0.20, _14),
    Model(14, "pro", date(2022, 9, 16), 1299, 0.90, _14_PRO),
    Model(14, "pro_max", date(2022, 9, 16), 1449, 0.95, _14_PRO),
    Model(15, "base", date(2023, 9, 22), 949, 0.95, _15),
    Model(15, "plus", date(2023, 9, 22), 1099, 0.30, _15),
    Model(15, "pro", date(2023, 9, 22), 1199, 1.00, _15_PRO),
    Model(15, "pro_max", date(2023, 9, 22), 1449, 1.15, _15_PRO),
    Model(16, "base", date(2024, 9, 20), 949, 0.85, _16),
    Model(16, "plus", date(2024, 9, 20), 1099, 0.25, _16),
    Model(16, "pro", date(2024, 9, 20), 1199, 1.00, _16_PRO),
    Model(16, "pro_max", date(2024, 9, 20), 1449, 1.25, _16_PRO),
    Model(17, "base", date(2025, 9, 19), 949, 1.05, _17),
    Model(17, "air", date(2025, 9, 19), 1199, 0.30, _17_AIR),
    Model(17, "pro", date(2025, 9, 19), 1299, 1.10, _17_PRO),
    Model(17, "pro_max", date(2025, 9, 19), 1449, 1.30, _17_PRO),
    Model(18, "pro", date(2026, 9, 18), 1299, 1.00, _17_PRO),
    Model(18, "pro_max", date(2026, 9, 18), 1449, 1.20, _17_PRO),
)


@dataclass(frozen=True, slots=True)
class Cell:
    """One model in one colour: the smallest unit that the market's popularity is told for."""

    model: int
    colour: str


CELLS = tuple(Cell(number, colour) for number, model in enumerate(MODELS) for colour in model.colours)
COLOUR_KEYS = (*VOCABULARY, *OUTSIDE_VOCABULARY)
