"""A machine's page tells whoever looks at it what they lack for it, and who agreed to be asked."""

from __future__ import annotations

from pathlib import Path

from controller.office.directory import rights
from tests.pages.house import NOW, founded

DAY_MS = 86_400_000


def test_a_maker_reads_what_is_missing_and_whom_to_ask(tmp_path: Path) -> None:
    """Zoé has no right to the laser; Marc gives it and agreed to be named, Inès gives it and did not."""
    house = founded(tmp_path)
    with house.office.changing("tester") as change:
        for who, named in (("marc", True), ("ines", False)):
            rights.grant(change, house.members[who], "laser-basics", may_train=True, may_be_named=named)
    maker = house.browser("maker")

    before = maker.get("/machines/laser").text
    with house.office.changing("tester") as change:
        rights.grant(change, house.members["zoe"], "laser-basics", until_at=NOW + 30 * DAY_MS)
    after = maker.get("/machines/laser").text

    assert "Il vous manque l&#39;habilitation" in before
    assert "Qui peut vous former" in before
    assert "Marc Imaginaire" in before
    assert "Inès" not in before
    assert "Votre habilitation l&#39;ouvre" in after
    assert "Marc Imaginaire" not in after
