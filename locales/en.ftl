### The words of the site in English. Fluent syntax: projectfluent.org/fluent/guide.
###
### Each message has a twin in the other files, with the same variables, or the build fails. The
### style: plain words, the reader addressed as "you", one sentence that says what happened and one
### that says what to do. A comment tells a translator where a message stands.
###
### Whole numbers are written as NUMBER($n), or select a plural. Some labels are fixed, since tests
### and tools outside of this project look for them; those are in the API's documentation.

## The site's name and what every page has.

# The name of the site; the same in all languages.
site-name = ArtCritique
# The footer of every page.
site-motto = ArtCritique: show work, get critique worth having.
# A link in the footer to the description of the interface for programs.
site-api = API
# What search engines and previews show for pages without a description of their own.
site-description = Show work and get critique worth having.
# The title of a browser's tab. $page names the page.
page-title = { $page } · ArtCritique
# The title of a page that shows a rejected form again. Screen readers say it first.
page-title-error = Error: { $title }
# The first link of a page, for people who use the keyboard.
skip-to-content = Skip to content
# The accessible name of the navigation at the top of every page.
site-navigation = Site
# A link at the top of every page, the title of the form that it leads to, and a button in an empty
# gallery.
nav-post-artwork = Post a work
# A button, links, and the title of the sign-in page.
sign-in = Sign in
# A button: ends the session of this browser, or of one in the list of signed-in browsers.
sign-out = Sign out
# A link to the form that creates an account, and the title of that page.
join = Join
# The accessible name of the account menu. $name is the viewer's name.
account-menu = Account of { $name }
# In the account menu: a link to the viewer's public page.
account-menu-your-page = Your page
# In the account menu, the title of the settings pages, and the name of their navigation.
account-menu-settings = Settings
# The label of the switch between languages, in the footer and in the settings.
language = Language
# The button beside the list of languages.
language-change = Change language
# Shown in the settings after another language was chosen. Name the language itself.
language-changed = This site now speaks English to you.

## Buttons and sentences that many pages share.

cancel = Cancel
save = Save
# A button on one's own work or critique.
edit = Edit
# A button on one's own work or critique; it asks for confirmation.
delete = Delete
# The button that confirms a deletion.
delete-for-good = Delete for good
# A link on error pages: requests the page again.
retry = Retry
# The button beside "Live updates stopped on this page".
reload = Reload
# A button: closes the small window that announces a notification.
dismiss = Dismiss
# A link on error pages.
go-to-gallery = Go to the gallery
# Above a form that was sent after the session had ended. A link "Sign in", which opens a tab,
# follows.
words-kept = Your text is kept here. Sign in in another tab, then send this again.
# Above the text that another browser saved during the same edit.
saved-elsewhere = It was saved elsewhere meanwhile, and now reads as below. Your text is still in the field; saving again replaces what is below.

## The counter below a text field.

# Shown near the limit. A script fills the three texts in: it gets each once for [single] and once
# for [several], with a stand-in for $n.
counter-left =
    { $number ->
        [single] { $n } character left.
       *[several] { $n } characters left.
    }
# Shown over the limit.
counter-over =
    { $number ->
        [single] { $n } character too many: { $max } fit.
       *[several] { $n } characters too many: { $max } fit.
    }
# What the browser says when a form with too long a text is sent.
counter-shorten =
    { $number ->
        [single] Please shorten this by { $n } character: { $max } fit.
       *[several] Please shorten this by { $n } characters: { $max } fit.
    }

## Times. The browser writes days and hours itself, in the reader's language.

# Instead of a time less than a minute ago.
just-now = just now
# A date where no script runs. $date is like 2026-11-26.
day-in-utc = { $date } (UTC)

## The gallery.

