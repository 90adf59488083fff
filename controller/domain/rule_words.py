"""What the words of the rules mean, in both languages: a machine's states, the fields of its policy, the times counted.

House rules: one sentence each, for the reference that is made of them (docs/reference/rules.md); a word without a
sentence fails a test.
"""

from __future__ import annotations

from controller.domain.reasons import Sentence
from controller.domain.standing import Standing
from controller.domain.workshop import MachineWord

STATES: dict[MachineWord, Sentence] = {
    "startup": Sentence(
        "Le relais n'a pas encore été lu ouvert : personne ne commence.",
        "The relay has not been read off yet: nobody begins.",
    ),
    "idle": Sentence("Libre, relais ouvert.", "Free, relay open."),
    "starting": Sentence(
        "Un démarrage est décidé et attend le disque : rien n'est sous tension.",
        "A start is decided and waits for the disk: nothing has power.",
    ),
    "in_use": Sentence("Une utilisation nommée sur le disque a du courant.", "A use that is named on disk has power."),
    "ending": Sentence(
        "L'extracteur marche encore après l'utilisation ; le suivant peut commencer.",
        "The extractor stays on after the use; the next one may begin.",
    ),
    "locked_out": Sentence(
        "Consignée ou retirée : seule la maintenance l'essaie ; qui travaille peut finir, sauf urgence.",
        "Locked out or withdrawn: a maintainer alone tests it; who is at work may finish, unless it is an emergency.",
    ),
    "maintenance": Sentence(
        "En maintenance : seule la maintenance l'essaie.", "Under maintenance: a maintainer alone tests it."
    ),
    "fault": Sentence(
        "Panne, interrupteur absent, arrêt d'urgence ou capot ouvert : personne ne commence.",
        "A fault, no switch, an emergency stop or an open guard: nobody begins.",
    ),
}

STANDING: dict[Standing, Sentence] = {
    "startup": Sentence("Au démarrage, ou le courant a été coupé.", "Starting up, or the power was cut."),
    "idle": Sentence("Libre : posez un badge.", "Free: tap a badge."),
    "starting": Sentence("Un démarrage s'écrit.", "A start is being written."),
    "in_use": Sentence("En marche.", "In use."),
    "idle_end": Sentence("Au repos : l'utilisation va finir.", "Idle: the use will end."),
    "warning": Sentence("La fin est annoncée.", "The end is announced."),
    "last_minute": Sentence("La dernière minute.", "The last minute."),
    "overtime": Sentence("Le temps est passé, le travail peut finir.", "Time is over, the job may finish."),
    "ending": Sentence("L'extracteur tourne encore.", "The extractor still runs."),
    "locked_out": Sentence("Consignée ou retirée.", "Locked out or withdrawn."),
    "maintenance": Sentence("En maintenance.", "Under maintenance."),
    "fault": Sentence("Panne, danger ou arrêt d'urgence.", "A fault, a danger or an emergency stop."),
    "guard_open": Sentence("Le capot est ouvert.", "The guard is open."),
    "no_connection": Sentence("L'interrupteur ne répond pas.", "The switch does not answer."),
    "no_start": Sentence(
        "Ce boîtier ne démarre rien : journal plein, bloqué ou à mettre à jour.",
        "This controller starts nothing: journal full, held back or due for an upgrade.",
    ),
    "closed": Sentence("L'atelier est fermé.", "The workshop is closed."),
    "booked": Sentence("Réservée en ce moment.", "Booked now."),
}

