"""From a template to a page: text of the data escaped, nothing hidden, nothing missing."""

from __future__ import annotations

from typing import Any

from tzero.report.numbers import shown
from tzero.report.visible import visible


def page_from(template: str, **values: Any) -> str:
    """Fill a template of this package. Raises UndefinedError for a name that nobody gave. Needs Jinja2."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("tzero.report"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_finalized,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["shown"] = shown
    return environment.get_template(template).render(values)


def _finalized(value: Any) -> Any:
    """Text of the data with what would be obeyed or hidden made visible; markup of the templates as it is."""
    return value if hasattr(value, "__html__") else visible(value) if isinstance(value, str) else value
