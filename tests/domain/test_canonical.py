"""One byte form for whatever is hashed: what another reader would read differently has none."""

import pytest

from controller.domain.canonical import INTEGER_LIMIT, Json, canonical


def test_the_form_is_that_of_rfc_8785() -> None:
    """Keys in order, no space, text as it is, whole numbers."""
    value: Json = {"b": [1, True, None], "a": "é\n", "": {"z": -0}}

    assert canonical(value) == '{"":{"z":0},"a":"é\\n","b":[1,true,null]}'.encode()


@pytest.mark.parametrize("number", [INTEGER_LIMIT - 1, 1 - INTEGER_LIMIT])
def test_the_greatest_numbers_that_every_reader_reads_alike_have_a_form(number: int) -> None:
    """Up to 2^53 exclusive."""
    assert canonical([number]) == f"[{number}]".encode()


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (INTEGER_LIMIT, r"\$: "),
        ({"a": [-INTEGER_LIMIT]}, r"\$\.a\[0\]: "),
        ({"a": {"b": 0.5}}, r"\$\.a\.b: float"),
        ({"é": 1}, "not ASCII"),
        ([b"x"], r"\$\[0\]: bytes"),
    ],
)
def test_what_has_no_such_form_is_refused_with_its_place(value: Json, said: str) -> None:
    """Beyond 2^53, fractions, keys beyond ASCII, foreign types."""
    with pytest.raises(ValueError, match=said):
        canonical(value)