# The title of the gallery for people who are signed in; read by screen readers only.
gallery = Gallery
# The first line of the title that guests see.
hero-title-first = Show work.
# The second line of the title that guests see.
hero-title-second = Get critique worth having.
hero-text = Post a piece, say what you want looked at, and hear the moment somebody answers.
# The heading above the gallery.
newest-work = Newest work
# The title of a gallery without works.
gallery-empty-title = The walls are still bare
gallery-empty-text = Be the first to hang something.
# A link below the gallery.
older-work = Older work
# Said to screen readers when the gallery has loaded its next works.
more-works-loaded =
    { $n ->
        [one] { $n } more work
       *[other] { $n } more works
    }
# Below a work in the gallery that has no critique yet.
card-waiting = Waiting for its first critique
# Below a work in the gallery (never 0 there), and the heading above a work's critiques.
critique-count =
    { $n ->
        [0] No critiques yet
        [one] { $n } critique
       *[other] { $n } critiques
    }

## A person's page.

# The title of the browser's tab.
person-title = { $name } · ArtCritique
# What search engines and previews show for a person's page.
person-description =
    { $name } on ArtCritique: { $works ->
        [one] { $works } work
       *[other] { $works } works
    }, { $critiques ->
        [one] { $critiques } critique
       *[other] { $critiques } critiques
    } written.
# Below the person's name. $date is an element of the page: use around.
person-since = @{ $handle } · here since { $date }
# One of four facts on a person's page: how many people follow them.
person-followers =
    { $n ->
        [one] { $n } follower
       *[other] { $n } followers
    }
# One of four facts on a person's page.
person-works =
    { $n ->
        [one] { $n } work
       *[other] { $n } works
    }
# One of four facts on a person's page.
person-critiques =
    { $n ->
        [one] { $n } critique written
       *[other] { $n } critiques written
    }
# One of four facts on a person's page: how often their critiques were marked as helpful.
person-helpful =
    { $n ->
        [one] found helpful once
       *[other] found helpful { $n } times
    }
# The heading above a person's works; read by screen readers only.
person-works-heading = Works
person-no-works = No works here yet.
# A button on a person's page.
follow = Follow
# Beside the button "Follow".
follow-hint = Hear of each new work.
# A button on the page of a person whom the viewer follows.
unfollow = Unfollow
# Beside the button "Unfollow".
unfollow-hint = You hear of each new work.

## An artwork's page.

# Below the title of a work. Both parameters are elements of the page: use around twice.
artwork-by = by { $artist } · { $date }
# The text alternative of the picture, and part of the title of the browser's tab.
artwork-alt = { $title } by { $artist }
# The link around the picture, which leads to the picture in full size.
artwork-see-all = See all of it, { $width } × { $height } pixels
artwork-delete-question = Delete this work and all its critiques? This can't be undone.
# Shown on a work's page when the artist has deleted it meanwhile.
artwork-deleted = This work was deleted.
# Instead of the title of a deleted work, in notifications.
artwork-gone-title = a deleted work
# Instead of the name of a person whose account was deleted.
person-gone-name = Somebody who left

## Posting and editing a work.

# The label of a field.
artwork-title = Title
# The label of a file field.
artwork-image = Image
artwork-image-hint = JPEG, PNG, WebP or GIF, up to { NUMBER($megabytes) } MB and { NUMBER($megapixels) } megapixels. Of a moving picture the first frame is shown.
# The label of a field.
artwork-description = Description
artwork-description-hint = What is it, and what would you like looked at? Markdown is fine.
# The button that posts a work.
artwork-publish = Publish
# For guests, instead of the form that posts a work.
artwork-sign-in-first = Sign in first, so that critics know whose work it is.
# The title of the browser's tab.
artwork-edit-page = Edit
# The heading of the page. $title is an element of the page: use around.
artwork-edit-heading = Edit “{ $title }”
# The accessible name of the bar that shows how far the upload is.
upload = Upload
upload-percent = { NUMBER($percent) } %
# When all of the file was sent, and the server makes smaller pictures of it.
upload-preparing = Preparing the picture…

## Critiques.

