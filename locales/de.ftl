### The words of the site in German. Comments on single messages are in en.ftl.
###
### The style: the reader is addressed as "du"; short sentences, first what is, then what to do.
### Terms: artwork, work = Werk; critique = Kritik (never "kritisieren", which sounds like finding
### fault); helpful = hilfreich; notification = Mitteilung; handle = Benutzername; sign in =
### anmelden; post = veröffentlichen, a work: zeigen; token = das Token; gallery = Galerie.

## The site's name and what every page has.

site-name = ArtCritique
site-motto = ArtCritique: Zeig deine Werke und bekomm Kritik, die dich weiterbringt.
site-api = API
site-description = Zeig deine Werke und bekomm Kritik, die dich weiterbringt.
page-title = { $page } · ArtCritique
page-title-error = Fehler: { $title }
skip-to-content = Zum Inhalt springen
site-navigation = Website
nav-post-artwork = Werk zeigen
sign-in = Anmelden
sign-out = Abmelden
join = Mitmachen
account-menu = Konto von { $name }
account-menu-your-page = Deine Seite
account-menu-settings = Einstellungen
language = Sprache
language-change = Sprache ändern
language-changed = Diese Website spricht jetzt Deutsch mit dir.

## Buttons and sentences that many pages share.

cancel = Abbrechen
save = Speichern
edit = Bearbeiten
delete = Löschen
delete-for-good = Endgültig löschen
retry = Erneut versuchen
reload = Neu laden
dismiss = Ausblenden
go-to-gallery = Zur Galerie
words-kept = Dein Text bleibt hier erhalten. Melde dich in einem anderen Tab an und schick ihn dann noch einmal ab.
saved-elsewhere = Das wurde inzwischen anderswo gespeichert und lautet jetzt so wie unten. Dein Text steht noch im Feld; wenn du noch einmal speicherst, ersetzt er den unteren.

## The counter below a text field.

counter-left =
    { $number ->
        [single] Noch { $n } Zeichen.
       *[several] Noch { $n } Zeichen.
    }
counter-over =
    { $number ->
        [single] { $n } Zeichen zu viel: { $max } passen hinein.
       *[several] { $n } Zeichen zu viel: { $max } passen hinein.
    }
counter-shorten =
    { $number ->
        [single] Bitte kürze das um { $n } Zeichen: { $max } passen hinein.
       *[several] Bitte kürze das um { $n } Zeichen: { $max } passen hinein.
    }

## Times. The browser writes days and hours itself, in the reader's language.

just-now = gerade eben
day-in-utc = { $date } (UTC)

## The gallery.

gallery = Galerie
hero-title-first = Zeig deine Werke.
hero-title-second = Bekomm Kritik, die dich weiterbringt.
hero-text = Zeig ein Werk, sag, worauf andere achten sollen, und erfahre es sofort, wenn jemand antwortet.
newest-work = Neueste Werke
gallery-empty-title = Die Wände sind noch leer
gallery-empty-text = Mach den Anfang und häng etwas auf.
older-work = Ältere Werke
more-works-loaded =
    { $n ->
        [one] { $n } weiteres Werk
       *[other] { $n } weitere Werke
    }
card-waiting = Wartet auf die erste Kritik
critique-count =
    { $n ->
        [0] Noch keine Kritik
        [one] { $n } Kritik
       *[other] { $n } Kritiken
    }

## A person's page.

person-title = { $name } · ArtCritique
person-description =
    { $name } auf ArtCritique: { $works ->
        [one] { $works } Werk
       *[other] { $works } Werke
    }, { $critiques ->
        [one] { $critiques } Kritik
       *[other] { $critiques } Kritiken
    } geschrieben.
person-since = @{ $handle } · hier seit { $date }
person-followers =
    { $n ->
        [one] { $n } Person folgt
       *[other] { $n } Personen folgen
    }
person-works =
    { $n ->
        [one] { $n } Werk
       *[other] { $n } Werke
    }
person-critiques =
    { $n ->
        [one] { $n } Kritik geschrieben
       *[other] { $n } Kritiken geschrieben
    }
person-helpful =
    { $n ->
        [one] einmal als hilfreich markiert
       *[other] { $n }-mal als hilfreich markiert
    }
