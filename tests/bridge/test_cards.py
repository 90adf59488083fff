"""Cards that prove a key: every published vector, and what a dialogue makes of each kind of card."""

import json
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge import errors
from firmware_bridge.cards import aes, sun
from firmware_bridge.cards.channel import change_other_key, change_own_key, confirmed
from firmware_bridge.cards.dialogue import EXCHANGES_MAX, Dialogue, Verdict, prove
from firmware_bridge.cards.diversification import diversified, key_of_card
from firmware_bridge.cards.handshakes import AesLegacy, Ev2First, Session
from firmware_bridge.cards.keys import FACTORY_KEY, CardKeys, load_card_keys
from firmware_bridge.cards.simulated import Desfire, MuteSmartCard, Ntag424, NumberCard

VECTORS: list[dict[str, Any]] = json.loads(Path(__file__).with_name("vectors_cards.json").read_text())
SUN = [vector for vector in VECTORS if vector["name"].startswith("SUN")]
DIVERSIFIED = [vector for vector in VECTORS if vector["protocol"] == "an10922"]
UID = bytes.fromhex("04112233445566")
KEYS = CardKeys(bytes.fromhex("00112233445566778899AABBCCDDEEFF"))
OTHER_SITE = CardKeys(bytes.fromhex("FFEEDDCCBBAA99887766554433221100"))


def named(name: str) -> dict[str, Any]:
    """The vector of that name."""
    return next(vector for vector in VECTORS if vector["name"].startswith(name))


def of(vector: dict[str, Any], field: str) -> bytes:
    """A field's bytes; missing is empty."""
    return bytes.fromhex(vector.get(field, ""))


def chance(seed: int = 1) -> Any:  # noqa: ANN401 - a bound method of Random
    """Seeded bytes in place of secret ones."""
    return Random(seed).randbytes


def heard_out(dialogue: Dialogue, card: NumberCard) -> Verdict:
    """What comes of a dialogue with a card."""
    exchanges, apdu = 0, next(dialogue)
    while True:
        exchanges += 1
        assert exchanges <= EXCHANGES_MAX
        try:
            apdu = dialogue.send(card.answer(apdu) or b"")
        except StopIteration as end:
            verdict: Verdict = end.value
            return verdict


@pytest.mark.parametrize("vector", SUN, ids=lambda vector: vector["name"])
def test_a_published_sun_message_is_verified_or_refused_as_published(vector: dict[str, Any]) -> None:
    """Number, counter and MAC of AN12196; a changed bit and a second showing are refused by name."""
    opened = sun.decrypted(of(vector, "hex"), of(vector, "k_meta"))
    assert isinstance(opened, tuple)

    read = sun.verified(
        *opened,
        of(vector, "mac"),
        file_key=of(vector, "k_file"),
        mac_input=vector.get("mac_input", "").encode("ascii"),
        last_counter=vector.get("last_counter"),
    )

    expect = vector.get("expect", {})
    assert read == vector.get("error") or read == sun.SunRead(of(expect, "uid"), expect["counter"])


def test_a_sun_messages_encrypted_text_is_read() -> None:
    """The file data of AN12196's third example."""
    vector = named("SUN message 3")
    uid, counter = of(vector["expect"], "uid"), vector["expect"]["counter"]

    text = sun.file_data(uid, counter, of(vector, "enc"), file_key=of(vector, "k_file"))

    assert text == vector["expect"]["file_data"].encode("ascii")


def test_a_plain_mirror_is_verified() -> None:
    """Number and counter as text, with their MAC."""
    vector = named("plain UID")
    uid, counter = of(vector, "hex")[:7], int.from_bytes(of(vector, "hex")[7:], "big")

    read = sun.verified(uid, counter, of(vector, "mac"), file_key=of(vector, "k_file"))

    assert read == sun.SunRead(of(vector["expect"], "uid"), 6)


@pytest.mark.parametrize(("last", "expected"), [(60, None), (61, "replay"), (62, "replay")])
def test_only_a_risen_counter_is_new(last: int, expected: str | None) -> None:
    """Equal is a replay, and lower too."""
    vector = named("SUN message 1: ")
    uid = of(vector["expect"], "uid")

    read = sun.verified(uid, 61, of(vector, "mac"), file_key=of(vector, "k_file"), last_counter=last)

    assert read == (expected or sun.SunRead(uid, 61))


