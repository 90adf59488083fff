"""How what opens the office's web door is kept: by its hash, for it is chance of 64 bits or more."""

from __future__ import annotations

from hashlib import sha256


def hashed(secret: str) -> str:
    """Return what is stored of a secret that is random: its SHA-256."""
    return sha256(secret.encode()).hexdigest()