person-works-heading = Werke
person-no-works = Hier sind noch keine Werke.
follow = Folgen
follow-hint = Erfahre von jedem neuen Werk.
unfollow = Nicht mehr folgen
unfollow-hint = Du erfährst von jedem neuen Werk.

## An artwork's page.

artwork-by = von { $artist } · { $date }
artwork-alt = { $title } von { $artist }
artwork-see-all = Ganz ansehen, { $width } × { $height } Pixel
artwork-delete-question = Dieses Werk mit allen Kritiken löschen? Das lässt sich nicht rückgängig machen.
artwork-deleted = Dieses Werk wurde gelöscht.
artwork-gone-title = ein gelöschtes Werk
person-gone-name = Ehemaliges Mitglied

## Posting and editing a work.

artwork-title = Titel
artwork-image = Bild
artwork-image-hint = JPEG, PNG, WebP oder GIF, bis { NUMBER($megabytes) } MB und { NUMBER($megapixels) } Megapixel. Von einem bewegten Bild ist das erste Einzelbild zu sehen.
artwork-description = Beschreibung
artwork-description-hint = Was ist es, und worauf sollen andere achten? Markdown geht auch.
artwork-publish = Veröffentlichen
artwork-sign-in-first = Melde dich zuerst an, damit alle wissen, von wem das Werk ist.
artwork-edit-page = Bearbeiten
artwork-edit-heading = „{ $title }“ bearbeiten
upload = Hochladen
upload-percent = { NUMBER($percent) } %
upload-preparing = Das Bild wird vorbereitet …

## Critiques.

critique-yours = Deine Kritik
critique-hint = Was gelingt, was noch nicht, und was einen Versuch wert wäre. Markdown geht auch.
critique-own-work-hint = Notiere, was du wolltest oder was du jetzt anders machen würdest.
critique-post = Kritik veröffentlichen
critique-sign-in = Melde dich an, um eine Kritik zu schreiben
critique-posted = Deine Kritik ist veröffentlicht.
critique-by = Kritik von { $author }
critique-sending = wird gesendet …
critique-edited = bearbeitet { $date }
critique-gone = Eine Kritik, die hier stand, wurde gelöscht.
critique-missing = Die Kritik, zu der dieser Link führt, ist nicht mehr da.
critique-your-words = Dein Text
critique-delete-question = Diese Kritik löschen?
critique-order = Reihenfolge der Kritiken
critiques-newest = Neueste
critiques-most-helpful = Hilfreichste
critiques-older = Ältere Kritiken
critiques-more = Weitere Kritiken
critiques-new =
    { $n ->
        [one] { $n } neue Kritik
       *[other] { $n } neue Kritiken
    }
helpful = Hilfreich
helpful-count =
    { $n ->
        [one] { $n } Person findet das hilfreich
       *[other] { $n } Personen finden das hilfreich
    }

## Notifications: the bell, its panel, and the page.

notifications = Mitteilungen
notifications-unread =
    { $n ->
        [0] Mitteilungen, keine ungelesen
       *[other] Mitteilungen, { NUMBER($n, useGrouping: 0) } ungelesen
    }
notifications-mark-all = Alle als gelesen markieren
notifications-mark-read = Als gelesen markieren
notifications-mark-unread = Als ungelesen markieren
notifications-mark-read-of = Als gelesen markieren: { $notification }
notifications-mark-unread-of = Als ungelesen markieren: { $notification }
notifications-all = Alle Mitteilungen
notifications-filter = Filter
notifications-filter-all = Alle
notifications-filter-unread = Ungelesen
notifications-older = Ältere
notifications-unread-mark = Ungelesen:
notifications-none = Noch nichts. Wenn jemand eine Kritik zu einem deiner Werke schreibt, erscheint sie hier.
notifications-none-in-panel = Noch nichts. Wenn jemand eine Kritik zu einem deiner Werke schreibt, erfährst du es hier.
notifications-none-unread = Nichts ungelesen. Genieß die Ruhe.
notifications-new =
    { $n ->
        [one] { $n } neue Mitteilung
       *[other] { $n } neue Mitteilungen
    }
