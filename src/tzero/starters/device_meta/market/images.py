"""What labellers said about the images: one row per verdict, hours to days after the scraper saw the image.

Labellers err, disagree, and see no colour on a phone in a box, nor on the thumbnail that is left of a listing that has
ended. When a label comes does not depend on the ending; what it says does: that is the planted leak of late votes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from tzero.starters.device_meta.market.arithmetic import logarithm
from tzero.starters.device_meta.market.catalogue import CELLS, COLOUR_KEYS, MODELS, OLDEST_CATEGORY
from tzero.starters.device_meta.market.hashing import Draws, Flags, Ints
from tzero.starters.device_meta.market.listings import DAY, Listings
from tzero.starters.device_meta.market.scraping import timestamps, version_seen_at

_IMAGES = (14, 22, 30, 20, 9, 5)
_ROUNDS = (66, 28, 6)
_MAX_IMAGES, _MAX_ROUNDS = 8, 4
_LABELLERS = pa.array(["vision-a", "vision-b", "person"])
_COLOUR_RIGHT = np.array([0.86, 0.90, 0.97])
_LAST_EDIT = 0.30
"""Part of the images that came with the last edit rather than with the listing."""
_HOUR = 3600
_FASTEST, _MEAN_WAIT, _BACKLOG, _BACKLOG_DAYS = 1 * _HOUR, 5 * _HOUR, 0.35, 14
_PERSON_TAKES = 2 * DAY
_ALL_BOXED, _BOXED, _NO_COLOUR, _NO_GENERATION = 0.15, 0.22, 0.03, 0.15
_GENERATION_RIGHT, _NO_SCORE = 0.94, 0.02

IMAGE_LABELS = pa.schema(
    [
        pa.field("label_id", pa.int64(), nullable=False),
        pa.field("image_id", pa.int64(), nullable=False),
        pa.field("generation", pa.int32(), nullable=False),
        pa.field("listing_id", pa.int64(), nullable=False),
        pa.field("labelled_at", pa.timestamp("us"), nullable=False),
        pa.field("labeller", pa.string(), nullable=False),
        pa.field("body_color_key", pa.string()),
        pa.field("predicted_generation", pa.int32()),
        pa.field("spam_score", pa.float64()),
    ]
)

_COLOURS = pa.array(COLOUR_KEYS)
_KEY_OF = {key: number for number, key in enumerate(COLOUR_KEYS)}
_COLOUR_OF_CELL = np.array([_KEY_OF[cell.colour] for cell in CELLS])
_WIDEST = max(len(model.colours) for model in MODELS)
_COLOURS_OF_MODEL = np.array(
    [[_KEY_OF[model.colours[n % len(model.colours)]] for n in range(_WIDEST)] for model in MODELS]
)


@dataclass(frozen=True, slots=True)
class _Verdicts:
    """Positions: ``row`` of the listing, ``image`` and ``label`` are numbers unique in the market."""

    row: Ints
    image: Ints
    label: Ints
    stage: Ints


def image_labels(draws: Draws, rows: Listings, end: int, start_us: int) -> pa.RecordBatch:
    """All verdicts on the images of the given listings, as IMAGE_LABELS."""
    verdicts = _asked(draws, rows)
    moment = _labelled_at(draws, rows, verdicts, end)
    answered = moment < end
    moment = moment[answered]
    verdicts = _Verdicts(
        verdicts.row[answered], verdicts.image[answered], verdicts.label[answered], verdicts.stage[answered]
    )
    row, label = verdicts.row, verdicts.label
    return pa.record_batch(
        [
            pa.array(label),
            pa.array(verdicts.image),
            pa.array(rows.generation[row].astype(np.int32)),
            pa.array(rows.listing_id[row]),
            timestamps(moment, start_us),
            _LABELLERS.take(pa.array(verdicts.stage)),
            _COLOURS.take(pa.array(_colour(draws, rows, verdicts), mask=_colour_hidden(draws, rows, verdicts, moment))),
            pa.array(
                _predicted_generation(draws, rows, verdicts).astype(np.int32),
                mask=draws.chance("no generation", label, _NO_GENERATION),
            ),
            _spam_score(draws, rows, verdicts),
        ],
        schema=IMAGE_LABELS,
    )


def _asked(draws: Draws, rows: Listings) -> _Verdicts:
    """Every verdict that the queue was asked for."""
    images = draws.pick("images", rows.index, _IMAGES)
    of_image, ordinal = _repeat(images)
    image = rows.index[of_image] * _MAX_IMAGES + ordinal
    of_label, stage = _repeat(draws.pick("rounds", image, _ROUNDS) + 1)
    label = image[of_label] * _MAX_ROUNDS + stage
    return _Verdicts(row=of_image[of_label], image=image[of_label], label=label, stage=stage)


def _repeat(times: Ints) -> tuple[Ints, Ints]:
    """(position, ordinal) of each repetition: [2, 0, 1] -> [0, 0, 2], [0, 1, 0]."""
    position = np.repeat(np.arange(len(times)), times)
    ordinal = np.arange(len(position)) - (np.cumsum(times) - times)[position]
    return position, ordinal


def _labelled_at(draws: Draws, rows: Listings, verdicts: _Verdicts, end: int) -> Ints:
    seen = version_seen_at(draws, rows, end)
    with_last_edit = draws.chance("with last edit", verdicts.image, _LAST_EDIT)
    version = np.where(with_last_edit, rows.versions[verdicts.row] - 1, 0)
    wait = -_MEAN_WAIT * logarithm(1.0 - draws.uniform("wait", verdicts.label))
    index = rows.index[verdicts.row]
    backlog = draws.uniform("backlog days", index) * _BACKLOG_DAYS * DAY
    wait = wait + np.where(draws.chance("backlog", index, _BACKLOG), backlog, 0.0)
    wait = wait + _FASTEST + verdicts.stage * _HOUR + np.where(verdicts.stage == 2, _PERSON_TAKES, 0)
    return seen[verdicts.row, version] + np.floor(wait).astype(np.int64)


def _colour(draws: Draws, rows: Listings, verdicts: _Verdicts) -> Ints:
    """The colour voted for: mostly the true one, else one of the model's others, now and then any key at all."""
    label = verdicts.label
    sibling = _COLOURS_OF_MODEL[rows.model[verdicts.row], draws.below("sibling colour", label, _WIDEST)]
    any_key = draws.below("any colour", label, len(COLOUR_KEYS))
    wrong = np.where(draws.chance("far off", label, 0.3), any_key, sibling)
    right = draws.uniform("colour right", label) < _COLOUR_RIGHT[verdicts.stage]
    return np.where(right, _COLOUR_OF_CELL[rows.cell[verdicts.row]], wrong)


def _colour_hidden(draws: Draws, rows: Listings, verdicts: _Verdicts, moment: Ints) -> Flags:
    return (
        (moment >= rows.ended[verdicts.row])
        | draws.chance("all boxed", rows.index[verdicts.row], _ALL_BOXED)
        | draws.chance("boxed", verdicts.image, _BOXED)
        | draws.chance("no colour", verdicts.label, _NO_COLOUR)
    )


def _predicted_generation(draws: Draws, rows: Listings, verdicts: _Verdicts) -> Ints:
    own = rows.true_generation[verdicts.row]
    off = 1 - 2 * draws.below("generation off", verdicts.label, 2)
    return np.where(draws.chance("generation right", verdicts.label, _GENERATION_RIGHT), own, own + off)


def _spam_score(draws: Draws, rows: Listings, verdicts: _Verdicts) -> pa.Array:
    """Thousandths, high for phones below the oldest category."""
    thousandths = draws.below("spam score", verdicts.label, 400)
    high = rows.true_generation[verdicts.row] < OLDEST_CATEGORY
    score = np.where(high, thousandths + 600, thousandths) / 1000.0
    return pa.array(score, mask=draws.chance("no score", verdicts.label, _NO_SCORE))
