"""What the screen at a machine says, and the page that sets screens up. See `texts`."""

from __future__ import annotations

KIOSK: dict[str, tuple[str, str]] = {
    "kiosk.lost": (
        "Écran coupé du serveur : ce qui suit est ancien. La machine, elle, obéit toujours aux badges.",
        "Screen cut off from the server: what follows is old. The machine itself still obeys badges.",
    ),
    "kiosk.elapsed": ("depuis", "for"),
    "kiosk.left": ("reste", "left"),
    "kiosk.tap": ("Posez votre badge sur le lecteur", "Put your badge to the reader"),
    "kiosk.phone": (
        "Mes habilitations, mon solde, signaler un danger",
        "My trainings, my balance, report a danger",
    ),
    "kiosk.full": ("Plein écran", "Full screen"),
    "text.larger": ("Texte plus grand", "Larger text"),
    "text.usual": ("Texte habituel", "Usual text"),
    "screens.title": ("Écrans", "Screens"),
    "screens.explain": (
        "Un écran posé près de la machine la montre en grand, sans que personne ne se connecte.",
        "A screen beside the machine shows it in large type, without anybody signing in.",
    ),
    "screens.here": ("Voir cet affichage ici", "See this display here"),
    "screens.label": ("Nom de l'écran", "Name of the screen"),
    "screens.label_hint": ("Par exemple : tablette du mur nord", "For example: tablet on the north wall"),
    "screens.names": ("Afficher qui utilise la machine", "Show who is at the machine"),
    "screens.names_hint": (
        "Laissez vide si l'écran se voit du public : sans cela, il ne nomme jamais personne.",
        "Leave it empty where visitors see the screen: without it, it never names anybody.",
    ),
    "screens.go": ("Ajouter un écran", "Add a screen"),
    "screens.made": (
        "Ouvrez cette adresse une fois sur l'écran ; elle n'est plus montrée ensuite.",
        "Open this address once on the screen; it is not shown again.",
    ),
    "screens.none": ("Aucun écran.", "No screen."),
    "screens.seen": ("allumé {ago}", "on {ago}"),
    "screens.named": ("nomme les personnes", "names people"),
    "screens.end": ("Retirer", "End"),
    "done.screen_ended": ("Écran retiré : il ne montre plus rien.", "Screen ended: it shows nothing any more."),
}