notification-critique = { $who } hat eine Kritik zu „{ $title }“ geschrieben
notification-helpful = { $who } findet deine Kritik zu „{ $title }“ hilfreich
notification-artwork = { $who } zeigt „{ $title }“
notification-other = { $who }: Neues zu „{ $title }“

## The state of the connection.

link-live = Live: Neues kommt sofort an.
link-catching-up = Wird aktualisiert …
link-polling = Alle halbe Minute wird nachgesehen; Live-Aktualisierungen sind hier blockiert.
link-offline = Offline: Neues kommt an, sobald die Verbindung wieder da ist.
link-now-offline = Du bist offline. Neues kommt an, sobald die Verbindung wieder da ist.
link-now-polling = Live-Aktualisierungen sind hier blockiert. Alle halbe Minute wird nachgesehen.
link-now-live = Wieder verbunden. Neues kommt sofort an.
signed-out-words-kept = Du bist abgemeldet. Dein Text bleibt erhalten.
live-stopped = Auf dieser Seite gibt es keine Live-Aktualisierungen mehr. Lade sie neu, um sie wiederzubekommen; Formulare funktionieren weiterhin.
live-unstarted = Auf dieser Seite konnten die Live-Aktualisierungen nicht starten. Lade sie neu, um es noch einmal zu versuchen; Formulare funktionieren trotzdem.

## Signing in and creating an account.

handle = Benutzername
password = Passwort
display-name = Anzeigename
email = E-Mail
handle-hint = Dein Name in Adressen: Buchstaben a–z, Ziffern, _ und -.
display-name-hint = Wie man dich nennt, in jeder Schrift.
email-hint = Für andere nie sichtbar.
password-hint = Mindestens { NUMBER($min) } Zeichen; einige Wörter ergeben ein gutes.
login-new-here = Neu hier?
login-create-account = Erstell ein Konto
login-forgot = Passwort vergessen?
register-heading = Mach mit bei ArtCritique
register-submit = Konto erstellen
register-here-already = Schon dabei?

## Settings.

settings-account = Konto
settings-browsers = Angemeldete Browser
settings-you-are = Du bist { $name }, { $handle }.
settings-change-password = Passwort ändern
settings-change-password-hint = Alle deine anderen Browser werden abgemeldet.
settings-tokens-stay = Deine Token bleiben gültig.
settings-password-changed = Dein Passwort ist geändert. Andere Browser sind abgemeldet.
settings-current-password = Aktuelles Passwort
settings-new-password = Neues Passwort
settings-new-password-hint = Mindestens { NUMBER($min) } Zeichen.
settings-browsers-hint = Melde einen Browser ab, den du nicht kennst, und ändere dann dein Passwort.
settings-browsers-older = Länger her
settings-this-browser = Dieser Browser
settings-browser-seen = Von { $address }, angemeldet { $since }, zuletzt gesehen { $seen }
settings-browser-on = { $browser } auf { $system }
settings-browser-unnamed = Ein Programm ohne Namen

## Personal tokens, with which programs use the site for a person.

tokens = Zugangstoken
tokens-hint = Mit einem Token nutzt ein Programm diese Website in deinem Namen. Gib ihm nur, was es braucht.
tokens-none = Du hast keine Token.
tokens-new = Neues Token
tokens-name = Name
tokens-name-hint = Wofür das Token ist, zum Beispiel „Backup-Skript“.
tokens-scopes = Was es darf
tokens-scope-read = Werke, Kritiken und Personen lesen
tokens-scope-write = In deinem Namen veröffentlichen, bearbeiten und löschen
tokens-scope-notifications = Deine Mitteilungen lesen und markieren
tokens-scope-moderate = Moderieren
tokens-expiry = Gültig bis
tokens-expiry-hint = Lass das Feld leer für ein Token ohne Ablaufdatum.
tokens-expiry-choice = Läuft ab
tokens-expiry-days =
    { $days ->
        [one] In { $days } Tag
       *[other] In { $days } Tagen
    }
