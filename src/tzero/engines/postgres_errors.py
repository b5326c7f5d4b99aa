"""What PostgreSQL's errors mean to a user."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg
from psycopg import errors

from tzero.errors import BusyError, EngineError, MissingRelationError, OutOfTimeError, TargetError, TzeroError


@contextmanager
def translated(label: str, blockers: Callable[[], str] = str) -> Iterator[None]:
    """Raise PostgreSQL's errors as tzero's, naming the target, and who held a lock where ``blockers`` knows it."""
    try:
        yield
    except psycopg.Error as error:
        raise meaning(error, label, blockers()) from error


def meaning(error: psycopg.Error, label: str, blockers: str = "") -> TzeroError:
    """The tzero error that says what a PostgreSQL error means for the target called ``label``."""
    what = _described(error)
    match error:
        case errors.UndefinedTable() | errors.InvalidSchemaName():
            fix = "build it, or name the relation that holds these rows, with its schema: schema.relation"
            return MissingRelationError(what, fix=fix)
        case errors.LockNotAvailable():
            fix = "try again when that is done, or give it more time: lock_timeout of the target in tzero.toml"
            who = blockers or "somebody else"
            return BusyError(f"{label}: {who} holds a lock that is needed: {what}", fix=fix)
        case errors.SerializationFailure() | errors.DeadlockDetected():
            return BusyError(f"somebody else changed {label} meanwhile: {what}", fix="try again")
        case errors.ReadOnlySqlTransaction():
            return TargetError(f"{label} is read-only: {what}", fix="use the primary, or a session that may write")
        case errors.InsufficientPrivilege():
            fix = "have the owner grant it; tzero plan --roles prints the grants that each role needs"
            return TargetError(f"{label}: {what}", fix=fix)
        case errors.DiskFull():
            fix = "free disk space and try again; the store is as it was before"
            return TargetError(f"{label} cannot be written: {what}", fix=fix)
        case errors.DependentObjectsStillExist():
            fix = "drop or change these yourself first: tzero never drops what it did not create"
            return TargetError(f"{label}: {what}", fix=fix)
    return _failed(error, label, what)


def _failed(error: psycopg.Error, label: str, what: str) -> TzeroError:
    if isinstance(error, errors.QueryCanceled) and "statement timeout" in what:
        fix = "give it more time: statement_timeout of the target in tzero.toml"
        return OutOfTimeError(f"{label}: a statement ran out of its time: {what}", fix=fix)
    if isinstance(error, psycopg.OperationalError) and error.sqlstate is None:
        return TargetError(f"{label} cannot be reached: {what}", fix="check that the server runs, and the target's url")
    return EngineError(f"{label}: {what}")


def _described(error: psycopg.Error) -> str:
    """The server's message with its detail on one line."""
    diagnostic = error.diag
    parts = [diagnostic.message_primary or str(error), diagnostic.message_detail]
    return "; ".join(" ".join(part.split()) for part in parts if part) or "unknown error"
