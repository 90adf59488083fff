"""What can go wrong on a reader's line, split by whose fault it is and who can mend it.

    BridgeError
    ├── SetupError                  the address as it is written or wired: a person mends it
    │   ├── BadAddressError             neither a device path nor socket://host:port
    │   ├── PortMissingError            nothing is plugged in at that path
    │   ├── PortForbiddenError          this account may not open it
    │   ├── NotASerialPortError         it exists, and is no terminal
    │   ├── BadBadgeNumberError         a number typed by a person that no reader could send
    │   ├── LinkRefusedError            a simulated reader's path cannot be made
    │   ├── LibraryMissingError         a kind of reader whose library is not installed
    │   ├── KeyFileMissingError         no file holds the key that is asked for
    │   ├── KeyFileOpenError            others may read the key, or this account may not
    │   ├── KeyFileBadError             it holds no key, or one that everybody knows
    │   └── KeyFileExistsError          a key is kept there already
    ├── PortBusyError               another program holds the port
    ├── WrongDeviceError            another device than the settings name is at the port
    └── LineError                   the far end or the cable: waiting and retrying may mend it
        ├── LineLostError               it was open and went away
        └── HostUnreachableError        the socket's far end does not answer

House rules: an error says in French and English what happened, why, and what to do; it never
holds a badge's number.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Said:
    """One thing said in the two languages of the product."""

    fr: str
    en: str

    def about(self, subject: str) -> "Said":
        """The same thing with the name of what it is about in place of `{}`."""
        return Said(self.fr.replace("{}", subject), self.en.replace("{}", subject))


class BridgeError(Exception):
    """Base of the tree, never raised itself; `subject` is the address or the thing that it is about."""

    what_said = Said("le lecteur {} est en défaut", "the reader {} has failed")
    why_said = Said("la cause n'est pas connue", "the cause is not known")
    cure_said = Said("regardez le journal du programme", "look at the program's log")

    def __init__(self, subject: str) -> None:
        super().__init__(subject)
        self.subject = subject
        self.what = self.what_said.about(subject)
        self.why = self.why_said.about(subject)
        self.cure = self.cure_said.about(subject)

    def sentence(self, language: str = "en") -> str:
        """What, why and what to do, in "fr" or in "en"."""
        if language == "fr":
            return f"{self.what.fr} : {self.why.fr} ; {self.cure.fr}."
        return f"{self.what.en}: {self.why.en}; {self.cure.en}."

    def __str__(self) -> str:
        """The English sentence."""
        return self.sentence()


class SetupError(BridgeError):
    """The address as it is written or wired; a person mends it."""


class BadAddressError(SetupError):
    """The address is neither a device path nor `socket://host:port`."""

    what_said = Said("l'adresse de lecteur {} est illisible", "the reader address {} makes no sense")
    why_said = Said(
        "ce n'est ni un chemin de port ni socket://hôte:port",
        "it is neither a device path nor socket://host:port",
    )
    cure_said = Said(
        "écrivez par exemple /dev/serial/by-id/… ou socket://127.0.0.1:4001",
        "write for example /dev/serial/by-id/… or socket://127.0.0.1:4001",
    )


class PortMissingError(SetupError):
    """There is no device at that path (now)."""

    what_said = Said("le port {} ne peut pas être ouvert", "the port {} cannot be opened")
    why_said = Said("rien n'existe à ce chemin", "nothing exists at that path")
    cure_said = Said(
        "branchez le lecteur ou corrigez le chemin (« indivis reader detect » liste les ports)",
        "plug the reader in or correct the path ('indivis reader detect' lists the ports)",
    )


class PortForbiddenError(SetupError):
    """The device is there, and this account may not open it."""

    what_said = PortMissingError.what_said
    why_said = Said("ce compte n'en a pas le droit", "this account is not allowed to")
    cure_said = Said(
        "ajoutez le compte au groupe du port (souvent dialout), puis ouvrez une nouvelle session",
        "add the account to the port's group (often dialout), then sign in again",
    )


class NotASerialPortError(SetupError):
    """The path exists, and is a file, a folder or another kind of device."""

    what_said = PortMissingError.what_said
    why_said = Said("ce chemin n'est pas un port série", "that path is not a serial port")
    cure_said = Said(
        "donnez le chemin du lecteur (« indivis reader detect » liste les ports)",
        "give the reader's path ('indivis reader detect' lists the ports)",
    )


class BadBadgeNumberError(SetupError):
    """A number typed by a person that no EM4100 reader could send; the number itself is not repeated."""

    what_said = Said("ce numéro de badge ne convient pas", "that badge number will not do")
    why_said = Said("il faut dix chiffres hexadécimaux", "ten hex digits are wanted")
    cure_said = Said("tapez par exemple 0A00123456", "type for example 0A00123456")


class LinkRefusedError(SetupError):
    """The stable path of a simulated reader cannot be made there."""

    what_said = Said("le lien {} ne peut pas être créé", "the link {} cannot be made")
    why_said = Said(
        "un fichier occupe ce chemin, ou son dossier manque ou est interdit",
        "a file is in the way, or its folder is missing or forbidden",
    )
    cure_said = Said("choisissez un autre chemin", "choose another path")


class LibraryMissingError(SetupError):
    """A kind of reader was asked for whose library is an extra, and is not installed."""

    what_said = Said("les lecteurs {} ne peuvent pas être utilisés", "{} readers cannot be used")
    why_said = Said("leur bibliothèque n'est pas installée", "their library is not installed")
    cure_said = Said("installez-la : pip install 'indivis[{}]'", "install it: pip install 'indivis[{}]'")


class KeyFileMissingError(SetupError):
    """The file that should hold a reader's or the cards' key is not there."""

    what_said = Said("la clé {} manque", "the key {} is missing")
    why_said = Said("ce fichier n'existe pas", "there is no such file")
    cure_said = Said(
        "restaurez-la, ou faites-en une : docs/operating/keys.md dit comment",
        "restore it, or make one: docs/operating/keys.md says how",
    )


class KeyFileOpenError(SetupError):
    """Others than the service may read a key, or the service may not."""

    what_said = Said("la clé {} est refusée", "the key {} is refused")
    why_said = Said(
        "seul le compte du service doit pouvoir lire ce fichier", "the service's account alone must be able to read it"
    )
    cure_said = Said("donnez-le à ce compte, en mode 0400", "give it to that account, with mode 0400")


class KeyFileBadError(SetupError):
    """What the file holds is no key, or the default one that everybody knows; it is not repeated."""

    what_said = KeyFileOpenError.what_said
    why_said = Said(
        "elle ne fait pas 16 octets, ou c'est une clé que tout le monde connaît",
        "it is not 16 bytes long, or it is a key that everybody knows",
    )
    cure_said = Said(
        "faites-en une de 16 octets aléatoires : docs/operating/keys.md dit comment",
        "make one of 16 random bytes: docs/operating/keys.md says how",
    )


class KeyFileExistsError(SetupError):
    """A new key would take the place of one that a reader may still have."""

    what_said = Said("la clé {} ne peut pas être créée", "the key {} cannot be made")
    why_said = Said(
        "une clé y est déjà, ou le dossier est interdit", "a key is there already, or the folder is forbidden"
    )
    cure_said = Said("choisissez un autre chemin, ou retirez l'ancienne", "choose another path, or remove the old one")


class PortBusyError(BridgeError):
    """Another program holds the port (its flock or TIOCEXCL)."""

    what_said = PortMissingError.what_said
    why_said = Said("un autre programme l'utilise déjà", "another program is using it already")
    cure_said = Said(
        "arrêtez ce programme, ou donnez un autre port à l'un des deux",
        "stop that program, or give one of the two another port",
    )


class WrongDeviceError(BridgeError):
    """Another device stands at the address than the one that the settings name; `found` is what it tells of itself."""

    what_said = Said("l'appareil du port {} n'est pas utilisé", "the device at the port {} is not used")
    cure_said = Said(
        "rebranchez le bon, ou écrivez son identity dans les réglages (« indivis reader detect » la donne)",
        "plug the right one in, or write its identity in the settings ('indivis reader detect' tells it)",
    )

    def __init__(self, subject: str, found: str) -> None:
        super().__init__(subject)
        self.found = found
        self.why = (
            Said(f"il se nomme {found}, et un autre est attendu", f"it calls itself {found}, another one is expected")
            if found
            else Said("il ne dit pas qui il est", "it does not tell who it is")
        )


class LineError(BridgeError):
    """The far end or the cable; waiting and retrying may mend it."""


class LineLostError(LineError):
    """The line was open, and reading from it failed."""

    what_said = Said("la liaison avec le lecteur {} est perdue", "the line to the reader {} is lost")
    why_said = Said("le port ne répond plus", "the port no longer answers")
    cure_said = Said(
        "vérifiez le câble ; la reprise est automatique", "check the cable; it is taken up again by itself"
    )


class HostUnreachableError(LineError):
    """The far end of a `socket://` address does not answer."""

    what_said = Said("le lecteur {} est injoignable", "the reader {} cannot be reached")
    why_said = Said("rien ne répond à cette adresse", "nothing answers at that address")
    cure_said = Said("vérifiez l'adresse, le port et le réseau", "check the address, the port and the network")