# The label of the field for a new critique.
critique-yours = Your critique
# Below that label.
critique-hint = What works, what doesn't yet, and what to try. Markdown is fine.
# Below that label, on one's own work.
critique-own-work-hint = Note what you were after, or what you would change now.
# The button below the field.
critique-post = Post critique
# For guests, instead of the form.
critique-sign-in = Sign in to write a critique
# Said to screen readers.
critique-posted = Your critique is posted.
# The accessible name of a critique.
critique-by = Critique by { $author }
# Instead of the time, while the critique is on its way.
critique-sending = sending…
# Beside the time of a critique. $date is an element of the page, such as "5 minutes ago": use
# around.
critique-edited = edited { $date }
critique-gone = A critique that stood here was deleted.
# Above the critiques, after following a link to a deleted critique.
critique-missing = The critique that this link leads to is no longer here.
# The label of the field for editing one's own critique.
critique-your-words = Your words
critique-delete-question = Delete this critique?
# The accessible name of the two links that follow.
critique-order = Order of the critiques
critiques-newest = Newest
critiques-most-helpful = Most helpful
# A link below the critiques, newest first.
critiques-older = Older critiques
# A link below the critiques, most helpful first.
critiques-more = More critiques
# A button that shows the critiques that arrived since the page was loaded.
critiques-new =
    { $n ->
        [one] { $n } new critique
       *[other] { $n } new critiques
    }
# A button below a critique that is on or off.
helpful = Helpful
# Beside that button.
helpful-count = { NUMBER($n) } found this helpful

## Notifications: the bell, its panel, and the page.

# The title of the page and the panel.
notifications = Notifications
# The accessible name of the bell.
notifications-unread =
    { $n ->
        [0] Notifications, none unread
       *[other] Notifications, { NUMBER($n, useGrouping: 0) } unread
    }
notifications-mark-all = Mark all as read
notifications-mark-read = Mark as read
notifications-mark-unread = Mark as unread
# The accessible name of that button. $notification is a sentence.
notifications-mark-read-of = Mark as read: { $notification }
# The accessible name of that button. $notification is a sentence.
notifications-mark-unread-of = Mark as unread: { $notification }
# A link in the bell's panel.
notifications-all = All notifications
# The accessible name of the two links that follow.
notifications-filter = Filter
notifications-filter-all = All
notifications-filter-unread = Unread
notifications-older = Older
# Before a notification, for screen readers. A space follows.
notifications-unread-mark = Unread:
# The page without notifications.
notifications-none = Nothing yet. When somebody critiques your work, it will be here.
# The bell's panel without notifications.
notifications-none-in-panel = Nothing yet. When somebody critiques your work, you will hear of it here.
# The page of unread notifications without any.
notifications-none-unread = Nothing unread. Enjoy the quiet.
# In the small window that announces several notifications at once.
notifications-new =
    { $n ->
        [one] { $n } new notification
       *[other] { $n } new notifications
    }
# $title is a work of the recipient's.
notification-critique = { $who } critiqued “{ $title }”
notification-helpful = { $who } found your critique of “{ $title }” helpful
# The recipient follows the person.
notification-artwork = { $who } posted “{ $title }”
# A kind of notification that this program is too old to know.
notification-other = { $who }: news about “{ $title }”

## The state of the connection.

# In the bell's panel, like the next three.
link-live = Live: news arrives at once.
link-catching-up = Catching up…
link-polling = Checking every half minute; live updates are blocked here.
link-offline = Offline: news will arrive when the connection is back.
# Said to screen readers when the state changes, like the next two.
link-now-offline = You are offline. News will arrive when the connection is back.
link-now-polling = Live updates are blocked here. The site is asked every half minute.
link-now-live = Connected again. News arrives at once.
# A bar at the edge of the page, when the session has ended while the person was typing. A button
# "Sign in" follows.
signed-out-words-kept = You are signed out. Your text is kept.
# A bar at the edge of the page, after its program has crashed.
live-stopped = Live updates stopped on this page. Reload to get them back; forms still work.
# A bar at the edge of the page, when its program could not start.
live-unstarted = Live updates could not start on this page. Reload to try again; forms still work.

## Signing in and creating an account.

