"""A reader's key in its file, and what is said of settings that cannot work: one sentence each."""

import subprocess
import sys
from pathlib import Path

import pytest

from firmware_bridge import errors
from firmware_bridge.drivers import Options, driver_for
from firmware_bridge.key_files import KEY_BYTES, new_key, read_key
from firmware_bridge.osdp.link import DEFAULT_KEY

KEY = bytes(range(16))


def key_file(folder: Path, content: bytes, mode: int = 0o400) -> Path:
    """A file with that content and mode."""
    path = folder / "reader.key"
    path.write_bytes(content)
    path.chmod(mode)
    return path


def test_a_new_key_is_a_reader_s_own_and_only_the_service_reads_it(tmp_path: Path) -> None:
    """Two readers never share a key; the file is nobody else's; an old key is not overwritten."""
    first, second = new_key(tmp_path / "a"), new_key(tmp_path / "b")

    assert first != second
    assert len(first) == KEY_BYTES
    assert read_key(tmp_path / "a") == first
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o600
    with pytest.raises(errors.KeyFileExistsError):
        new_key(tmp_path / "a")


@pytest.mark.parametrize("content", [b"", KEY[:15], KEY + b"\n", KEY.hex().encode(), DEFAULT_KEY, bytes(16)])
def test_what_is_no_key_or_everybodys_is_refused_and_not_repeated(tmp_path: Path, content: bytes) -> None:
    """The key of the norm is 30 31 … 3F: whoever reads the norm could play a reader that has it."""
    path = key_file(tmp_path, content)

    with pytest.raises(errors.KeyFileBadError) as refused:
        read_key(path, DEFAULT_KEY)

    assert not content or repr(content) not in str(refused.value)


def test_a_key_is_read_as_systemd_hands_it_over(tmp_path: Path) -> None:
    """A credential is the service's by an access list, whose mask looks like the group's right to read."""
    assert read_key(key_file(tmp_path, KEY, 0o440)) == KEY


@pytest.mark.parametrize("mode", [0o404, 0o644, 0o620, 0o460])
def test_a_key_that_others_may_read_is_refused(tmp_path: Path, mode: int) -> None:
    """A key that has lain open is no secret any more."""
    with pytest.raises(errors.KeyFileOpenError):
        read_key(key_file(tmp_path, KEY, mode))


def test_a_key_that_is_not_there_or_no_file_is_said_so(tmp_path: Path) -> None:
    """A wrong path is found when the reader is set up, not at a tap."""
    with pytest.raises(errors.KeyFileMissingError):
        read_key(tmp_path / "nothing")
    with pytest.raises(errors.KeyFileBadError):
        read_key(tmp_path)


def test_an_osdp_reader_without_a_key_is_refused(tmp_path: Path) -> None:
    """There is no reader without a key of its own, and so no settings without one."""
    pytest.importorskip("osdp_sys", reason="libosdp is an extra: pip install 'indivis[osdp]'")

    driver = driver_for("osdp", "osdp", Options(address=5, key_file=key_file(tmp_path, KEY)))

    assert driver.baud == 9600
    with pytest.raises(errors.KeyFileMissingError):
        driver_for("osdp", "osdp", Options(address=5))


def test_settings_that_ask_for_osdp_without_its_library_get_one_sentence() -> None:
    """The rest of the bridge works without the extra; the sentence names the cure."""
    program = (
        "import sys; sys.modules['osdp_sys'] = None\n"
        "from firmware_bridge import drivers, errors\n"
        "drivers.driver_for('em4100', 'id12')\n"
        "try:\n    drivers.driver_for('osdp', 'osdp')\n"
        "except errors.LibraryMissingError as error:\n    print(error); print(error.sentence('fr'))"
    )

    said = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, text=True).stdout

    english, french = said.splitlines()
    assert english == (
        "osdp readers cannot be used: their library is not installed; install it: pip install 'indivis[osdp]'."
    )
    assert french == (
        "les lecteurs osdp ne peuvent pas être utilisés : leur bibliothèque n'est pas installée ; "
        "installez-la : pip install 'indivis[osdp]'."
    )
