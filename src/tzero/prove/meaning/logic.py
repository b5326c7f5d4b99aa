"""Three-valued logic over boolean terms: negation, and what follows when a predicate is TRUE."""

from __future__ import annotations

from collections.abc import Iterable

from tzero.prove.domain.facts import Contradiction, Fact, Holds, Le, NotNull, Null, Same, equal
from tzero.prove.domain.store import Store
from tzero.prove.domain.terms import FALSE, MEASURELESS, NULL, ORDERED_TYPES, TRUE, App, Const, Term, app

_MIRROR = {"lt": "le", "le": "lt"}


def negate(term: Term) -> Term:
    """A term that is TRUE exactly when ``term`` is FALSE (and NULL when it is NULL)."""
    if term is TRUE:
        return FALSE
    if term is FALSE:
        return TRUE
    if isinstance(term, App):
        if term.op in _MIRROR:
            return app(_MIRROR[term.op], term.args[1], term.args[0], type_="bool")
        if term.op in ("eq", "ne"):
            return app("ne" if term.op == "eq" else "eq", *term.args, type_="bool")
        if term.op in ("and", "or"):
            return app("or" if term.op == "and" else "and", *map(negate, term.args), type_="bool")
        if term.op == "not":
            return term.args[0]
    return app("not", term, type_="bool")


def both(terms: Iterable[Term]) -> Term:
    """The conjunction of some predicates."""
    return _flat("and", terms, TRUE, FALSE)


def either(terms: Iterable[Term]) -> Term:
    """The disjunction of some predicates."""
    return _flat("or", terms, FALSE, TRUE)


def _flat(op: str, terms: Iterable[Term], neutral: Term, absorbing: Term) -> Term:
    found: list[Term] = []
    for term in terms:
        found += term.args if isinstance(term, App) and term.op == op else (term,)
    found = [term for term in found if term is not neutral]
    if absorbing in found:
        return absorbing
    if not found:
        return neutral
    return found[0] if len(found) == 1 else app(op, *found, type_="bool")


def is_true(term: Term) -> Term:
    """``term IS TRUE``: never NULL."""
    return term if term in (TRUE, FALSE) else app("is_true", term, type_="bool")


def is_null(term: Term) -> Term:
    if isinstance(term, Const):
        return TRUE if term is NULL else FALSE
    return app("is_null", term, type_="bool")


def tested(term: Term) -> Term | None:
    """The predicate whose truth alone a term observes: ``p IS TRUE``, ``COALESCE(p, FALSE)``."""
    if isinstance(term, App):
        if term.op == "is_true":
            return term.args[0]
        if term.op == "coalesce" and len(term.args) == 2 and term.args[1] is FALSE:
            return term.args[0]
    return None


def observed(term: Term, store: Store) -> Term | None:
    """The predicate whose truth alone a term observes, also by a default that never is: ``COALESCE(x, 'infinity') < t``
    is TRUE exactly when ``x < t`` is, and FALSE otherwise; by ``LEAST(x, y) < t``; by ``x < t AND x IS NOT NULL``."""
    if isinstance(term, App) and term.op in ("lt", "le"):
        small, large = term.args
        if isinstance(small, App) and small.op == "coalesce" and len(small.args) == 2 and store.not_null(large):
            default = small.args[1]
            fails = Le(large, default, 0 if term.op == "lt" else -1)
            if (term.op == "lt" and _is_forever(default)) or store.entails(fails):
                return app(term.op, small.args[0], large, type_="bool")
        return _of_each(term, store)
    if isinstance(term, App) and term.op == "and" and len(term.args) == 2:
        one, other = term.args
        return _there(one, other, store) or _there(other, one, store)
    return tested(term)


def _of_each(term: App, store: Store) -> Term | None:
    """``LEAST(x, y) < t`` is ``x < t OR y < t``, and ``GREATEST(x, y) < t``, of which neither is NULL, ``AND``."""
    small, large = term.args
    for chosen, limit, some in ((small, large, "least"), (large, small, "greatest")):
        if not (isinstance(chosen, App) and chosen.op in ("least", "greatest") and store.not_null(limit)):
            continue
        known = [arg for arg in chosen.args if store.not_null(arg)]
        if any(arg.type != chosen.type for arg in chosen.args):
            return None
        if (chosen.op == some and known) or len(known) == len(chosen.args):
            each = [_beside(term.op, arg, limit, below=chosen is small) for arg in chosen.args]
            return either(each) if chosen.op == some else both(each)
    return None


def _beside(op: str, value: Term, limit: Term, *, below: bool) -> Term:
    if value is limit:
        return TRUE if op == "le" else FALSE
    return app(op, value, limit, type_="bool") if below else app(op, limit, value, type_="bool")


def _there(some: Term, compared: Term, store: Store) -> Term | None:
    """``x < t AND x IS NOT NULL`` is TRUE exactly when ``x < t`` is, and FALSE otherwise."""
    if isinstance(some, App) and some.op == "not":
        return _with_known(some.args[0], compared, store)
    return None


def _with_known(null: Term, compared: Term, store: Store) -> Term | None:
    """A comparison of what is asked for being NULL with something that never is."""
    if not (isinstance(null, App) and null.op == "is_null" and isinstance(compared, App)):
        return None
    if compared.op not in ("lt", "le", "eq", "ne"):
        return None
    others = [arg for arg in compared.args if arg is not null.args[0]]
    return compared if len(others) == 1 and store.not_null(others[0]) else None