# The label of a field: the person's name in addresses.
handle = Handle
# The label of a field.
password = Password
# The label of a field.
display-name = Display name
# The label of a field.
email = E-mail
handle-hint = Your name in addresses: letters a–z, digits, _ and -.
display-name-hint = What people call you, in any script.
email-hint = Never shown to others.
# Below the field "Password" of the form that creates an account.
password-hint = At least { NUMBER($min) } characters; a few words make a good one.
# Below the sign-in form; the link "Create an account" follows.
login-new-here = New here?
login-create-account = Create an account
# A link below the sign-in form.
login-forgot = Forgot your password?
register-heading = Join ArtCritique
# The button of the form.
register-submit = Create account
# Below the form; the link "Sign in" follows.
register-here-already = Here already?

## Settings.

# A link to the first page of the settings.
settings-account = Account
# A link to a page of the settings, and its title.
settings-browsers = Signed-in browsers
# Both parameters are elements of the page: use around twice.
settings-you-are = You are { $name }, { $handle }.
# A heading and a button.
settings-change-password = Change password
settings-change-password-hint = All your other browsers will be signed out.
# After that sentence: a link to the tokens.
settings-tokens-stay = Your tokens stay valid.
settings-password-changed = Your password is changed. Other browsers are signed out.
# The label of a field.
settings-current-password = Current password
# The label of a field.
settings-new-password = New password
settings-new-password-hint = At least { NUMBER($min) } characters.
settings-browsers-hint = Sign out a browser that you don't know, then change your password.
# A link below the list of browsers.
settings-browsers-older = Longer ago
# Instead of the button "Sign out".
settings-this-browser = This browser
# $address is an IP address. $since and $seen are elements of the page, such as "5 minutes ago": use
# around.
settings-browser-seen = From { $address }, signed in { $since }, last seen { $seen }
# Such as "Firefox on Linux".
settings-browser-on = { $browser } on { $system }
# A client that does not say what it is.
settings-browser-unnamed = An unnamed program

## Personal tokens, with which programs use the site for a person.

# A link to a page of the settings, and its title.
tokens = Access tokens
tokens-hint = A token lets a program use this site in your name. Give it only what it needs.
tokens-none = You have no tokens.
# The heading above the form.
tokens-new = New token
# The label of a field.
tokens-name = Name
tokens-name-hint = What the token is for, such as “backup script”.
# The label of the choices that follow.
tokens-scopes = What it may do
tokens-scope-read = Read works, critiques and people
tokens-scope-write = Post, edit and delete in your name
tokens-scope-notifications = Read and mark your notifications
# Offered to moderators only.
tokens-scope-moderate = Moderate
# The label of a date field.
tokens-expiry = Valid until
tokens-expiry-hint = Leave it empty for a token without an end.
# The label of a list of choices: when the token expires.
tokens-expiry-choice = Expires
# One of those choices.
tokens-expiry-days =
    { $days ->
        [one] In { $days } day
       *[other] In { $days } days
    }
# One of those choices.
tokens-expiry-year = In a year
# One of those choices.
tokens-expiry-never = Never
# The button of the form.
tokens-create = Create token
# Above the new token.
tokens-created = Copy the token now: it is shown only this once.
# Before that: the label of the new token. $name is an element of the page: use around.
tokens-yours = Your new token { $name }
# Instead of the token, when the form was sent again much later.
tokens-shown-before = You made this token a while ago, and its secret can't be shown again. If you don't have it, revoke the token and make another.
# $date is an element of the page, such as "5 days ago": use around.
tokens-made = Made { $date }
# A button beside the new token.
tokens-copy = Copy
# $date is an element of the page, such as "3 May 2027": use around.
tokens-expires = Expires { $date }
# $date is an element of the page, such as "5 days ago": use around.
tokens-expired = Expired { $date }
tokens-never-expires = Never expires
# $date is an element of the page, such as "5 days ago": use around.
tokens-last-used = Last used { $date }
tokens-never-used = Never used
# A button: ends a token.
tokens-revoke = Revoke
tokens-revoke-question = Revoke “{ $name }”? Programs that use it stop working at once.
tokens-revoked = The token is revoked.

