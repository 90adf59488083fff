"""A machine's policy: what it demands before a use and how it ends one; what makes no sense is refused with its cure.

House rules: the meaning of each field is `MachineEntry`'s; every policy that is stored passed the checks here.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

from controller.domain.components import CENTS_LIMIT
from controller.domain.proof import Proof
from controller.domain.tariff import SECONDS_LIMIT
from controller.errors import Message
from controller.office.directory.words import checked_id
from controller.office.refusals import InvalidError

if TYPE_CHECKING:
    from sqlalchemy import RowMapping

    from controller.domain.tariff import Price

USES_AT_ONCE_MAX = 100
"""Machines in one person's hands: more than any floor has, so a larger limit is none and is refused."""

RUNNING_MAX_W = 1_000_000
"""A megawatt: no machine of a workshop draws it, so a threshold beyond is a slip of the keyboard and refused."""

IDLE_END_MIN_S = 60
"""The shortest idle delay: a meter is heard every ten seconds, and half of it is the warning; less is refused."""

PULSE_MAX_S = 300
"""A door that stays open for longer than five minutes is an open door, and is refused."""

COOL_DOWN_MAX_S = 24 * 3600
"""A day: an extractor that stays on for longer after a use has been forgotten, and is refused."""

WARNINGS_MAX = 8
"""Warnings before one end: more of them would be noise that nobody hears any more, and are refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What a machine demands before a use and how it ends one; the meaning is `MachineEntry`'s."""

    in_service: Literal["in_service", "maintenance", "out_of_service"] = "in_service"
    free_of_charge: bool = False
    minimum_start_cents: int = 0
    max_duration_s: int = 8 * 3600
    stop_tap: Literal["immediate", "confirm"] = "immediate"
    end_policy: Literal["cut", "finish", "warn_only"] = "cut"
    without_clock: Literal["allow", "refuse"] = "allow"
    on_process_exit: Literal["off", "hold"] = "off"
    hold_max_gap_s: int = 0
    stale_rights_max_s: int = 7 * 86_400
    least_proof: Proof = "number"
    finish_max_s: int = 0
    extend_s: int = 0
    extended_max_s: int = 0
    warn_at_s: tuple[int, ...] | None = None
    stop_on_revoked: bool = False
    uses_at_once_max: int = 0
    on_the_spot: Literal["no", "grant", "supervised"] = "no"
    pulse_s: int = 0
    running_above_w: int = 0
    running_below_w: int = 0
    idle_end_s: int = 0
    person_day_max_s: int = 0
    hand_over: Literal["no", "yes"] = "no"
    bookings: Literal["ignore", "honour", "require"] = "ignore"
    no_show_s: int = 0
    extractor: str = ""
    cool_down_s: int = 0
    after_power_loss: Literal["ready", "acknowledge"] = "ready"

    def __post_init__(self) -> None:
        """Refuse sums and durations that no workshop has."""
        durations = (
            *(self.hold_max_gap_s, self.stale_rights_max_s, self.finish_max_s, self.extend_s, self.extended_max_s),
            *(self.warn_at_s or ()),
            *(self.idle_end_s, self.person_day_max_s, self.no_show_s, self.cool_down_s),
        )
        if not (
            0 <= self.minimum_start_cents <= CENTS_LIMIT
            and 0 < self.max_duration_s <= SECONDS_LIMIT
            and all(0 <= seconds <= SECONDS_LIMIT for seconds in durations)
            and 0 <= self.uses_at_once_max <= USES_AT_ONCE_MAX
            and 0 <= self.pulse_s <= PULSE_MAX_S
        ):
            raise InvalidError(
                Message("un montant ou une durée est hors limites", "an amount or a duration is out of range"),
                cure=Message("centimes et secondes, jamais négatifs", "cents and seconds, never negative"),
            )
        if self.end_policy == "finish" and not self.finish_max_s:
            raise InvalidError(
                Message("« finish » ne dit pas jusqu'à quand", "'finish' does not say until when"),
                cure=Message(
                    "donnez finish_max_s : un compteur peut se taire ou manquer",
                    "give finish_max_s: a meter may be silent or missing",
                ),
            )
        self._check_running()
        if self.extractor:
            checked_id(self.extractor)
        if self.cool_down_s > COOL_DOWN_MAX_S or (self.cool_down_s and not self.extractor):
            raise InvalidError(
                Message("l'aspiration ne peut pas rester en marche", "the extractor cannot stay on"),
                cure=Message(
                    f"donnez extractor, sa voie, et {COOL_DOWN_MAX_S} s au plus",
                    f"give extractor, its channel, and {COOL_DOWN_MAX_S} s at most",
                ),
            )
        if self.hand_over == "yes" and (self.stop_tap != "confirm" or self.pulse_s):
            raise InvalidError(
                Message(
                    "une machine qui se passe demande un second badge pour s'arrêter",
                    "a machine that is handed over asks for one more tap to stop",
                ),
                cure=Message("donnez stop_tap = confirm avec hand_over", "give stop_tap = confirm with hand_over"),
            )
        if self.pulse_s and (not self.free_of_charge or self.on_process_exit == "hold"):
            raise InvalidError(
                Message("une porte ne se paie pas et ne tient pas", "a door is neither paid for nor held"),
                cure=Message(
                    "donnez free_of_charge et on_process_exit = off avec pulse_s",
                    "give free_of_charge and on_process_exit = off with pulse_s",
                ),
            )
        if len(self.warn_at_s or ()) > WARNINGS_MAX:
            raise InvalidError(Message("trop d'avertissements", "too many warnings"))

    def _check_running(self) -> None:
        above_w, below_w = self.running_above_w, self.running_below_w
        if not 0 <= above_w <= RUNNING_MAX_W or not (0 <= below_w < above_w or above_w == below_w == 0):
            raise InvalidError(
                Message("les seuils de marche ne vont pas ensemble", "the running thresholds do not fit together"),
                cure=Message(
                    "running_below_w est sous running_above_w : 50 et 100 par exemple",
                    "running_below_w is below running_above_w: 50 and 100, say",
                ),
            )
        if self.idle_end_s and (not above_w or self.idle_end_s < IDLE_END_MIN_S):
            raise InvalidError(
                Message("l'arrêt au repos ne peut pas être constaté", "an idle end cannot be established"),
                cure=Message(
                    f"donnez running_above_w, et {IDLE_END_MIN_S} s au moins",
                    f"give running_above_w, and {IDLE_END_MIN_S} s at least",
                ),
            )