def test_sun_data_under_another_key_is_no_card_of_ours() -> None:
    """What decrypts to no known tag has no number."""
    assert sun.decrypted(of(named("SUN message 1: "), "hex"), KEYS.master) == "tag"
    assert sun.decrypted(b"short", KEYS.master) == "length"


def test_ev2_first_goes_as_published() -> None:
    """AN12196: the token, the session's keys and its identifier."""
    vector = named("AuthenticateEV2First")
    expect, handshake = vector["expect"], Ev2First(of(vector, "key"), of(vector, "rnd_a"))

    token = handshake.token(of(vector, "hex"))
    session = handshake.confirm(of(vector, "response"))

    assert handshake.command() == bytes.fromhex("9071000002000000")
    assert token == of(expect, "token")
    assert session == Session(of(expect, "ti"), of(expect, "k_ses_enc"), of(expect, "k_ses_mac"))


def test_the_older_authentication_goes_as_published() -> None:
    """A public trace of a DESFire: the token and the session's key."""
    vector = named("AuthenticateAES")
    key, handshake = of(vector["expect"], "session_key"), AesLegacy(of(vector, "key"), of(vector, "rnd_a"))

    token = handshake.token(of(vector, "hex"))
    session = handshake.confirm(of(vector, "response"))

    assert token == of(vector["expect"], "token")
    assert session == Session(b"", key, key)


@pytest.mark.parametrize("name", ["AuthenticateEV2First", "AuthenticateAES"])
def test_a_wrong_last_answer_proves_nothing(name: str) -> None:
    """Any bit of what the card sends last, turned round."""
    vector = named(name)
    answer = of(vector, "response")
    kind = Ev2First if "EV2" in name else AesLegacy

    for at in range(16):
        handshake = kind(of(vector, "key"), of(vector, "rnd_a"))
        handshake.token(of(vector, "hex"))
        wrong = answer[:at] + bytes([answer[at] ^ 1]) + answer[at + 1 :]

        assert handshake.confirm(wrong) is None


@pytest.mark.parametrize("vector", DIVERSIFIED, ids=lambda vector: vector["name"])
def test_keys_are_diversified_as_published(vector: dict[str, Any]) -> None:
    """AN10922's example, and inputs of each length that pads differently."""
    assert diversified(of(vector, "key"), of(vector, "hex")) == of(vector["expect"], "key")


@pytest.mark.parametrize("name", ["ChangeKey", "DesfireChangeKey"])
def test_a_change_of_key_is_said_as_published(name: str) -> None:
    """AN12196, table 26, and AN12343, table 40: key 0 in a session of key 0, of an NTAG 424 DNA and of a DESFire."""
    vector = named(name)
    session = Session(of(vector, "ti"), of(vector, "k_ses_enc"), of(vector, "k_ses_mac"))

    apdu = change_own_key(session, vector["counter"], of(vector, "key"), version=vector["version"])

    assert apdu == of(vector["expect"], "apdu")


def test_a_change_of_another_key_is_said_as_published_and_its_answer_believed_as_published() -> None:
    """AN12196, table 25: key 2 in a session of key 0; an answer that is not the card's own is none."""
    vector = named("ChangeOtherKey")
    session = Session(of(vector, "ti"), of(vector, "k_ses_enc"), of(vector, "k_ses_mac"))
    counter, answer = vector["counter"], of(vector["expect"], "answer")

    apdu = change_other_key(
        session, counter, vector["number"], of(vector, "key"), of(vector, "old"), version=vector["version"]
    )

    assert apdu == of(vector["expect"], "apdu")
    assert confirmed(session, counter + 1, answer[:-2])
    assert not confirmed(session, counter + 2, answer[:-2])
    assert not confirmed(session, counter + 1, answer[1:-2])


def test_the_cmac_is_the_standards() -> None:
    """NIST SP 800-38B, example 2; the subkeys of RFC 4493."""
    key = bytes.fromhex("2B7E151628AED2A6ABF7158809CF4F3C")

    assert aes.cmac(key, bytes.fromhex("6BC1BEE22E409F96E93D7E117393172A")).hex() == "070a16b46b4d4144f79bdd9dd04a287c"
    assert [half.hex() for half in aes.subkeys(key)] == [
        "fbeed618357133667c85e08f7236a8de",
        "f7ddac306ae266ccf90bc11ee46d513b",
    ]


