"""Makes PDFs out of finished HTML, in a process of its own, so that what WeasyPrint takes goes with it.

House rules: nothing is fetched, neither from the network nor from a file; memory and processor time have a limit; the
same HTML gives the same bytes, for its own dates stand in it and its name is its hash. PDF/A-3a: to be kept, and tagged
for who cannot see it (ISO 19005-3).

    python -m controller.office.pdf_child   # reads a JSON list; writes 8 bytes of length and the PDF for each

Each document of the list is `html`, and for an invoice the `xml` that is attached to it, `xmp` that says so, and the
instant `at_s` (Unix seconds) that the attachment bears.
"""

from __future__ import annotations

import json
import resource
import struct
import sys
from datetime import UTC, datetime
from hashlib import sha256
from io import BytesIO

from controller.office.pdf import MEMORY_MAX, MISSING, WAIT_S

VARIANT = "pdf/a-3a"


def main() -> int:
    """Make them; return `MISSING` when a library of the system or of Python is not there."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_MAX, MEMORY_MAX))
    resource.setrlimit(resource.RLIMIT_CPU, (WAIT_S, WAIT_S))
    try:
        from weasyprint import HTML, Attachment  # noqa: PLC0415 - an extra, and the only program that needs it
        from weasyprint.urls import URLFetcher  # noqa: PLC0415 - the same
    except (ImportError, OSError) as error:
        sys.stderr.write(str(error))
        return MISSING
    nowhere = URLFetcher(allowed_protocols=())
    for each in json.load(sys.stdin.buffer):
        html, more = each["html"], {}
        if "xml" in each:
            at = datetime.fromtimestamp(each["at_s"], UTC)
            file = Attachment(
                string=each["xml"], name=each["name"], relationship="Alternative", created=at, modified=at
            )
            more = {"attachments": [file], "xmp_metadata": [BytesIO(each["xmp"].encode())]}
        made = HTML(string=html, url_fetcher=nowhere).write_pdf(
            pdf_variant=VARIANT, pdf_identifier=sha256(html.encode()).digest()[:16], pdf_tags=True, **more
        )
        sys.stdout.buffer.write(struct.pack(">Q", len(made)) + made)
        sys.stdout.buffer.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