def check_measured(policy: Policy, price: Price | None) -> None:
    """Refuse a price for running time where no threshold tells when the machine runs."""
    if price is not None and price.counts_running and not policy.running_above_w:
        raise InvalidError(
            Message("le temps de marche est facturé sans être mesuré", "running time is billed and not measured"),
            cure=Message("donnez d'abord running_above_w à la machine", "give the machine its running_above_w first"),
        )


def check_offers(price: Price) -> None:
    """Refuse a price that leaves somebody without one, or that counts what no machine can count."""
    if not price.offers:
        return
    if price.offers[-1].audiences or price.offers[-1].windowed:
        raise InvalidError(
            Message(
                "ce prix ne vaut pas pour tout le monde à toute heure", "this is no price for everybody at all hours"
            ),
            cure=Message(
                "finissez par une offre sans public ni horaire", "end with an offer that names no audience and no hours"
            ),
        )
    counted = {each.unit for offer in price.offers for each in offer.components if each.kind == "per_unit"}
    if counted:
        unit = min(counted)
        raise InvalidError(
            Message(f"aucune machine ne compte « {unit} »", f"no machine counts '{unit}'"),
            cure=Message("facturez-le à l'accueil", "charge for it at the desk"),
        )
    for audience in (each for offer in price.offers for each in offer.audiences):
        checked_id(audience)


def policy_columns(policy: Policy) -> dict[str, Any]:
    """Return the cells of a machine's row that hold its policy."""
    warn_at_s = None if policy.warn_at_s is None else json.dumps(policy.warn_at_s)
    return asdict(policy) | {"warn_at_s": warn_at_s}


def policy_of(row: RowMapping) -> Policy:
    """Return the policy that a machine's row holds."""
    cells = {name: row[name] for name in Policy.__slots__}
    warn_at_s = None if row["warn_at_s"] is None else tuple(json.loads(row["warn_at_s"]))
    return Policy(**cells | {"warn_at_s": warn_at_s})