## Verifying an e-mail address.

# The title of the page that the link in the mail leads to.
verify-page = Verify your e-mail address
verify-text = Is { $email } your address?
# The button of the page, and of the mail.
verify-submit = Verify address
verify-done = Thank you: { $email } is verified.
# The same, where the address is not known.
verify-done-here = Thank you: your e-mail address is verified.
# In the settings, once the address is verified. $email is an element of the page: use around.
verify-verified = { $email }, verified
verify-already = This address is verified already.
# In the settings, until the address is verified.
verify-pending = { $email } is not verified yet. Follow the link in our mail.
# A button beside it.
verify-send-again = Send again
verify-sent-again = The link is on its way to you. At most three mails are sent within an hour.
verify-mail-subject = Verify your address on ArtCritique
# The link or button follows.
verify-mail-text =
    You, or somebody else, created the account @{ $handle } on ArtCritique with this address. To verify that it is yours, open this link within { $hours ->
        [one] { $hours } hour
       *[other] { $hours } hours
    }:
verify-mail-ignore = If that wasn't you, ignore this mail.

## Resetting a password.

# The title of the page where one asks for a new password.
forgot-page = Reset your password
forgot-hint = Enter the e-mail address of your account. We send you a link with which you choose a new password.
# The button of the form.
forgot-submit = Send link
# The same, whether or not there is such an account.
forgot-sent =
    If there is an account with this address, a link is on its way to it. It is valid for { $hours ->
        [one] { $hours } hour
       *[other] { $hours } hours
    }.
forgot-not-arrived = Nothing arrived? Look in the spam folder, or try again.
# The title of the page that the link in the mail leads to, and the button of the mail.
reset-page = Choose a new password
reset-for = A new password for { $handle }
reset-hint = All your browsers and programs will be signed out.
# The button of the form.
reset-submit = Set password
reset-done = Your password is set. Sign in with it.
reset-mail-subject = Reset your password on ArtCritique
# The link or button follows.
reset-mail-text =
    Somebody asked for a new password for the account @{ $handle } on ArtCritique. To choose one, open this link within { $hours ->
        [one] { $hours } hour
       *[other] { $hours } hours
    }:
reset-mail-ignore = If that wasn't you, ignore this mail: your password stays as it is.
password-changed-mail-subject = Your password on ArtCritique was changed
# The link to /forgot follows.
password-changed-mail-text = The password of your account @{ $handle } was changed. If that wasn't you, reset it at once:

## Every mail.

# The first line of every mail.
mail-hello = Hello { $name },
# Below the button of a mail.
mail-button-broken = If the button doesn't work, copy this address into your browser:
# The last line of every mail. $site is like art.example.
mail-why = You get this mail because your address was entered on { $site }.
mail-test-subject = Test mail from ArtCritique
mail-test-text = Mail works.

## The titles of error pages.

problem-not-found = Not here
problem-sign-in = Please sign in
problem-forbidden = Not yours to change
# The site is busy, or the person was too quick.
problem-one-moment = One moment
problem-failed = That did not work

## Short titles of API errors, one for each kind of error. A sentence with the details goes with
## them.

kind-malformed = The request can't be read
kind-unauthenticated = Not signed in
kind-forbidden = Not allowed
kind-not-found = Not found
kind-wrong-method = Method not supported
kind-timed-out = The request took too long
kind-conflict = Changed elsewhere
kind-too-large = Too large
kind-address-too-long = The address is too long
kind-unsupported = Unsupported format
kind-invalid = Invalid fields
kind-throttled = Too many requests
kind-head-too-long = The headers are too long
kind-internal = Internal error
kind-unavailable = Temporarily unavailable
kind-in-doubt = Outcome unknown
kind-second-factor = Second factor needed

## Errors of any request. The id after "error-" is the code that clients rely on: never rename one.

