"""Names: readable with the key, gone without it, in one place only."""

from pathlib import Path

import pytest
from sqlalchemy import select

from controller.errors import DataError, OperatingError
from controller.office.accounts_tables import vault_person
from controller.office.directory.people import NewMember, create_member, rename_member
from controller.office.ledger.store import chain_end
from controller.office.ledger.verification import verify
from controller.office.settlement.banking import of_party, write_bank_account
from controller.office.vault import KEY_BYTES, Names, open_vault
from tests.office.workshop import Workshop


def test_a_name_is_found_by_any_of_its_words(shop: Workshop) -> None:
    """Case and accents do not count, every word must be there, e-mail included."""
    with shop.changing() as change:
        leo = create_member(change, shop.vault, NewMember(name="Léo Inventé", email="leo@example.org", books="lab"))

    found = [
        [person for person, _ in shop.vault.search(shop.store, words)]
        for words in ("LEO", "inven leo", "example.org", "leo fictive")
    ]

    assert found == [[leo], [leo], [leo], []]


def test_a_changed_name_is_found_under_the_new_one_only(shop: Workshop) -> None:
    """The search in memory follows every committed change."""
    shop.vault.search(shop.store, "zoe")
    with shop.changing() as change:
        rename_member(change, shop.vault, shop.member, "Zoé Renommée")

    assert shop.vault.search(shop.store, "fictive") == []
    assert shop.vault.search(shop.store, "renommee") == [(shop.member, Names("Zoé Renommée"))]


def test_a_change_that_was_taken_back_is_not_found(shop: Workshop) -> None:
    """A name that was never committed never shows, and the next change is not missed."""
    with pytest.raises(ZeroDivisionError):
        rename_and_fail(shop)
    shop.vault.search(shop.store, "")
    with shop.changing() as change:
        rename_member(change, shop.vault, shop.member, "Zoé Définitive")

    assert shop.vault.search(shop.store, "definitive")[0][0] == shop.member


def rename_and_fail(shop: Workshop) -> None:
    """Rename, then fail."""
    with shop.changing() as change:
        rename_member(change, shop.vault, shop.member, "Zoé Passagère")
        raise ZeroDivisionError


def test_an_erased_person_is_gone_and_the_ledger_is_as_it_was(shop: Workshop) -> None:
    """Key and names are destroyed, also for the search; chain, head and balances do not move."""
    shop.vault.search(shop.store, "zoe")
    with shop.store.read() as tx:
        before = (chain_end(tx, "lab"), shop.credit_cents())  # type: ignore[arg-type]
    with shop.changing() as change:
        shop.vault.erase(change, shop.member)

    with shop.store.read() as tx:
        row = tx.execute(select(vault_person).where(vault_person.c.person == shop.member)).one()
        assert shop.vault.name(tx, shop.member) is None
        assert (chain_end(tx, "lab"), shop.credit_cents()) == before  # type: ignore[arg-type]
        assert verify(tx, None).ok
    assert (row.wrapped_key, row.sealed) == (None, None)
    assert shop.vault.search(shop.store, "zoe") == []


def test_no_name_is_in_the_database_in_clear(shop: Workshop) -> None:
    """Whoever copies the file without the key reads no name."""
    shop.store.close()

    content = b"".join(file.read_bytes() for file in shop.folder.iterdir() if file.name.startswith("office.db"))

    assert b"Fictive" not in content
    assert shop.member.encode() in content


def test_another_key_opens_nothing_and_says_so(shop: Workshop) -> None:
    """A wrong key is a clear error, never a wrong name."""
    (shop.folder / "other.key").write_bytes(bytes(KEY_BYTES))
    (shop.folder / "other.key").chmod(0o600)
    other = open_vault(shop.folder / "other.key", shop.store)

    with shop.store.read() as tx, pytest.raises(DataError):
        other.name(tx, shop.member)


def test_names_of_two_people_cannot_be_exchanged_in_the_database(shop: Workshop) -> None:
    """A row that is given to another person does not open: the person's id is sealed with it."""
    with shop.changing() as change:
        leo = create_member(change, shop.vault, NewMember(name="Léo Inventé", books="lab"))
        stolen = change.tx.execute(select(vault_person).where(vault_person.c.person == leo)).one()
        change.tx.execute(
            vault_person.update()
            .where(vault_person.c.person == shop.member)
            .values(wrapped_key=stolen.wrapped_key, sealed=stolen.sealed)
        )

    with shop.store.read() as tx, pytest.raises(DataError):
        shop.vault.name(tx, shop.member)


def test_the_key_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    """A new office makes its key with mode 0600 and goes on using it."""
    shop = Workshop.founded(tmp_path)
    fresh = tmp_path / "empty"
    fresh.mkdir()
    store = type(shop.store)(fresh / "office.db")

    open_vault(fresh / "vault.key", store)
    first = (fresh / "vault.key").read_bytes()
    open_vault(fresh / "vault.key", store)

    assert (fresh / "vault.key").read_bytes() == first
    assert (fresh / "vault.key").stat().st_mode & 0o777 == 0o600
    store.close()
    shop.store.close()


def test_a_lost_key_is_not_replaced_while_names_depend_on_it(shop: Workshop) -> None:
    """A new key would make every name unreadable for good without anybody noticing."""
    (shop.folder / "vault.key").unlink()

    with pytest.raises(DataError):
        open_vault(shop.folder / "vault.key", shop.store)

    assert not (shop.folder / "vault.key").exists()


def test_a_key_that_everyone_may_read_is_refused(shop: Workshop) -> None:
    """The cure is in the sentence."""
    (shop.folder / "vault.key").chmod(0o644)

    with pytest.raises(OperatingError, match="chmod 600"):
        open_vault(shop.folder / "vault.key", shop.store)


def test_a_file_of_another_length_is_no_key(shop: Workshop) -> None:
    """A cut or foreign file is named."""
    (shop.folder / "vault.key").write_bytes(b"too short")

    with pytest.raises(DataError, match="32"):
        open_vault(shop.folder / "vault.key", shop.store)


def test_a_lost_key_is_not_replaced_while_only_a_bank_account_depends_on_it(shop: Workshop) -> None:
    """All names are erased, yet an account number is sealed under that key: a new one would lose it unseen."""
    with shop.changing() as change:
        shop.vault.erase(change, shop.member)
        write_bank_account(change, shop.vault, of_party("owner-1"), "Exemple", "FR7630006000011234567890189")
    (shop.folder / "vault.key").unlink()

    with pytest.raises(DataError, match="1 comptes bancaires"):
        open_vault(shop.folder / "vault.key", shop.store)

    assert not (shop.folder / "vault.key").exists()
