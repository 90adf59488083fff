"""Which frames may pass between the line and libosdp: the rules of a secure line, kept by ourselves. Pure.

Why there is one (libosdp 3.2.9, each seen or read in its source):

- while its secure channel is up it takes a reply whose security block names a step of the handshake (SCS_11 to 14)
  without looking at any MAC: whoever taps the wire could play any badge, without a key;
- it answers a plain line with plain commands unless told otherwise, and a repeated reply takes it off line for 300 s.

House rules: a reply passes only if it answers the last command, once, from the address asked, with the same sequence
number, and protected as that command was. A command passes only if it is one of the handshake's or protected;
the default key only while pairing. What may not pass is dropped and counted, never repaired.
"""

from dataclasses import dataclass
from typing import Literal

from firmware_bridge.osdp import frames
from firmware_bridge.osdp.frames import OsdpFrame

Refusal = Literal["unasked", "unprotected", "reset"]
"""No answer to what was asked (another's, an echo, a second one) · less protected than what was asked · the reader says
no under another number: it has begun anew, and so must we."""

Stage = Literal["silent", "answered", "plain_only", "challenged", "wrong_key", "keyed", "secure"]
"""How far the handshake came. `plain_only`: it said that it has no secure channel; `wrong_key`: it refused ours or
proved another."""

_STEPS = {frames.SCS_11: frames.SCS_12, frames.SCS_13: frames.SCS_14}
_PLAIN = {frames.ID: frames.PDID, frames.CAP: frames.PDCAP}
_SAFE_REPLIES = frozenset((frames.SCS_16, frames.SCS_18))
_SAFE_COMMANDS = frozenset((frames.SCS_15, frames.SCS_17))
_CAP_SECURITY = 9
"""Function code "communication security" in a PDCAP reply (SIA OSDP 2.2, annex B)."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A reply that passed, and the command that it answers."""

    command: OsdpFrame
    reply: OsdpFrame


class Gate:
    """The rules for one reader at `address`; `pairing`: the default key may be used, to set a new one."""

    def __init__(self, address: int, *, pairing: bool = False) -> None:
        self._address = address
        self._pairing = pairing
        self._asked: OsdpFrame | None = None
        self.stage: Stage = "silent"
        self.own_key = False

    def restart(self) -> None:
        """Begin anew: nothing was asked, nothing is known."""
        self._asked = None
        self.stage = "silent"
        self.own_key = False

    @property
    def waiting(self) -> bool:
        """Whether a command is on its way that has no answer yet."""
        return self._asked is not None

    def may_leave(self, command: OsdpFrame) -> bool:
        """Judge a command of libosdp's; one that passes is what the next reply must answer."""
        self._asked = None
        if command.security in _SAFE_COMMANDS:
            allowed = self.stage in {"keyed", "secure"}
        elif command.security == frames.SCS_11:
            allowed = command.code == frames.CHLNG and (command.selector == 1 or self._pairing)
        elif command.security == frames.SCS_13:
            allowed = command.code == frames.SCRYPT
        else:
            allowed = not command.security and command.code in _PLAIN
        if allowed:
            self._asked = command
            if command.security in _STEPS:
                self.stage = "challenged"
                self.own_key = command.selector == 1
        return allowed

    def enters(self, reply: OsdpFrame) -> Answer | Refusal:
        """Judge a reply from the line; one that passes ends the wait."""
        asked = self._asked
        if asked is None or not reply.reply or reply.address != self._address:
            return "unasked"
        plain = not reply.security
        busy = plain and reply.code == frames.BUSY and reply.sequence == 0 and not reply.data
        if reply.sequence != asked.sequence and not busy:
            return "reset" if plain and reply.code == frames.NAK else "unasked"
        if not busy and not (plain and self._plain_may_answer(asked, reply)) and not _protected_alike(asked, reply):
            return "unprotected"
        self._asked = None
        self._note(asked, reply)
        return Answer(asked, reply)

    def _plain_may_answer(self, asked: OsdpFrame, reply: OsdpFrame) -> bool:
        """A plain NAK says that the reader lost the channel; it can only end it. A new key may end the old one's."""
        if reply.code == frames.NAK:
            return True
        if self._pairing and asked.code == frames.KEYSET:
            return reply.code == frames.ACK
        return not asked.security and reply.code == _PLAIN[asked.code]

    def _note(self, asked: OsdpFrame, reply: OsdpFrame) -> None:
        """Remember how far the handshake came."""
        match reply.code:
            case frames.PDID:
                self.stage = "answered"
            case frames.PDCAP if not _has_secure_channel(reply.data):
                self.stage = "plain_only"
            case frames.CCRYPT | frames.NAK if asked.security in _STEPS:
                self.stage = "wrong_key"  # until libosdp, which knows the key, goes on with SCRYPT
            case frames.NAK if not reply.security:
                self.stage = "answered"  # the channel is gone
            case frames.RMAC_I:
                self.stage = "keyed"
            case _ if reply.security in _SAFE_REPLIES:
                self.stage = "secure"


def _protected_alike(asked: OsdpFrame, reply: OsdpFrame) -> bool:
    if asked.security in _SAFE_COMMANDS:
        return reply.security in _SAFE_REPLIES
    if asked.security == frames.SCS_11:
        return reply.security == _STEPS[asked.security] and reply.code == frames.CCRYPT
    if asked.security == frames.SCS_13:
        return reply.security == _STEPS[asked.security] and reply.code == frames.RMAC_I
    return False


def _has_secure_channel(capabilities: bytes) -> bool:
    """Look through triples of function code, compliance and number."""
    triples = [capabilities[at : at + 3] for at in range(0, len(capabilities) - 2, 3)]
    return any(code == _CAP_SECURITY and compliance & 1 for code, compliance, _ in triples)
