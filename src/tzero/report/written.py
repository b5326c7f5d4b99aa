"""A certificate as files: the JSON that can be verified, and beside it the page that shows it."""

from __future__ import annotations

import json
from pathlib import Path

from tzero.certify.certificate import Certificate
from tzero.report.page import render_page


def write_certificate(found: Certificate, folder: Path, name: str | None = None) -> Path:
    """Write both; returns where the page is. They bear the relation's name and the moment, or ``name``, and the id."""
    folder.mkdir(parents=True, exist_ok=True)
    told = name or f"{found.relation.replace('/', '_')}-{found.certified_at:%Y%m%dT%H%M%S}"
    path = folder / f"{told}-{found.id[:8]}.json"
    path.write_text(json.dumps(found.as_json(), indent=1, sort_keys=True) + "\n", encoding="utf-8")
    page = path.with_suffix(".html")
    page.write_text(render_page(found), encoding="utf-8")
    return page
