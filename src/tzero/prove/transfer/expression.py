"""Expressions: everything that registers how a node is bound."""

from __future__ import annotations

from tzero.prove.transfer import choices, clocks, comparisons, lambdas, leaves, named, numbers, ranges, subquery
from tzero.prove.transfer.binding import BINDERS, arguments, bind, bind_all
from tzero.prove.transfer.comparisons import compare
from tzero.prove.transfer.kinds import join_types, joined

REGISTERED = (leaves, comparisons, choices, numbers, clocks, named, ranges, lambdas, subquery)

__all__ = ["BINDERS", "REGISTERED", "arguments", "bind", "bind_all", "compare", "join_types", "joined"]
