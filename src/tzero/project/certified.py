"""Certify what a store holds, and let nobody read it otherwise."""

from __future__ import annotations

import datetime as dt
import json

from tzero.certify.acceptance import accept
from tzero.certify.baseline import Comparison, compare
from tzero.certify.baseline.recording import accept as accept_state
from tzero.certify.certificate import Certificate
from tzero.certify.certification import Progress
from tzero.certify.guard import require_certified
from tzero.certify.subject import Subject
from tzero.engines.base import Engine
from tzero.errors import UncertifiedError
from tzero.project.certifying import certifiable, certify_subject, subject_of
from tzero.project.opened import Opened, View, silent
from tzero.sql.collecting import less
from tzero.sql.names import RelationName
from tzero.state import baseline, certificate
from tzero.state.baseline import BaselineRecord
from tzero.timeline import duration


class Certified(Opened):
    """Certificates and baselines, and what was accepted by name."""

    @property
    def certifiable_names(self) -> tuple[RelationName, ...]:
        """Every relation that can be certified."""
        return certifiable(self.declared, self.config)

    def certifiable_name(self, view: View = None) -> RelationName:
        """The relation that a name means: a view of this project, or one of the user's own SQL in tzero.toml."""
        named = {str(name): name for name in self.certifiable_names}
        if view is None and len(named) == 1:
            return next(iter(named.values()))
        return named.get(str(view)) or self.view(view).name

    def subject(self, engine: Engine, view: View = None) -> Subject:
        """What there is to certify about a view: of this project, or of the user's own SQL as tzero.toml names it."""
        name = self.certifiable_name(view)
        return subject_of(self.root, self.config, self.declared, engine, name)

    def certify(
        self,
        view: View = None,
        *,
        seconds: float | None = None,
        full: bool = False,
        target: str | None = None,
        progress: Progress = silent,
    ) -> Certificate:
        """Run every gate over a view and keep the certificate, which is good only where all of them hold.

        ``seconds`` is how long the search for a witness may take (default: as in tzero.toml). Days whose
        seals are unbroken are not digested again, unless ``full``.
        """
        with less(), self.session(target) as engine, engine.exclusive("tzero certify"), engine.roomy():
            self._require_migrated(engine)
            return certify_subject(self.subject(engine, view), self.config, progress, seconds, full)

    def accept(self, view: View = None, *, by: str, why: str, target: str | None = None) -> tuple[RelationName, ...]:
        """Accept a view as it is now, by name and with a reason: the definitions of its lineage, and for a view of the
        user's own SQL its columns. Returns the relations whose definition was not the accepted one.
        """
        with self.session(target) as engine, engine.exclusive("tzero contract accept"):
            self._require_migrated(engine)
            return accept(self.subject(engine, view), by, why)

    def baselines(self, view: View = None, *, target: str | None = None) -> tuple[BaselineRecord, ...]:
        """Every accepted baseline of a view, oldest first."""
        with self.session(target, read_only=True) as engine:
            return baseline.history(self._state(engine), str(self.certifiable_name(view)))

    def baseline_difference(self, view: View = None, *, full: bool = False, target: str | None = None) -> Comparison:
        """What a view holds now beside its accepted baseline, and why settled days changed; writes nothing.

        Days whose seals are unbroken are not digested again, unless ``full``.
        """
        with self.session(target, read_only=True) as engine, engine.roomy():
            return compare(self.subject(engine, view), full)

    def accept_baseline(
        self, view: View = None, *, by: str, why: str, target: str | None = None
    ) -> tuple[Comparison, BaselineRecord]:
        """Accept what a view holds now, with a name and a reason; returns what differed, and the acceptance."""
        with self.session(target) as engine, engine.exclusive("tzero baseline"), engine.roomy(), engine.transaction():
            self._require_migrated(engine)
            subject = self.subject(engine, view)
            found = compare(subject)
            return found, accept_state(subject, found, by, why)

    def require_certified(
        self, view: View = None, *, max_age: str | dt.timedelta | None = None, target: str | None = None
    ) -> Certificate:
        """The certificate that lets a view be read now; ``max_age`` is how old it may be (default: as in tzero.toml).

        Raises UncertifiedError with the reason where there is none, or where it does not hold any more.
        """
        oldest = max_age if max_age is not None else self.config.certify.max_age
        with self.session(target, read_only=True) as engine:
            name = self.certifiable_name(view)
            return require_certified(self._state(engine), name, max_age=None if oldest is None else duration(oldest))

    def last_certificate(self, view: View = None, *, target: str | None = None) -> Certificate:
        """The last certificate that the store keeps of a view, good or bad. Raises UncertifiedError where none is."""
        name = self.certifiable_name(view)
        with self.session(target, read_only=True) as engine:
            kept = certificate.latest(self._state(engine), str(name))
        if kept is None:
            raise UncertifiedError(f"nothing certifies {name}", fix=f"run tzero certify {name}")
        return Certificate(json.loads(kept.statement))
