"""Rule 9: nobody who installs, wires or reads Indivis can take it for a safety device."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PLAIN = "not a safety device"
TELLS_WHO_INSTALLS = (
    "README.md",
    "docs/architecture.md",
    "docs/reference/rules.md",
    "docs/explanation/rules.md",
    "systemd/README.md",
    "docs/how-to/board.md",
)


@pytest.mark.parametrize("document", TELLS_WHO_INSTALLS)
def test_the_documents_say_plainly_that_it_is_no_safety_device(document: str) -> None:
    """Emergency stops and guards are wired; each page that leads to a relay says so, on its own."""
    text = " ".join((ROOT / document).read_text("utf-8").split())

    assert PLAIN in text
    assert "mergency stop" in text


def test_the_readme_says_it_before_the_first_command() -> None:
    """Whoever copies the first command has passed the sentence."""
    text = (ROOT / "README.md").read_text("utf-8")

    assert 0 <= text.find(PLAIN) < text.find("```")