# Above a form; the fields have messages of their own.
error-fields-invalid = Some of what you entered needs another look.
error-sign-in-first = Please sign in first.
# The same whether it never existed, was deleted, or is hidden from the viewer; so with the next
# ones.
error-artwork-not-found = There is no such artwork, or it is no longer there.
error-critique-not-found = There is no such critique, or it is no longer there.
error-person-not-found = There is no such person, or they are no longer there.
error-notification-not-found = There is no such notification, or it is no longer there.
error-session-not-found = There is no such session, or it has ended.
error-token-not-found = There is no such token, or it was revoked.
error-picture-not-found = There is no such picture, or it is no longer there.
error-page-not-found = There is no such page, or it is no longer there.
error-address-not-found = There is nothing at this address.
error-site-busy = The site is busy for the moment. Nothing was lost; please try again shortly.
error-outcome-unknown = We can't tell yet whether this was saved. It is safe to try again: nothing will be there twice.
# For programs. Idempotency-Key is the name of a header.
error-outcome-unknown-without-key = We can't tell yet whether this was saved. Look whether it is there before you try again, and send an Idempotency-Key then.
error-site-unwritable = The site can't save anything at the moment. Nothing was changed; please try again in a few minutes.
error-database-replaced = The site has lost its database and saves nothing until it is repaired. Please try again later.
error-text-not-storable = That has a character in it that can't be stored.
error-internal = Something went wrong on our side. Nothing was changed; please try again.
# Like error-internal, where something may have been changed.
error-internal-unknown = Something went wrong on our side. Please try again.
# The browser says this itself.
error-site-unreachable = The site can't be reached. It is safe to try again: nothing will be there twice.
error-request-unreadable = That request could not be read. Please reload the page.
# The browser says this itself, after an upload.
error-no-answer = No answer came. It is safe to try again: nothing will be there twice.
# The browser says this itself, after an upload.
error-upload-not-taken = The site could not take this in. It is safe to try again: nothing will be there twice.
error-form-failed = That did not work. Please go back and try again.
error-cross-site = This request came from another site, so it was not carried out.

## Errors of fields with text.

error-name-missing = Please enter your name.
error-name-too-long = Please keep your name to { NUMBER($max) } characters; this has { NUMBER($length) }.
error-title-missing = Please enter a title.
error-title-too-long = Please keep the title to { NUMBER($max) } characters; this has { NUMBER($length) }.
error-description-too-long = Please keep the description to { NUMBER($max) } characters; this has { NUMBER($length) }.
# The browser says this itself, too.
error-critique-missing = Please enter your critique.
error-critique-too-long = Please keep your critique to { NUMBER($max) } characters; this has { NUMBER($length) }.
error-critique-blank = Nothing of this would be seen on the page: pictures and markup without words don't show. Please write your critique in words.
# A character that is rejected, as part of the next messages, in the nominative. $character is a
# word from the list, or the character itself with its number, such as: “а” (U+0430).
named-character =
    { $character ->
        [space] a space
        [tab] a tab
        [line-break] a line break
       *[other] { $character }
    }
error-character-not-storable = Please remove { named-character } at character { NUMBER($column) }; it can't be stored.
# For a text of several lines.
error-character-not-storable-in-line = Please remove { named-character } in line { NUMBER($line) }, at character { NUMBER($column) }; it can't be stored.
error-email-invalid = Enter an e-mail address such as name@example.org.
error-email-character = Enter an e-mail address such as name@example.org; { named-character } at character { NUMBER($column) } can't be in one.
error-handle-character = Use the letters a–z, digits, _ and - only; { named-character } at character { NUMBER($column) } is not one of them.
error-handle-length = Choose a handle of { NUMBER($min) } to { NUMBER($max) } characters.
error-handle-start = Begin the handle with a letter or a digit.
error-handle-reserved = That handle is kept for the site; please choose another.
error-handle-taken = That handle is taken. Please choose another.
error-handle-similar = That handle looks too much like somebody else's. Please choose another.
error-email-taken = There is an account with this address already. Sign in, or use another.
error-password-too-short = Choose a password of at least { NUMBER($min) } characters.
error-password-too-long = Choose a password of at most { NUMBER($max) } bytes.
error-credentials-wrong = That handle and password don't match. Please check both.
error-current-password-wrong = That is not your current password.
error-password-outcome-unknown = We can't tell yet whether your password was changed. If you are asked to sign in, try the new one first, then the old one.
error-sign-out-outcome-unknown = This browser is signed out. We can't tell yet whether all of the site has noted it; it keeps trying.
# A link from a mail that was used already, is too old, or was not copied as a whole.
error-link-invalid = This link is no longer valid. Ask for a new one.
error-email-not-verified = Please verify your e-mail address first: follow the link in our mail.
error-email-verified-elsewhere = Another account has verified this address already.
error-token-name-missing = Please name the token.
error-token-name-too-long = Please keep the name to { NUMBER($max) } characters; this has { NUMBER($length) }.
error-token-scopes-missing = Choose at least one thing that the token may do.
# For programs.
error-token-scope-unknown = There is no such scope. Known are { $known }.
error-token-scope-forbidden = Only moderators can have a token that moderates.
error-token-expiry-invalid =
    Choose a date in the future, at most { $years ->
        [one] { $years } year
       *[other] { $years } years
    } from now.
