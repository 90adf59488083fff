"""How a message leaves: by a mail server (SMTP, RFC 5321, with TLS) or by an ntfy server (one HTTP POST of JSON).

House rules: every step has a time limit; a redirect is not followed; a password is read from its file when it is
needed. What fails says whether it makes sense to try again, and whether others at the same server would fail too.
"""

from __future__ import annotations

import http.client
import json
import smtplib
import ssl
from email.message import EmailMessage
from email.utils import formatdate
from hashlib import sha256
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from controller.errors import Message, OperatingError, reason_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from controller.office.messages.outbox import Due
    from controller.office.messages.wording import Text
    from controller.settings import MessageSettings

ANSWER_WITHIN_S = 20.0
"""A server that takes longer for one step is away; the message is tried again."""

ANSWER_BYTES_MAX = 65_536
"""What is read of an answer: it is thrown away, and read only so that the server is not cut off in mid-word."""

_AGAIN = {408, 425, 429}
_FOR_GOOD, _SERVERS_FAULT = 400, 500
_OK = range(200, 300)


class NotCarriedError(OperatingError):
    """A message did not leave; `for_good`: it never will; `for_all`: nor would another one at this moment."""

    def __init__(
        self, what: Message, *, why: Message | None = None, for_good: bool = False, for_all: bool = False
    ) -> None:
        super().__init__(what, why=why)
        self.for_good, self.for_all = for_good, for_all


def mail_of(message: Due, text: Text, *, sender: str, address: str, title: str) -> EmailMessage:
    """Return the mail; the same message has the same id however often it is tried (RFC 5322 §3.6.4)."""
    mail = EmailMessage()
    named = sha256(f"{message.account}:{message.key}".encode()).hexdigest()[:32]
    mail["Subject"] = f"[{' '.join(title.split())}] {text.title}"
    mail["From"] = sender
    mail["To"] = address
    mail["Date"] = formatdate(message.created_at / 1_000)
    mail["Message-ID"] = f"<{named}@{sender.rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834 §5: no holiday note comes back
    mail.set_content(text.body)
    return mail


def send_mail(settings: MessageSettings, mail: EmailMessage, secret_in: Callable[[Path], str]) -> None:
    """Hand one mail to the mail server; raise `NotCarriedError`."""
    try:
        context = ssl.create_default_context(cafile=settings.smtp_ca_file)
        place = (settings.smtp_host, settings.smtp_port)
        with (
            smtplib.SMTP_SSL(*place, timeout=ANSWER_WITHIN_S, context=context)
            if settings.smtp_security == "tls"
            else smtplib.SMTP(*place, timeout=ANSWER_WITHIN_S)
        ) as server:
            if settings.smtp_security == "starttls":
                server.starttls(context=context)
            if settings.smtp_username and settings.smtp_password_file is not None:
                server.login(settings.smtp_username, secret_in(settings.smtp_password_file))
            server.send_message(mail)
    except smtplib.SMTPRecipientsRefused as error:
        code = min(code for code, _ in error.recipients.values())
        raise NotCarriedError(_MAIL_REFUSED, why=_code(code), for_good=code >= _SERVERS_FAULT) from error
    except smtplib.SMTPResponseException as error:
        raise NotCarriedError(_MAIL_REFUSED, why=_code(error.smtp_code), for_all=True) from error
    except (OSError, ValueError) as error:  # SMTPException and ssl.SSLError are OSErrors
        raise NotCarriedError(_MAIL_AWAY, why=reason_of(error), for_all=True) from error


def send_ntfy(
    settings: MessageSettings, topic: str, text: Text, secret_in: Callable[[Path], str], *, urgent: bool = False
) -> None:
    """Publish one message to an ntfy topic (https://docs.ntfy.sh/publish/, "publish as JSON"); raise
    `NotCarriedError`.
    """
    said = {"topic": topic, "title": text.title, "message": text.body, "priority": 4 if urgent else 3}
    headers = {"Content-Type": "application/json"}
    if settings.ntfy_token_file is not None:
        headers["Authorization"] = f"Bearer {secret_in(settings.ntfy_token_file)}"
    parts = urlsplit(settings.ntfy_url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    try:
        server = kind(parts.hostname or "", parts.port, timeout=ANSWER_WITHIN_S)
        try:
            server.request("POST", parts.path or "/", json.dumps(said).encode(), headers)
            answer = server.getresponse()
            answer.read(ANSWER_BYTES_MAX)
        finally:
            server.close()
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise NotCarriedError(_NTFY_AWAY, why=reason_of(error), for_all=True) from error
    if answer.status not in _OK:
        refused = _FOR_GOOD <= answer.status < _SERVERS_FAULT and answer.status not in _AGAIN
        raise NotCarriedError(_NTFY_REFUSED, why=_code(answer.status), for_good=refused, for_all=not refused)


_MAIL_REFUSED = Message("le serveur de courrier refuse", "the mail server refuses")
_MAIL_AWAY = Message("le serveur de courrier ne répond pas", "the mail server does not answer")
_NTFY_REFUSED = Message("le serveur ntfy refuse", "the ntfy server refuses")
_NTFY_AWAY = Message("le serveur ntfy ne répond pas", "the ntfy server does not answer")


def _code(code: int) -> Message:
    return Message(f"réponse {code}", f"answer {code}")
