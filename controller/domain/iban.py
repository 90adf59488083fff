"""Account numbers of the euro payments area: whether one can be what somebody meant to write.

House rules: shape, length of its country and check digits (ISO 13616, ISO 7064 mod 97-10); whether the account is there
only the bank knows. An account number is personal: no message here repeats one.
"""

from __future__ import annotations

from string import ascii_uppercase, digits

LENGTHS = {
    "AD": 24, "AL": 28, "AT": 20, "BE": 16, "BG": 22, "CH": 21, "CY": 28, "CZ": 24, "DE": 22, "DK": 18, "EE": 20,
    "ES": 24, "FI": 18, "FR": 27, "GB": 22, "GI": 23, "GR": 27, "HR": 21, "HU": 28, "IE": 22, "IS": 26, "IT": 27,
    "LI": 21, "LT": 20, "LU": 20, "LV": 21, "MC": 27, "MD": 24, "ME": 22, "MK": 19, "MT": 31, "NL": 18, "NO": 15,
    "PL": 28, "PT": 25, "RO": 24, "RS": 22, "SE": 24, "SI": 19, "SK": 24, "SM": 27, "VA": 22,
}  # fmt: skip
"""Characters of an IBAN in each country of the area (European Payments Council, EPC409-09; IBAN registry)."""

_VALUES = {sign: str(value) for value, sign in enumerate(digits + ascii_uppercase)}
_CHECKED, _MODULUS = 1, 97
_MOVED = 4


class IbanRefusedError(ValueError):
    """This is no IBAN of the area; the message says why, without the number."""


def iban(text: str) -> str:
    """Return an IBAN in its electronic form (no spaces, capitals); raise `IbanRefusedError`."""
    plain = "".join(text.split()).upper()
    country = plain[:2]
    if country not in LENGTHS:
        raise IbanRefusedError("its country is not in the euro payments area")
    if len(plain) != LENGTHS[country]:
        raise IbanRefusedError(f"it has {len(plain)} characters, not the {LENGTHS[country]} of its country")
    if not set(plain) <= _VALUES.keys():
        raise IbanRefusedError("it holds a sign that is neither letter nor digit")
    if int("".join(_VALUES[sign] for sign in plain[_MOVED:] + plain[:_MOVED])) % _MODULUS != _CHECKED:
        raise IbanRefusedError("its check digits are wrong: a digit is mistyped")
    return plain


def masked(number: str) -> str:
    """Return an IBAN as a page may show it: its country, and the last four characters."""
    return f"{number[:2]}…{number[-4:]}"