error-token-limit = You have { NUMBER($max) } tokens, which is the most. Revoke one first.
# For programs: an Authorization header that is not accepted.
error-token-invalid = This token is unknown, expired or revoked.
# For programs: an Authorization header without a token of this site.
error-token-malformed = The Authorization header has no token of this site; they look like act_…
# For programs.
error-token-browser-only = A token can't do this. Sign in with a browser instead.
# For programs.
error-moderators-only = Only moderators can do this.
# For programs.
error-time-format = Send a time like 2027-01-31T12:00:00Z (RFC 3339).
# For programs.
error-time-past = Send a time in the future.
# For programs. $scope is a word such as "write".
error-scope-missing = This token may not do that: it needs the scope { $scope }.
error-language-unknown = This site does not speak that language.

## Errors of pictures.

error-picture-missing = Please choose a picture.
# The browser says this itself, too.
error-picture-too-large = Please choose a picture of at most { NUMBER($megabytes) } MB.
error-picture-format = Please choose a JPEG, PNG, WebP or GIF picture.
# $format is like JPEG.
error-picture-variety = This is an unusual kind of { $format } that can't be read here. Please save it as an ordinary { $format }.
error-picture-damaged = This picture is damaged or not what it says it is. Please save it anew and try again.
error-picture-incomplete = This file is incomplete: the end of the picture is missing. Please copy or export it again and try that one.
error-picture-too-small = This picture is { $width } × { $height } pixels; please choose one of at least { $min } × { $min } pixels.
error-picture-side-too-long = This picture is { $width } × { $height } pixels; please choose one that is at most { $max } pixels wide and high.
error-picture-too-many-pixels = This picture is { $width } × { $height } pixels; please choose one of at most { NUMBER($megapixels) } megapixels.
error-uploads-at-once = You are sending several pictures already. Please wait until they are done, then try again.

## Errors of works and critiques.

error-artwork-not-yours = Only the artist can change this artwork.
error-critique-not-yours = Only its author can change this critique.
error-helpful-own-critique = You can't mark your own critique as helpful.
error-follow-yourself = You can't follow yourself.
error-artwork-changed = This work was changed elsewhere meanwhile. Compare the two, then save again.
error-critique-changed = This critique was changed elsewhere meanwhile. Compare the two, then save again.

## Errors of notifications.

error-notifications-too-many = Name at most { NUMBER($max) } notifications at once.
error-notifications-state = Notifications can't be marked like that.
error-notifications-which = Name one notification, or a cursor.
# For programs; "ids" and "through" are the names of fields.
error-notifications-ids-or-through = Send either ids or through.
# For programs; keep the three words.
error-notifications-filter = Filter by all, unread or archived.
error-cursor-outdated = That cursor is of another history; fetch the list again.
# For programs.
error-cursor-malformed = A cursor reads epoch.seq; send it exactly as you received it.

## Rate limits. $wait is a number of seconds or minutes, and $unit says which.

