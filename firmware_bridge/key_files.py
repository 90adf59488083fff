"""Keys of 16 bytes (AES-128) in files of their own that the service alone may read: a reader's, the cards'.

House rules: made by the system's own random generator; never in a database, a log or an error. A key is on the disk
before a reader learns it: a reader with a lost key can only be reset by hand.
"""

import os
import secrets
import stat
from pathlib import Path

from firmware_bridge import errors

KEY_BYTES = 16

_OTHERS = stat.S_IRWXO | stat.S_IWGRP | stat.S_IXGRP
"""Not the group's reading: systemd hands a credential over by an access list, whose mask looks like that right."""


def read_key(path: Path, refused: bytes = b"") -> bytes:
    """Return the key in that file; raise one of the `KeyFile…Error`s. `refused`: a key that everybody knows."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except PermissionError as error:
        raise errors.KeyFileOpenError(str(path)) from error
    except OSError as error:
        raise errors.KeyFileMissingError(str(path)) from error
    try:
        mode = os.fstat(descriptor).st_mode
        if not stat.S_ISREG(mode):
            raise errors.KeyFileBadError(str(path))
        if mode & _OTHERS:
            raise errors.KeyFileOpenError(str(path))
        key = os.read(descriptor, KEY_BYTES + 1)
    finally:
        os.close(descriptor)
    if len(key) != KEY_BYTES or key == refused or len(set(key)) == 1:
        raise errors.KeyFileBadError(str(path))
    return key


def new_key(path: Path) -> bytes:
    """Make a key, have it on the disk in a new file, and return it; raise `KeyFileExistsError`."""
    key = secrets.token_bytes(KEY_BYTES)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise errors.KeyFileExistsError(str(path)) from error
    with os.fdopen(descriptor, "wb") as file:
        file.write(key)
        file.flush()
        os.fsync(descriptor)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return key
