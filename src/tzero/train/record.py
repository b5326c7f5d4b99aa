"""What is kept of a training: the model in XGBoost's own format and its card, in a folder, and a row of the state."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tzero.certify.certificate import canonical
from tzero.errors import FindingError, TargetError, UsageError
from tzero.state import model
from tzero.state.schema import StateSchema
from tzero.train.card import KIND
from tzero.train.training import Trained

MODEL_FILE, CARD_FILE = "model.ubj", "card.json"


def keep(state: StateSchema, trained: Trained, folder: Path) -> Path:
    """Write the model and its card to a folder named after them under ``folder``, and a row of the state.

    Returns that folder. Raises TargetError where it cannot be written; then the state has no row either.
    """
    card = trained.card
    path = folder / f"{card['blocks'][0]['block']}-{card['outcome']['kind']}-{card['model']['sha256'][:12]}"
    with state.engine.transaction():
        model.append(state, record_of(card))
        try:
            path.mkdir(parents=True, exist_ok=True)
            (path / MODEL_FILE).write_bytes(trained.model.content)
            (path / CARD_FILE).write_text(json.dumps(card, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        except OSError as error:
            raise TargetError(
                f"{path} cannot be written: {error.strerror}", fix="name another folder: --out"
            ) from error
    return path


def record_of(card: Mapping[str, Any]) -> model.ModelRecord:
    return model.ModelRecord(
        card["model"]["sha256"],
        ", ".join(block["relation"] for block in card["blocks"]),
        ", ".join(block["certificate"] for block in card["blocks"]),
        card["data"]["digest"],
        dt.datetime.fromisoformat(card["trained_at"]),
        canonical(card),
    )


def read(folder: Path) -> tuple[bytes, dict[str, Any]]:
    """A model and its card. Raises FindingError where the model is not the one of the card."""
    try:
        content = (folder / MODEL_FILE).read_bytes()
        card = json.loads((folder / CARD_FILE).read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(
            f"there is no model in {folder}: {error.strerror}", fix="name the folder that tzero train wrote"
        ) from error
    except ValueError as error:
        raise UsageError(f"{folder / CARD_FILE} is no card of a model: {error}") from error
    if not isinstance(card, dict) or card.get("kind") != KIND:
        raise UsageError(f"{folder / CARD_FILE} is no card of a model", fix="name the folder that tzero train wrote")
    if hashlib.sha256(content).hexdigest() != card["model"]["sha256"]:
        raise FindingError(
            f"{folder / MODEL_FILE} is not the model of its card: it was changed after it was made",
            fix="take the files as tzero train wrote them, or train again",
        )
    return content, card