tokens-expiry-year = In einem Jahr
tokens-expiry-never = Nie
tokens-create = Token erstellen
tokens-created = Kopiere das Token jetzt: Es wird nur dieses eine Mal angezeigt.
tokens-yours = Dein neues Token { $name }
tokens-shown-before = Du hast dieses Token schon vor einer Weile erstellt, und es kann nicht noch einmal angezeigt werden. Wenn du es nicht hast, widerruf es und erstell ein neues.
tokens-made = Erstellt { $date }
tokens-copy = Kopieren
tokens-expires = Läuft am { $date } ab
tokens-expired = Abgelaufen { $date }
tokens-never-expires = Läuft nie ab
tokens-last-used = Zuletzt benutzt { $date }
tokens-never-used = Noch nie benutzt
tokens-revoke = Widerrufen
tokens-revoke-question = „{ $name }“ widerrufen? Programme, die es benutzen, funktionieren dann sofort nicht mehr.
tokens-revoked = Das Token ist widerrufen.

## Verifying an e-mail address.

verify-page = E-Mail-Adresse bestätigen
verify-text = Ist { $email } deine Adresse?
verify-submit = Adresse bestätigen
verify-done = Danke: { $email } ist bestätigt.
verify-done-here = Danke: Deine E-Mail-Adresse ist bestätigt.
verify-verified = { $email }, bestätigt
verify-already = Diese Adresse ist schon bestätigt.
verify-pending = { $email } ist noch nicht bestätigt. Folge dem Link in unserer Mail.
verify-send-again = Noch einmal schicken
verify-sent-again = Der Link ist unterwegs zu dir. Innerhalb einer Stunde schicken wir höchstens drei Mails.
verify-mail-subject = Bestätige deine Adresse bei ArtCritique
verify-mail-text =
    Du oder jemand anders hat mit dieser Adresse das Konto @{ $handle } bei ArtCritique erstellt. Öffne innerhalb von { $hours ->
        [one] { $hours } Stunde
       *[other] { $hours } Stunden
    } diesen Link, um zu bestätigen, dass die Adresse dir gehört:
verify-mail-ignore = Wenn du das nicht warst, brauchst du nichts zu tun.

## Resetting a password.

forgot-page = Passwort zurücksetzen
forgot-hint = Gib die E-Mail-Adresse deines Kontos ein. Wir schicken dir einen Link, mit dem du ein neues Passwort wählst.
forgot-submit = Link schicken
forgot-sent =
    Wenn es ein Konto mit dieser Adresse gibt, ist ein Link dorthin unterwegs. Er gilt { $hours ->
        [one] { $hours } Stunde
       *[other] { $hours } Stunden
    }.
forgot-not-arrived = Nichts angekommen? Sieh im Spam-Ordner nach oder versuch es noch einmal.
reset-page = Neues Passwort wählen
reset-for = Ein neues Passwort für { $handle }
reset-hint = Alle deine Browser und Programme werden abgemeldet.
reset-submit = Passwort festlegen
reset-done = Dein Passwort ist festgelegt. Melde dich damit an.
reset-mail-subject = Setz dein Passwort bei ArtCritique zurück
reset-mail-text =
    Jemand hat für das Konto @{ $handle } bei ArtCritique ein neues Passwort angefordert. Öffne innerhalb von { $hours ->
        [one] { $hours } Stunde
       *[other] { $hours } Stunden
    } diesen Link, um eines zu wählen:
reset-mail-ignore = Wenn du das nicht warst, brauchst du nichts zu tun: Dein Passwort bleibt, wie es ist.
password-changed-mail-subject = Dein Passwort bei ArtCritique wurde geändert
password-changed-mail-text = Das Passwort deines Kontos @{ $handle } wurde geändert. Wenn du das nicht warst, setz es sofort zurück:

## Every mail.

mail-hello = Hallo { $name },
mail-button-broken = Wenn der Knopf nicht funktioniert, kopiere diese Adresse in deinen Browser:
mail-why = Du bekommst diese Mail, weil deine Adresse auf { $site } eingegeben wurde.
mail-test-subject = Testmail von ArtCritique
mail-test-text = Mail funktioniert.

## The titles of error pages.

problem-not-found = Nicht hier
problem-sign-in = Bitte melde dich an
problem-forbidden = Das kannst du nicht ändern
problem-one-moment = Einen Moment
problem-failed = Das hat nicht geklappt

## Short titles of API errors, one for each kind of error. A sentence with the details goes with
## them.

