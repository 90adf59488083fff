"""What is wrong between us and an MQTT broker, as one sentence that says why and what to do.

House rules: `BrokerLostError` is the network's or the broker's absence and mends itself; `BrokerRefusedError` is an
answer, and a person must change something. No sentence holds a password or a payload.
"""

import socket
import ssl

from controller.errors import Message, OperatingError

# CONNACK and DISCONNECT reason codes: MQTT 5, 3.2.2.2 and 3.14.2.1; the codes of 3.1.1 are read as these.
UNSUPPORTED_PROTOCOL = 0x84
BAD_CLIENT_ID = 0x85
BAD_PASSWORD = 0x86
NOT_AUTHORISED = 0x87
BANNED = 0x8A
SESSION_TAKEN_OVER = 0x8E

_CHECK_BROKER = Message(
    "vérifiez l'adresse, le port, le réseau, et que mosquitto tourne",
    "check the address, the port, the network, and that mosquitto is running",
)
_CHECK_TLS = Message(
    "vérifiez « ca_file », le nom du serveur dans son certificat et le port TLS (souvent 8883)",
    "check 'ca_file', the server's name in its certificate, and the TLS port (often 8883)",
)


class BrokerLostError(OperatingError):
    """The broker cannot be reached, or went away."""


class BrokerRefusedError(OperatingError):
    """The broker answered, and will not have us as we are."""


class ProtocolRefusedError(BrokerRefusedError):
    """The broker does not speak this version of MQTT."""


def refused(address: str, code: int, username: str | None) -> BrokerRefusedError:
    """Return what a CONNACK with reason code `code` (MQTT 5) means for a person."""
    what = Message(f"le broker MQTT {address} refuse la connexion", f"the MQTT broker {address} refuses us")
    match code:
        case 0x86 | 0x87 if username is None:
            return BrokerRefusedError(
                what,
                why=Message("il demande un compte", "it asks for an account"),
                cure=Message("donnez « username » et « password_file »", "give 'username' and 'password_file'"),
            )
        case 0x86 | 0x87:
            return BrokerRefusedError(
                what,
                why=Message(
                    f"mot de passe faux, ou compte « {username} » inconnu",
                    f"wrong password, or unknown account '{username}'",
                ),
                cure=Message(
                    "corrigez le fichier du mot de passe, ou recréez le compte avec mosquitto_passwd",
                    "correct the password file, or make the account again with mosquitto_passwd",
                ),
            )
        case 0x84:
            return ProtocolRefusedError(
                what,
                why=Message("il ne parle ni MQTT 5 ni MQTT 3.1.1", "it speaks neither MQTT 5 nor MQTT 3.1.1"),
                cure=Message("mettez le broker à jour", "upgrade the broker"),
            )
        case _:
            return BrokerRefusedError(
                what,
                why=Message(f"code {code:#04x} de MQTT 5", f"MQTT 5 code {code:#04x}"),
                cure=Message("son journal dit pourquoi", "its log says why"),
            )


def unreachable(address: str, error: OSError) -> OperatingError:
    """Return what a failed connection attempt means for a person."""
    what = Message(f"le broker MQTT {address} est injoignable", f"the MQTT broker {address} cannot be reached")
    match error:
        case ssl.SSLCertVerificationError():
            reason = error.verify_message
            why = Message(f"son certificat n'est pas reconnu ({reason})", f"its certificate is not accepted ({reason})")
            return BrokerRefusedError(what, why=why, cure=_CHECK_TLS)
        case ssl.SSLError():
            reason = error.reason or "TLS"
            why = Message(f"la liaison TLS n'a pas pu s'établir ({reason})", f"the TLS connection failed ({reason})")
            return BrokerRefusedError(what, why=why, cure=_CHECK_TLS)
        case ConnectionResetError():  # a connection stands before anybody can reset it: this is the handshake
            why = Message("il a raccroché pendant la liaison TLS", "it hung up during the TLS handshake")
            return BrokerLostError(what, why=why, cure=_CHECK_TLS)
        case socket.gaierror():
            why = Message("ce nom ne mène à aucune machine", "this name leads to no computer")
        case ConnectionRefusedError():
            why = Message("rien n'écoute à cette adresse", "nothing listens at this address")
        case TimeoutError():
            why = Message("aucune réponse à temps", "no answer in time")
        case _:
            text = error.strerror or type(error).__name__
            why = Message(text, text)
    return BrokerLostError(what, why=why, cure=_CHECK_BROKER)


def silent(address: str, answer_within_s: int) -> BrokerLostError:
    """Return what it means that a broker took the connection and then said nothing."""
    return BrokerLostError(
        Message(f"le broker MQTT {address} ne répond pas", f"the MQTT broker {address} does not answer"),
        why=Message(
            f"la connexion est prise, puis plus rien pendant {answer_within_s} s",
            f"the connection was taken, then nothing came for {answer_within_s} s",
        ),
        cure=Message(
            "vérifiez que c'est bien un broker MQTT, et que ce port n'attend pas du TLS",
            "check that this is an MQTT broker, and that this port does not expect TLS",
        ),
    )


def hung_up(address: str, code: int) -> OperatingError:
    """Return what the end of an established connection means; `code` is the broker's last word, or 0."""
    what = Message(f"la liaison au broker MQTT {address} est perdue", f"the MQTT broker {address} was lost")
    if code == SESSION_TAKEN_OVER:
        return BrokerRefusedError(
            what,
            why=Message("un autre programme se connecte sous le même nom", "another program connects by the same name"),
            cure=Message(
                "arrêtez-le, ou cherchez une carte copiée (même identifiant de contrôleur)",
                "stop it, or look for a copied card (the same controller id)",
            ),
        )
    why = Message(f"code {code:#04x} de MQTT 5", f"MQTT 5 code {code:#04x}") if code else None
    return BrokerLostError(
        what,
        why=why,
        cure=Message(
            "la connexion est retentée toute seule ; si cela dure, regardez le broker",
            "the connection is retried by itself; if it lasts, look at the broker",
        ),
    )


def closed_unanswered(address: str) -> ProtocolRefusedError:
    """Return what it means that a broker closed the connection before it answered, as some do to a newer MQTT."""
    return ProtocolRefusedError(
        Message(f"le broker MQTT {address} raccroche sans répondre", f"the MQTT broker {address} hangs up unanswered"),
        why=Message(
            "ce n'est pas un broker MQTT, ou ce port attend du TLS",
            "this is no MQTT broker, or this port expects TLS",
        ),
        cure=_CHECK_TLS,
    )