# How long to wait, as part of the next messages, in the accusative.
wait-time =
    { $unit ->
        [minutes]
            { $wait ->
                [one] { $wait } minute
               *[other] { $wait } minutes
            }
       *[seconds]
            { $wait ->
                [one] { $wait } second
               *[other] { $wait } seconds
            }
    }
error-too-fast = You are doing this very quickly. Please wait { wait-time }.
error-too-fast-critiques = You are posting very quickly. Please wait { wait-time }.
error-too-fast-uploads = You are uploading very quickly. Please wait { wait-time }.
error-network-too-fast = Too many requests are coming from your network at the moment. Please wait { wait-time }, then try again.
error-network-registrations = Many accounts are being made from your network at the moment. Please wait { wait-time }, then try again.
error-network-sign-ins = Many people are signing in from your network at the moment. Please wait { wait-time }, then try again.
error-network-sockets = Too many sockets opened at once from this address. Please wait { wait-time }.
error-sign-in-attempts = Too many attempts to sign in. Please wait { wait-time }, then try again.
error-password-attempts = That password was wrong too often. Please wait { wait-time }, then try again.
# For programs: too many tokens that this site does not know.
error-network-tokens = Too many invalid tokens came from your network. Please wait { wait-time }, then try again.
error-mail-too-often = We sent you a mail a short while ago. Please wait { wait-time }, then try again.

## Errors of requests that no page sends; for people who write programs. Names of headers, fields
## and formats stay as they are.

error-method = This address does not take that method.
error-page-cursor = Send `next` back exactly as you received it.
error-page-cursor-sort = Send `next` back exactly as you received it, with the same `sort`.
error-sort = Sort by newest or helpful.
error-query = That query can't be read.
error-idempotency-key = Name an attempt by { NUMBER($min) } to { NUMBER($max) } visible ASCII characters.
error-field-unknown = There is no such field.
error-field-unknown-known = There is no such field. Known are { $known }.
error-field-missing = This is missing.
error-field-twice = Send this once; it is there twice.
# $expected and $found are English words from the JSON library, such as "a string" and "null".
error-field-type = Send { $expected }; this is { $found }.
error-field-number = Send a whole number.
error-field-too-long = This is far longer than this site takes. Please shorten it.
error-field-not-utf8 = Please send this as UTF-8 text.
# $reason is an English sentence from the JSON library.
error-field-value = This value is not accepted: { $reason }.
error-json-type = Send JSON in UTF-8, with Content-Type: application/json.
error-json-object = Send a JSON object, in braces, with a name for each field.
# $reason is an English sentence from the JSON library.
error-json-malformed = The body is not JSON in UTF-8: { $reason }.
error-body-too-large = That body is too large: at most { NUMBER($kib) } KiB are accepted.
error-body-broken-off = The body broke off. Please send it again.
error-request-stalled = Your request stopped coming in before its end, so nothing was done. Please check your connection and send it again.
error-request-too-slow = The site is busy and did not get this done in time. Please look whether it was done after all before you try again.
error-form-not-utf8 = Please send forms as UTF-8 text.
error-form-too-long = That is more text than this form takes. Please shorten it, and send it again.
error-form-fields = That form has more fields than this site takes.
error-form-multipart = Send title, description and image as multipart/form-data.
error-upload-broken-off = The upload broke off or could not be read. Please send it again.
error-socket-origin = Only pages of this site may open this socket.
error-socket-only = This address speaks WebSocket (RFC 6455) only.
error-sockets-of-network = Too many sockets from this address; poll the site instead.
error-sockets-of-node = This server takes no more sockets; please try again.
error-host-missing = That request names no host; send one Host header.
error-host-twice = That request names two hosts; send one Host header.
error-host-malformed = The Host header is not a name or an address with an optional port.
error-address-without-host = That address has no host in it.
error-not-a-proxy = This is a site, not a proxy: there is nothing to connect through.
error-path-missing = That request names no path on this site.
error-address-unreadable = That request's address can't be read.
error-address-too-long = That address is too long.
error-headers-too-long = That request's headers are too long. Deleting this site's cookies may help.