kind-malformed = Die Anfrage ist nicht lesbar
kind-unauthenticated = Nicht angemeldet
kind-forbidden = Nicht erlaubt
kind-not-found = Nicht gefunden
kind-wrong-method = Methode nicht unterstützt
kind-timed-out = Die Anfrage hat zu lange gedauert
kind-conflict = Anderswo geändert
kind-too-large = Zu groß
kind-address-too-long = Die Adresse ist zu lang
kind-unsupported = Format nicht unterstützt
kind-invalid = Ungültige Felder
kind-throttled = Zu viele Anfragen
kind-head-too-long = Die Header sind zu lang
kind-internal = Interner Fehler
kind-unavailable = Vorübergehend nicht verfügbar
kind-in-doubt = Ergebnis unbekannt
kind-second-factor = Zweiter Faktor nötig

## Errors of any request. The id after "error-" is the code that clients rely on: never rename one.

error-fields-invalid = Sieh dir bitte noch einmal an, was du eingegeben hast.
error-sign-in-first = Bitte melde dich zuerst an.
error-artwork-not-found = Dieses Werk gibt es nicht oder nicht mehr.
error-critique-not-found = Diese Kritik gibt es nicht oder nicht mehr.
error-person-not-found = Diese Person gibt es nicht oder nicht mehr.
error-notification-not-found = Diese Mitteilung gibt es nicht oder nicht mehr.
error-session-not-found = Diese Sitzung gibt es nicht, oder sie ist beendet.
error-token-not-found = Dieses Token gibt es nicht, oder es wurde widerrufen.
error-picture-not-found = Dieses Bild gibt es nicht oder nicht mehr.
error-page-not-found = Diese Seite gibt es nicht oder nicht mehr.
error-address-not-found = Unter dieser Adresse gibt es nichts.
error-site-busy = Die Website ist gerade ausgelastet. Es ist nichts verloren; bitte versuch es gleich noch einmal.
error-outcome-unknown = Noch ist nicht klar, ob das gespeichert wurde. Versuch es ruhig noch einmal: Nichts wird doppelt da sein.
error-outcome-unknown-without-key = Noch ist nicht klar, ob das gespeichert wurde. Sieh nach, ob es da ist, bevor du es noch einmal versuchst, und schick dann einen Idempotency-Key mit.
error-site-unwritable = Die Website kann gerade nichts speichern. Es wurde nichts geändert; bitte versuch es in ein paar Minuten noch einmal.
error-database-replaced = Die Website hat ihre Datenbank verloren und speichert nichts, bis das behoben ist. Bitte versuch es später noch einmal.
error-text-not-storable = Darin ist ein Zeichen, das sich nicht speichern lässt.
error-internal = Bei uns ist etwas schiefgegangen. Es wurde nichts geändert; bitte versuch es noch einmal.
error-internal-unknown = Bei uns ist etwas schiefgegangen. Bitte versuch es noch einmal.
error-site-unreachable = Die Website ist nicht erreichbar. Versuch es ruhig noch einmal: Nichts wird doppelt da sein.
error-request-unreadable = Diese Anfrage war nicht lesbar. Bitte lade die Seite neu.
error-no-answer = Es kam keine Antwort. Versuch es ruhig noch einmal: Nichts wird doppelt da sein.
error-upload-not-taken = Die Website konnte das nicht annehmen. Versuch es ruhig noch einmal: Nichts wird doppelt da sein.
error-form-failed = Das hat nicht geklappt. Bitte geh zurück und versuch es noch einmal.
error-cross-site = Diese Anfrage kam von einer anderen Website und wurde deshalb nicht ausgeführt.

## Errors of fields with text.

error-name-missing = Bitte gib deinen Namen ein.
error-name-too-long = Dein Name darf höchstens { NUMBER($max) } Zeichen haben; das sind { NUMBER($length) }.
error-title-missing = Bitte gib einen Titel ein.
error-title-too-long = Der Titel darf höchstens { NUMBER($max) } Zeichen haben; das sind { NUMBER($length) }.
error-description-too-long = Die Beschreibung darf höchstens { NUMBER($max) } Zeichen haben; das sind { NUMBER($length) }.
error-critique-missing = Bitte gib deine Kritik ein.
error-critique-too-long = Deine Kritik darf höchstens { NUMBER($max) } Zeichen haben; das sind { NUMBER($length) }.
error-critique-blank = Davon wäre auf der Seite nichts zu sehen: Bilder und Formatierung ohne Text werden nicht angezeigt. Bitte schreib deine Kritik in Worten.
named-character =
    { $character ->
        [space] ein Leerzeichen
        [tab] ein Tabulator
        [line-break] ein Zeilenumbruch
       *[other] { $character }
    }
