"""The one metadata on which every table of the office is declared, so that migrations and checks see them
all.
"""

from __future__ import annotations

from sqlalchemy import MetaData

metadata = MetaData()
