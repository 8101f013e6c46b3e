"""Names of the number by which validation chooses an epoch. Light."""

from __future__ import annotations

import re

from graphvae_data.core.errors import InputError

AUC_AP = "auc+ap"


def check_select(name: str) -> None:
    """Raise `InputError` unless `name` is `auc+ap`, `mrr` or `hits@K`."""
    if name not in (AUC_AP, "mrr") and not re.fullmatch(r"hits@[1-9]\d*", name):
        raise InputError(f"select: expected auc+ap, mrr or hits@K such as hits@20, got {name!r}")