error-character-not-storable = Nicht speicherbar: { named-character } an Stelle { NUMBER($column) }. Bitte entferne das Zeichen.
error-character-not-storable-in-line = Nicht speicherbar: { named-character } in Zeile { NUMBER($line) }, Stelle { NUMBER($column) }. Bitte entferne das Zeichen.
error-email-invalid = Gib eine E-Mail-Adresse wie name@example.org ein.
error-email-character = Gib eine E-Mail-Adresse wie name@example.org ein; { named-character } an Stelle { NUMBER($column) } darf darin nicht vorkommen.
error-handle-character = Verwende nur die Buchstaben a–z, Ziffern, _ und -; { named-character } an Stelle { NUMBER($column) } gehört nicht dazu.
error-handle-length = Wähle einen Benutzernamen mit { NUMBER($min) } bis { NUMBER($max) } Zeichen.
error-handle-start = Der Benutzername muss mit einem Buchstaben oder einer Ziffer beginnen.
error-handle-reserved = Dieser Benutzername ist für die Website reserviert; bitte wähle einen anderen.
error-handle-taken = Dieser Benutzername ist vergeben. Bitte wähle einen anderen.
error-handle-similar = Dieser Benutzername sieht einem anderen zu ähnlich. Bitte wähle einen anderen.
error-email-taken = Mit dieser Adresse gibt es schon ein Konto. Melde dich an oder nimm eine andere.
error-password-too-short = Wähle ein Passwort mit mindestens { NUMBER($min) } Zeichen.
error-password-too-long = Wähle ein Passwort mit höchstens { NUMBER($max) } Byte.
error-credentials-wrong = Benutzername und Passwort passen nicht zusammen. Bitte prüfe beides.
error-current-password-wrong = Das ist nicht dein aktuelles Passwort.
error-password-outcome-unknown = Noch ist nicht klar, ob dein Passwort geändert wurde. Wenn du dich anmelden sollst, versuch zuerst das neue und dann das alte.
error-sign-out-outcome-unknown = Dieser Browser ist abgemeldet. Noch ist nicht klar, ob das überall auf der Website angekommen ist; sie versucht es weiter.
error-link-invalid = Dieser Link gilt nicht mehr. Fordere einen neuen an.
error-email-not-verified = Bitte bestätige zuerst deine E-Mail-Adresse: Folge dem Link in unserer Mail.
error-email-verified-elsewhere = Ein anderes Konto hat diese Adresse schon bestätigt.
error-token-name-missing = Bitte gib dem Token einen Namen.
error-token-name-too-long = Der Name darf höchstens { NUMBER($max) } Zeichen haben; das sind { NUMBER($length) }.
error-token-scopes-missing = Wähle mindestens eine Sache, die das Token darf.
error-token-scope-unknown = Diesen Geltungsbereich gibt es nicht. Bekannt sind { $known }.
error-token-scope-forbidden = Nur Moderatorinnen und Moderatoren können ein Token zum Moderieren haben.
error-token-expiry-invalid =
    Wähle ein Datum in der Zukunft, höchstens { $years ->
        [one] { $years } Jahr
       *[other] { $years } Jahre
    } von heute.
error-token-limit = Du hast { NUMBER($max) } Token, mehr gehen nicht. Widerruf zuerst eines.
error-token-invalid = Dieses Token ist unbekannt, abgelaufen oder widerrufen.
error-token-malformed = Der Header Authorization enthält kein Token dieser Website; sie sehen aus wie act_…
error-token-browser-only = Ein Token kann das nicht. Melde dich stattdessen mit einem Browser an.
error-moderators-only = Das können nur Moderatoren.
error-time-format = Schick eine Zeit wie 2027-01-31T12:00:00Z (RFC 3339).
error-time-past = Schick eine Zeit in der Zukunft.
error-scope-missing = Dieses Token darf das nicht: Es braucht den Geltungsbereich { $scope }.
error-language-unknown = Diese Website gibt es in dieser Sprache nicht.