@pytest.mark.parametrize(
    ("card", "verdict"),
    [
        (Ntag424(UID, key_of_card(KEYS, UID)), "cryptographic"),
        (Desfire(UID, key_of_card(KEYS, UID), generation=3), "cryptographic"),
        (Desfire(UID, key_of_card(KEYS, UID), generation=1), "cryptographic"),
        (Ntag424(UID), "factory_key"),
        (Desfire(UID), "factory_key"),
        (Desfire(UID, generation=1), "factory_key"),
        (Ntag424(UID, key_of_card(OTHER_SITE, UID)), "not_authentic"),
        (Desfire(UID, key_of_card(OTHER_SITE, UID)), "not_authentic"),
        (Ntag424(UID, key_of_card(KEYS, b"another")), "not_authentic"),
        (MuteSmartCard(UID), "number"),
    ],
)
def test_a_card_is_what_it_can_prove(card: NumberCard, verdict: Verdict) -> None:
    """The site's key for this very number proves; another's, the factory's and another card's do not."""
    assert heard_out(prove(UID, KEYS, chance()), card) == verdict


def test_a_recorded_talk_proves_nothing_the_next_day() -> None:
    """Who plays back what a true card answered fails, for the host asks something else each time."""
    card, record = Ntag424(UID, key_of_card(KEYS, UID), chance=chance(2)), list[bytes]()

    class Recorder(NumberCard):
        def answer(self, apdu: bytes) -> bytes | None:
            record.append(card.answer(apdu) or b"")
            return record[-1]

    class Player(NumberCard):
        def answer(self, apdu: bytes) -> bytes | None:
            return record.pop(0) if record else b"\x91\xae"

    first = heard_out(prove(UID, KEYS, chance(3)), Recorder(UID))
    again = heard_out(prove(UID, KEYS, chance(4)), Player(UID))

    assert (first, again) == ("cryptographic", "not_authentic")


@given(st.lists(st.one_of(st.binary(max_size=40), st.sampled_from([b"\x91\x00", b"\x90\x00"])), max_size=20))
def test_no_answer_of_a_card_breaks_a_dialogue_or_is_a_proof(answers: list[bytes]) -> None:
    """Any bytes, right in form or not: the talk ends soon, and a key is not proved by chance."""

    class Anything(NumberCard):
        def answer(self, apdu: bytes) -> bytes | None:
            return answers.pop(0) if answers else b"A" * 16 + b"\x91\xaf"

    assert heard_out(prove(UID, KEYS, chance()), Anything(UID)) != "cryptographic"


def test_the_master_key_is_loaded_and_never_shown(tmp_path: Path) -> None:
    """Sixteen bytes in a file of the service's own; no `repr` tells them."""
    path = tmp_path / "cards.key"
    path.write_bytes(KEYS.master)
    path.chmod(0o600)

    keys = load_card_keys(path)

    assert keys == KEYS
    assert repr(keys) == "CardKeys()"


@pytest.mark.parametrize(
    ("content", "mode", "error"),
    [
        (KEYS.master, 0o644, errors.KeyFileOpenError),
        (KEYS.master, 0o660, errors.KeyFileOpenError),
        (KEYS.master[:15], 0o600, errors.KeyFileBadError),
        (KEYS.master + b"\n", 0o600, errors.KeyFileBadError),
        (FACTORY_KEY, 0o600, errors.KeyFileBadError),
        (None, 0o600, errors.KeyFileMissingError),
    ],
)
def test_a_key_file_that_protects_nothing_is_refused(
    tmp_path: Path, content: bytes | None, mode: int, error: type[errors.SetupError]
) -> None:
    """Open to others, of the wrong length, the factory's, or not there: said with its cure, not its content."""
    path = tmp_path / "cards.key"
    if content is not None:
        path.write_bytes(content)
        path.chmod(mode)

    with pytest.raises(error) as raised:
        load_card_keys(path)

    assert str(path) in raised.value.sentence("fr")
    assert KEYS.master.hex() not in raised.value.sentence()
