"""The planted effects: what makes a phone sell, and how strongly.

The sale of listing *i* at time *t* after its T0 has the hazard (per day)::

    h_i(t) = exp(  BASE
                 + PRICE    · ln(asking price / reference price of the model on the T0 day)
                 + RARITY   · (rarity of the colour within the model, as of the T0 day, minus RARITY_CENTRE)
                 + MOMENTUM · (momentum of the model, as of the T0 day)
                 + SPAM     · (the phone is older than the category it is filed under)
                 + FRAILTY  · (standard normal, seen by nobody)
                 + TASTE    · taste of model and colour on the day of t )

A listing vanishes for other reasons with the constant hazard ``WITHDRAWAL``, independent of all the rest.

Only price, rarity, momentum and spam can be known at T0. Frailty is irreducible. Taste moves *after* T0, and sellers
follow the buyers' taste ``SUPPLY_LAG`` days later: a colour that people begin to want sells faster now and is listed
more often afterwards. Shares counted over all rows, the future included, therefore tell about a sale what nobody
could have known, and shares as of T0 tell only what the past of the taste gives away.

The second planted leak lies in the images: of a listing that has ended only a thumbnail is left, on which labellers see
no colour. So late colour votes tell how long a listing stayed. When a label comes is independent of the ending; votes
known by T0 + 24 h tell nothing of what happened after that.

How well these rank who sells within 14 days, in the default market (area under the curve): all that T0 can know 0.67,
the same without the price 0.62, the whole truth 0.81. Alone, the growth of a colour's share after T0 reaches 0.58, and
the number of late votes 0.65 where the votes of the first 24 h reach 0.52.
"""

from __future__ import annotations

BASE = -3.3
PRICE = -2.5
RARITY = -0.30
RARITY_CENTRE = 1.7
MOMENTUM = 0.50
SPAM = -0.90
FRAILTY = 0.40
TASTE = 1.0
WITHDRAWAL = 0.012

SUPPLY_LAG = 45
"""Days by which what is offered follows what is wanted."""

COLOUR_DRIFT, COLOUR_WAVE = 0.90, 0.30
MODEL_DRIFT, MODEL_WAVE = 0.35, 0.20
"""Standard deviations of the log taste: a lasting drift, full after DRIFT_DAYS; waves, a knot every WAVE_DAYS."""
DRIFT_DAYS, WAVE_DAYS = 360, 60
COLOUR_SPREAD = 0.45
"""Standard deviation of the log popularity that a colour has had from the launch on."""

ASKING_SPREAD = 0.16
"""Standard deviation of the log ratio of asking to reference price."""