## Errors of pictures.

error-picture-missing = Bitte wähle ein Bild.
error-picture-too-large = Bitte wähle ein Bild mit höchstens { NUMBER($megabytes) } MB.
error-picture-format = Bitte wähle ein Bild im Format JPEG, PNG, WebP oder GIF.
error-picture-variety = Das ist eine ungewöhnliche Art von { $format }, die hier nicht lesbar ist. Bitte speichere es als normales { $format }.
error-picture-damaged = Dieses Bild ist beschädigt oder nicht das, wofür es sich ausgibt. Bitte speichere es neu und versuch es noch einmal.
error-picture-incomplete = Diese Datei ist unvollständig: Das Ende des Bildes fehlt. Bitte kopiere oder exportiere sie neu und versuch es damit.
error-picture-too-small = Dieses Bild hat { $width } × { $height } Pixel; bitte wähle eines mit mindestens { $min } × { $min } Pixeln.
error-picture-side-too-long = Dieses Bild hat { $width } × { $height } Pixel; bitte wähle eines, das höchstens { $max } Pixel breit und hoch ist.
error-picture-too-many-pixels = Dieses Bild hat { $width } × { $height } Pixel; bitte wähle eines mit höchstens { NUMBER($megapixels) } Megapixeln.
error-uploads-at-once = Du lädst schon mehrere Bilder hoch. Bitte warte, bis sie fertig sind, und versuch es dann noch einmal.

## Errors of works and critiques.

error-artwork-not-yours = Nur wer dieses Werk geschaffen hat, kann es ändern.
error-critique-not-yours = Nur wer diese Kritik geschrieben hat, kann sie ändern.
error-helpful-own-critique = Deine eigene Kritik kannst du nicht als hilfreich markieren.
error-follow-yourself = Dir selbst kannst du nicht folgen.
error-artwork-changed = Dieses Werk wurde inzwischen anderswo geändert. Vergleich beides und speichere dann noch einmal.
error-critique-changed = Diese Kritik wurde inzwischen anderswo geändert. Vergleich beides und speichere dann noch einmal.

## Errors of notifications.

error-notifications-too-many = Gib höchstens { NUMBER($max) } Mitteilungen auf einmal an.
error-notifications-state = So lassen sich Mitteilungen nicht markieren.
error-notifications-which = Gib eine Mitteilung oder einen Cursor an.
error-notifications-ids-or-through = Schick entweder ids oder through.
error-notifications-filter = Filtere nach all, unread oder archived.
error-cursor-outdated = Dieser Cursor gehört zu einer anderen Vorgeschichte; ruf die Liste neu ab.
error-cursor-malformed = Ein Cursor lautet epoch.seq; schick ihn genau so, wie du ihn bekommen hast.

## Rate limits. $wait is a number of seconds or minutes, and $unit says which.

wait-time =
    { $unit ->
        [minutes]
            { $wait ->
                [one] { $wait } Minute
               *[other] { $wait } Minuten
            }
       *[seconds]
            { $wait ->
                [one] { $wait } Sekunde
               *[other] { $wait } Sekunden
            }
    }
error-too-fast = Du machst das sehr schnell. Bitte warte { wait-time }.
error-too-fast-critiques = Du veröffentlichst sehr schnell. Bitte warte { wait-time }.
error-too-fast-uploads = Du lädst sehr schnell hoch. Bitte warte { wait-time }.
error-network-too-fast = Aus deinem Netz kommen gerade zu viele Anfragen. Bitte warte { wait-time } und versuch es dann noch einmal.
error-network-registrations = Aus deinem Netz werden gerade viele Konten erstellt. Bitte warte { wait-time } und versuch es dann noch einmal.
error-network-sign-ins = Aus deinem Netz melden sich gerade viele an. Bitte warte { wait-time } und versuch es dann noch einmal.
error-network-sockets = Von dieser Adresse wurden zu viele Sockets auf einmal geöffnet. Bitte warte { wait-time }.
error-sign-in-attempts = Zu viele Anmeldeversuche. Bitte warte { wait-time } und versuch es dann noch einmal.
error-password-attempts = Dieses Passwort war zu oft falsch. Bitte warte { wait-time } und versuch es dann noch einmal.
error-network-tokens = Aus deinem Netz kamen zu viele ungültige Tokens. Bitte warte { wait-time } und versuch es dann noch einmal.
error-mail-too-often = Wir haben dir gerade erst eine Mail geschickt. Bitte warte { wait-time } und versuch es dann noch einmal.

