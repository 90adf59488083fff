"""QR codes as SVG within a page, and the addresses that they hold.

House rules: an address is the one by which the visitor reached this office, so what a phone reads leads to the same
place; drawn dark on white in both colour schemes, with its quiet zone, for cameras want it so (ISO/IEC 18004 § 6.3.8).
"""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

import segno
from markupsafe import Markup

if TYPE_CHECKING:
    from controller.office.web.pages_frame import Visit

QUIET_ZONE = 4


def inline(address: str) -> Markup:
    """Return the code of an address as an SVG element without any size of its own: the stylesheet gives it one."""
    drawn = segno.make(address, error="m", micro=False)
    return Markup(drawn.svg_inline(border=QUIET_ZONE, light="#fff", omitsize=True))  # noqa: S704 - segno's own drawing


def drawing(address: str) -> bytes:
    """Return the code of an address as an SVG file of its own, to print or to engrave."""
    out = BytesIO()
    segno.make(address, error="m", micro=False).save(out, kind="svg", border=QUIET_ZONE, scale=10, nl=False)
    return out.getvalue()


def address_of(here: Visit, path: str) -> str:
    """Return one of this office's own addresses, whole."""
    return str(here.request.base_url).rstrip("/") + path


def machine_address(here: Visit, key: str) -> str:
    """Return the short address of a machine, as it stands on its label."""
    return address_of(here, f"/m/{key}")