POLICY: dict[str, Sentence] = {
    "machine": Sentence("L'identifiant de la machine.", "The machine's id."),
    "books": Sentence("Les comptes pour lesquels elle gagne.", "The books it earns for."),
    "site": Sentence("Le lieu, qui a ses horaires.", "The place, which has its hours."),
    "controller": Sentence("Le boîtier qui la commande.", "The controller that switches it."),
    "channel": Sentence("Le nom de son câblage sur ce boîtier.", "The name of its wiring on that controller."),
    "name": Sentence("Le nom que lisent les adhérents.", "The name that members read."),
    "in_service": Sentence(
        "En service, en maintenance, ou retirée de l'atelier.", "In service, under maintenance, or withdrawn."
    ),
    "trainings": Sentence(
        "Les habilitations dont une suffit ; aucune : ouverte à tous les adhérents.",
        "The trainings of which one is enough; none: open to every member.",
    ),
    "price": Sentence("Le prix, figé au démarrage.", "The price, frozen at the start."),
    "free_of_charge": Sentence("Rien n'est facturé.", "Nothing is charged."),
    "minimum_start_cents": Sentence("Le solde qu'il faut pour démarrer.", "The balance that a start needs."),
    "max_duration_s": Sentence("La durée d'une utilisation, au plus.", "How long a use lasts at most."),
    "stop_tap": Sentence(
        "Le second passage du badge arrête, ou se confirme par un troisième.",
        "The second tap stops, or is confirmed by a third.",
    ),
    "end_policy": Sentence(
        "À la fin du temps : couper, laisser finir sous un plafond, ou avertir seulement.",
        "When the time is over: cut, let the job finish under a ceiling, or only warn.",
    ),
    "without_clock": Sentence(
        "Sans date connue : démarrer quand même, ou refuser.", "Without a known date: start all the same, or refuse."
    ),
    "on_process_exit": Sentence(
        "Quand le programme s'arrête : couper, ou tenir jusqu'à son retour.",
        "When the program ends: off, or held until it is back.",
    ),
    "hold_max_gap_s": Sentence(
        "Combien de temps une machine tenue reste sans programme.", "How long a held machine is left without a program."
    ),
    "stale_rights_max_s": Sentence(
        "L'âge des droits connus ici au-delà duquel personne ne commence.",
        "How old the rights known here may be before nobody begins.",
    ),
    "least_proof": Sentence(
        "Comment le badge doit se prouver : numéro, code, ou puce sécurisée.",
        "How the badge must prove itself: number, code, or secure chip.",
    ),
    "finish_max_s": Sentence(
        "Le plafond de « laisser finir » ; 0 : il n'y en a pas, donc couper.",
        "The ceiling of 'finish'; 0: there is none, so cut.",
    ),
    "extend_s": Sentence(
        "Ce qu'ajoute un badge pendant un avertissement ; 0 : rien.", "What a tap in a warning adds; 0: nothing."
    ),
    "extended_max_s": Sentence(
        "La durée en tout, prolongations comprises ; 0 : personne ne prolonge.",
        "How long a use lasts in all, extensions included; 0: nobody extends.",
    ),
    "warn_at_s": Sentence(
        "Quand avertir, en secondes avant la fin ; rien : dix, cinq et une minutes.",
        "When to warn, in seconds before the end; nothing: ten, five and one minutes.",
    ),
    "uses_at_once_max": Sentence(
        "Utilisations à la fois d'une personne qui est ici ; 0 : autant qu'elle veut.",
        "Uses at once of a person who is here; 0: as many as they like.",
    ),
    "on_the_spot": Sentence(
        "Le badge d'un formateur puis celui de l'élève : rien, l'habilitation, ou une utilisation accompagnée.",
        "A trainer's badge and then the pupil's: nothing, the training, or a supervised use.",
    ),
    "stop_on_revoked": Sentence(
        "Un droit retiré vaut aussi pour l'utilisation en cours.",
        "A right taken away counts for the use under way too.",
    ),
    "pulse_s": Sentence(
        "C'est une porte ou une armoire, ouverte si longtemps à chaque badge ; 0 : une machine.",
        "It is a door or a cupboard, open for so long at each tap; 0: a machine.",
    ),
    "running_above_w": Sentence(
        "La puissance à partir de laquelle elle travaille ; 0 : personne ne le dit.",
        "The power from which on it works; 0: nobody tells.",
    ),
    "running_below_w": Sentence(
        "La puissance jusqu'à laquelle elle ne travaille plus.", "The power down from which it works no more."
    ),
    "idle_end_s": Sentence(
        "Combien de temps sans travailler met fin à l'utilisation ; 0 : jamais.",
        "How long without work ends the use; 0: never.",
    ),
    "person_day_max_s": Sentence(
        "Combien de temps une personne l'utilise par jour ; 0 : autant qu'elle veut.",
        "How long a person uses it a day; 0: as long as they like.",
    ),
    "hand_over": Sentence(
        "Après le badge de l'utilisateur, le suivant prend le relais sans coupure.",
        "After the owner's tap the next badge takes over without switching off.",
    ),
    "bookings": Sentence(
        "Les réservations : sans effet, respectées, ou nécessaires pour démarrer.",
        "Bookings: no matter, respected, or needed to start.",
    ),
    "no_show_s": Sentence(
        "Combien de temps une réservation attend qui ne vient pas ; 0 : jusqu'à sa fin.",
        "How long a booking waits for who does not come; 0: until its end.",
    ),
    "prerequisites": Sentence(
        "Ce que chaque habilitation demande d'autre avant de compter.",
        "What else each training needs before it counts.",
    ),
    "extractor": Sentence(
        "La voie du second relais, un extracteur, qui marche avec elle ; rien : il n'y en a pas.",
        "The channel of the second relay, an extractor, which is on with it; null: there is none.",
    ),
    "after_power_loss": Sentence(
        "Après une coupure de courant : prête, ou un badge doit d'abord dire qu'on l'a vérifiée.",
        "After a power cut: ready, or a tap must say first that somebody has looked.",
    ),
    "cool_down_s": Sentence(
        "Combien de temps l'extracteur marche encore après.", "How long the extractor stays on afterwards."
    ),
}
"""The fields of `MachineEntry`."""

TIMES: dict[str, Sentence] = {
    "commit_budget_ms": Sentence(
        "De la décision au disque ; plus tard, le démarrage est refusé.",
        "From the decision to the disk; later, the start is refused.",
    ),
    "tick_every_ms": Sentence(
        "Entre deux preuves qu'une utilisation dure ; une panne ne coûte rien au-delà de la dernière.",
        "Between two proofs that a use lasts; a crash costs nothing beyond the last.",
    ),
    "stop_debounce_ms": Sentence(
        "Après un démarrage, un badge ne compte pas : c'est la même main.",
        "After a start a tap counts for nothing: it is the same hand.",
    ),
    "stop_confirm_ms": Sentence("Pour confirmer un arrêt.", "To confirm a stop."),
    "relay_answer_ms": Sentence(
        "Pour qu'un interrupteur éloigné réponde ; ensuite, c'est une panne.",
        "For a far switch to answer; after that it is a fault.",
    ),
    "warning_ms": Sentence(
        "Après un avertissement, un badge prolonge et n'arrête pas.", "After a warning a tap extends and does not stop."
    ),
    "teaching_ms": Sentence(
        "Entre le badge d'un formateur et celui de l'élève.", "Between a trainer's tap and the pupil's."
    ),
    "button_debounce_ms": Sentence(
        "Une main sur le bouton ne compte qu'une fois.", "A hand on the button counts once."
    ),
    "hand_over_ms": Sentence("Pour que la personne suivante prenne le relais.", "For the next person to take over."),
}
"""The fields of `Limits`."""