def refuted(term: Term, store: Store) -> Term | None:
    """A predicate ``q`` such that the term is TRUE exactly when ``q`` is not: ``NOT (q IS TRUE)``,
    ``x IS NULL OR x >= t``, ``COALESCE(x, 'infinity') >= t`` or any other default that is, ``COALESCE(p, TRUE)``."""
    if not isinstance(term, App):
        return None
    if term.op == "not":
        return tested(term.args[0])
    if term.op == "coalesce" and len(term.args) == 2 and term.args[1] is TRUE:
        return negate(term.args[0])
    if term.op == "or" and len(term.args) == 2:
        one, other = term.args
        return _open_ended(one, other, store) or _open_ended(other, one, store)
    if term.op in ("lt", "le"):
        small, large = term.args
        if isinstance(large, App) and large.op == "coalesce" and len(large.args) == 2 and store.not_null(small):
            passes = Le(small, large.args[1], -1 if term.op == "lt" else 0)
            if _is_forever(large.args[1]) or store.entails(passes):
                return negate(app(term.op, small, large.args[0], type_="bool"))
    return None


def _open_ended(null: Term, compared: Term, store: Store) -> Term | None:
    found = _with_known(null, compared, store)
    return None if found is None else negate(found)


def _is_forever(term: Term) -> bool:
    return isinstance(term, Const) and isinstance(term.value, str) and term.value.strip().lower() == "infinity"


def facts_of(term: Term, store: Store) -> tuple[Fact, ...]:
    """What is known of a row on which the predicate is TRUE."""
    return (*_facts(term, store), Holds(term)) if not isinstance(term, Const) else _facts(term, store)


def _facts(term: Term, store: Store) -> tuple[Fact, ...]:
    if isinstance(term, Const):
        return () if term is TRUE else (Contradiction(),)
    if not isinstance(term, App):
        return (NotNull(term),)
    inner = observed(term, store)
    if inner is not None:
        return facts_of(inner, store)
    match term.op:
        case "and":
            found: tuple[Fact, ...] = ()
            for arg in term.args:
                found += facts_of(arg, store.assume(found))
            apart = [arg for arg in term.args if isinstance(arg, App) and arg.op == "ne"]
            return found + tuple(fact for arg in apart for fact in _apart(arg, store.assume(found)))
        case "or":
            return _shared(term.args, store)
        case "lt" | "le":
            return _order(term)
        case "eq":
            left, right = term.args
            return equal(left, right)
        case "ne":
            return (NotNull(term), *_apart(term, store))
        case "is_null":
            return (Null(term.args[0]),)
        case "same":
            return (Same(*term.args),)
        case "not" if isinstance(term.args[0], App) and term.args[0].op == "is_null":
            return (NotNull(term.args[0].args[0]),)
        case "not":
            asked = tested(term.args[0])
            if asked is not None and store.not_null(asked):
                return facts_of(negate(asked), store)
    return (NotNull(term),)


def _order(term: App) -> tuple[Fact, ...]:
    left, right = term.args
    nulls = (NotNull(left), NotNull(right))
    if left.type not in ORDERED_TYPES or right.type not in ORDERED_TYPES:
        return nulls
    # Values of a monotone function only have an order: no distance, so no literal to compare with.
    if left.type != right.type and not {left.type, right.type}.isdisjoint(MEASURELESS):
        return nulls
    return (Le(left, right, -1 if term.op == "lt" else 0), *nulls)


def _apart(term: App, store: Store) -> tuple[Fact, ...]:
    """Two that differ, where one is known to be no more than the other: then it is less."""
    left, right = term.args
    for small, large in ((left, right), (right, left)):
        if {small.type, large.type} <= ORDERED_TYPES and store.le(small, large):
            return _order(app("lt", small, large, type_="bool"))
    return ()


def _shared(branches: tuple[Term, ...], store: Store) -> tuple[Fact, ...]:
    """What every branch of a disjunction says; a difference keeps the weakest of its bounds."""
    subjects = {_compared_with_literal(branch) for branch in branches}
    if len(subjects) == 1 and None not in subjects:
        return tuple(NotNull(subject) for subject in subjects if subject is not None)
    stores = []
    for branch in branches:
        found = store.assume(facts_of(branch, store))
        if not found.impossible:
            stores.append((found, facts_of(branch, store)))
    if not stores:
        return (Contradiction(),)
    shared: list[Fact] = []
    for fact in {fact: None for _, facts in stores for fact in facts}:
        kept = _weakest(fact, [found for found, _ in stores])
        if kept is not None:
            shared.append(kept)
    return tuple(shared)


def _compared_with_literal(term: Term) -> Term | None:
    """What ``term`` compares with a literal, if it does: the branches of an IN list."""
    if isinstance(term, App) and term.op in ("eq", "ne") and isinstance(term.args[1], Const):
        return term.args[0]
    return None


def _weakest(fact: Fact, stores: list[Store]) -> Fact | None:
    if not isinstance(fact, Le):
        return fact if all(found.entails(fact) for found in stores) else None
    offsets = []
    for found in stores:
        if not (found.not_null(fact.left) and found.not_null(fact.right)):
            return None
        offset = found.upper(fact.left, fact.right)
        if offset is None:
            return None
        offsets.append(offset)
    return Le(fact.left, fact.right, max(offsets))
