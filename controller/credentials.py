"""Where a secret is: in the file that the settings name, or where systemd hands that file to a service.

House rule: the services cannot read `/etc/indivis/keys`; their units load each key of theirs by the name it has there
(`LoadCredential=`, systemd.exec(5)), so one settings file serves the services and a person at the terminal alike.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

FOLDER_VARIABLE = "CREDENTIALS_DIRECTORY"


def handed(path: Path, environ: Mapping[str, str] = os.environ) -> Path:
    """Return the credential that systemd has put in place of `path`, or `path` itself."""
    folder = environ.get(FOLDER_VARIABLE)
    credential = Path(folder, path.name) if folder else path
    return credential if credential.exists() else path