## Errors of requests that no page sends; for people who write programs. Names of headers, fields
## and formats stay as they are.

error-method = Diese Adresse kennt diese Methode nicht.
error-page-cursor = Schick `next` genau so zurück, wie du es bekommen hast.
error-page-cursor-sort = Schick `next` genau so zurück, wie du es bekommen hast, mit demselben `sort`.
error-sort = Sortiere nach newest oder helpful.
error-query = Diese Abfrage ist nicht lesbar.
error-idempotency-key = Benenne einen Versuch mit { NUMBER($min) } bis { NUMBER($max) } sichtbaren ASCII-Zeichen.
error-field-unknown = Dieses Feld gibt es nicht.
error-field-unknown-known = Dieses Feld gibt es nicht. Bekannt sind { $known }.
error-field-missing = Das fehlt.
error-field-twice = Schick das nur einmal; es ist doppelt da.
error-field-type = Erwartet wird { $expected }; das ist { $found }.
error-field-number = Schick eine ganze Zahl.
error-field-too-long = Das ist viel länger, als diese Website annimmt. Bitte kürze es.
error-field-not-utf8 = Bitte schick das als UTF-8-Text.
error-field-value = Dieser Wert wird nicht angenommen: { $reason }.
error-json-type = Schick JSON in UTF-8, mit Content-Type: application/json.
error-json-object = Schick ein JSON-Objekt, in geschweiften Klammern und mit einem Namen für jedes Feld.
error-json-malformed = Der Body ist kein JSON in UTF-8: { $reason }.
error-body-too-large = Dieser Body ist zu groß: Höchstens { NUMBER($kib) } KiB werden angenommen.
error-body-broken-off = Der Body ist abgebrochen. Bitte schick ihn noch einmal.
error-request-stalled = Deine Anfrage ist vor ihrem Ende abgerissen, deshalb ist nichts geschehen. Bitte prüfe deine Verbindung und schick sie noch einmal.
error-request-too-slow = Die Website ist ausgelastet und hat das nicht rechtzeitig geschafft. Bitte sieh nach, ob es doch geschehen ist, bevor du es noch einmal versuchst.
error-form-not-utf8 = Bitte schick Formulare als UTF-8-Text.
error-form-too-long = Das ist mehr Text, als dieses Formular annimmt. Bitte kürze ihn und schick ihn noch einmal.
error-form-fields = Dieses Formular hat mehr Felder, als diese Website annimmt.
error-form-multipart = Schick title, description und image als multipart/form-data.
error-upload-broken-off = Der Upload ist abgebrochen oder nicht lesbar. Bitte schick ihn noch einmal.
error-socket-origin = Nur Seiten dieser Website dürfen diesen Socket öffnen.
error-socket-only = Diese Adresse spricht nur WebSocket (RFC 6455).
error-sockets-of-network = Zu viele Sockets von dieser Adresse; frag die Website stattdessen regelmäßig ab.
error-sockets-of-node = Dieser Server nimmt keine weiteren Sockets an; bitte versuch es noch einmal.
error-host-missing = Diese Anfrage nennt keinen Host; schick einen Host-Header.
error-host-twice = Diese Anfrage nennt zwei Hosts; schick einen Host-Header.
error-host-malformed = Der Host-Header ist kein Name und keine Adresse mit oder ohne Port.
error-address-without-host = In dieser Adresse fehlt der Host.
error-not-a-proxy = Das ist eine Website und kein Proxy: Hier geht es nirgendwohin weiter.
error-path-missing = Diese Anfrage nennt keinen Pfad auf dieser Website.
error-address-unreadable = Die Adresse dieser Anfrage ist nicht lesbar.
error-address-too-long = Diese Adresse ist zu lang.
error-headers-too-long = Die Header dieser Anfrage sind zu lang. Vielleicht hilft es, die Cookies dieser Website zu löschen.
