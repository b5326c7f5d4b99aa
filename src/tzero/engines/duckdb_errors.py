"""What DuckDB's errors mean to a user."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from tzero.errors import BusyError, EngineError, MissingRelationError, TargetError, TzeroError

_HOLDER = re.compile(r"lock is held in (?P<program>.+?) \(PID (?P<pid>\d+)\)")
_FULL = ("no space left", "file too large", "disk quota", "could not write", "failed to write", "out of disk")


@contextmanager
def translated(label: str) -> Iterator[None]:
    """Raise DuckDB's errors as tzero's, naming the target."""
    try:
        yield
    except duckdb.InterruptException as error:
        raise KeyboardInterrupt from error
    except duckdb.Error as error:
        raise meaning(error, label) from error
    except RuntimeError as error:
        if "interrupted" in str(error).lower():
            raise KeyboardInterrupt from error
        raise


def meaning(error: duckdb.Error, label: str) -> TzeroError:
    """The tzero error that says what a DuckDB error means for the target called ``label``."""
    text = str(error)
    found = text.lower()
    what = _first_line(text)
    if holder := _HOLDER.search(text):
        program = holder["program"].rpartition("/")[2]
        return BusyError(
            f"{label} is in use by process {holder['pid']} ({program})",
            fix="wait until it is done or close that program; a DuckDB file has one writer at a time",
        )
    if "different configuration" in found:
        return BusyError(
            f"{label} is open in this process already, in another mode", fix="close that connection, or its reader"
        )
    if isinstance(error, duckdb.TransactionException) and "conflict" in found:
        return BusyError(f"somebody else changed {label} meanwhile: {what}", fix="try again")
    if any(sign in found for sign in _FULL):
        return TargetError(
            f"{label} cannot be written: {what}", fix="free disk space and try again; the store is as it was before"
        )
    return _opening(error, label, found, what) or _running(error, label, found, what)


def _opening(error: duckdb.Error, label: str, found: str, what: str) -> TzeroError | None:
    if "not a valid duckdb database" in found:
        return TargetError(f"{label} is not a DuckDB database", fix="name another file in the target's url")
    if "read-only" in found or "permission denied" in found:
        return TargetError(f"{label} is read-only", fix="make the file and its folder writable, or use another target")
    if isinstance(error, duckdb.IOException) and "cannot open" in found:
        return TargetError(f"{label} cannot be opened: {what}", fix="check the path in the target's url")
    if "ambiguous reference to catalog or schema" in found:
        return TargetError(
            f"the database file {label} has the name of a schema in it",
            fix="call the file otherwise, for example store.duckdb",
        )
    return None


def _running(error: duckdb.Error, label: str, found: str, what: str) -> TzeroError:
    if isinstance(error, duckdb.CatalogException) and "does not exist" in found:
        return MissingRelationError(what, fix="build it, or name the relation that holds these rows")
    if isinstance(error, duckdb.OutOfMemoryException):
        return EngineError(
            f"{label} ran out of memory: {what}", fix="give it more, like duckdb:///file.duckdb?memory_limit=8GB"
        )
    return EngineError(f"{label}: {what}")


def _first_line(text: str) -> str:
    line = next((line.strip() for line in text.splitlines() if line.strip()), "unknown error")
    return line.partition("See also")[0].strip()
